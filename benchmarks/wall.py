"""How the live wall bears a province: 20,000 devices, 1,000 changes a second, ten pictures a second.

In Chromium, beside three pages that show the same; on the server's side with 1, 100 and 1,000 walls, beside a bare
broadcast; and a month of it, compressed. docs/benchmarks.md says what is measured.
"""

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stage import chromium, nodered, wallmonth, wallpages, wallreport
from stage.brokerwalls import broker_fan_out
from stage.costs import busy_seconds
from stage.report import Verdict
from stage.walls import Load, fan_out

PARTS = ("browser", "fanout", "month")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    seconds: float
    rounds: int
    walls: tuple[int, ...]
    changes: int
    reconnects: int


QUICK = Plan(seconds=4, rounds=1, walls=(1, 100), changes=100_000, reconnects=100)
FULL = Plan(seconds=10, rounds=3, walls=(1, 100, 1000), changes=10_000_000, reconnects=10_000)
SHOWN = (wallpages.OURS, wallpages.TWO_CANVASES, wallpages.BROKER)
SMALLER = (20_000, 5_000, 1_000)  # how many devices Node-RED's map is tried with, until it draws


class Bench:
    """One run: measures part by part, prints as it goes, keeps the figures."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.aims: list[Verdict] = []
        self.figures: dict[str, object] = {}

    def browser(self) -> None:
        """One wall in Chromium, and its peers, in turns."""
        found: dict[str, list[wallpages.Seen]] = {}
        for number in range(self.plan.rounds):
            for showing in SHOWN:
                _progress(f"round {number + 1} of {self.plan.rounds}: {showing.name}")
                with chromium.browsers() as browser:
                    seen = wallpages.see(browser, showing, Load(), self.plan.seconds)
                found.setdefault(showing.name, []).append(seen)
        found[wallpages.WORLDMAP.name] = self._worldmap()
        rows, aims = wallreport.pages(found)
        _print(rows)
        self.aims += aims
        self.figures["browser"] = {name: [asdict(seen) for seen in all_of] for name, all_of in found.items()}

    def _worldmap(self) -> list[wallpages.Seen]:
        """Node-RED's map with as many devices as it draws at all."""
        if nodered.missing():
            print("Node-RED is left out: it needs node and npm")
            return []
        tried = []
        for devices in SMALLER:
            _progress(f"Node-RED's map with {devices:,} devices")
            with chromium.browsers() as browser:
                tried.append(wallpages.try_to_see(browser, wallpages.WORLDMAP, Load(devices), self.plan.seconds))
            if tried[-1].draws:
                break
        return tried

    def fanout(self) -> None:
        """What many walls cost their server, half of them slow."""
        rows = []
        for walls in self.plan.walls:
            tried = []
            for number in range(self.plan.rounds):
                _progress(f"round {number + 1} of {self.plan.rounds}: {walls:,} walls, then the bare broadcast")
                tried.append(fan_out(Load(), walls, self.plan.seconds))
            rows.append(sorted(tried, key=lambda row: row.ratio)[len(tried) // 2])
        brokers = []
        for walls in self.plan.walls[:2]:
            _progress(f"{walls:,} listeners at Mosquitto's websocket")
            brokers.append(broker_fan_out(Load(), walls, self.plan.seconds))
        lines, aims = wallreport.fan_out(rows, brokers)
        _print(lines)
        self.aims += aims
        self.figures["fanout"] = [asdict(row) for row in rows]
        self.figures["broker"] = [asdict(row) for row in brokers]

    def month(self) -> None:
        """Memory on both sides."""
        _progress(f"a month: {self.plan.changes:,} changes, {self.plan.reconnects:,} reconnects")
        points = wallmonth.live(Load().devices, self.plan.changes, self.plan.reconnects)
        rows, aims = wallreport.month(points)
        _print(rows)
        self.aims += aims
        self.figures["month"] = [asdict(point) for point in points]


def main() -> int:
    """Measure what is asked and print; a missed aim is told, and is no failure of the run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="seconds instead of ten each, a hundredth of a month")
    asked.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    asked.add_argument("--reconnects", type=int, help="of the month, a thousand changes each (10,000)")
    asked.add_argument("--json", metavar="FILE", type=Path, help="write all figures there")
    known = asked.parse_args()
    plan = QUICK if known.quick else FULL
    if known.reconnects:
        plan = replace(plan, reconnects=known.reconnects, changes=1000 * known.reconnects)
    bench = Bench(plan)
    print(f"measured on {os.cpu_count()} cores, {_others()}; compare only within this run", flush=True)
    steps: Mapping[str, Callable[[], None]] = {name: getattr(bench, name) for name in PARTS}
    for name in known.only:
        steps[name]()
    print(f"\nat the end {_others()}; aims:")
    _print(str(aim) for aim in bench.aims)
    if known.json:
        known.json.write_text(json.dumps({"cores": os.cpu_count(), "plan": asdict(bench.plan), **bench.figures}))
    return 0


def _others() -> str:
    """How much goes on beside us, seen while we do nothing."""
    before = busy_seconds()
    threading.Event().wait(3)
    return f"{(busy_seconds() - before) / 3:.1f} of them busy with other work"


def _progress(sentence: str) -> None:
    print(f"... {sentence}", file=sys.stderr, flush=True)


def _print(rows: Iterable[str]) -> None:
    print("\n" + "\n".join(rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
