"""A simulated past goes through the product in bulk, from one command into the other."""

import os
import subprocess
import sys

import pytest
from realparts.centre import Centre, ask, wait_for

from ioc.migrate import migrate

pytestmark = pytest.mark.real
PAST = ["--start", "2026-11-01T00:00:00Z", "--days", "0.05", "--scenario", "demo"]


def imported(lines, dsn, folder):
    known = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
    words = [sys.executable, "-m", "ioc.cli", "history", "import", "-"]
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_SITE__ADMIT": "all", "IOC_DATA_DIR": str(folder)}
    return subprocess.run(words, input=lines, env={**known, **settings}, capture_output=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def past():
    words = [sys.executable, "-m", "simulators", "history", *PAST]
    return subprocess.run(words, capture_output=True, check=True).stdout


def test_a_past_is_stored_whole_at_its_own_time_and_a_second_import_adds_nothing(past, dsn, tmp_path):
    migrate(dsn)
    count = past.count(b"\n")
    done = imported(past, dsn, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"received {count:,}, stored {count:,}, duplicate 0, ignored 0, quarantined 0" in done.stdout.decode()
    [(readings, first, last)] = ask(dsn, "SELECT count(*), min(ts)::text, max(ts)::text FROM reading WHERE NOT suspect")
    assert readings > 7_000
    assert (first[:13], last[:13]) == ("2026-11-01 00", "2026-11-01 01")
    assert ask(dsn, "SELECT count(*) FROM alert") == [(0,)], "nobody is told of the past"
    again = imported(past, dsn, tmp_path)
    assert again.returncode == 0, again.stderr
    assert ask(dsn, "SELECT count(*) FROM reading WHERE NOT suspect") == [(readings,)]


def test_a_wrong_line_is_named_and_what_stands_before_it_is_kept(past, dsn, tmp_path):
    migrate(dsn)
    lines = past.splitlines(keepends=True)[:300]
    done = imported(b"".join([*lines, b"nonsense\n"]), dsn, tmp_path)
    assert done.returncode == 1
    assert "line 301" in done.stderr.decode()
    assert ask(dsn, "SELECT count(*) > 50 FROM reading") == [(True,)]


def test_a_database_that_an_ingest_holds_is_left_alone(past, dsn, make_mosquitto, tmp_path):
    migrate(dsn)
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": make_mosquitto().url, "IOC_DATA_DIR": str(tmp_path)}
    with Centre(["ingest"], settings, tmp_path / "log"):
        wait_for(lambda: ask(dsn, "SELECT count(*) FROM ingest_run WHERE hearing")[0][0])
        done = imported(past, dsn, tmp_path)
    assert done.returncode == 1
    assert "ioc ingest" in done.stderr.decode()
    assert ask(dsn, "SELECT count(*) FROM reading") == [(0,)]
