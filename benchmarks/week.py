"""A simulated week through the live path, to see that every sample that was sent is stored, once.

The district's devices (real MQTT, QoS 1, into a real Mosquitto), the ingest with all it has, TimescaleDB and the alert
engine on one clock that goes as fast as the machine allows. docs/scores.md says what such a clock means.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from stage import parts
from stage.costs import cpu_seconds

from ioc import site as sites
from simulators.device import find_kinds
from simulators.population import populate
from simulators.scenario import load_scenario
from simulators.site import load_site
from simulators.world import World

START = 1_795_305_600.0  # 2026-11-22T00:00:00Z
_AIM = 200


def main() -> int:
    """Run it; 1 where something was lost or a part is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--site", default="nong-son")
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--step", type=float, default=10, help="seconds a turn (%(default)g)")
    args = parser.parse_args()
    if lacking := parts.missing():
        print("\n".join(lacking), file=sys.stderr)
        return 1
    with parts.database_server() as server, tempfile.TemporaryDirectory(prefix="ioc-bench-") as place:
        return run(args, server, Path(place))


def run(args: argparse.Namespace, server: parts.Timescale, folder: Path) -> int:
    """One run on fresh parts; prints as it goes."""
    from realparts.lockstep import Lockstep, account  # noqa: PLC0415 - found by `stage`
    from realparts.mosquitto import Mosquitto  # noqa: PLC0415
    from realparts.timescale import fresh_database  # noqa: PLC0415

    kinds = find_kinds()
    world = World(populate(load_site(args.site, kinds), kinds), load_scenario(args.scenario), seed=1, start=START)
    seconds, told_day = args.days * 86_400, 0
    broker = Mosquitto(folder)
    broker.start()
    with fresh_database(server.dsn) as dsn:
        began, cpu = time.perf_counter(), time.process_time()

        def tell(now: float) -> None:
            nonlocal told_day
            if (now - START) // 86_400 > told_day:
                told_day += 1
                print(f"... day {told_day}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

        with Lockstep(world, broker, dsn, sites.shipped(args.site), {"IOC_DATA_DIR": str(folder / "data")}) as lockstep:
            lockstep.run(START + seconds, args.step, tell)
        took, spent = time.perf_counter() - began, time.process_time() - cpu
        found, sent = account(dsn, lockstep.sent), lockstep.sent
        assert server.process is not None
        database = cpu_seconds(server.process.pid)
        broker.stop()
    speed, devices = seconds / took, len(list(world.addresses))
    print(
        f"{args.days:g} days of {args.site} ({devices} devices, {args.scenario}) in {took:,.0f} s: {speed:.0f} x life"
    )
    print(f"{sent.messages / took:,.0f} messages a second; CPU: ours {spent:.0f} s, database {database:.0f} s")
    print(f"sent     {sent.messages:>10,} messages with {sent.samples:,} samples and {sent.events:,} events")
    print(f"stored   {'':>10} {'':>8} {found['samples']:,} samples and {found['events']:,} events")
    print(f"lost {found['lost']}, doubled {found['doubled']}, not used or let go {found['unused']}")
    print(f"{len(lockstep.faults)} faults")
    print(f"aim: nothing lost at {_AIM} x: {'met' if not found['lost'] and speed >= _AIM else 'MISSED'}")
    return 1 if found["lost"] or found["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
