"""Finds the kinds of rules and reads sets of rules from plain mappings, TOML or the shipped default.

Decides whether a set of rules can be used; never judges a device.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules

from alerts import rules as folder
from alerts.errors import RuleError
from alerts.options import Options
from alerts.rule import Kind, Rule, Subject
from ingest.model import FAMILIES

_COMMON = ("name", "kind", "family", "metric", "severity", "for", "keep", "title")


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of rule by name: each module of `alerts/rules/` exports one as `KIND`."""
    names = sorted(module.name for module in iter_modules(folder.__path__))
    found: list[Kind] = [import_module(f"{folder.__name__}.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}


def read_rule(table: Mapping[str, object]) -> Rule:
    """Read one rule; raises `RuleError` with a sentence that names the mend."""
    options = Options(str(table.get("name", "?")), table)
    name = options.text("name")
    if name is None or "@" in name:
        raise options.wrong("needs a name without @")
    kind = kinds()[_needed(options, "kind", options.choice("kind", kinds()))]
    options.only((*_COMMON, *kind.options))
    severity = options.severity("severity")
    metric = options.text("metric")
    if (metric is not None) != (kind.subject is Subject.METRIC):
        raise options.wrong(f"{kind.name} {'needs a' if metric is None else 'takes no'} metric")
    if severity is None:
        raise options.wrong("needs a severity")
    return Rule(
        name=name,
        kind=kind.name,
        subject=kind.subject,
        severity=severity,
        test=kind.read(options),
        family=options.choice("family", FAMILIES),
        metric=metric,
        for_ms=options.duration("for"),
        keep_ms=options.duration("keep"),
        title=options.title(),
    )


def read_rules(tables: Iterable[Mapping[str, object]]) -> tuple[Rule, ...]:
    """Read a set of rules; a name may stand once, since it is part of every alert's key."""
    found: dict[str, Rule] = {}
    for table in tables:
        rule = read_rule(table)
        if rule.name in found:
            raise RuleError(rule.name, "stands twice; give one of them another name")
        found[rule.name] = rule
    return tuple(found.values())


def read_toml(text: str) -> tuple[Rule, ...]:
    """Read the `[[rule]]` tables of a TOML text."""
    tables = tomllib.loads(text).get("rule", [])
    return read_rules(tables)


def default_rules() -> tuple[Rule, ...]:
    """The rules a district starts with: `alerts/default_rules.toml`."""
    return read_toml(files("alerts").joinpath("default_rules.toml").read_text("utf-8"))


def _needed(options: Options, key: str, value: str | None) -> str:
    if value is None:
        raise options.wrong(f"needs a {key}")
    return value
