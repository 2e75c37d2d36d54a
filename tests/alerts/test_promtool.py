"""Prometheus' own promtool agrees with every state of five hundred random series under rules with `for` and `keep`."""

import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from alerts.rehearsal import states
from alerts.scenario import Scenario, read_scenarios

SERIES, LENGTH, INTERVAL_S = 500, 30, 30
TIMES = (0, 15, 30, 60, 90, 150)  # seconds; 15 is no multiple of the interval


def made_up(seed: int) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Twenty rules, and series that hover around their limit; gaps are shorter than Prometheus' five minutes."""
    dice = random.Random(seed)
    rules = [
        {
            "name": f"rule-{number}", "kind": "threshold", "metric": f"m{number}", "severity": "major",
            dice.choice(["above", "below"]): 50, "for": f"{dice.choice(TIMES)}s", "keep": f"{dice.choice(TIMES)}s",
        }
        for number in range(20)
    ]  # fmt: skip
    series = []
    for number in range(SERIES):
        stay, value, values = dice.uniform(0.3, 0.95), dice.choice([40, 60]), list[str]()
        for _ in range(LENGTH):
            value = value if dice.random() < stay else 100 - value
            values.append("_" if dice.random() < 0.1 and values[-3:] != ["_"] * 3 else str(dice.choice([value, 50])))
        metric = f"m{number % len(rules)}"
        series.append({"device": f"demo/camera/c{number}", "metric": metric, "values": " ".join(values)})
    return rules, series


def ours(rules: list[dict[str, object]], series: list[dict[str, object]]) -> Scenario:
    test = {"interval": f"{INTERVAL_S}s", "series": series}
    (scenario,) = read_scenarios(yaml.safe_dump({"rules": rules, "tests": [test]}), lambda _name: "")
    return scenario


def rule_of_theirs(rule: Mapping[str, object]) -> dict[str, object]:
    compare = "> 50" if "above" in rule else "< 50"
    return {
        "alert": rule["name"], "expr": f"{rule['metric']} {compare}", "for": rule["for"],
        "keep_firing_for": rule["keep"],
    }  # fmt: skip


def labels(key: str, state: str) -> str:
    name, device = key.split("@")
    return f'ALERTS{{alertname="{name}", alertstate="{state}", device="{device}"}}'


def ask_promtool(
    promtool: Path, folder: Path, rules: list[dict[str, object]], series: list[dict[str, object]],
    said: Mapping[int, Mapping[str, str]],
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    groups = {"groups": [{"name": "all", "rules": [rule_of_theirs(rule) for rule in rules]}]}
    asked = [
        {"expr": "ALERTS", "eval_time": f"{at // 1000}s",
         "exp_samples": [{"labels": labels(key, state), "value": 1} for key, state in found.items()]}
        for at, found in said.items()
    ]  # fmt: skip
    fed = [{"series": f'{each["metric"]}{{device="{each["device"]}"}}', "values": each["values"]} for each in series]
    test = {"interval": f"{INTERVAL_S}s", "input_series": fed, "promql_expr_test": asked}
    top = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{INTERVAL_S}s", "tests": [test]}
    folder.joinpath("rules.yaml").write_text(yaml.safe_dump(groups))
    folder.joinpath("tests.yaml").write_text(yaml.safe_dump(top))
    return subprocess.run(
        [promtool, "test", "rules", folder / "tests.yaml"], capture_output=True, text=True, check=False, timeout=100
    )


@pytest.mark.parametrize("seed", [1])
def test_promtool_finds_every_alert_in_the_state_we_say(promtool: Path, tmp_path: Path, seed: int) -> None:
    rules, series = made_up(seed)
    said = dict(states(ours(rules, series)))
    found = [state for alerts in said.values() for state in alerts.values()]
    assert len(said) == LENGTH
    assert min(found.count("pending"), found.count("firing")) > SERIES
    answer = ask_promtool(promtool, tmp_path, rules, series, said)
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-3000:]


def test_promtool_would_have_said_if_one_state_differed(promtool: Path, tmp_path: Path) -> None:
    rules, series = made_up(2)
    said = {at: dict(alerts) for at, alerts in states(ours(rules, series[:20]))}
    at, alerts = next((at, alerts) for at, alerts in said.items() if alerts)
    alerts[next(iter(alerts))] = "elsewhere"
    assert ask_promtool(promtool, tmp_path, rules, series[:20], {at: alerts}).returncode == 1
