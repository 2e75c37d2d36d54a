"""`ioc backup` and `ioc restore` at the keyboard: what they print, and their exit status."""

import json

import pytest

from ioc.cli import main
from ioc.embedded import start_database
from ioc.migrate import migrate
from tests.ioc.backup.conftest import contents, fill


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A machine of its own: no settings of ours."""
    monkeypatch.chdir(tmp_path)
    return lambda dsn: monkeypatch.setenv("IOC_DATABASE__DSN", dsn)


def test_one_command_out_one_command_in(here, migrated, plain_dsn, tmp_path, capsys):
    there = migrated("timescaledb-apache").dsn
    fill(there)
    here(there)
    assert main(["backup", "d.iocbackup", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["audit"] == 3
    assert told["bytes"] == (tmp_path / "d.iocbackup").stat().st_size
    assert (tmp_path / "d.iocbackup").stat().st_mode & 0o077 == 0
    here(plain_dsn)
    assert main(["restore", "d.iocbackup", "--files", "out"]) == 0
    assert "Xong (done)" in capsys.readouterr().out
    assert (tmp_path / "out" / "settings.json").exists()
    assert contents(plain_dsn) == contents(there)


def test_the_nightly_one_keeps_the_newest_and_clears_what_a_killed_run_left(here, plain_dsn, tmp_path, capsys):
    migrate(plain_dsn)
    here(plain_dsn)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for day in range(1, 5):
        (shelf / f"site-2026010{day}T020000Z.iocbackup").touch()
    (shelf / "site-20260105T020000Z.iocbackup.part").touch()
    assert main(["backup", "--to", "shelf", "--keep", "2"]) == 0
    left = sorted(file.name for file in shelf.iterdir())
    assert left[0] == "site-20260104T020000Z.iocbackup"
    assert len(left) == 2
    assert left[1] > "site-2026010"


@pytest.mark.parametrize("words", [["backup"], ["backup", "f", "--to", "d"], ["backup", "--to", "d", "--keep", "0"]])
def test_wrongly_called_it_says_how(words, here, plain_dsn, capsys):
    here(plain_dsn)
    assert main(words) == 2


def test_a_problem_is_a_sentence_and_status_1(here, plain_dsn, tmp_path, capsys):
    here(plain_dsn)
    assert main(["restore", "nowhere"]) == 1
    assert main(["backup", "d.iocbackup"]) == 1
    assert "chưa có gì để sao lưu" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_database_is_backed_up_while_it_runs_and_when_it_does_not(monkeypatch, open_folder, capsys):
    monkeypatch.chdir(open_folder)
    monkeypatch.setenv("IOC_DATA_DIR", str(open_folder / "data"))
    assert main(["backup", "none.iocbackup"]) == 1
    part = start_database(open_folder / "data")
    migrate(part.url)
    fill(part.url)
    before = contents(part.url)
    assert main(["backup", "running.iocbackup"]) == 0
    assert contents(part.url) == before
    part.stop()
    assert main(["backup", "stopped.iocbackup"]) == 0
    monkeypatch.setenv("IOC_DATA_DIR", str(open_folder / "new"))
    assert main(["restore", "running.iocbackup"]) == 0
    part = start_database(open_folder / "new")
    assert contents(part.url) == before
    part.stop()
