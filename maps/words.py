"""The words of the pages: flat catalogues, Vietnamese first, the same keys in every language.

Decides which language a reader gets. It never translates what devices or sites say.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("vi", "en")
FOLDER: Final = Path(__file__).with_name("static") / "ioc" / "i18n"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All words of a language by key."""
    words: dict[str, str] = json.loads((FOLDER / f"{lang}.json").read_text("utf-8"))
    return words


def pick_language(*wishes: str | None) -> str:
    """The first wish that we speak (say `?lang=`, then the cookie `lang`), else Vietnamese."""
    return next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])


def fill(words: Mapping[str, str], key: str, **values: str) -> str:
    """The words for `key` with its `{places}` filled; an unknown key is a `KeyError`, found by tests."""
    text = words[key]
    for place, value in values.items():
        text = text.replace(f"{{{place}}}", value)
    return text
