"""Times as the API speaks them: RFC 3339 in UTC with milliseconds; what comes in may have any offset."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, WithJsonSchema

from ingest.scalars import LAST_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Time = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T04:05:06.789Z"]})
]
"""A time in an answer."""


def moment(ms: int) -> datetime:
    """Epoch milliseconds as the database takes times."""
    return _EPOCH + timedelta(milliseconds=ms)


def millis(at: datetime) -> int:
    """A time as epoch milliseconds."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def written(at: datetime) -> str:
    """A time as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written_ms(ms: int) -> str:
    """Epoch milliseconds as the API writes them."""
    return written(moment(ms))


def maybe(at: datetime | None) -> str | None:
    """A time that may be unknown."""
    return None if at is None else written(at)


def maybe_ms(ms: int | None) -> str | None:
    """Epoch milliseconds that may be unknown."""
    return None if ms is None else written_ms(ms)


def timed_id(now: int) -> str:
    """A new id that sorts by time."""
    return f"{now:013d}-{uuid.uuid4().hex[:12]}"


def _told(at: datetime) -> datetime:
    """Refuses what would leave the calendar when its offset is taken off."""
    try:
        ms = millis(at)
    except OverflowError:
        ms = -1
    if not 0 <= ms <= LAST_MS:
        raise ValueError("a time between 1970 and 9999")
    return moment(ms)


Asked = Annotated[AwareDatetime, AfterValidator(_told)]
"""A time in a question, with its offset."""
