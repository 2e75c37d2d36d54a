"""The checks of the house themselves: each is seen to catch what it is there for, and leaves no module out."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = {
    c["id"]: c for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

# What may wait, log, read a clock or touch the world; everything else on the lower floors is a decision.
SHELLS = {
    "ingest": {
        "spool",
        "keeping",
        "noting",
        "bookkeeping",
        "dumper",
        "mqtt",
        "bulk",
        "dialler",
        "answering",
        "timescale",
        "service",
        "queries",
    },
    "alerts": {
        "database",
        "postgres",
        "rows",
        "service",
        "courier",
        "switchboard",
        "store",
        "channels",
        "outside",
        "posting",
        "mailroom",
        "incident_book",
        "incident_postgres",
        "people_book",
        "people_postgres",
        "people_rows",
        "pulse",
    },
    "maps": {"hub", "live", "page", "localmap", "wire", "words"},
}


@pytest.mark.parametrize("floor", SHELLS)
def test_every_module_is_either_a_decision_or_a_named_shell(floor):
    decisions = {name.split(".")[1] for name in CONTRACTS["sans-io"]["source_modules"] if name.startswith(f"{floor}.")}
    entries = [*(ROOT / floor).glob("*.py"), *(entry.parent for entry in (ROOT / floor).glob("*/__init__.py"))]
    modules = {entry.stem for entry in entries} - {"__init__"}
    assert decisions | SHELLS[floor] == modules
    assert not decisions & SHELLS[floor]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("ingest/presence.py", "import time", "Decisions never wait"),
        ("alerts/machine.py", "import logging", "Decisions never wait"),
        ("ingest/service.py", "import alerts.model", "Each floor imports only"),
        ("alerts/engine.py", "import maps.scene", "Each floor imports only"),
        ("maps/scene.py", "import ioc.settings", "Each floor imports only"),
        ("simulators/world.py", "import ingest.model", "Simulators"),
        ("ioc/wiring.py", "import simulators.world", "Nothing of ours imports the simulators"),
        ("maps/page.py", "import ingest.mqtt", "wired by the roof alone"),
        ("ingest/adapters/frigate.py", "import ingest.adapters.collectd", "knows nothing of the other kinds"),
    ],
)
def test_a_deliberate_violation_is_caught(tmp_path, file, line, contract):
    for name in ("ioc", "ingest", "alerts", "maps", "simulators"):
        for source in (ROOT / name).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    wrong = tmp_path / file
    wrong.write_text(f"{line}\n{wrong.read_text()}")
    lint = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([lint, "--no-cache"], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    broken = [row for row in said.stdout.splitlines() if " BROKEN" in row]
    assert said.returncode == 1
    assert any(contract in row for row in broken), said.stdout
