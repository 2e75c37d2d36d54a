"""Which shape of a reading's row: typed columns, one jsonb, or a row a value? Size, CPU to write, time to ask.

Readings of simulated Wi-Fi points (eleven metrics, two of them counters), one a minute from each of many, in the order
of time and by binary COPY, as the ingest writes. TimescaleDB's Apache edition tells size and speed, the Community
edition (in WebAssembly: sizes only) what compression by device leaves. `--readings 10000000` is the run of the
decision (docs/decisions/typed-readings.md); without it a tenth of a million shows that it works.
"""

import argparse
import json
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/provision")]

from realparts.community import Community  # noqa: E402
from realparts.timescale import Timescale, fresh_database  # noqa: E402

from ingest.family import families  # noqa: E402
from ingest.rows import HEADER, TRAILER  # noqa: E402
from simulators.device import find_kinds  # noqa: E402
from simulators.faults import Scenario  # noqa: E402
from simulators.population import populate  # noqa: E402
from simulators.site import load_site  # noqa: E402
from simulators.wire import Message  # noqa: E402
from simulators.world import World  # noqa: E402

DEVICES, DAY_MIN, TEMPLATES = 232, 1440, 8
START_US = 820_454_400 * 1_000_000  # 2026-01-01 in PostgreSQL's microseconds since 2000
METRICS = [m for m in families()["wifi"].columns if m not in ("cpu_pct", "temperature_c", "rtt_ms")]
KEYS = "ts timestamptz NOT NULL, device_id integer NOT NULL, seq bigint NOT NULL"
BESIDE = "received_at timestamptz NOT NULL, stamped boolean NOT NULL, suspect boolean NOT NULL, origin text NOT NULL"
IDENTITY = "device_id, ts, seq, origin"


Block = tuple[np.ndarray, np.ndarray, np.ndarray]  # microseconds, devices, values by metric


@dataclass(frozen=True)
class Shape:
    """A table, how a block of readings is written to it, and a metric's value in its words."""

    name: str
    columns: str
    key: str
    rows: int  # a reading
    body: Callable[[Block], bytes]
    value: str = "clients"
    where: str = "true"


def day_of_simulated_points() -> np.ndarray:
    """What some simulated points said in a day: by point, minute and metric."""
    kinds = find_kinds()
    identities = [each for each in populate(load_site("nong-son", kinds), kinds, 400) if each.kind.family == "wifi"][
        :TEMPLATES
    ]
    world = World(identities, Scenario(), seed=1, start=1_767_225_600.0)
    said: dict[str, list[list[float]]] = {each.address: [] for each in identities}
    for action in world.step(1_767_225_600.0 + DAY_MIN * 60 + 120):
        if isinstance(action, Message) and action.topic.endswith("/telemetry"):
            m = json.loads(action.payload)["m"]
            said[action.topic.removeprefix("ioc/v1/").removesuffix("/telemetry")].append([m[name] for name in METRICS])
    return np.array([rows[:DAY_MIN] for rows in said.values()], float)


def blocks(day: np.ndarray, readings: int) -> Iterator[Block]:
    """Readings of many points hour by hour: each like one of the simulated ones, its counters growing on."""
    growth = np.where([name.endswith("_total") or name == "uptime_s" for name in METRICS], day[:, -1, :], 0)
    devices, minutes = np.arange(1, DEVICES + 1), readings // DEVICES
    for begin in range(0, minutes, 60):
        at = np.repeat(np.arange(begin, min(begin + 60, minutes)), DEVICES)
        who = np.tile(devices, len(at) // DEVICES)
        like = who % TEMPLATES
        yield (
            START_US + at * 60_000_000 + who * 1000,
            who,
            day[like, at % DAY_MIN] + growth[like] * (at // DAY_MIN)[:, None],
        )


def packed(rows: int, fields: list[tuple[str, str, object]]) -> bytes:
    """Rows of one length in COPY's binary form; a field is its name, numpy type and values."""
    sized = [part for name, kind, _ in fields for part in ((f"{name}_size", ">i4"), (name, kind)) if part[1]]
    made = np.zeros(rows, np.dtype([("fields", ">i2"), *sized]))
    made["fields"] = len(fields)
    for name, kind, values in fields:
        made[f"{name}_size"] = np.dtype(kind).itemsize
        made[name] = values
    return made.tobytes()


def facts(block: Block) -> list[tuple[str, str, object]]:
    ts, who, _ = block
    told = [("ts", ">i8", ts), ("device", ">i4", who), ("seq", ">i8", ts // 60_000_000 % 100_000)]
    flags = [("stamped", "u1", 1), ("suspect", "u1", 0), ("origin", "S10", b"01JD9Z6R0Q")]
    return [*told, ("received", ">i8", ts + 40_000), *flags]


def typed(block: Block) -> bytes:
    columns = [(name, ">f8", block[2][:, at]) for at, name in enumerate(METRICS)]
    return packed(len(block[0]), [*facts(block), *columns])


def one_json(block: Block) -> bytes:
    heads, found = packed(len(block[0]), facts(block)), []
    size = len(heads) // len(block[0])
    for at, values in enumerate(block[2].tolist()):
        body = (
            b"\x01"
            + json.dumps({n: int(v) if v == int(v) else v for n, v in zip(METRICS, values, strict=True)}).encode()
        )
        found += [b"\0\x08", heads[at * size + 2 : (at + 1) * size], struct.pack(">i", len(body)), body]
    return b"".join(found)


def row_a_value(block: Block) -> bytes:
    ts, who, values = block
    many = len(METRICS)
    fields = [
        ("ts", ">i8", np.repeat(ts, many)),
        ("device", ">i4", np.repeat(who, many)),
        ("seq", ">i8", np.repeat(ts // 60_000_000 % 100_000, many)),
        ("metric", ">i2", np.tile(np.arange(many), len(ts))),
        ("value", ">f8", values.reshape(-1)),
    ]
    return packed(len(ts) * many, fields)


_COLUMNS = ", ".join(f"{name} double precision" for name in METRICS)
_VALUE = f"{KEYS}, metric smallint NOT NULL, value double precision"
SHAPES = (
    Shape("typed", f"{KEYS}, {BESIDE}, {_COLUMNS}", IDENTITY, 1, typed),
    Shape("jsonb", f"{KEYS}, {BESIDE}, m jsonb NOT NULL", IDENTITY, 1, one_json, "(m ->> 'clients')::float8"),
    Shape("narrow", _VALUE, "device_id, metric, ts, seq", len(METRICS), row_a_value, "value", "metric = 0"),
)
_DAY = "ts >= %(end)s - interval '1 day'"
QUESTIONS = {
    "one metric, one device, one day": "SELECT ts, {value} FROM {name} WHERE {where} AND device_id = 7 AND " + _DAY,
    "one metric, one device, 30 days by the hour": "SELECT date_bin('1 hour', ts, 'epoch'), min({value}), "
    "avg({value}), max({value}) FROM {name} WHERE {where} AND device_id = 7 GROUP BY 1",
    "one metric, all devices, one day": "SELECT device_id, avg({value}) FROM {name} WHERE {where} AND "
    + _DAY
    + " GROUP BY 1",
}


def cpu_s(connection: psycopg.Connection) -> float:
    """What the server's process of this connection has spent."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def make(connection: psycopg.Connection, shape: Shape) -> None:
    connection.execute(f"CREATE TABLE {shape.name} ({shape.columns}, PRIMARY KEY ({shape.key}))")
    daily = "chunk_time_interval => interval '1 day', create_default_indexes => false"
    connection.execute(f"SELECT create_hypertable('{shape.name}', 'ts', {daily})")


def write(connection: psycopg.Connection, shape: Shape, day: np.ndarray, readings: int) -> None:
    for block in blocks(day, readings):
        with connection.cursor().copy(f"COPY {shape.name} FROM STDIN (FORMAT binary)") as copy:
            copy.write(HEADER + shape.body(block) + TRAILER)


def size_and_speed(dsn: str, shape: Shape, day: np.ndarray, readings: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        make(connection, shape)
        before = cpu_s(connection)
        write(connection, shape, day, readings)
        spent = cpu_s(connection) - before
        connection.execute(f"VACUUM ANALYZE {shape.name}")
        [(heap, index, end, rows)] = connection.execute(
            f"SELECT table_bytes, index_bytes, (SELECT max(ts) FROM {shape.name}), (SELECT count(*) FROM {shape.name}) "
            f"FROM hypertable_detailed_size('{shape.name}')"
        ).fetchall()
        each = rows / shape.rows
        print(
            f"{shape.name:7} {each:12,.0f} readings: {heap / each:4.0f} B heap + {index / each:4.0f} B index each, "
            f"{spent / each * 1e6:5.1f} µs of the database's CPU to write one; "
            f"100 M: {(heap + index) / each / 10:5.1f} GB"
        )
        for asked, text in QUESTIONS.items():
            took = []
            for _ in range(5):
                begin = time.perf_counter()
                connection.execute(text.format(**vars(shape)), {"end": end}).fetchall()
                took.append(time.perf_counter() - begin)
            print(f"        {min(took) * 1000:9.1f} ms  {asked}")


def compressed(dsn: str, shape: Shape, day: np.ndarray, readings: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        make(connection, shape)
        write(connection, shape, day, readings)
        segment = "device_id, metric" if shape.name == "narrow" else "device_id"
        setting = f"compress, timescaledb.compress_segmentby = '{segment}', timescaledb.compress_orderby = 'ts, seq'"
        connection.execute(f"ALTER TABLE {shape.name} SET (timescaledb.{setting})")
        connection.execute(f"SELECT compress_chunk(c) FROM show_chunks('{shape.name}') c")
        [(before, after)] = connection.execute(
            "SELECT before_compression_total_bytes, after_compression_total_bytes "
            f"FROM hypertable_compression_stats('{shape.name}')"
        ).fetchall()
        each = readings // DEVICES * DEVICES
        sizes = f"{before / each:6.0f} B → {after / each:5.1f} B a reading, {before / after:.0f} : 1"
        print(f"{shape.name:7} {each:12,} readings: {sizes}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=100_000)
    parser.add_argument(
        "--compressed", type=int, default=334_080, help="readings on Community; whole days of 232 points"
    )
    asked = parser.parse_args()
    day = day_of_simulated_points()
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        server = Timescale(Path(folder))
        server.command += ["-c", "shared_buffers=1GB", "-c", "max_wal_size=8GB"]
        server.start()
        try:
            for shape in SHAPES:
                with fresh_database(server.dsn) as dsn:
                    psycopg.connect(dsn, autocommit=True).execute("CREATE EXTENSION timescaledb").connection.close()
                    size_and_speed(dsn, shape, day, asked.readings // (10 if shape.rows > 1 else 1))
        finally:
            server.close()
        print("compressed by device (Community):")
        server = Community(Path(folder))
        server.start()
        try:
            for shape in SHAPES:
                with server.fresh_database() as dsn:
                    compressed(dsn, shape, day, asked.compressed // (10 if shape.rows > 1 else 1) // DEVICES * DEVICES)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
