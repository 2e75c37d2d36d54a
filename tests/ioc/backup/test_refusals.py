"""What may not come back is refused with a clear sentence, and the database is as it was."""

import io
import os
import subprocess
import sys
import zipfile
from contextlib import ExitStack

import msgspec
import psycopg
import pytest
from realparts.centre import wait_for
from realparts.small_disk import small_disk

from ingest.timescale import TimescaleStore
from ioc import migrate as migrations
from ioc.backup.container import Reading
from ioc.backup.dump import dump
from ioc.backup.manifest import decoded, encoded
from ioc.errors import CommandError
from tests.ioc.backup.conftest import NOW, bring_back, contents, fill, no_progress


@pytest.fixture
def filled(plain_dsn):
    migrations.migrate(plain_dsn)
    fill(plain_dsn)
    return plain_dsn


@pytest.fixture
def untouched(dsn):
    """An empty database that must stay without a single table."""
    yield dsn
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT to_regclass('migration')").fetchone() == (None,)


def changed(file, manifest=lambda found: found, parts=lambda name, data: data):
    """The backup with another manifest or other parts, and checksums of zip that fit."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, encoded(manifest(decoded(data))) if name == "manifest.json" else parts(name, data))
    file.write_bytes(out.getvalue())


def test_a_file_cut_short_is_refused(filled, back_up, untouched):
    file = back_up(filled)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(CommandError, match="cut short"):
        bring_back(file, untouched)


def test_a_changed_byte_anywhere_in_a_table_is_refused(filled, back_up, untouched):
    file = back_up(filled)
    with zipfile.ZipFile(file) as whole:
        place = whole.getinfo("tables/device.copy").header_offset + 100
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(CommandError, match="damaged at device"):
        bring_back(file, untouched)


def test_rows_taken_out_with_care_are_noticed_all_the_same(filled, back_up, untouched):
    file = back_up(filled)
    changed(file, parts=lambda name, data: b"" if name == "tables/audit.copy" else data)
    with pytest.raises(CommandError, match="damaged at audit"):
        bring_back(file, untouched)


def test_a_backup_that_lacks_a_table_is_refused(filled, back_up, untouched):
    file, short = back_up(filled), io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(short, "w") as new:
        for name in set(old.namelist()) - {"tables/area.copy"}:
            new.writestr(name, old.read(name))
    file.write_bytes(short.getvalue())
    with pytest.raises(CommandError, match="damaged at area"):
        bring_back(file, untouched)


def test_a_backup_of_a_newer_version_is_refused(filled, back_up, untouched):
    file = back_up(filled)
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute("INSERT INTO migration (number, name, digest) VALUES (9000, 'to_come', 'x')")
    newer = back_up(filled, "newer.iocbackup")
    with pytest.raises(CommandError, match="newer version"):
        bring_back(newer, untouched)
    changed(file, lambda found: msgspec.structs.replace(found, format=2))
    with pytest.raises(CommandError, match="format 2"):
        bring_back(file, untouched)


def test_a_file_that_is_something_else_is_refused(tmp_path, untouched):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 not a backup")
    with pytest.raises(CommandError, match="not a backup"):
        bring_back(tmp_path / "photo.jpg", untouched)
    with pytest.raises(CommandError, match="no such file"):
        bring_back(tmp_path / "nowhere", untouched)


def test_a_database_that_holds_anything_is_replaced_only_when_told(filled, back_up):
    file, before = back_up(filled), contents(filled)
    with pytest.raises(CommandError, match=r"audit.*--replace DELETES"):
        bring_back(file, filled)
    assert contents(filled) == before


def test_a_database_that_an_ingest_writes_to_is_left_alone(filled, back_up):
    file, store = back_up(filled), TimescaleStore(filled, lambda _: None)
    store.load()
    with pytest.raises(CommandError, match="stop it first"):
        bring_back(file, filled, replace=True)
    store.close()


def test_a_backup_never_overwrites_another(filled, back_up):
    file = back_up(filled)
    kept = file.read_bytes()
    with pytest.raises(CommandError, match="choose another name"):
        back_up(filled)
    assert file.read_bytes() == kept


def test_a_backup_of_an_older_version_comes_into_this_one(plain_dsn, dsn, back_up):
    migrations.migrate(plain_dsn, only=range(1, 5))
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO device (address, admission) VALUES ('demo/camera/c1', 'admitted')")
        connection.execute(
            "INSERT INTO reading (ts, device_id, received_at, m) VALUES (now(), 1, now(), '{\"fps\": 7}')"
        )
    bring_back(back_up(plain_dsn), dsn)
    with psycopg.connect(dsn) as connection:
        assert migrations.pending(connection) == []
        assert connection.execute("SELECT fps FROM reading_camera").fetchone() == (7,)


def test_an_older_backup_is_refused_by_a_database_that_is_newer_already(plain_dsn, dsn, back_up):
    migrations.migrate(plain_dsn, only=range(1, 5))
    migrations.migrate(dsn)
    with pytest.raises(CommandError, match="newer than the backup"):
        bring_back(back_up(plain_dsn), dsn)


def test_a_full_disk_leaves_no_half_file(filled, tmp_path):
    with ExitStack() as ends:
        disk = ends.enter_context(small_disk(tmp_path / "disk", 1))
        if disk is None:
            pytest.skip("only root may mount a small disk")
        disk.fill()
        with pytest.raises(CommandError, match="no half file was left"):
            dump(filled, disk.folder / "d.iocbackup", [], NOW, no_progress)
        assert [file.name for file in disk.folder.iterdir()] == ["filler"]


KILLED = """
import os, sys
from pathlib import Path
from ioc.backup.container import Reading
from ioc.backup.load import restore

def told(name, rows, size):
    if name == sys.argv[3]:
        print("there", flush=True)
        os.kill(os.getpid(), 9)

with Reading(Path(sys.argv[1])) as reading:
    restore(sys.argv[2], reading, told, lambda line: None)
"""


@pytest.mark.parametrize("edition_name", ["postgresql", "timescaledb-apache"])
def test_a_restore_that_is_killed_half_way_is_simply_given_again(edition_name, migrated, back_up, request):
    other = {"postgresql": "timescaledb-apache", "timescaledb-apache": "postgresql"}[edition_name]
    there = migrated(other).dsn
    fill(there)
    file = back_up(there)
    here = request.getfixturevalue("plain_dsn" if edition_name == "postgresql" else "dsn")
    command = [sys.executable, "-c", KILLED, str(file), here, "reading_loudspeaker"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=os.getcwd())
    assert (done.returncode, done.stdout) == (-9, "there\n"), done.stderr
    wait_for(lambda: nobody_restores(here))
    assert {rows for rows, _ in contents(here).values()} == {0}
    bring_back(file, here)
    assert contents(here) == contents(there)


def nobody_restores(dsn):
    """Whether the server has noticed that the killed one is gone."""
    with psycopg.connect(dsn) as connection:
        question = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ioc restore'"
        return connection.execute(question).fetchone() == (0,)


def test_what_is_verified_is_what_the_file_says(filled, back_up):
    with Reading(back_up(filled)) as reading:
        reading.verify()
        assert reading.manifest.rows == sum(rows for rows, _ in contents(filled).values())
        assert reading.beside("site.toml") == b"slug = 'demo'\n"
