"""Days are those of the site's time zone, also where a day has 23 or 25 hours, and after the zone was changed."""

from datetime import UTC, datetime

import pytest

from ioc.errors import CommandError
from ioc.migrate import migrate
from ioc.settings import Store
from tests.store.conftest import HOUR, opened, said
from tests.store.test_resolutions import same

SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)  # Berlin's clocks change


def around(at):
    """Readings for a day and a half on both sides, some at the very borders of days."""
    middle = round(at.timestamp()) * 1000
    return [
        said(middle + n * HOUR + ms, volume_pct=n, plays_total=n % 9) for n in range(-36, 37) for ms in (0, HOUR - 1)
    ]


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Europe/Berlin"])
@pytest.mark.parametrize("name", ["postgresql", "timescaledb-apache", "timescaledb-community"])
def test_a_day_is_the_zone_s_whatever_its_length(request, name, zone):
    fixture = {"postgresql": "plain_dsn", "timescaledb-apache": "dsn", "timescaledb-community": "community_dsn"}[name]
    with opened(request.getfixturevalue(fixture), zone) as kept:
        kept.run("resolutions")
        written = [*around(SPRING), *around(AUTUMN)]
        kept.write(*written)
        kept.run("resolutions")
        same(kept, written, zone)
        lengths = {row["n"] for row in kept.told("loudspeaker", "day").values()}
        assert ({46, 50} <= lengths) == (zone == "Europe/Berlin")


def test_another_zone_makes_other_days_of_the_hours_there_are(plain_dsn):
    with opened(plain_dsn) as kept:
        written = around(AUTUMN)
        kept.write(*written)
        kept.run("resolutions")
        same(kept, written)
        migrate(plain_dsn, zone="Europe/Berlin")
        same(kept, written, "Europe/Berlin")
        kept.run("resolutions", Store(zone="Europe/Berlin"))
        same(kept, written, "Europe/Berlin")
        assert kept.sql("SELECT count(*) > 0 FROM day_loudspeaker_kept") == [(True,)]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Nowhere"])
def test_a_zone_that_days_cannot_be_made_of_hours_in_is_refused(plain_dsn, zone):
    with pytest.raises(CommandError, match=zone):
        migrate(plain_dsn, zone=zone)
