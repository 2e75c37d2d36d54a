"""How fast history answers, beside the same answer from raw rows in plain SQL, on a real TimescaleDB; and what it costs.

Writes months of readings of the simulators' making, lets the store's own job compute what it keeps, asks, and measures
the ingest's writing with and without the asking. docs/benchmarks.md says what is measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
from stage import HERE, months
from stage.parts import database_server
from realparts.timescale import fresh_database

from ingest.resolutions import Resolution
from ingest.series import table
from ioc.api.history import _points
from ioc.history import courses
from ioc.history.availability import Span, availability
from ioc.history.latest import Newest
from ioc.history.scope import Areas, Wanted, stays
from ioc.job import Work, jobs
from ioc.migrate import edition, migrate
from ioc.settings import Store

DAYS, LATEST = 30, 20_000
SERIES = "bench/camera/camera-00003"


@dataclass(frozen=True)
class Question:
    """One question, asked our way and in plain SQL over readings."""

    name: str
    ours: Callable[[psycopg.Connection], object]
    raw: str
    values: dict[str, object]
    limit_ms: float


def main() -> int:
    """Measure and print; 1 where an aim is missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--millions", type=float, default=20, help="readings (default 20)")
    asked.add_argument("--quick", action="store_true", help="two million, few repetitions")
    asked.add_argument("--json", metavar="FILE")
    asked.add_argument("--write", nargs=2, metavar=("DSN", "SECONDS"), help=argparse.SUPPRESS)
    known = asked.parse_args()
    if known.write:
        return _write(known.write[0], float(known.write[1]))
    millions, rounds = (2.0, 15) if known.quick else (known.millions, 40)
    with database_server() as server, fresh_database(server.dsn) as dsn:
        figures = Bench(dsn, millions, rounds).run()
    if known.json:
        with open(known.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    return 0 if figures["met"] else 1


class Bench:
    """One run on an empty database."""

    def __init__(self, dsn: str, millions: float, rounds: int) -> None:
        self.dsn, self.rounds = dsn, rounds
        self.devices = max(10, round(millions * 1e6 / DAYS / months.MINUTES))
        today = datetime.now(UTC).replace(hour=17, minute=0, second=0, microsecond=0)
        self.begin = today - timedelta(days=DAYS + 1)  # whole days of Viet Nam, the last one over
        self.end = self.begin + timedelta(days=DAYS)

    def run(self) -> dict[str, object]:
        """All of it, in order."""
        migrate(self.dsn)
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            filled = self._fill(connection)
            kept = self._keep(connection)
            self._many_devices(connection)
            connection.execute("VACUUM ANALYZE")
            sizes = self._sizes(connection, filled["readings"])
            answers = [self._measure(connection, one) for one in self._questions(connection)]
            latest = self._latest(connection)
        slowed = self._slowed()
        return self._report({"filled": filled, "kept": kept, "sizes": sizes, "answers": answers, "latest": latest,
                             "slowed": slowed})  # fmt: skip

    def _fill(self, connection: psycopg.Connection) -> dict[str, float]:
        fleet = months.enrol(connection, self.devices, self.begin, DAYS)
        connection.execute("UPDATE resolution SET hours_until = %s, days_until = %s", (self.begin, self.begin))
        began = time.perf_counter()
        for day in range(DAYS):
            _progress(f"day {day + 1} of {DAYS}, {self.devices} devices")
            for family in fleet.numbers:
                months.copy_day(connection, fleet, family, day)
        took = time.perf_counter() - began
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY presence (ts, device_id, state, reason) FROM STDIN") as copy,
        ):
            for note in months.presence(fleet):
                copy.write_row(note)
        found = sum(_one(connection, f"SELECT count(*) FROM {table(family)}") for family in fleet.numbers)
        return {"readings": found, "devices": self.devices, "took_s": took, "a_second": found / took,
                "notes": _one(connection, "SELECT count(*) FROM presence")}  # fmt: skip

    def _keep(self, connection: psycopg.Connection) -> dict[str, float]:
        _progress("minutes, hours, days")
        began = time.perf_counter()
        work = Work(connection, Store(), edition(connection).name, lambda _s: False)
        next(job for job in jobs() if job.name == "resolutions").run(work)
        return {"took_s": time.perf_counter() - began}

    def _many_devices(self, connection: psycopg.Connection) -> None:
        """As many devices as a province has, the newest reading of each a moment ago."""
        more = LATEST - _one(connection, "SELECT count(*) FROM device")
        connection.execute(
            "INSERT INTO device (address, admission, area, enrolled_at, latest, standing) "
            "SELECT format('more/camera/camera-%%s', lpad(n::text, 5, '0')), 'admitted', NULL, now(), "
            "(SELECT latest FROM device WHERE address = %s), 'in' FROM generate_series(1, %s) n", (SERIES, more),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO reading_camera (ts, device_id, seq, received_at, fps, bitrate_bps, temperature_c) "
            "SELECT %s + minute * interval '1 min', id, minute, now(), 25, 2e6, 40 FROM device, generate_series(0, 9) minute "
            "WHERE address LIKE 'more/%%'", (self.end,),
        )  # fmt: skip

    def _sizes(self, connection: psycopg.Connection, readings: float) -> dict[str, float]:
        """Bytes a reading, indexes and all: as kept, of what is computed, and of a day in a plain table of jsonb."""
        _progress("sizes")
        size = "SELECT coalesce(sum(hypertable_size(c)), 0)::bigint FROM unnest(%s::regclass[]) c"
        raw = _one(connection, size, [table(family) for family in months.SHARES])
        buckets = {
            kind.value: _one(connection, size, [f"{kind.value}_{family}_kept" for family in months.SHARES])
            for kind in Resolution
        }
        connection.execute("CREATE TABLE plain (ts timestamptz, device text, m jsonb, PRIMARY KEY (device, ts))")
        day = self.begin + timedelta(days=3)
        for family in months.SHARES:
            connection.execute(
                f"INSERT INTO plain SELECT r.ts, address, jsonb_strip_nulls(to_jsonb(r) - '{{ts,received_at,seq,device_id,"
                f"stamped,suspect,origin,more}}'::text[]) FROM {table(family)} r JOIN device ON device.id = device_id "
                "WHERE ts >= %s AND ts < %s", (day, day + timedelta(days=1)),
            )  # fmt: skip
        plain = _one(connection, "SELECT pg_total_relation_size('plain')") / _one(
            connection, "SELECT count(*) FROM plain"
        )
        connection.execute("DROP TABLE plain")
        return {"raw": raw / readings, "plain": plain, **{name: value / readings for name, value in buckets.items()}}

    def _questions(self, connection: psycopg.Connection) -> Iterator[Question]:
        device = _one(connection, "SELECT id FROM device WHERE address = %s", SERIES)
        day = self.end - timedelta(days=3)
        course = (
            "SELECT date_bin(%(step)s, ts, %(origin)s), min(temperature_c), avg(temperature_c), max(temperature_c), count(*) "
            "FROM reading_camera WHERE device_id = ANY(%(ids)s) AND ts >= %(since)s AND ts < %(until)s AND NOT suspect "
            "AND temperature_c IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        area = [stay.device_id for stay in stays(connection, Wanted(area="a1", family="camera"))]
        everyone = [stay.device_id for stay in stays(connection, Wanted(area="a1"))]
        month = {"since": self.begin, "until": self.end, "origin": courses.ORIGIN}
        yield Question("one device, one day", self._course(Wanted((SERIES,)), day, day + timedelta(days=1)), course,
                       {"ids": [device], "since": day, "until": day + timedelta(days=1), "origin": courses.ORIGIN,
                        "step": timedelta(minutes=5)}, 50)  # fmt: skip
        yield Question("one metric of a device, 30 days", self._course(Wanted((SERIES,)), self.begin, self.end), course,
                       {**month, "ids": [device], "step": timedelta(hours=3)}, 50)  # fmt: skip
        yield Question(f"one metric of an area ({len(area)}), 30 days",
                       self._course(Wanted(area="a1", family="camera"), self.begin, self.end, together=True), course,
                       {**month, "ids": area, "step": timedelta(hours=3)}, 50)  # fmt: skip
        gaps = " UNION ALL ".join(
            f"SELECT device_id, ts, lead(ts) OVER (PARTITION BY device_id ORDER BY ts) AS next FROM {table(family)} "
            "WHERE device_id = ANY(%(ids)s) AND ts >= %(since)s AND ts < %(until)s AND NOT suspect" for family in months.SHARES
        )  # fmt: skip
        yield Question(f"an area's availability ({len(everyone)}), 30 days", self._availability,
                       "SELECT sum(least(next - ts, interval '3 min')), sum(greatest(next - ts - interval '3 min', '0')) "
                       f"FROM ({gaps}) AS read", {**month, "ids": everyone}, 50)  # fmt: skip

    def _course(
        self, wanted: Wanted, since: datetime, until: datetime, *, together: bool = False
    ) -> Callable[[psycopg.Connection], object]:
        def ask(connection: psycopg.Connection) -> object:
            asked = courses.Asked("temperature_c", since, until, 300, together)
            made = courses.courses(connection, asked, stays(connection, wanted))
            return msgspec.json.encode([_points(one.buckets, one) for one in made.values()])

        return ask

    def _availability(self, connection: psycopg.Connection) -> object:
        found = stays(connection, Wanted(area="a1", areas=Areas.THEN, pending=False))
        return availability(connection, Span(self.begin, self.end, self.end), found, (), lambda stay: stay.area)

    def _measure(self, connection: psycopg.Connection, question: Question) -> dict[str, object]:
        _progress(question.name)
        ours = _times(lambda: question.ours(connection), self.rounds)
        raw = _times(lambda: connection.execute(question.raw, question.values).fetchall(), max(3, self.rounds // 8))
        return {"name": question.name, **_percentiles(ours), "raw_ms": statistics.median(raw) * 1000,
                "limit_ms": question.limit_ms, "times": statistics.median(raw) / statistics.median(ours)}  # fmt: skip

    def _latest(self, connection: psycopg.Connection) -> dict[str, object]:
        """All devices' newest state: first, and then again while devices report as 20,000 would in the time between."""
        _progress(f"latest of {LATEST} devices")
        newest, first = Newest(), []
        for _ in range(5):
            newest = Newest()
            first += _times(lambda: newest.told(connection, "", None), 1)  # noqa: B023 - called at once
        again = []
        for number in range(self.rounds):
            connection.execute(
                "UPDATE device SET heard_at = now() WHERE id %% 30 = %s", (number % 30,)
            )  # as a second does
            again += _times(lambda: newest.told(connection, "", None), 1)
        raw = "SELECT device.id, last.* FROM device CROSS JOIN LATERAL (SELECT ts, fps, bitrate_bps, temperature_c FROM " \
              "reading_camera WHERE device_id = device.id AND NOT suspect ORDER BY ts DESC LIMIT 1) AS last"  # fmt: skip
        plainly = _times(lambda: connection.execute(raw).fetchall(), 3)
        return {"name": f"latest of {LATEST:,} devices", **_percentiles(again), "raw_ms": statistics.median(plainly) * 1000,
                "limit_ms": 30, "times": statistics.median(plainly) / statistics.median(again),
                "first_ms": statistics.median(first) * 1000}  # fmt: skip

    def _slowed(self) -> dict[str, object]:
        """Readings a CPU-bound writer keeps a second, alone and beside ten questions a second, in turns."""
        rates: dict[bool, list[float]] = {False: [], True: []}
        for turn in range(6 if self.rounds < 40 else 12):
            asking = turn % 2 == 1
            _progress(f"writing {'beside questions' if asking else 'alone'}")
            with self._asking() if asking else _nothing():
                rates[asking].append(self._rate(5))
        pairs = [beside / alone for alone, beside in zip(rates[False], rates[True], strict=True)]
        return {"alone": statistics.median(rates[False]), "beside": statistics.median(rates[True]),
                "share": statistics.median(pairs), "least": min(pairs), "most": max(pairs)}  # fmt: skip

    def _rate(self, seconds: float) -> float:
        said = subprocess.run([sys.executable, str(HERE / "history.py"), "--write", self.dsn, str(seconds)],
                              check=True, capture_output=True, text=True)  # fmt: skip
        return float(said.stdout)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        ending = threading.Event()

        def ask() -> None:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                questions = list(self._questions(connection))
                newest, number = Newest(), 0
                while not ending.wait(0.1):
                    number += 1
                    if number % 5 == 0:
                        newest.told(connection, "", None)
                    else:
                        questions[number % len(questions)].ours(connection)

        thread = threading.Thread(target=ask)
        thread.start()
        yield
        ending.set()
        thread.join()

    def _report(self, figures: dict[str, object]) -> dict[str, object]:
        filled, sizes, slowed = figures["filled"], figures["sizes"], figures["slowed"]
        print(f"\n{filled['readings']:,.0f} readings of {filled['devices']:,} devices in {DAYS} days, written at "
              f"{filled['a_second']:,.0f} a second; minutes, hours and days computed in {figures['kept']['took_s']:,.0f} s; "
              f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")  # fmt: skip
        print(f"{'question':<46}{'p50 ms':>9}{'p95 ms':>9}{'raw SQL ms':>12}{'times':>8}")
        for row in [*figures["answers"], figures["latest"]]:
            print(
                f"{row['name']:<46}{row['p50_ms']:>9.1f}{row['p95_ms']:>9.1f}{row['raw_ms']:>12.0f}{row['times']:>8.0f}"
            )
        print(f"{'… asked for the first time by a process':<46}{figures['latest']['first_ms']:>9.1f}\n")
        print(f"bytes a reading: {sizes['raw']:.0f}; a plain table of jsonb {sizes['plain']:.0f}; besides, minutes "
              f"{sizes['minute']:.0f}, hours {sizes['hour']:.1f}, days {sizes['day']:.2f}")  # fmt: skip
        print(f"ingest beside ten questions a second: {slowed['share']:.0%} of its rate alone "
              f"({slowed['least']:.0%}-{slowed['most']:.0%}): {slowed['beside']:,.0f} of {slowed['alone']:,.0f} a second\n")  # fmt: skip
        verdicts = [(f"{r['name']}: p95 under {r['limit_ms']} ms", r["p95_ms"] < r["limit_ms"])
                    for r in [*figures["answers"], figures["latest"]]]  # fmt: skip
        verdicts += [(f"{r['name']}: at least 50 x raw", r["times"] >= 50) for r in figures["answers"][1:]]
        verdicts.append(("ingest slowed by no more than 10 %", slowed["share"] >= 0.9))
        for aim, met in verdicts:
            print(f"{'met' if met else 'MISSED':<8}{aim}")
        return {**figures, "met": all(met for _, met in verdicts)}


def _write(dsn: str, seconds: float) -> int:
    """Write batches as the ingest does, for so long; the rate is printed."""
    from ingest.batch import Judged
    from ingest.ledger import Ledger, Outcome
    from ingest.model import Admission, Message, Sample
    from ingest.timescale import TimescaleStore

    store = TimescaleStore(dsn, lambda _address: Admission.ADMITTED)
    now = time.time_ns() // 1_000_000
    session, written, seq, until = f"w{now}", 0, 0, time.perf_counter() + seconds
    ledger = Ledger(now)
    while time.perf_counter() < until:
        batch = []
        for number in range(2000):
            seq += 1
            metrics = {
                "fps": 25,
                "bitrate_bps": 2e6 + seq,
                "temperature_c": 41.5,
                "storage_used_pct": 63.2,
                "motion": False,
            }
            sample = Sample(f"write/camera/w{number % 500}", now + seq, metrics, now + seq, session, seq, session)
            batch.append(Judged(Message("t", b"", now + seq), Outcome.STORED, (sample,)))
        store.write(batch, ledger, {}, hearing=True)
        written += len(batch)
    store.close()
    print(written / seconds)
    return 0


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _one(connection: psycopg.Connection, question: str, *values: object) -> float:
    row = connection.execute(question.encode(), values or None).fetchone()
    return row[0] if row else 0


def _times(ask: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return found


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {"p50_ms": statistics.median(ordered) * 1000, "p95_ms": ordered[int(len(ordered) * 0.95)] * 1000}


def _progress(text: str) -> None:
    print(f"  … {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
