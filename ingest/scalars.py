"""Reads single values as real equipment writes them: numbers as text, many words for yes, many clocks.

Shared by all adapters so that a quirk is learnt once. Source of the quirks: docs/adapters.md. Pure; a value that
cannot be read is `None` (*unknown*), a time that cannot be read is refused, never guessed.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from ingest.errors import BadOptionError
from ingest.model import Value

LAST_MS = 253_402_300_799_999  # 9999-12-31, the last moment both RFC 3339 and the database can hold
_LARGEST = 1e100  # no measurement is larger; in any unit it stays finite. NaN is not smaller either
HOME_ZONE = "Asia/Ho_Chi_Minh"
_UNIT_MS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_TRUE = frozenset(("true", "yes", "on", "active", "start", "online"))
_FALSE = frozenset(("false", "no", "off", "inactive", "stop", "offline"))


def number(raw: object) -> float | int | None:
    """A finite number, also from text; `nan`, `null`, empty text and anything else are unknown.

    A comma as decimal sign is refused: `1,234` would be two different numbers in two countries.
    """
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, int):
        return raw if -(2**63) <= raw < 2**63 else None
    if isinstance(raw, str):
        try:
            return number(int(raw) if len(raw) < 20 and raw.strip().lstrip("+-").isdigit() else float(raw))
        except ValueError:
            return None
    return raw if isinstance(raw, float) and abs(raw) < _LARGEST else None


def lost_pct(lost: object, *came: object) -> float | None:
    """The share of packets lost, of those lost and those that came; unknown where there were none."""
    parts = [number(raw) for raw in (lost, *came)]
    known = [part for part in parts if part is not None and 0 <= part < 2**63]
    whole = sum(known)
    return round(100 * known[0] / whole, 3) if len(known) == len(parts) and whole else None


def truth(raw: object) -> bool | None:
    """A boolean from any of the field's words for it; unknown where it is none of them."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        return bool(raw) if raw in (0, 1) else None
    word = raw.strip().lower() if isinstance(raw, str) else ""
    return True if word in _TRUE or word == "1" else False if word in _FALSE or word == "0" else None


def epoch_ms(raw: object, unit_ms: float = 1.0) -> int | None:
    """A number of `unit_ms` milliseconds since 1970 as epoch milliseconds; None where it cannot be a time."""
    value = number(raw)
    if value is None:
        return None
    ms = value * unit_ms
    return round(ms) if 0 <= ms <= LAST_MS else None


def rfc3339_ms(raw: str) -> int | None:
    """An RFC 3339 time with an offset as epoch milliseconds; None without an offset or where it is no time."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    try:
        ms = round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None
    return ms if 0 <= ms <= LAST_MS else None


def moment_ms(raw: object, form: str, zone: tzinfo = UTC) -> int | None:
    """A time in one of the field's clocks as epoch milliseconds; None where it is none.

    `form`: `s`, `ms`, `us`, `ns` since 1970 (also as text); `rfc3339` (needs an offset); `utc` and `local` (of
    `zone`), for texts that may come without one, also `20270131235959`.
    """
    if form in _UNIT_MS:
        return epoch_ms(raw, _UNIT_MS[form])
    if not isinstance(raw, str):
        return None
    if form == "rfc3339":
        return rfc3339_ms(raw)
    text = f"{raw[:8]}T{raw[8:]}" if len(raw) == 14 and raw.isdigit() else raw.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC if form == "utc" else zone)
    return rfc3339_ms(zoned.isoformat())


def duration_ms(raw: object) -> float | None:
    """An ISO 8601 duration of days and less (`PT1M20.2S`) in milliseconds; None where it is none."""
    found = _DURATION.fullmatch(raw) if isinstance(raw, str) and len(raw) < 64 else None
    if found is None or not any(found.groups()):
        return None
    seconds = sum(float(part or 0) * unit for part, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True))
    return number(round(seconds * 1000, 6))


@cache
def zone_named(name: str) -> tzinfo:
    """A time zone by its IANA name; Viet Nam's also on machines without zone data."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        if name == HOME_ZONE:
            return timezone(timedelta(hours=7))
        raise BadOptionError(
            f"time_zone: không có múi giờ {name!r}; ví dụ đúng: {HOME_ZONE!r} (no time zone {name!r})"
        ) from None


def wire_time(raw: object) -> int | None:
    """The wire's `ts` (rule 2): RFC 3339 with an offset, or an integer of epoch milliseconds."""
    if isinstance(raw, str):
        return rfc3339_ms(raw)
    return epoch_ms(raw) if isinstance(raw, int) and not isinstance(raw, bool) else None


def clean(value: Value) -> Value:
    """A value fit to keep: infinite numbers are unknown, text is cut at 256 characters without NULs."""
    if isinstance(value, str):
        return value.replace("\0", "")[:256]
    return value if isinstance(value, bool) else number(value)
