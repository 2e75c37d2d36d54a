"""A simulated district and the real parts on one clock: nothing is lost, and rules see the devices' time."""

import pytest
from realparts.centre import ask
from realparts.lockstep import Lockstep, account

from ioc import site as sites
from simulators.device import find_kinds
from simulators.population import populate
from simulators.scenario import Scenario, load_scenario
from simulators.site import load_site
from simulators.world import World

pytestmark = pytest.mark.real
START = 1_795_305_600.0


@pytest.fixture
def district(make_mosquitto, dsn, tmp_path):
    """Make a run of Nông Sơn with a scenario."""

    def make(scenario):
        kinds = find_kinds()
        world = World(populate(load_site("nong-son", kinds), kinds), scenario, seed=3, start=START)
        return Lockstep(world, make_mosquitto(), dsn, sites.shipped("nong-son"), {"IOC_DATA_DIR": str(tmp_path)})

    return make


def test_twenty_minutes_of_a_district_are_stored_to_the_last_sample(district, dsn):
    with district(Scenario()) as run:
        run.run(START + 1200, step=5)
        sent = run.sent
    assert sent.samples > 2000
    assert account(dsn, sent) == {"samples": sent.samples, "events": sent.events, "lost": 0, "doubled": 0, "unused": 0}


def test_a_rules_minutes_are_the_devices_minutes(district, dsn):
    with district(load_scenario("overheating")) as run:
        run.run(START + 600, step=2)
        [fault] = run.faults
    [(since, fired)] = ask(dsn, "SELECT extract(epoch FROM since), extract(epoch FROM firing_since) FROM alert")
    assert fired - since == pytest.approx(120, abs=2), "camera-hot says `for = 2m`"
    assert fault.begins < since < fault.begins + 120


def test_a_broker_that_is_away_is_really_stopped_and_nothing_is_lost(district, dsn):
    with district(load_scenario("broker-away")) as run:
        run.run(START + 240, step=5)
        assert not run.broker.running
        assert run.reader.hearing.deaf_since is not None
        run.run(START + 700, step=5)
        assert run.broker.running
        sent = run.sent
    assert account(dsn, sent)["lost"] == 0
