"""Computes minutes, hours and days from readings: each hour when it is over, and again when readings came late.

Every step is one transaction that sees one moment: it takes the marks of an hour, computes the hour from the readings
and keeps it. A reading that this moment does not show has a mark that it does not show either, and that stays for the
next time; so whenever the job dies, and however many run at once, nothing is lost or counted twice. Marks are set by
the ingest only where an hour had ended (`ingest.touched`), therefore an hour is first computed when every transaction
that may have seen it running has ended. No lock taken here is one that the ingest needs.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ingest.family import families
from ingest.queries import load
from ingest.resolutions import Resolution
from ingest.rollups import begin, compute, fold, forget
from ioc.job import Connection, Job, Work

_SQL = load("ioc.jobs", "store.sql")
_HOUR: Final = timedelta(hours=1)
_LOOKS: Final = 100  # for the transactions that run to end, each after a twentieth of a second


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far a family's resolutions reach."""

    family: str
    zone: str
    hours_until: datetime
    days_until: datetime
    readings_since: datetime
    minutes_since: datetime
    hours_since: datetime
    days_since: datetime


def run(work: Work) -> str:
    """Compute what is due; what was done."""
    for family in families():
        work.connection.execute(begin(family))
    hours, anew, days = _new_hours(work), _late_hours(work), _new_days(work)
    return (
        f"{hours} hours, {anew} of them again for late readings, {days} days"
        if hours or anew or days
        else "nothing due"
    )


def _new_hours(work: Work) -> int:
    """Every hour that is over, of every family; how many."""
    due = _over(work)
    done = 0
    if due is None:
        return 0
    for reach in _reaches(work.connection):
        at = reach.hours_until
        while at < due and not work.ending:
            done += _new_hour(work.connection, reach, at)
            at += _HOUR
    return done


def _over(work: Work) -> datetime | None:
    """Until when hours can be computed: over for a while, and no transaction left that may have seen them running."""
    connection = work.connection
    row = connection.execute(_SQL["moment"]).fetchone()
    fence = connection.execute(_SQL["fence"]).fetchone()
    for _ in range(_LOOKS):
        passed = connection.execute(_SQL["passed"], {"fence": fence[0] if fence else "0"}).fetchone()
        if passed and passed[0]:
            return row[1] if row else None
        if work.wait(0.05):
            break
    return None


def _new_hour(connection: Connection, reach: _Reach, at: datetime) -> int:
    with _step(connection):
        facts = {"family": reach.family, "hour": at, "begin": at, "end": at + _HOUR}
        if connection.execute(_SQL["advance_hours"], facts).rowcount != 1:
            return 0  # another has done it
        connection.execute(_SQL["settle"], facts)
        facts["devices"] = _devices(connection, reach.family)
        for resolution in (Resolution.MINUTE, Resolution.HOUR):
            connection.execute(compute(reach.family, resolution, reach.zone), facts)
    return 1


def _late_hours(work: Work) -> int:
    """Every hour into which readings came late; how many."""
    done = 0
    for family, hour in work.connection.execute(_SQL["late"]).fetchall():
        if work.ending:
            break
        done += _late_hour(work.connection, family, hour)
    return done


def _late_hour(connection: Connection, family: str, hour: datetime) -> int:
    with _step(connection):
        reach = next(reach for reach in _reaches(connection) if reach.family == family)
        marked = connection.execute(_SQL["settle"], {"family": family, "hour": hour}).fetchall()
        if not marked or hour >= reach.hours_until:
            return 0
        numbers = [number for (number,) in marked]
        devices = _devices(connection, family) if None in numbers else sorted(set(numbers))
        day, day_end = _day(connection, hour, reach.zone)
        if hour < reach.readings_since:
            _fold(connection, reach, hour, day, devices)
        else:
            _anew(connection, reach, (hour, hour + _HOUR), (day, day_end), devices)
    return 1


def _anew(
    connection: Connection, reach: _Reach, hour: tuple[datetime, datetime], day: tuple[datetime, datetime],
    devices: Sequence[int],
) -> None:  # fmt: skip
    """Compute an hour of some devices from their readings again, and the day from its hours."""
    wanted = {
        Resolution.MINUTE: (hour, hour[0] >= reach.minutes_since),
        Resolution.HOUR: (hour, hour[0] >= reach.hours_since),
        Resolution.DAY: (day, day[1] <= reach.days_until and day[0] >= reach.hours_since),
    }
    for resolution, (span, due) in wanted.items():
        if due:
            facts = {"begin": span[0], "end": span[1], "devices": devices}
            connection.execute(forget(reach.family, resolution), facts)
            connection.execute(compute(reach.family, resolution, reach.zone), facts)


def _fold(connection: Connection, reach: _Reach, hour: datetime, day: datetime, devices: Sequence[int]) -> None:
    """Add what came late to an hour whose readings were let go."""
    still = {
        "minutes": hour >= reach.minutes_since, "hours": hour >= reach.hours_since,
        "days": reach.days_since <= day < reach.days_until,
    }  # fmt: skip
    facts = {"begin": hour, "end": hour + _HOUR, "devices": devices, **still}
    connection.execute(fold(reach.family, reach.zone), facts)


def _new_days(work: Work) -> int:
    """Every day whose hours are all kept, of every family; how many."""
    done = 0
    for reach in _reaches(work.connection):
        at, end = _day(work.connection, reach.days_until, reach.zone)
        while end <= reach.hours_until and not work.ending:
            done += _new_day(work.connection, reach, at, end)
            at, end = _day(work.connection, end, reach.zone)
    return done


def _new_day(connection: Connection, reach: _Reach, at: datetime, end: datetime) -> int:
    with _step(connection):
        facts = {"family": reach.family, "begin": at, "end": end}
        if connection.execute(_SQL["advance_days"], facts).rowcount != 1:
            return 0
        facts["devices"] = _devices(connection, reach.family)
        connection.execute(compute(reach.family, Resolution.DAY, reach.zone), facts)
    return 1


@contextmanager
def _step(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        connection.execute(_SQL["one_view"])
        connection.execute(_SQL["one_writer"])
        yield


def _reaches(connection: Connection) -> list[_Reach]:
    found = [_Reach(*row) for row in connection.execute(_SQL["reached"])]
    return [reach for reach in found if reach.family in families()]


def _devices(connection: Connection, family: str) -> list[int]:
    row = connection.execute(_SQL["devices"], {"family": family}).fetchone()
    return list(row[0]) if row else []


def _day(connection: Connection, at: datetime, zone: str) -> tuple[datetime, datetime]:
    row = connection.execute(_SQL["day"], {"at": at, "zone": zone}).fetchone()
    if row is None:
        raise LookupError(zone)
    return row[0], row[1]


JOB = Job("resolutions", order=2, every_s=10, run=run)
