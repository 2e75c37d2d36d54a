"""How long devices were in service, out of it, or not to be known; maintenance counts for nothing.

Sums what the presence log says. What is neither in nor out is unknown: before the first note, while our ingest was down
or deaf, behind a dead gateway. A device counts from its enrolment until it is retired.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from psycopg import Connection

from ioc.history.asking import ask
from ioc.history.scope import Stay

Key = TypeVar("Key", bound=Hashable)

HOLDS: Final = timedelta(hours=26)  # a note is said again daily; what was not for longer is not known
DEAF: Final = timedelta(seconds=30)  # the ingest keeps its account every 5 s


@dataclass(frozen=True, slots=True)
class Window:
    """A time of maintenance, of whoever fits all that is named; of an area, those below it are named too."""

    since: datetime
    until: datetime
    device: str | None = None
    area: str | None = None
    family: str | None = None

    def covers(self, stay: Stay) -> bool:
        """Whether it means that device there."""
        here = self.device in (None, stay.address) and self.area in (None, stay.area)
        return here and self.family in (None, stay.family)


Maintenance = Callable[[datetime, datetime], Sequence[Window]]
"""The port to whoever plans maintenance: the windows that touch a span."""


def no_maintenance(_since: datetime, _until: datetime) -> Sequence[Window]:
    """Nothing is planned: the port in memory."""
    return ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of all devices of a group together. `outages` counts how often one went out of service."""

    devices: int
    in_s: float
    out_s: float
    unknown_s: float
    maintenance_s: float
    outages: int

    @property
    def share(self) -> float | None:
        """In service, of the time known; None where none is."""
        known = self.in_s + self.out_s
        return self.in_s / known if known > 0 else None

    @property
    def known_share(self) -> float | None:
        """The time known, of all time outside maintenance."""
        everything = self.in_s + self.out_s + self.unknown_s
        return (self.in_s + self.out_s) / everything if everything > 0 else None


@dataclass(frozen=True, slots=True)
class Span:
    """The time asked about; nothing is known after `known`."""

    since: datetime
    until: datetime
    known: datetime


def known_until(connection: Connection[Any], now: datetime) -> datetime:
    """Until when the ingest was there to know: now, or when it last said so."""
    found = ask(connection, "known_until")
    if not found:
        return now
    kept: datetime = found[0][0]
    return now if now - kept <= DEAF else kept


def availability(
    connection: Connection[Any], span: Span, stays: Sequence[Stay], windows: Sequence[Window],
    group: Callable[[Stay], Key],
) -> Mapping[Key, Figures]:  # fmt: skip
    """The figures of each group of stays, in the order the groups are first met."""
    parts = [part for stay in stays if (part := _within(stay, span)) is not None]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(group(stay) for stay, _, _ in parts))}
    apart = [(stay, *time) for stay, since, until in parts for time in _apart(stay, since, until, windows)]
    found = {number: facts for number, *facts in ask(connection, "availability", {
        "ids": [stay.device_id for stay, _, _ in parts], "groups": [numbers[group(stay)] for stay, _, _ in parts],
        "sinces": [since for _, since, _ in parts], "untils": [until for _, _, until in parts],
        "apart_ids": [stay.device_id for stay, _, _ in apart], "apart_sinces": [since for _, since, _ in apart],
        "apart_untils": [until for _, _, until in apart],
        "since": span.since, "until": span.until, "known": span.known, "holds": HOLDS,
    })}  # fmt: skip
    whole, away, devices = (
        dict.fromkeys(numbers, 0.0),
        dict.fromkeys(numbers, 0.0),
        {key: set[int]() for key in numbers},
    )
    for stay, since, until in parts:
        whole[group(stay)] += (until - since).total_seconds()
        devices[group(stay)].add(stay.device_id)
    for stay, since, until in apart:
        away[group(stay)] += (until - since).total_seconds()
    return {
        key: _figures(len(devices[key]), whole[key], away[key], *found.get(number, (0.0, 0.0, 0)))
        for key, number in numbers.items()
    }


def _figures(devices: int, whole: float, away: float, in_s: float, out_s: float, outages: int) -> Figures:
    return Figures(devices, in_s, out_s, max(0.0, whole - away - in_s - out_s), away, outages)


def _within(stay: Stay, span: Span) -> tuple[Stay, datetime, datetime] | None:
    """The part of a stay that counts: within the span, from the device's enrolment until it was retired."""
    since = max(at for at in (stay.since, stay.enrolled_at, span.since) if at is not None)
    until = min(at for at in (stay.until, stay.retired_at, span.until) if at is not None)
    return (stay, since, until) if since < until else None


def _apart(
    stay: Stay, since: datetime, until: datetime, windows: Sequence[Window]
) -> Sequence[tuple[datetime, datetime]]:
    """The maintenance of a stay, overlapping windows taken together."""
    merged: list[tuple[datetime, datetime]] = []
    for begin, end in sorted((max(w.since, since), min(w.until, until)) for w in windows if w.covers(stay)):
        if begin >= end:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged
