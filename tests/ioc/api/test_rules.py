"""The rules over HTTP: what is in use, and a trial of others."""

from typing import Any

from alerts.health import Health
from ioc.accounts.model import Role

RULE = "[[rule]]\nname = 'hot'\nkind = 'threshold'\nmetric = 'temperature_c'\nabove = 80\nseverity = 'major'\n"
SCENARIO = """
rule_files: [these]
tests:
  - interval: 30s
    series: [{device: demo/camera/c1, metric: temperature_c, values: "70 90"}]
    expect: [{at: 30s, alerts: [{rule: hot, device: demo/camera/c1, state: firing}]}]
    notifications: 2
"""


def test_the_rules_in_use_are_told_with_how_they_fare(web: Any) -> None:
    web.change(health=lambda: {"camera-hot": Health(fired=3, error="ZeroDivisionError: x", errors=1)})
    found = web.signed_in(Role.VIEWER).get("/api/v1/rules").json()
    rules = {rule["name"]: rule for rule in found["items"]}
    assert (rules["camera-hot"]["health"]["fired"], rules["camera-hot"]["health"]["errors"]) == (3, 1)
    assert rules["area-out"]["health"] is None
    assert rules["camera-hot"]["advice"]["vi"].startswith("Che nắng")
    assert found["problem"] is None


def test_a_trial_plays_a_scenario_to_rules_and_takes_nothing_up(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    told = operator.post("/api/v1/rules", json={"rules": RULE, "scenario": SCENARIO}).json()
    assert (told["ok"], told["rules"]) == (False, ["hot"])
    assert told["scenarios"][0]["differences"][0].startswith("notifications: expected 2, got 1")
    assert "hot" not in {rule["name"] for rule in operator.get("/api/v1/rules").json()["items"]}


def test_a_trial_of_a_wrong_rule_names_the_line(web: Any) -> None:
    told = web.signed_in(Role.OPERATOR).post("/api/v1/rules", json={"rules": RULE.replace("above", "abve")}).json()
    assert (told["ok"], told["line"]) == (False, 5)
    assert "did you mean 'above'" in told["problem"]
