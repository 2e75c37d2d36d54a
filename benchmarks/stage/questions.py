"""What `benchmarks/history.py` asks: each question our way, up to the encoded answer, and in plain SQL over rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import psycopg

from ingest.series import table
from ioc.api.history import _points
from ioc.history import courses
from ioc.history.availability import Span, availability
from ioc.history.scope import Areas, Wanted, stays
from stage import months

SERIES = "bench/camera/camera-00003"


@dataclass(frozen=True)
class Question:
    """One question, asked our way and in plain SQL over readings."""

    name: str
    ours: Callable[[psycopg.Connection], object]
    raw: str
    values: dict[str, object]
    limit_ms: float


def questions(connection: psycopg.Connection, begin: datetime, end: datetime) -> Iterator[Question]:
    """The questions of the benchmark over the days of the data."""
    device = one(connection, "SELECT id FROM device WHERE address = %s", SERIES)
    day = end - timedelta(days=3)
    course = (
        "SELECT date_bin(%(step)s, ts, %(origin)s), min(temperature_c), avg(temperature_c), max(temperature_c), "
        "count(*) FROM reading_camera WHERE device_id = ANY(%(ids)s) AND ts >= %(since)s AND ts < %(until)s "
        "AND NOT suspect AND temperature_c IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    area = [stay.device_id for stay in stays(connection, Wanted(area="a1", family="camera"))]
    everyone = [stay.device_id for stay in stays(connection, Wanted(area="a1"))]
    month = {"since": begin, "until": end, "origin": courses.ORIGIN}
    yield Question("one device, one day", _course(Wanted((SERIES,)), day, day + timedelta(days=1)), course,
                   {"ids": [device], "since": day, "until": day + timedelta(days=1), "origin": courses.ORIGIN,
                    "step": timedelta(minutes=5)}, 50)  # fmt: skip
    yield Question("one metric of a device, 30 days", _course(Wanted((SERIES,)), begin, end), course,
                   {**month, "ids": [device], "step": timedelta(hours=3)}, 50)  # fmt: skip
    yield Question("the same up to now", _course(Wanted((SERIES,)), begin, end + timedelta(hours=5)),
                   course, {**month, "ids": [device], "until": end + timedelta(hours=5),
                            "step": timedelta(hours=3)}, 50)  # fmt: skip
    yield Question(f"one metric of an area ({len(area)}), 30 days",
                   _course(Wanted(area="a1", family="camera"), begin, end, together=True), course,
                   {**month, "ids": area, "step": timedelta(hours=3)}, 50)  # fmt: skip
    gaps = " UNION ALL ".join(
        f"SELECT device_id, ts, lead(ts) OVER (PARTITION BY device_id ORDER BY ts) AS next FROM {table(family)} "
        "WHERE device_id = ANY(%(ids)s) AND ts >= %(since)s AND ts < %(until)s AND NOT suspect"
        for family in months.SHARES
    )  # fmt: skip
    yield Question(f"an area's availability ({len(everyone)}), 30 days", lambda asked: _availability(asked, begin, end),
                   "SELECT sum(least(next - ts, interval '3 min')), "
                   "sum(greatest(next - ts - interval '3 min', '0')) "
                   f"FROM ({gaps}) AS read", {**month, "ids": everyone}, 50)  # fmt: skip


def _course(
    wanted: Wanted, since: datetime, until: datetime, *, together: bool = False
) -> Callable[[psycopg.Connection], object]:
    def ask(connection: psycopg.Connection) -> object:
        asked = courses.Asked("temperature_c", since, until, 300, together)
        made = courses.courses(connection, asked, stays(connection, wanted))
        return msgspec.json.encode([_points(one.buckets, one) for one in made.values()])

    return ask


def _availability(connection: psycopg.Connection, begin: datetime, end: datetime) -> object:
    found = stays(connection, Wanted(area="a1", areas=Areas.THEN, pending=False))
    return availability(connection, Span(begin, end, end), found, (), lambda stay: stay.area)


def one(connection: psycopg.Connection, question: str, *values: object) -> float:
    """The one value that a question gives."""
    row = connection.execute(question.encode(), values or None).fetchone()
    return row[0] if row else 0
