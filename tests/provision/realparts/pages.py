"""Writes measured tables into pages of the documents, between their markers."""


def put_between(page: str, name: str, text: str) -> str:
    """The page with new text between its markers `<!-- name -->` and `<!-- /name -->`."""
    head, start, rest = page.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition(f"<!-- /{name} -->")
    assert start, f"the page has no marker {name}"
    assert end, f"the page has no end marker {name}"
    return f"{head}{start}{text}{end}{tail}"
