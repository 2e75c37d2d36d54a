"""Plays a written scenario to an engine and says where it went otherwise than written.

Pure: its clock is the scenario's. At each multiple of the interval the samples are heard, then time passes. A device
is silent when three of its intervals went by without a word, where a rule asks for that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from alerts.engine import Engine
from alerts.model import Alert, Condition, Transition
from alerts.rule import Rule, Subject
from alerts.scenario import NOTHING, STALE, Expectation, Scenario, Wanted
from ingest.model import Device, Heard, Presence, Sample, Value, View
from ingest.presence import SILENCE

_STATES = {
    Condition.PENDING: "pending",
    Condition.FIRING: "firing",
    Condition.RECOVERING: "firing",
    Condition.CLEARED: "pending",  # relapsing; what has merely cleared is left out
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario went: sentences where it differs, and what people would have been told."""

    scenario: str
    differences: tuple[str, ...]
    told: tuple[Transition, ...]


@dataclass(slots=True)
class _Stage:
    scenario: Scenario
    engine: Engine
    heard: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    steps: list[Transition] = field(default_factory=list)


def rehearse(scenario: Scenario) -> Outcome:
    """Play one scenario."""
    differences: list[str] = []
    expected: dict[int, list[Expectation]] = {}
    for each in scenario.expect:
        expected.setdefault(each.at, []).append(each)
    stage = _Stage(scenario, Engine(scenario.rules, grounds=scenario.grounds))
    for at in _play(stage):
        for each in expected.get(at, ()):
            differences += _compare(stage, each)
    told = tuple(step for step in stage.steps if step.announce is not None)
    if scenario.notifications is not None and len(told) != scenario.notifications:
        what = ", ".join(f"{_clock(step.at)} {step.announce} {step.alert.key}" for step in told) or "none"
        differences.append(f"notifications: expected {scenario.notifications}, got {len(told)}: {what}")
    return Outcome(scenario.name, tuple(differences), told)


def states(scenario: Scenario) -> Iterator[tuple[int, dict[str, str]]]:
    """What is pending and firing at each time of a scenario, by the alerts' keys."""
    stage = _Stage(scenario, Engine(scenario.rules, grounds=scenario.grounds))
    for at in _play(stage):
        yield at, {alert.key: _state(alert) for alert in stage.engine.alerts.values() if _open(alert)}


def _play(stage: _Stage) -> Iterator[int]:
    """Let the scenario happen; gives each time when all of it is over."""
    presence = any(_asks_for_presence(rule) for rule in stage.scenario.rules)
    for at in _times(stage.scenario):
        if at % stage.scenario.interval_ms == 0 or any(event.ts == at for event in stage.scenario.events):
            _hear(stage, at)
        if presence:
            _miss(stage, at)
        stage.steps += stage.engine.tick(at)
        yield at


def _times(scenario: Scenario) -> list[int]:
    steps = max((len(values) for _, _, values in scenario.series), default=1)
    last = max([(steps - 1) * scenario.interval_ms, *(each.at for each in scenario.expect)])
    last = max([last, *(event.ts for event in scenario.events)])
    whole = range(0, last + 1, scenario.interval_ms)
    return sorted({*whole, *(each.at for each in scenario.expect), *(event.ts for event in scenario.events)})


def _hear(stage: _Stage, at: int) -> None:
    place, rest = divmod(at, stage.scenario.interval_ms)
    metrics: dict[str, dict[str, Value]] = {}
    ended: list[tuple[str, str]] = []
    for device, metric, values in stage.scenario.series:
        value = values[place] if place < len(values) and not rest else NOTHING
        if value is STALE:
            ended.append((device, metric))
        elif value is not NOTHING:
            metrics.setdefault(device, {})[metric] = value  # type: ignore[assignment]
    events = tuple(event for event in stage.scenario.events if event.ts == at)
    spoke = [*metrics, *(event.device for event in events)]
    samples = tuple(Sample(device, at, said, received_at=at) for device, said in metrics.items())
    for device, metric in ended:
        stage.steps += stage.engine.end_series(device, metric, at)
    stage.steps += stage.engine.observe(Heard(at, _views(stage, spoke, at), samples, events))


def _views(stage: _Stage, spoke: Iterable[str], at: int) -> tuple[View, ...]:
    """Who is there: everybody at the beginning, and later who was heard again after a silence."""
    back = []
    for address in dict.fromkeys(spoke):
        stage.heard[address] = at
        if address not in stage.met or address in stage.silent:
            back.append(address)
    stage.met.update(back)
    stage.silent.difference_update(back)
    there = Presence(connected=True, fresh=True, working=True, since=at)
    return tuple(View(stage.scenario.devices[address], there) for address in back)


def _miss(stage: _Stage, at: int) -> None:
    gone: dict[int, list[Device]] = {}
    for address, heard in stage.heard.items():
        device = stage.scenario.devices[address]
        when = heard + SILENCE * int((device.interval_s or 60) * 1000)
        if when <= at and address not in stage.silent:
            gone.setdefault(when, []).append(device)
    for when, devices in sorted(gone.items()):
        stage.silent.update(device.address for device in devices)
        silent = Presence(connected=True, fresh=False, reason="silent", since=when)
        stage.steps += stage.engine.observe(Heard(when, tuple(View(device, silent) for device in devices)))


def _asks_for_presence(rule: Rule) -> bool:
    if rule.subject is Subject.DOMAIN:
        return rule.metric is None
    return rule.subject in (Subject.PRESENCE, Subject.UPTIME)


def _compare(stage: _Stage, each: Expectation) -> list[str]:
    named = {wanted.rule for one in stage.scenario.expect for wanted in one.alerts}
    rules = each.rules or named or {rule.name for rule in stage.scenario.rules}
    found = {alert.key: alert for alert in stage.engine.alerts.values() if alert.rule in rules and _open(alert)}
    wanted = {f"{one.rule}@{one.device}": one for one in each.alerts}
    lines = [f"missing {key} ({_told(wanted[key])})" for key in sorted(wanted.keys() - found.keys())]
    lines += [f"not expected {key} ({_state(found[key])})" for key in sorted(found.keys() - wanted.keys())]
    for key in sorted(wanted.keys() & found.keys()):
        lines += [f"{key}: {line}" for line in _differs(wanted[key], found[key])]
    return [f"at {_clock(each.at)}: {line}" for line in lines]


def _differs(wanted: Wanted, found: Alert) -> Sequence[str]:
    lines = []
    if wanted.state not in (None, _state(found), found.condition.value):
        lines.append(f"expected {wanted.state}, got {_state(found)}")
    if wanted.severity not in (None, found.severity.value):
        lines.append(f"expected severity {wanted.severity}, got {found.severity}")
    if wanted.suppressed not in (None, found.suppressed):
        lines.append(f"expected suppressed {wanted.suppressed}, got {found.suppressed}")
    return lines


def _open(alert: Alert) -> bool:
    return alert.condition is not Condition.CLEARED or alert.timer is not None


def _state(alert: Alert) -> str:
    return _STATES[alert.condition]


def _told(wanted: Wanted) -> str:
    return wanted.state or "open"


def _clock(ms: int) -> str:
    seconds = f"{ms / 1000:g}s"
    return seconds if ms < 60_000 else f"{seconds} ({ms // 60_000}m{ms % 60_000 / 1000:g}s)"
