"""`ioc check` says which database this is, and what to do where something is wrong."""

from msgspec.structs import replace

from ioc.commands.check import look
from ioc.settings import Database, Settings


def line(settings, what):
    return next(line for line in look(settings) if what in line.what)


def test_it_names_the_edition_and_what_is_missing_in_it(edition, tmp_path):
    settings = replace(Settings(), database=Database(edition.dsn), data_dir=str(tmp_path))
    found = line(settings, "database")
    assert found.ok
    assert found.fact.startswith(f"{edition.name} ")
    assert ("no compression" in found.fact) == (edition.name != "timescaledb-community")
    assert ("instead of hypertables" in found.fact) == (edition.name == "postgresql")


def test_a_database_that_lacks_a_step_is_told_to_migrate(plain_dsn, tmp_path):
    settings = replace(Settings(), database=Database(plain_dsn), data_dir=str(tmp_path))
    found = line(settings, "database")
    assert not found.ok
    assert "ioc migrate" in found.mend
