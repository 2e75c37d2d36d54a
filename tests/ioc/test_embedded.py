"""The database for one machine: it keeps, refuses in sentences, and neither part leaves anything running."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest
from realparts.processes import gone, processes_naming

from ioc.embedded import CannotStart, free_space_problem, start_broker, start_database


@pytest.fixture
def folder(open_folder):
    return open_folder


def test_a_second_start_of_the_database_finds_yesterdays_data(folder):
    first = start_database(folder)
    with psycopg.connect(first.url) as db:
        db.execute("CREATE TABLE kept AS SELECT 'Nông Sơn' AS name")
    first.stop()
    first.stop()
    assert processes_naming(folder) == []
    second = start_database(folder)
    with psycopg.connect(second.url) as db:
        assert db.execute("SELECT name, lower('ĐÀ') FROM kept").fetchone() == ("Nông Sơn", "đà")
        assert db.execute("SELECT current_database()").fetchone() == ("ioc",)
    second.stop()


def test_a_folder_in_use_is_refused_at_once(folder):
    part = start_database(folder)
    with pytest.raises(CannotStart, match="in use by another centre"):
        start_database(folder)
    part.stop()


def test_a_long_path_gets_a_socket_elsewhere(folder):
    deep = folder / ("x" * 100)
    part = start_database(deep)
    with psycopg.connect(part.url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)
    part.stop()


def test_a_stale_process_number_does_not_stop_the_start(folder):
    part = start_database(folder)
    with psycopg.connect(part.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept ()")
    part.stop()
    # A crash, then a reboot in which some other living process got the number: here, our parent.
    note = (
        f"{os.getppid()}\n{folder}/postgres\n1700000000\n5432\n{folder}/postgres\n\n    5432001         0\nready   \n"
    )
    (folder / "postgres" / "postmaster.pid").write_text(note)
    again = start_database(folder)
    again.stop()


def test_an_interrupted_first_start_is_begun_again(folder):
    remainder = folder / "postgres.making"
    remainder.mkdir()
    (remainder / "PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()
    start_database(folder).stop()
    assert not remainder.exists()


def test_a_half_made_folder_is_explained_and_left_alone(folder):
    place = folder / "postgres"
    place.mkdir()
    (place / "PG_VERSION").write_text("18\n")
    with pytest.raises(CannotStart) as refused:
        start_database(folder)
    assert f"The database folder {place} is not whole" in str(refused.value)
    assert "rename it" in str(refused.value)
    assert (place / "PG_VERSION").exists()


def test_a_folder_of_another_postgresql_is_explained(folder):
    place = folder / "postgres"
    (place / "global").mkdir(parents=True)
    (place / "global" / "pg_control").touch()
    (place / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="belongs to PostgreSQL 16"):
        start_database(folder)


def test_a_file_where_the_folder_should_be_is_explained(folder):
    (folder / "data").write_text("not a folder")
    for start in (start_broker, start_database):
        with pytest.raises(CannotStart, match="IOC_DATA_DIR"):
            start(folder / "data")


def test_too_little_space_is_a_sentence_and_enough_is_none(folder):
    assert free_space_problem(folder / "not" / "there" / "yet", 1) is None
    problem = free_space_problem(folder, 10**9)
    assert problem is not None
    assert "delete some files, or set IOC_DATA_DIR" in problem
    assert problem.startswith("Ổ đĩa")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_a_sentence(folder):
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=True)
    try:
        with pytest.raises(CannotStart, match=r"has only \d+ MB free and 400 MB are needed"):
            start_database(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)


OWNER = """
import sys
from pathlib import Path
from ioc.embedded import start_broker, start_database
folder = Path(sys.argv[1])
parts = [start_broker(folder, int(sys.argv[2])), start_database(folder)]
try:
    print(*(part.url for part in parts), flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    for part in reversed(parts):
        part.stop()
"""


@pytest.fixture
def owner(folder, free_port):
    """A centre of its own process that has started both parts."""
    command = [sys.executable, "-c", OWNER, str(folder), str(free_port())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        process.kill()


def test_a_killed_owner_leaves_no_orphan_and_its_data_are_found_again(owner, folder):
    _, dsn = owner.stdout.readline().split()
    with psycopg.connect(dsn) as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS one")
    owner.kill()
    owner.wait()
    part = start_database(folder)  # at once: waits for the old one to end
    with psycopg.connect(part.url) as db:
        assert db.execute("SELECT one FROM kept").fetchone() == (1,)
    part.stop()
    assert gone(folder)


def test_ctrl_c_for_the_whole_group_ends_all_in_order(owner, folder):
    assert owner.stdout.readline()
    os.killpg(owner.pid, signal.SIGINT)
    assert owner.wait(30) == 0
    assert processes_naming(folder) == []
    assert "shut down" in (folder / "postgres.log").read_text()


def test_a_killed_keeper_takes_the_database_with_it(owner, folder):
    assert owner.stdout.readline()
    pids = subprocess.run(["pgrep", "-f", f"watch.py run .*{folder}"], check=True, capture_output=True, text=True)
    for pid in pids.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    owner.kill()
    owner.wait()
    assert gone(folder)
