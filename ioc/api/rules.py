"""The alert rules in use, how each fares, and a trial of others: checked and rehearsed, never taken up from here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from alerts.errors import RuleError
from alerts.rehearsal import rehearse
from alerts.rule import Rule
from alerts.rulefile import read_text
from alerts.scenario import read_scenarios
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.parts import Has, Parts
from ioc.api.routing import router

routes = router("/api/v1/rules", "alerts")

Text = Annotated[str, Field(min_length=1, max_length=60_000)]


class RuleTold(TypedDict):
    """One rule; `health` is null where the engine is another process, or the rule never did anything."""

    name: str
    kind: str
    family: str | None
    metric: str | None
    severity: str
    for_s: float
    keep_s: float
    title: dict[str, str]
    advice: dict[str, str]
    urgent: bool
    health: dict[str, int | str | None] | None


class RulesTold(TypedDict):
    """The rules in use; `problem` is set where the files have changed and cannot be used."""

    items: list[RuleTold]
    problem: str | None


class Trial(BaseModel):
    """What is to be tried: the text of a rule file, a scenario (with rules of its own, or for these), or both."""

    model_config = ConfigDict(extra="forbid")
    rules: Text | None = None
    format: Literal["toml", "yaml"] = "toml"
    scenario: Text | None = None


class Rehearsed(TypedDict):
    """How one scenario went."""

    test: str
    ok: bool
    differences: list[str]
    notifications: int


class TrialTold(TypedDict):
    """What came of it: the rules as they were read, or the problem and its line; the scenarios' outcomes."""

    ok: bool
    problem: str | None
    line: int | None
    rules: list[str]
    scenarios: list[Rehearsed]


@routes.get("", dependencies=[requires(Role.VIEWER)])
def list_rules(parts: Has) -> RulesTold:
    """The rules in use, and how each fares."""
    parts.rules.poll()
    return {"items": [_told(rule, parts) for rule in parts.rules.rules], "problem": parts.rules.problem}


@routes.post("", dependencies=[requires(Role.OPERATOR)])
def try_rules(trial: Trial) -> TrialTold:
    """Check rules and play scenarios to them; nothing is taken up, stored or sent."""
    name = "rules.yaml" if trial.format == "yaml" else "rules.toml"
    try:
        rules = () if trial.rules is None else read_text(trial.rules, name)
        scenarios = () if trial.scenario is None else read_scenarios(trial.scenario, lambda _name: trial.rules or "")
    except RuleError as error:
        return {"ok": False, "problem": str(error), "line": error.line, "rules": [], "scenarios": []}
    outcomes = [rehearse(scenario) for scenario in scenarios]
    played: list[Rehearsed] = [
        {
            "test": each.scenario,
            "ok": not each.differences,
            "differences": list(each.differences),
            "notifications": len(each.told),
        }
        for each in outcomes
    ]
    names = [rule.name for rule in rules] or sorted({rule.name for each in scenarios for rule in each.rules})
    ok = all(each["ok"] for each in played)
    return {"ok": ok, "problem": None, "line": None, "rules": names, "scenarios": played}


def _told(rule: Rule, parts: Parts) -> RuleTold:
    health = parts.health().get(rule.name)
    return {
        "name": rule.name,
        "kind": rule.kind,
        "family": rule.family,
        "metric": rule.metric,
        "severity": rule.severity,
        "for_s": rule.for_ms / 1000,
        "keep_s": rule.keep_ms / 1000,
        "title": dict(rule.title),
        "advice": dict(rule.advice),
        "urgent": rule.urgent,
        "health": None
        if health is None
        else {
            "fired": health.fired,
            "errors": health.errors,
            "error": health.error,
            "unexpected": health.unexpected,
            "flapping": health.flapping,
            "chattering": health.chattering,
        },
    }
