"""How fast history answers, beside the same answer from raw rows in plain SQL, on a real TimescaleDB; what it costs.

Writes months of readings of the simulators' making, has what is kept computed by the store's own statements, asks, and
measures the ingest's writing with and without the asking. docs/benchmarks.md says what is measured.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from stage import HERE, months
from stage.answers import report
from stage.parts import database_server, fresh_database
from stage.questions import SERIES, Question, one, questions

from ingest.batch import Judged
from ingest.ledger import Ledger, Outcome
from ingest.model import Admission, Message, Sample
from ingest.resolutions import Resolution
from ingest.rollups import compute
from ingest.series import table
from ingest.timescale import TimescaleStore
from ioc.history.latest import Newest
from ioc.migrate import ZONE, migrate

DAYS, LATEST = 30, 20_000


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
        Path(known.json).write_text(json.dumps(figures, indent=1), "utf-8")
    return 0 if figures["met"] else 1


class Bench:
    """One run on an empty database."""

    def __init__(self, dsn: str, millions: float, rounds: int) -> None:
        self.dsn, self.rounds = dsn, rounds
        self.devices = max(10, round(millions * 1e6 / DAYS / months.MINUTES))
        today = datetime.fromtimestamp(time.time_ns() / 1e9, UTC).replace(hour=17, minute=0, second=0, microsecond=0)
        self.begin = today - timedelta(days=DAYS + 1)  # whole days of Viet Nam, the last one over
        self.end = self.begin + timedelta(days=DAYS)

    def run(self) -> dict[str, object]:
        """All of it, in order."""
        migrate(self.dsn)
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            filled = self._fill(connection)
            kept = self._keep(connection)
            self._many_devices(connection)
            connection.execute("ANALYZE")  # a vacuum would come by itself in time
            sizes = self._sizes(connection, filled["readings"])
            answers = [self._measure(connection, one) for one in questions(connection, self.begin, self.end)]
            latest = self._latest(connection)
        slowed = self._slowed()
        return report({"filled": filled, "kept": kept, "sizes": sizes, "answers": answers, "latest": latest,
                             "slowed": slowed})  # fmt: skip

    def _fill(self, connection: psycopg.Connection) -> dict[str, float]:
        fleet = months.enrol(connection, self.devices, self.begin, DAYS)
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
        found = sum(one(connection, f"SELECT count(*) FROM {table(family)}") for family in fleet.numbers)
        return {"readings": found, "devices": self.devices, "took_s": took, "a_second": found / took,
                "notes": one(connection, "SELECT count(*) FROM presence")}  # fmt: skip

    def _keep(self, connection: psycopg.Connection) -> dict[str, float]:
        _progress("minutes, hours, days")
        began = time.perf_counter()
        for family in months.SHARES:
            ids = [
                n for (n,) in connection.execute("SELECT id FROM device WHERE address LIKE %s", (f"bench/{family}/%",))
            ]
            for kind in Resolution:
                connection.execute(compute(family, kind, ZONE), {"devices": ids, "begin": self.begin, "end": self.end})
            connection.execute(
                "INSERT INTO resolution (family, zone, hours_until, days_until) VALUES (%s, site_zone(), %s, %s) "
                "ON CONFLICT (family) DO UPDATE SET hours_until = excluded.hours_until, "
                "days_until = excluded.days_until",
                (family, self.end, self.end),
            )
        return {"took_s": time.perf_counter() - began}

    def _many_devices(self, connection: psycopg.Connection) -> None:
        """As many devices as a province has, the newest reading of each a moment ago."""
        more = LATEST - one(connection, "SELECT count(*) FROM device")
        connection.execute(
            "INSERT INTO device (address, admission, area, enrolled_at, latest, standing) "
            "SELECT format('more/camera/camera-%%s', lpad(n::text, 5, '0')), 'admitted', NULL, now(), "
            "(SELECT latest FROM device WHERE address = %s), 'in' FROM generate_series(1, %s) n", (SERIES, more),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO reading_camera (ts, device_id, seq, received_at, fps, bitrate_bps, temperature_c) "
            "SELECT %s + minute * interval '1 min', id, minute, now(), 25, 2e6, 40 "
            "FROM device, generate_series(0, 9) AS minute WHERE address LIKE 'more/%%'", (self.end,),
        )  # fmt: skip

    def _sizes(self, connection: psycopg.Connection, readings: float) -> dict[str, float]:
        """Bytes a reading, indexes and all: as kept, of what is computed, and of a day in a plain table of jsonb."""
        _progress("sizes")
        size = "SELECT coalesce(sum(hypertable_size(c)), 0)::bigint FROM unnest(%s::regclass[]) c"
        raw = one(connection, size, [table(family) for family in months.SHARES])
        buckets = {
            kind.value: one(connection, size, [f"{kind.value}_{family}_kept" for family in months.SHARES])
            for kind in Resolution
        }
        connection.execute("CREATE TABLE plain (ts timestamptz, device text, m jsonb, PRIMARY KEY (device, ts))")
        day = self.begin + timedelta(days=3)
        for family in months.SHARES:
            connection.execute(
                "INSERT INTO plain SELECT r.ts, address, jsonb_strip_nulls(to_jsonb(r) - '{ts,received_at,seq,"
                "device_id,stamped,suspect,origin,more}'::text[]) "
                f"FROM {table(family)} AS r JOIN device ON device.id = device_id "
                "WHERE ts >= %s AND ts < %s", (day, day + timedelta(days=1)),
            )  # fmt: skip
        plain = one(connection, "SELECT pg_total_relation_size('plain')") / one(
            connection, "SELECT count(*) FROM plain"
        )
        connection.execute("DROP TABLE plain")
        return {"raw": raw / readings, "plain": plain, **{name: value / readings for name, value in buckets.items()}}

    def _measure(self, connection: psycopg.Connection, question: Question) -> dict[str, object]:
        _progress(question.name)
        ours, cost = _costs(connection, lambda: question.ours(connection), self.rounds)
        raw, plain_cost = _costs(
            connection, lambda: connection.execute(question.raw, question.values).fetchall(), max(3, self.rounds // 8)
        )
        return {"name": question.name, **_percentiles(ours), "cpu_ms": cost, "raw_ms": statistics.median(raw) * 1000,
                "raw_cpu_ms": plain_cost, "limit_ms": question.limit_ms,
                "times": statistics.median(raw) / statistics.median(ours)}  # fmt: skip

    def _latest(self, connection: psycopg.Connection) -> dict[str, object]:
        """All devices' newest state: first, and then again while devices report as 20,000 would in the time between."""
        _progress(f"latest of {LATEST} devices")
        newest, first = Newest(), []
        for _ in range(5):
            newest = Newest()
            first += _times(lambda: newest.told(connection, "", None), 1)  # noqa: B023 - called at once
        again, cost = [], 0.0
        for number in range(self.rounds):
            connection.execute(
                "UPDATE device SET heard_at = now() WHERE id %% 30 = %s", (number % 30,)
            )  # as a second does
            each, spent = _costs(connection, lambda: newest.told(connection, "", None), 1)
            again, cost = again + each, cost + spent / self.rounds
        raw = (
            "SELECT device.id, last.* FROM device CROSS JOIN LATERAL (SELECT ts, fps, bitrate_bps, temperature_c "
            "FROM reading_camera WHERE device_id = device.id AND NOT suspect ORDER BY ts DESC LIMIT 1) AS last"
        )
        plainly, plain_cost = _costs(connection, lambda: connection.execute(raw).fetchall(), 3)
        return {
            "name": f"latest of {LATEST:,} devices",
            **_percentiles(again),
            "cpu_ms": cost,
            "raw_ms": statistics.median(plainly) * 1000,
            "raw_cpu_ms": plain_cost,
            "limit_ms": 30,
            "times": statistics.median(plainly) / statistics.median(again),
            "first_ms": statistics.median(first) * 1000,
        }

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
                asked = list(questions(connection, self.begin, self.end))
                newest, number = Newest(), 0
                while not ending.wait(0.1):
                    number += 1
                    if number % 5 == 0:
                        newest.told(connection, "", None)
                    else:
                        asked[number % len(asked)].ours(connection)

        thread = threading.Thread(target=ask)
        thread.start()
        yield
        ending.set()
        thread.join()


def _write(dsn: str, seconds: float) -> int:
    """Write batches as the ingest does, for so long; the rate is printed."""
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


def _times(ask: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return found


def _costs(connection: psycopg.Connection, ask: Callable[[], object], rounds: int) -> tuple[list[float], float]:
    """How long each took, and the CPU of one, ours and its database process's together, in ms."""
    before = time.process_time() + _spent(connection.info.backend_pid)
    found = _times(ask, rounds)
    return found, (time.process_time() + _spent(connection.info.backend_pid) - before) / rounds * 1000


def _spent(pid: int) -> float:
    """CPU seconds of a process, to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {"p50_ms": statistics.median(ordered) * 1000, "p95_ms": ordered[int(len(ordered) * 0.95)] * 1000}


def _progress(text: str) -> None:
    print(f"  … {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
