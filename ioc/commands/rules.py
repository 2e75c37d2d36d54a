"""`ioc rules test FILE…`: runs written scenarios against rules; exit 1 with the differences where one fails."""

import argparse
import json
from pathlib import Path

from alerts.errors import RuleError
from alerts.rehearsal import Outcome, rehearse
from alerts.scenario import Scenario, read_scenarios
from ioc import command
from ioc.errors import SettingsError
from ioc.settings import Settings


def run(_settings: Settings, known: argparse.Namespace) -> int:
    """Play every scenario of every file; 1 if one went otherwise than written."""
    files = {name: [rehearse(each) for each in _read(Path(name))] for name in known.files}
    if known.json:
        told = [_fact(name, outcome) for name, outcomes in files.items() for outcome in outcomes]
        print(json.dumps(told, ensure_ascii=False))
    else:
        for name, outcomes in files.items():
            _print(name, outcomes)
    return 1 if any(outcome.differences for outcomes in files.values() for outcome in outcomes) else 0


def _read(path: Path) -> tuple[Scenario, ...]:
    def read_file(name: str) -> str:
        return (path.parent / name).read_text("utf-8")

    try:
        return read_scenarios(path.read_text("utf-8"), read_file)
    except (OSError, UnicodeDecodeError, RuleError) as error:
        raise SettingsError(f"Tệp kịch bản {path} sai (the scenario file is wrong): {error}") from error


def _print(name: str, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        failed = "HỎNG (FAILED)" if outcome.differences else "ok"
        print(f"{failed}  {name}: {outcome.scenario} – {len(outcome.told)} tin nhắn (notifications)")
        for line in outcome.differences:
            print(f"    {line}")


def _fact(name: str, outcome: Outcome) -> dict[str, object]:
    return {
        "file": name,
        "test": outcome.scenario,
        "ok": not outcome.differences,
        "differences": list(outcome.differences),
        "notifications": len(outcome.told),
    }


COMMAND = command.Command(
    name="rules",
    help="thử luật cảnh báo bằng kịch bản (runs written scenarios against alert rules; docs/rules.md)",
    example="ioc rules test deploy/rules/camera.test.yaml",
    run=run,
    options=(
        ("what", {"choices": ["test"], "help": "việc cần làm (what to do)"}),
        ("files", {"nargs": "+", "metavar": "FILE", "help": "tệp kịch bản YAML (scenario files)"}),
        ("--json", {"action": "store_true", "help": "in dữ kiện dạng JSON (print facts as JSON)"}),
    ),
)
