"""How well the shipped rules find what is really wrong: a simulated district, its truth, and what people are told.

    python benchmarks/score_rules.py [--site nong-son] [--scenario a-day-of-faults] [--hours 3] [--seeds 1 2 3]

Everything is the product's but broker and database: the simulators' messages go through adapters, admission, presence
and engine on one clock, so that hours take seconds. A fault counts as found when an alert of the rule kind and metric
that its truth names fires at its device while it lasts; a message about a device that nothing ails is false.
"""

import argparse
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field

import stage  # noqa: F401 - puts the product's packages before benchmarks of the same names

from alerts.engine import Engine
from alerts.model import Announce, Transition
from alerts.rulefile import default_rules
from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.model import Admission, Heard, Message
from ingest.presence import Hearing
from ingest.reader import MemoryReader
from ingest.registry import Registry
from ingest.service import IngestService
from ingest.store import MemoryStore
from simulators.device import find_kinds
from simulators.faults import load_scenario
from simulators.population import populate
from simulators.site import load_site
from simulators.truth import Fault
from simulators.wire import Cut, Join
from simulators.wire import Message as Spoken
from simulators.world import World

START = 1_795_320_000
SETTLE_S = 600  # after the last second: what is still becoming an alert may do so
RULES = {rule.name: rule for rule in default_rules()}


@dataclass(slots=True)
class Run:
    """One district lived through: its faults and the steps of its alerts."""

    faults: list[Fault] = field(default_factory=list)
    steps: list[Transition] = field(default_factory=list)
    intervals: dict[str, float] = field(default_factory=dict)


class Forgetful(MemoryStore):
    """Keeps nothing: hours of a district need no memory here."""

    def write(self, *given, **more):  # noqa: ANN002, ANN003, ANN201, D102
        outcomes = super().write(*given, **more)
        self.rows.clear()
        self.others.clear()
        return outcomes


class Line(MemoryReader):
    """A line whose acknowledgements nobody looks at."""

    def ack(self, messages) -> None:  # noqa: ANN001
        """Forget them."""


def live(site: str, scenario: str, seed: int, hours: float) -> Run:
    """Live through a district by the second."""
    identities = populate(load_site(site, find_kinds()), find_kinds(), None)
    world = World(identities, load_scenario(scenario), seed=seed, start=float(START))
    run, engine, wills = Run(), Engine(RULES.values()), dict[str, Spoken]()
    run.intervals = {each.address: each.kind.interval_s for each in identities}
    clock = START * 1000

    def listen(heard: Heard) -> None:
        run.steps += engine.observe(heard)
        run.steps += engine.tick(heard.now)

    line = Line(Hearing(clock))
    judge = Judge(choose(["native"]), {"native": Source(site)}, Gate())
    service = IngestService(line, Forgetful(), judge, Registry(Hearing(clock)), lambda _address: Admission.ADMITTED,
                            now=lambda: clock, listener=listen)  # fmt: skip
    last = int(hours * 3600)
    for second in range(1, last + SETTLE_S):
        clock = (START + second) * 1000
        for action in world.step(START + second) if second <= last else ():
            if isinstance(action, Fault):
                run.faults.append(action)
            elif isinstance(action, Join):
                wills[action.address] = action.will
            elif said := wills.get(action.address) if isinstance(action, Cut) else action:
                line.put(Message(said.topic, said.payload, clock))
        service.step()
        if second == last:
            break
    return run


@dataclass(slots=True)
class Score:
    """The figures of one or several runs."""

    faults: int = 0
    found: int = 0
    messages: int = 0
    true: int = 0
    told: set[tuple[str, float]] = field(default_factory=set)  # faults of which people heard
    late: list[float] = field(default_factory=list)  # seconds to the first bad verdict, less twice the interval
    fired: list[float] = field(default_factory=list)  # seconds to the alert, with the rule's `for`
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    def add(self, run: Run, hours: float) -> None:
        """Count a run: faults too short for their rule's `for`, or still young at the end, are left out."""
        opened = [step for step in run.steps if step.announce == Announce.OPEN]
        fired = [step.alert for step in run.steps if step.cause in ("ripe", "bad") and step.alert.firing_since]
        ends = START + hours * 3600
        for fault in run.faults:
            rules = [rule for rule in RULES.values() if _expected(rule, fault)]
            need = min((rule.for_ms / 1000 for rule in rules), default=0) + 3 * run.intervals[fault.device.address] + 60
            if min(fault.ends, ends) - fault.begins < need:
                continue
            self.faults += 1
            names = {rule.name for rule in rules}
            mine = [alert for alert in fired if alert.rule in names and alert.device == fault.device.address
                    and fault.begins <= alert.since / 1000 <= fault.ends + 60]  # fmt: skip
            if mine:
                self.found += 1
                first = min(mine, key=lambda alert: alert.since)
                self.late.append(first.since / 1000 - fault.begins - 2 * run.intervals[fault.device.address])
                self.fired.append((first.firing_since or 0) / 1000 - fault.begins)
            else:
                self.missed[fault.ill.name] += 1
        for step in opened:
            self.messages += 1
            causes = _causes(step, run.faults)
            self.told |= {(fault.device.address, fault.begins) for fault in causes[:1]}
            self.true += bool(causes)
            if not causes:
                self.false[step.alert.rule] += 1


def _expected(rule, fault: Fault) -> bool:  # noqa: ANN001
    """Whether the truth names this rule: its kind, its metric, its family."""
    if rule.family not in (None, fault.device.address.split("/")[1]) or rule.outage is not None:
        return False
    if fault.ill.expect == "absence":
        return rule.kind == "absence"
    return fault.ill.metric is not None and rule.metric == fault.ill.metric


def _causes(step: Transition, faults: list[Fault]) -> list[Fault]:
    """What ails the device, or what it hangs on, when it is told, or did until a moment ago."""
    at, device = step.alert.since / 1000, step.alert.device
    mine = (f for f in faults if device == f.device.address or device in f.behind or step.alert.subject != "device")
    return [fault for fault in mine if fault.begins - 1 <= at <= fault.ends + 300]


def main() -> int:
    """Print the figures for each seed and for all together."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--site", default="nong-son")
    options.add_argument("--scenario", default="a-day-of-faults")
    options.add_argument("--hours", type=float, default=3.0)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    known = options.parse_args()
    total = Score()
    for seed in known.seeds:
        run = live(known.site, known.scenario, seed, known.hours)
        one = Score()
        one.add(run, known.hours)
        total.add(run, known.hours)
        print(f"seed {seed}: {_line(one)}")
    print(f"all:    {_line(total)}")
    print(f"missed: {dict(total.missed)}; false messages: {dict(total.false)}")
    return 0


def _line(score: Score) -> str:
    return (f"{score.faults} faults, recall {score.found / max(1, score.faults):.3f}, precision "
            f"{score.true / max(1, score.messages):.3f}, {score.true / max(1, len(score.told)):.2f} messages a cause, "
            f"p95 of seconds to the first bad verdict less two intervals {_p95(score.late):.0f}, "
            f"to the alert {_p95(score.fired):.0f}")  # fmt: skip


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())
