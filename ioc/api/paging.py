"""Pages by key: a cursor is the key of the last row given, opaque to clients.

So rows that come and go between two pages make no other row appear twice or be skipped.
"""

import base64
import binascii
from typing import Annotated, Final, TypeVar

import msgspec
from fastapi import Query

from ioc.api.problems import Problem

MAX_LIMIT: Final = 1000

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="rows on a page")]
Cursor = Annotated[str | None, Query(max_length=512, description="`next` of the page before")]

Key = TypeVar("Key", int, str)


def cursor_after(what: str, key: int | str) -> str:
    """The cursor that continues after `key` in the list of `what`."""
    return base64.urlsafe_b64encode(msgspec.json.encode((what, key))).rstrip(b"=").decode()


def key_of(what: str, cursor: str | None, shape: type[Key]) -> Key | None:
    """The key to continue after; None from the start. A cursor of another list, or a made-up one, is a problem."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        name, key = msgspec.json.decode(text, type=tuple[str, str | int])
    except (binascii.Error, msgspec.DecodeError, UnicodeError):
        name, key = "", ""
    if name == what and isinstance(key, shape):
        return key
    raise Problem(422, f"the cursor is not one of this list ({what}): start again without it", code="bad_cursor")
