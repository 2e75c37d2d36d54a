"""How fast, how cheap and how safe the ingest is, beside its peers, in one run on real Mosquitto and TimescaleDB.

Rounds are interleaved, so that what else the machine does falls on all alike. docs/benchmarks.md says what is measured.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stage import contestants as who
from stage import nodered, parts, report
from stage.contestants import Contestant
from stage.runs import Loss, Memory, Speed, measure_loss, measure_memory, measure_speed


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    messages: int
    rounds: int
    kills: int
    kill_seconds: float
    devices: tuple[int, ...]
    sweeps: int
    minutes: float


QUICK = Plan(messages=100_000, rounds=1, kills=1, kill_seconds=5, devices=(100, 20_000), sweeps=1, minutes=0.25)
FULL = Plan(messages=300_000, rounds=3, kills=3, kill_seconds=12, devices=(100, 1000, 20_000), sweeps=3, minutes=1)
SPEEDS = [who.INGEST, who.WITHOUT_ALERTS, who.INGEST_PAHO, who.PAHO_COUNT, who.PAHO_COPY, who.NODERED, who.PLAIN,
          who.MOSQUITTO_SUB]  # fmt: skip
LOSSES = [who.INGEST, who.PAHO_COPY, who.NODERED, who.PLAIN, who.PLAIN_PERSISTENT]
PARTS = ("speed", "loss", "sweep", "memory")


class Bench:
    """One run: measures part by part, prints as it goes, keeps the figures."""

    def __init__(self, plan: Plan, server: parts.Timescale, skipped: set[Contestant]) -> None:
        self.plan, self.server, self.skipped = plan, server, skipped
        self.verdicts: list[report.Verdict] = []
        self.figures: dict[str, object] = {}

    def speed(self) -> None:
        """Everybody's messages a second and CPU."""
        found: dict[Contestant, list[Speed]] = {one: [] for one in self._those(SPEEDS)}
        for number in range(self.plan.rounds):
            for one, speeds in found.items():
                _progress(f"round {number + 1} of {self.plan.rounds}: {one.name}")
                count = max(4000, int(self.plan.messages * one.share))
                speeds.append(measure_speed(self.server, one, 1000, count))
        _print(report.speeds(found))
        self.verdicts += report.ratios(found)
        self.figures["speed"] = {one.name: [asdict(speed) for speed in speeds] for one, speeds in found.items()}

    def loss(self) -> None:
        """What kill -9 costs everybody who keeps."""
        dice = random.Random(7)
        found: dict[Contestant, list[Loss]] = {one: [] for one in self._those(LOSSES)}
        for number in range(self.plan.kills):
            for one, losses in found.items():
                _progress(f"kill {number + 1} of {self.plan.kills}: {one.name}")
                losses.append(measure_loss(self.server, one, 1000, self.plan.kill_seconds, dice))
        rows, verdicts = report.losses(found)
        _print(rows)
        self.verdicts += verdicts
        self.figures["loss"] = {one.name: [asdict(loss) for loss in losses] for one, losses in found.items()}

    def sweep(self) -> None:
        """Ours, with few and many devices."""
        found: dict[int, list[Speed]] = {devices: [] for devices in self.plan.devices}
        for number in range(self.plan.sweeps):
            for devices, speeds in found.items():
                _progress(f"round {number + 1} of {self.plan.sweeps}: {devices:,} devices")
                speeds.append(measure_speed(self.server, who.INGEST, devices, self.plan.messages))
        rows, verdicts = report.sweep(found)
        _print(rows)
        self.verdicts += verdicts
        self.figures["sweep"] = {devices: [asdict(speed) for speed in speeds] for devices, speeds in found.items()}

    def memory(self) -> None:
        """Ours, at full rate for a while."""
        _progress(f"{self.plan.minutes:g} min at full rate")
        found: Memory = measure_memory(self.server, who.INGEST, 1000, self.plan.minutes)
        rows, verdicts = report.memory(found)
        _print(rows)
        if self.plan.minutes < 10:
            print(f"a short look of {self.plan.minutes:g} min; the aim speaks of 10: run with --minutes 10")
        self.verdicts += verdicts
        self.figures["memory"] = asdict(found)

    def _those(self, wanted: Iterable[Contestant]) -> list[Contestant]:
        return [one for one in wanted if one not in self.skipped]


def main() -> int:
    """Measure what is asked; 1 where the machine lacks a part. A missed aim is told, and is no failure of the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a couple of minutes in all, one round")
    parser.add_argument("--minutes", type=float, help="how long memory is watched (1, with --quick a quarter)")
    parser.add_argument("--rounds", type=int, help="rounds of the main table (3, with --quick 1)")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument("--json", type=Path, help="write all figures there")
    args = parser.parse_args()
    if lacking := parts.missing():
        print("\n".join(lacking), file=sys.stderr)
        return 1
    plan = QUICK if args.quick else FULL
    changes = {"minutes": args.minutes, "rounds": args.rounds}
    plan = Plan(**{**asdict(plan), **{name: value for name, value in changes.items() if value is not None}})
    print(f"measured on {os.cpu_count()} cores; compare only within this run", flush=True)
    with parts.database_server() as server:
        bench = Bench(plan, server, _skipped())
        steps: Mapping[str, Callable[[], None]] = {name: getattr(bench, name) for name in PARTS}
        for name in args.only:
            steps[name]()
    print("\naims:")
    _print(str(verdict) for verdict in bench.verdicts)
    if args.json:
        args.json.write_text(json.dumps({"cores": os.cpu_count(), "plan": asdict(plan), **bench.figures}, indent=1))
    return 0


def _skipped() -> set[Contestant]:
    """Who cannot run here."""
    if not nodered.missing():
        return set()
    print("Node-RED is left out: it needs node and npm")
    return {who.NODERED}


def _progress(sentence: str) -> None:
    print(f"... {sentence}", file=sys.stderr, flush=True)


def _print(rows: Iterable[str]) -> None:
    print("\n" + "\n".join(rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
