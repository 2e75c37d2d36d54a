"""Rule files taken up without a restart, and the past played to rules."""

import json
import logging
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from alerts.rulefile import read_toml
from ioc.baselines import Teacher
from ioc.cli import main
from ioc.errors import SettingsError
from ioc.migrate import migrate
from ioc.replay import replay
from ioc.rulebooks import RuleFiles
from ioc.site import NOBODY

HOT = """[[rule]]
name = 'hot'
kind = 'threshold'
family = 'camera'
metric = 'temperature_c'
above = {}
severity = 'major'
"""
GONE = "[[rule]]\nname = 'gone'\nkind = 'absence'\nfamily = 'camera'\nseverity = 'major'\n"
NOW = 1_795_320_000_000


def test_a_changed_file_gives_new_rules_once(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(HOT.format(80))
    files = RuleFiles([str(file)])
    assert files.poll() is None
    file.write_text(HOT.format(8))
    changed = files.poll()
    assert changed is not None
    assert changed[0].test.above == 8
    assert files.poll() is None


def test_a_file_that_went_wrong_keeps_the_rules_and_says_what_to_mend(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "r.toml"
    file.write_text(HOT.format(80))
    files = RuleFiles([str(file)])
    file.write_text(HOT.format(80).replace("above", "abve"))
    with caplog.at_level(logging.ERROR):
        assert files.poll() is None
    assert files.rules[0].name == "hot"
    assert "did you mean 'above'" in (files.problem or "")
    assert len(caplog.records) == 1
    file.write_text(HOT.format(70))
    assert files.poll() is not None
    assert files.problem is None


def test_a_name_may_stand_in_one_file_only(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        tmp_path.joinpath(name).write_text(HOT.format(80))
    with pytest.raises(SettingsError, match="stands twice"):
        RuleFiles([str(tmp_path / "a.toml"), str(tmp_path / "b.toml")])


def test_rules_test_tells_the_outcome_by_its_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath("hot.toml").write_text(HOT.format(80))
    text = """
rule_files: [hot.toml]
tests:
  - interval: 30s
    series: [{device: demo/camera/c1, metric: temperature_c, values: "70 90"}]
    expect: [{at: 30s, alerts: [{rule: hot, device: demo/camera/c1, state: STATE}]}]
"""
    good, bad, wrong = (tmp_path / f"{name}.yaml" for name in ("good", "bad", "wrong"))
    good.write_text(text.replace("STATE", "firing"))
    bad.write_text(text.replace("STATE", "pending"))
    wrong.write_text(text.replace("series", "seris"))
    assert main(["rules", "test", str(good)]) == 0
    assert main(["rules", "test", str(good), str(bad)]) == 1
    assert "at 30s: hot@demo/camera/c1: expected pending, got firing" in capsys.readouterr().out
    assert main(["rules", "test", "--json", str(bad)]) == 1
    assert json.loads(capsys.readouterr().out)[0]["ok"] is False
    assert main(["rules", "test", str(wrong)]) == 2
    assert "did you mean 'series'" in capsys.readouterr().err


def keep(dsn: str, readings: list[tuple[int, dict[str, Any]]]) -> None:
    """One camera with these readings (seconds after NOW)."""
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "INSERT INTO device (address, admission, area, interval_s) VALUES ('ns/camera/c1', 'admitted', NULL, 60)"
            " RETURNING id"
        ).fetchone()
        assert found is not None
        connection.cursor().executemany(
            "INSERT INTO reading_camera (ts, device_id, received_at, temperature_c, more)"
            " VALUES (to_timestamp(%s), %s, to_timestamp(%s), %s, %s)",
            [(NOW / 1000 + at, found[0], NOW / 1000 + at, m.get("temperature_c"), Jsonb({})) for at, m in readings],
        )


@pytest.mark.real
def test_the_past_is_played_to_rules_with_exact_times_and_nothing_is_stored(dsn: str) -> None:
    keep(dsn, [(at, {"temperature_c": 90.0 if 300 <= at < 600 else 60.0}) for at in range(0, 1200, 60)])
    rules = read_toml(HOT.format(80) + "for = '90s'\n" + GONE)
    with ConnectionPool(dsn, min_size=1, max_size=2, open=True) as pool:
        report = replay(pool, NOBODY, rules, NOW, NOW + 3_600_000)
        stored = pool.connection().__enter__().execute("SELECT count(*) FROM alert").fetchone()
    assert report.readings == 20
    assert [(each.rule, (each.fired_at - NOW) / 1000) for each in report.raised] == [("hot", 390), ("gone", 1320)]
    assert report.messages == 3
    assert stored == (0,)


@pytest.mark.real
def test_what_is_usual_is_learned_from_the_readings_kept(dsn: str) -> None:
    keep(dsn, [(-hour * 900, {"temperature_c": 40.0 + hour % 3}) for hour in range(28 * 96)])
    rules = read_toml("[[rule]]\nname = 'odd'\nkind = 'seasonal'\nfamily = 'camera'\nmetric = 'temperature_c'\n"
                      "floor = 1\nseverity = 'warning'\n")  # fmt: skip
    files, taught = RuleFiles(), list[tuple[str, str]]()
    files.rules = rules
    with ConnectionPool(dsn, min_size=1, max_size=2, open=True) as pool:
        Teacher(pool, files, lambda rule, device, _memory: taught.append((rule, device))).step(NOW)
    assert taught == [("odd", "ns/camera/c1")]
