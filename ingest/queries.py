"""Reads annotated SQL: one `.sql` file holds named statements, each with a line of purpose.

    -- name: insert_device
    -- Enrols a device; an address already known is left alone.
    INSERT INTO device ...

SQL so stays where an analyst can read, run and explain it. Never builds SQL from values.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import LiteralString, cast

_HEAD = re.compile(r"^-- name: (\w+)\n(?:-- .*\n)+", re.MULTILINE)


def load(package: str, name: str = "queries.sql") -> Mapping[str, LiteralString]:
    """The statements of a package's SQL file by name, ready for psycopg.

    Raises `ValueError` where a statement has no line of purpose or a name stands twice.
    """
    text = files(package).joinpath(name).read_text("utf-8")
    heads = list(_HEAD.finditer(text))
    if len(heads) != text.count("-- name:"):
        raise ValueError(f"{package}/{name}: every statement needs `-- name: x` and a line of purpose below it")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = {head[1]: text[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)}
    if len(found) != len(heads):
        raise ValueError(f"{package}/{name}: a statement's name stands twice")
    return cast("Mapping[str, LiteralString]", found)  # our own files, so as safe as literals
