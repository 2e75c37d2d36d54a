"""Provisioning repairs what was interrupted, repeats for nothing, and says what is missing."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from realparts import places
from realparts.debian_tree import lay

SCRIPT = Path(__file__).parents[1] / "provision" / "provision.py"


class Bootstrap:
    """Stands for debootstrap, which takes a minute: makes a tree, or is cut off half-way."""

    def __init__(self, *, cut=False):
        self.cut = cut
        self.calls = 0

    def __call__(self, *command):
        assert command[0] == "debootstrap"
        self.calls += 1
        library = Path(command[-1]) / "usr/lib/postgresql/17/lib/timescaledb.so"
        library.parent.mkdir(parents=True)
        if self.cut:
            raise KeyboardInterrupt
        library.touch()


def test_an_interrupted_tree_is_not_taken_for_whole_and_is_made_again(tmp_path):
    place = tmp_path / "cache" / "timescaledb-17"
    with pytest.raises(KeyboardInterrupt):
        lay(place, Bootstrap(cut=True))
    assert not place.exists()
    assert list(place.parent.glob("*.part-*"))
    lay(place, Bootstrap())
    assert places.tree_in(place)
    assert not list(place.parent.glob("*.part-*"))


def test_a_tree_without_its_stamp_is_made_again(tmp_path):
    place = tmp_path / "timescaledb-17"
    (place / "usr").mkdir(parents=True)
    again = Bootstrap()
    lay(place, again)
    assert again.calls == 1
    assert (place / places.STAMP).is_file()


def test_a_whole_tree_is_left_alone(tmp_path):
    place = tmp_path / "timescaledb-17"
    lay(place, Bootstrap())
    again = Bootstrap()
    lay(place, again)
    assert again.calls == 0


def test_two_provisionings_at_once_make_one_tree(tmp_path):
    place = tmp_path / "timescaledb-17"
    both = Bootstrap()
    threads = [threading.Thread(target=lay, args=(place, both)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert both.calls == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_what_an_interrupted_bootstrap_mounted_is_unmounted_before_it_is_deleted(tmp_path):
    mounted = tmp_path / "timescaledb-17.part-1" / "proc"
    mounted.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(mounted)], check=True)
    bootstrap = Bootstrap()

    def run(*command):
        if command[0] == "umount":
            subprocess.run(command, check=True)
        else:
            bootstrap(*command)

    lay(tmp_path / "timescaledb-17", run)
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


def provision(**variables):
    """Run the script where nothing can be installed: no apt-get on the PATH, and the rest is named."""
    environment = {"PATH": "/nowhere", "HOME": "/nowhere", "IOC_TEST_COMMUNITY": "/nowhere", **variables}
    command = [sys.executable, str(SCRIPT)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_missing_part_is_named_with_its_variable_and_fails_in_ci():
    missing = {"IOC_TEST_MOSQUITTO": "/nowhere/mosquitto"}
    away = provision(**missing)
    assert away.returncode == 0
    assert "Mosquitto is missing" in away.stdout
    assert "set IOC_TEST_MOSQUITTO; its tests will be skipped" in away.stdout
    in_ci = provision(CI="true", **missing)
    assert in_ci.returncode == 1
    assert "its tests will fail, as this is CI" in in_ci.stdout


OUTSIDE = """
def test_it(mosquitto):
    raise AssertionError("not reached")
"""


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_test_of_a_missing_part_is_skipped_here_and_fails_in_ci(tmp_path, ci, outcome):
    conftest = SCRIPT.parents[1] / "conftest.py"
    (tmp_path / "conftest.py").write_text(conftest.read_text())
    (tmp_path / "test_outside.py").write_text(OUTSIDE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = real\n")
    paths = os.pathsep.join([str(SCRIPT.parent), str(SCRIPT.parents[2])])
    environment = {**os.environ, "CI": ci, "IOC_TEST_MOSQUITTO": "/nowhere/mosquitto", "PYTHONPATH": paths}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert outcome in done.stdout
    assert "Mosquitto is missing" in done.stdout
