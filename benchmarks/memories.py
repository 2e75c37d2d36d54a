"""How long a start waits for what rules with a memory remember, beside what its ingest loads from the same database.

    python benchmarks/memories.py [--devices 400] [--devices 20000] [--hours 1]

A day of a district: three changes of presence and two events of each camera, and readings by the minute of the last
`--hours`. The rules are those shipped, and two that look back far: a rate of every camera over an hour, and events.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence

import psycopg
from stage import parts

from alerts.recollection import remembering
from alerts.rule import Rule
from alerts.rulebook import read_rules
from alerts.rulefile import default_rules
from ingest.model import Admission
from ingest.timescale import TimescaleStore
from ioc.accounts.store import Pool
from ioc.clock import now_ms
from ioc.lifecycle import Stops
from ioc.memories import Remembering, _snapshot
from ioc.migrate import migrate
from ioc.wiring import open_pool

MORE = (
    {"name": "hotter", "kind": "rate", "family": "camera", "metric": "temperature_c", "above": 1, "over": "1h"},
    {"name": "all-events", "kind": "repeated", "times": 5, "within": "24h"},
)
AIM = 0.5  # of the ingest's own load


def main() -> int:
    """Measure each size; 1 where the shipped rules take longer than aimed at, 2 where a part is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, action="append")
    parser.add_argument("--hours", type=float, default=1)
    args = parser.parse_args()
    if lacking := parts.missing():
        print("\n".join(lacking), file=sys.stderr)
        return 2
    from realparts.timescale import fresh_database  # noqa: PLC0415 - found by `stage`

    worst = 0.0
    with parts.database_server() as server:
        for devices in args.devices or (400, 20_000):
            with fresh_database(server.dsn) as dsn, Stops() as stops:
                fill(dsn, devices, args.hours)
                worst = max(worst, measure(dsn, devices, stops))
    print(f"aim: shipped rules within {AIM:g} of the load: {'met' if worst <= AIM else 'MISSED'}")
    return int(worst > AIM)


DAY = """
INSERT INTO device (address, admission)
SELECT 'big/' || CASE n % 20 WHEN 0 THEN 'gateway' ELSE 'camera' END || '/d' || n, 'admitted'
FROM generate_series(1, {devices}) n;
INSERT INTO presence (ts, device_id, state)
SELECT now() - k * interval '7 hours' - id * interval '1 ms', id, CASE k % 2 WHEN 0 THEN 'in' ELSE 'out' END
FROM device, generate_series(1, 4) k;
INSERT INTO event (ts, received_at, device_id, id, type, phase)
SELECT t, t, id, 'e' || k, CASE k WHEN 1 THEN 'reboot' ELSE 'motion' END, 'start'
FROM device, generate_series(1, 2) k, LATERAL (SELECT now() - k * interval '20 min' - id * interval '1 ms') AS at (t);
INSERT INTO reading_camera (ts, received_at, device_id, seq, temperature_c)
SELECT t, t, id, k, 40 + k % 7 FROM generate_series(1, {minutes}) k, device,
    LATERAL (SELECT now() - k * interval '1 minute' + id * interval '1 ms') AS at (t) WHERE address LIKE '%/camera/%';
INSERT INTO reading_gateway (ts, received_at, device_id, seq, battery_pct)
SELECT t, t, id, k, 40 + k % 7 FROM generate_series(1, {minutes}) k, device,
    LATERAL (SELECT now() - k * interval '1 minute' + id * interval '1 ms') AS at (t) WHERE address LIKE '%/gateway/%';
ANALYZE
"""


def fill(dsn: str, devices: int, hours: float) -> None:
    """A day of so many cameras, up to now; every twentieth device is a gateway."""
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute(DAY.format(devices=devices, minutes=round(60 * hours)))


def measure(dsn: str, devices: int, stops: Stops) -> float:
    """Print what rules take; gives how much those shipped take of the load."""
    store = TimescaleStore(dsn, lambda _: Admission.ADMITTED)
    stops.add("store", store.close)
    loading = timed(store.load)
    pool = open_pool(dsn, stops)
    shipped = default_rules()
    more = tuple(read_rules({"severity": "minor", **rule} for rule in MORE))
    print(f"{devices:,} devices; the ingest's own load takes {loading:.2f} s")
    taken = {"shipped": remember(pool, shipped), **{rule.name: remember(pool, [rule]) for rule in more}}
    for name, (seconds, ours, memories) in taken.items():
        print(
            f"  {name:<12} {seconds:6.2f} s, of our CPU {ours:6.2f} s  {seconds / loading:5.2f} of the load "
            f" {memories:>7,} memories"
        )
    print(f"  memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    return taken["shipped"][0] / loading


def remember(pool: Pool, rules: Sequence[Rule]) -> tuple[float, float, int]:
    """How long these rules' memories take, how much CPU of ours, and how many they are."""
    made: list[int] = []
    cpu = time.process_time()
    with _snapshot(pool) as connection:
        work = Remembering(connection, now_ms(), lambda: False)
        give = lambda _rule, memories: made.append(-1 if memories is None else len(memories))  # noqa: E731
        return timed(lambda: work.run(remembering(rules), give)), time.process_time() - cpu, sum(made)


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
