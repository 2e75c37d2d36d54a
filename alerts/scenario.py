"""Reads written scenarios of rules: YAML after promtool's unit tests.

Pure: text in, scenarios out. Values: `_` no sample, `null` a sample that says unknown, `stale` the end of a series,
`a+bxn`, `a-bxn` and `axn` as in promtool (n further values), `_xn` n times nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

import yaml

from alerts.domains import Grounds
from alerts.errors import RuleError
from alerts.options import duration
from alerts.rule import Rule, Scale
from alerts.rulebook import read_rules
from alerts.rulefile import read_text, yaml_lines
from ingest.model import FAMILIES, Admission, Device, Event, Value

_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_STEPS: Final = re.compile(rf"({_NUMBER})([-+](?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)?x(\d+)", re.IGNORECASE)
_GAP: Final = re.compile(r"_x(\d+)")
_WORDS: Final = {"null": None, "true": True, "false": False}
_ADDRESS: Final = re.compile(r"[a-z0-9-]{1,63}/([a-z]+)/[a-z0-9-]{1,63}")
NOTHING: Final = object()  # no sample
STALE: Final = object()  # the series ends here

_TOP: Final = ("rules", "rule_files", "devices", "areas", "tests")
_TEST: Final = ("name", "interval", "series", "events", "devices", "areas", "expect", "notifications")
_DEVICE: Final = ("device", "area", "gateway", "feeder", "uplink", "maker", "model", "fw", "interval")
_WANTED: Final = ("rule", "device", "subject", "state", "severity", "suppressed", *Scale)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One alert that is to be open; what is None is not compared."""

    rule: str
    device: str
    state: str | None = None
    severity: str | None = None
    suppressed: bool | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The whole set of open alerts of these rules (none: of every rule the test names) at a time."""

    at: int
    rules: frozenset[str]
    alerts: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test: what devices say at multiples of `interval_ms`, and what is then to be."""

    name: str
    rules: tuple[Rule, ...]
    interval_ms: int
    devices: Mapping[str, Device]
    series: Sequence[tuple[str, str, Sequence[object]]]  # device, metric, a value for each interval
    events: Sequence[Event]
    expect: Sequence[Expectation]
    notifications: int | None
    grounds: Grounds = field(default_factory=Grounds)


def read_scenarios(text: str, read_file: Callable[[str], str]) -> tuple[Scenario, ...]:
    """The scenarios of a file; `read_file` gives the text of a `rule_files` entry. Raises `RuleError`."""
    try:
        top, root = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as why:
        mark = getattr(why, "problem_mark", None)
        raise RuleError("scenario", f"not YAML: {why}", None if mark is None else mark.line + 1) from why
    _only("the scenario", top, _TOP)
    rules = read_rules(_tables(top, "rules"), yaml_lines(root))
    for name in top.get("rule_files") or ():
        rules += read_text(read_file(str(name)), str(name))
    return tuple(_scenario(number, test, top, rules) for number, test in enumerate(_tables(top, "tests"), 1))


def expand(text: str) -> list[object]:
    """The values of a series, one for each interval."""
    values: list[object] = []
    for word in text.split():
        if word == "_":
            values.append(NOTHING)
        elif word in ("stale", "S"):
            values.append(STALE)
        elif gap := _GAP.fullmatch(word):
            values += [NOTHING] * int(gap[1])
        elif steps := _STEPS.fullmatch(word):
            first, step = float(steps[1]), float(steps[2] or 0)
            values += [first + step * number for number in range(int(steps[3]) + 1)]
        else:
            values.append(_value(word))
    return values


def _value(word: str) -> Value:
    if word in _WORDS:
        return _WORDS[word]
    try:
        return float(word)
    except ValueError:
        return word


def _scenario(number: int, test: Mapping[str, Any], top: Mapping[str, Any], rules: tuple[Rule, ...]) -> Scenario:
    name = str(test.get("name", f"test {number}"))
    _only(name, test, _TEST)
    interval = _duration(name, "interval", test.get("interval", "1m"))
    series = [_series(name, each) for each in _tables(test, "series")]
    listed = [*_tables(top, "devices"), *_tables(test, "devices")]
    for each in listed:
        _only(name, each, _DEVICE)
    events = [_event(name, place, each) for place, each in enumerate(_tables(test, "events"))]
    devices = {str(each["device"]): _device(name, each, interval) for each in listed}
    for address in [device for device, _, _ in series] + [event.device for event in events]:
        devices.setdefault(address, _device(name, {"device": address}, interval))
    links = [{str(each["device"]): str(each[key]) for each in listed if key in each} for key in ("feeder", "uplink")]
    grounds = Grounds({**(top.get("areas") or {}), **(test.get("areas") or {})}, *links)
    expect = [_expectation(name, each) for each in _tables(test, "expect")]
    told = test.get("notifications")
    if told is not None and not isinstance(told, int):
        raise RuleError(name, f"notifications must be a whole number, not {told!r}")
    return Scenario(name, rules, interval, devices, series, events, expect, told, grounds)


def _series(name: str, table: Mapping[str, Any]) -> tuple[str, str, list[object]]:
    _only(name, table, ("device", "metric", "values"))
    values = table.get("values", "")
    return _address(name, table.get("device")), str(table.get("metric")), expand(str(values))


def _device(name: str, table: Mapping[str, Any], interval: int) -> Device:
    own = table.get("interval")
    facts: dict[str, Any] = {
        key: str(table[key]) for key in ("area", "gateway", "maker", "model", "fw") if key in table
    }
    return Device(
        _address(name, table.get("device")),
        Admission.ADMITTED,
        interval_s=(interval if own is None else _duration(name, "interval", own)) / 1000,
        **facts,
    )


def _event(name: str, place: int, table: Mapping[str, Any]) -> Event:
    _only(name, table, ("at", "device", "type", "phase", "id", "severity"))
    at = _duration(name, "at", table.get("at", "0s"))
    ident, kind, phase = str(table.get("id", place)), str(table.get("type")), str(table.get("phase", "start"))
    return Event(_address(name, table.get("device")), at, ident, kind, phase, at, severity=table.get("severity"))


def _expectation(name: str, table: Mapping[str, Any]) -> Expectation:
    _only(name, table, ("at", "rule", "alerts"))
    wanted = [_wanted(name, each) for each in _tables(table, "alerts")]
    rules = {each.rule for each in wanted} | ({str(table["rule"])} if "rule" in table else set())
    return Expectation(_duration(name, "at", table.get("at")), frozenset(rules), tuple(wanted))


def _wanted(name: str, table: Mapping[str, Any]) -> Wanted:
    _only(name, table, _WANTED)
    subject = table.get("device", table.get("subject"))
    for scale in Scale:
        if subject is None and scale in table:
            subject = f"{scale}:{table[scale]}"
    if subject is None or "rule" not in table:
        raise RuleError(name, f"an expected alert needs a rule and a device (or an area, …), not {dict(table)!r}")
    told = {key: table.get(key) for key in ("state", "severity", "suppressed")}
    return Wanted(str(table["rule"]), str(subject), **told)


def _address(name: str, value: object) -> str:
    found = _ADDRESS.fullmatch(str(value))
    if found is None or found[1] not in FAMILIES:
        raise RuleError(name, f"device must be site/family/name with a known family, not {value!r}")
    return str(value)


def _duration(name: str, key: str, value: object) -> int:
    try:
        return duration(f"{value}s" if isinstance(value, int) else str(value))
    except ValueError as why:
        raise RuleError(name, f"{key}: {why}") from None


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = table.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise RuleError("scenario", f"{key} must be a list of mappings")
    return found


def _only(where: str, table: object, known: Sequence[str]) -> None:
    if not isinstance(table, Mapping):
        raise RuleError(where, f"must be a mapping, not {table!r}")
    for key in table:
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise RuleError(where, f"unknown key {key!r}; {hint}")
