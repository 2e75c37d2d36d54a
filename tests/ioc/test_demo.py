"""The demo's people: always somebody on duty, and never in the way of a site's own."""

import msgspec
import pytest

from alerts.roster import gaps
from ioc import people, site
from ioc.demo import staffed
from ioc.settings import Alerts, Settings

WEEK_MS = 7 * 86_400_000


@pytest.mark.parametrize("slug", site.shipped_names())
def test_whatever_district_is_simulated_somebody_is_on_duty_at_every_hour(slug):
    settings, here = staffed(Settings(), site.shipped(slug))
    channels = [str(way["name"]) for way in settings.alerts.channels]
    plan = people.plan(here.people, here.areas, channels=channels, rules=[])
    assert list(gaps(plan.duties["truc"], 1_795_320_306_789, 1_795_320_306_789 + WEEK_MS)) == []
    assert {way["kind"] for way in settings.alerts.channels} == {"mqtt"}, "nothing leaves the machine"


def test_a_site_or_settings_with_people_of_their_own_keep_them():
    settings, here = Settings(), site.shipped("nong-son")
    own = msgspec.structs.replace(here, contacts=[people.Contact("tu", ["tu-mail"])])
    assert staffed(settings, own) == (settings, own)
    with_ways = Settings(alerts=Alerts(channels=[{"name": "a", "kind": "mqtt", "topic": "a"}]))
    assert staffed(with_ways, here) == (with_ways, here)
