"""Finds the kinds of rules and reads sets of rules from plain mappings.

Decides whether a set of rules can be used; never judges a device. Files are `alerts.rulefile`'s affair.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, cast

from alerts import rules as folder
from alerts.errors import RuleError
from alerts.model import Severity, Verdict
from alerts.options import Options
from alerts.rule import Kind, Rule
from ingest.model import FAMILIES

_COMMON: Final = (
    "name", "kind", "family", "metric", "severity", "for", "keep", "title", "advice", "unknown", "urgent", "enabled",
    "explained_by",
)  # fmt: skip
_UNKNOWN: Final = {"keep": Verdict.UNKNOWN, "bad": Verdict.BAD, "good": Verdict.GOOD}
Lines = Mapping[str, int]  # the line of each key; that of "" is the rule's own


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of rule by name: each module of `alerts/rules/` exports one as `KIND`."""
    names = sorted(module.name for module in iter_modules(folder.__path__))
    found: list[Kind] = [import_module(f"{folder.__name__}.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}


def read_rule(table: Mapping[str, object], lines: Lines | None = None) -> Rule:
    """Read one rule; raises `RuleError` with a sentence that names the mend."""
    options = Options(str(table.get("name", "?")), table, lines)
    name = options.text("name")
    if name is None or "@" in name:
        raise options.wrong("needs a name without @", "name")
    kind = kinds()[_needed(options, "kind", options.choice("kind", kinds()))]
    options.only((*_COMMON, *kind.options))
    metric = options.text("metric")
    if kind.metric is not None and (metric is not None) != kind.metric:
        raise options.wrong(f"{kind.name} {'needs a' if metric is None else 'takes no'} metric", "metric")
    return Rule(
        name=name,
        kind=kind.name,
        subject=kind.subject,
        severity=_severity(options, kind),
        test=cast("Any", kind.read(options)),
        family=options.choice("family", FAMILIES),
        metric=metric,
        for_ms=options.duration("for"),
        keep_ms=options.duration("keep"),
        title=options.bilingual("title", name),
        advice=options.bilingual("advice", ""),
        outage=None if kind.outage is None else kind.outage(options),
        unknown=_UNKNOWN[options.choice("unknown", _UNKNOWN) or "keep"],
        urgent=options.truth("urgent") or False,
        explained_by=options.words("explained_by"),
    )


def read_rules(tables: Iterable[Mapping[str, object]], lines: Sequence[Lines] | None = None) -> tuple[Rule, ...]:
    """Read a set of rules, without those that have `enabled = false`.

    A name may stand once, since it is part of every alert's key.
    """
    found: dict[str, Rule] = {}
    for number, table in enumerate(tables):
        where = lines[number] if lines is not None and number < len(lines) else None
        rule = read_rule(table, where)
        if rule.name in found:
            raise RuleError(rule.name, "stands twice; give one of them another name", (where or {}).get(""))
        if table.get("enabled", True) is not False:
            found[rule.name] = rule
    return tuple(found.values())


def _severity(options: Options, kind: Kind) -> Severity:
    severity = options.severity("severity")
    if severity is None:
        raise options.wrong("needs a severity")
    if severity.rank > kind.at_most.rank:
        raise options.wrong(f"{kind.name} may not be more than {kind.at_most}", "severity")
    return severity


def _needed(options: Options, key: str, value: str | None) -> str:
    if value is None:
        raise options.wrong(f"needs a {key}")
    return value


def unique(rules: Iterable[Rule]) -> None:
    """Refuse a name that stands twice in rules read from several places."""
    seen: set[str] = set()
    for rule in rules:
        if rule.name in seen:
            raise RuleError(rule.name, "stands twice; give one of them another name")
        seen.add(rule.name)
