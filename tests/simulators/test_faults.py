import json
from itertools import islice, pairwise

import pytest

from simulators.device import APART, find_kinds
from simulators.errors import UnusableError
from simulators.faults import foresee
from simulators.scenario import Scenario, load_scenario
from simulators.tables import SHIPPED
from simulators.wire import Cut, Join, moment

NOON = 1_795_323_600.0
ILLS = [(family, ill) for family, kind in find_kinds().items() for ill in (*kind.ills, APART)]
BENT, SILENT = (
    [pytest.param(family, ill, id=f"{family}-{ill.name}") for family, ill in ILLS if ill.effect in effects]
    for effects in ({"bend"}, {"hush", "dark", "apart"})
)


def ill_of(device, name):
    return next(ill for ill in device.identity.kind.ills if ill.name == name)


@pytest.mark.parametrize(("family", "ill"), BENT)
def test_an_ill_is_seen_in_the_samples_and_passes(machine, live, told, family, ill):
    device = machine(family)
    healthy = live(device, NOON + 100).on("telemetry")[-1]["m"]
    told(device.suffer(ill, NOON + 101))
    during = live(device, NOON + 700)
    assert during.on("telemetry")[-1]["m"][ill.metric] != healthy[ill.metric]
    passing = told(device.recover(ill, NOON + 701))
    after = live(device, NOON + 800)
    assert after.on("telemetry")
    phases = [each["phase"] for each in (*during.on("event"), *passing.on("event")) if each["type"] == ill.event]
    if ill.event:
        assert (phases[0], phases[-1]) == ("start", "end")
        assert set(phases[1:-1]) <= {"update"}


@pytest.mark.parametrize(("family", "ill"), SILENT)
def test_an_ill_that_silences_is_silent_and_passes(machine, live, told, family, ill):
    device = machine(family)
    live(device, NOON + 350)
    told(device.suffer(ill, NOON + 351))
    assert not live(device, NOON + 700).messages
    told(device.recover(ill, NOON + 701))
    assert live(device, NOON + 1100).on("telemetry")


def test_without_power_a_device_is_cut_and_comes_back_as_a_new_session(machine, live):
    camera = machine("camera")
    ill = ill_of(camera, "power_off")
    session = camera.voice.session
    assert [type(each) for each in camera.suffer(ill, NOON + 10)] == [Cut]
    camera.recover(ill, NOON + 100)
    back = live(camera, NOON + 101)
    assert isinstance(back.actions[0], Join)
    assert back.on("birth")[0]["session"] != session


def test_a_device_that_was_cut_off_tells_late_what_it_kept_in_the_same_session(machine, live, told):
    camera = machine("camera")
    session = camera.voice.session
    live(camera, NOON + 10)
    camera.suffer(APART, NOON + 11)
    assert not live(camera, NOON + 311).messages
    back = told(camera.recover(APART, NOON + 312))
    assert back.on("birth")[0]["session"] == session
    assert len(back.on("telemetry")[0]["batch"]) == 10


def test_a_device_in_a_reboot_loop_is_born_again_and_again(machine, live):
    camera = machine("camera")
    loop = ill_of(camera, "reboot_loop")
    camera.suffer(loop, NOON + 10)
    during = live(camera, NOON + 610)
    sessions = [each["session"] for each in during.on("birth")]
    assert 8 < len(sessions) == len(set(sessions))
    assert max(later - earlier for earlier, later in pairwise(moment(each["ts"]) for each in during.on("birth"))) < 62
    camera.recover(loop, NOON + 611)
    assert len(live(camera, NOON + 1500).on("birth")) <= 1


def test_a_shouting_device_speaks_a_hundred_times_as_often_and_then_no_more(machine, live):
    camera = machine("camera")
    shout = ill_of(camera, "shouting")
    live(camera, NOON + 30)
    camera.suffer(shout, NOON + 30)
    assert len(live(camera, NOON + 90).on("telemetry")) == pytest.approx(200, abs=2)
    camera.recover(shout, NOON + 90)
    live(camera, NOON + 91)
    assert len(live(camera, NOON + 690).on("telemetry")) == pytest.approx(20, abs=1)


def test_a_drifting_clock_runs_away_and_is_set_right(machine, live):
    camera = machine("camera")
    drift = ill_of(camera, "clock_drift")
    camera.suffer(drift, NOON + 5)
    ahead = [moment(each["ts"]) for each in live(camera, NOON + 605).on("telemetry")]
    assert ahead[-1] == NOON + 605 + 300
    camera.recover(drift, NOON + 610)
    assert moment(live(camera, NOON + 700).on("telemetry")[-1]["ts"]) <= NOON + 700


def test_a_memory_leak_takes_the_pictures_away_little_by_little(machine, live):
    camera = machine("camera")
    camera.suffer(ill_of(camera, "memory_leak"), NOON + 5)
    pictures = [each["m"]["fps"] for each in live(camera, NOON + 700).on("telemetry")]
    assert pictures == sorted(pictures, reverse=True)
    assert pictures[0] > 20
    assert pictures[-1] == 0


def test_a_long_trouble_is_told_as_one_event_with_updates(machine, live, told):
    gateway = machine("gateway")
    ill = ill_of(gateway, "mains_gone")
    gateway.suffer(ill, NOON + 10)
    events = live(gateway, NOON + 800).on("event") + told(gateway.recover(ill, NOON + 801)).on("event")
    assert [each["phase"] for each in events] == ["start", "update", "update", "end"]
    assert len({each["id"] for each in events}) == 1


def test_faults_by_chance_come_in_order_about_as_often_as_asked_and_one_at_a_time_on_a_device(identities):
    faults = list(islice(foresee(Scenario(per_hour=60.0), identities, 3, NOON), 500))
    assert [each.begins for each in faults] == sorted(each.begins for each in faults)
    assert 500 / (faults[-1].begins - NOON) * 3600 == pytest.approx(60, rel=0.25)
    until = {}
    for fault in faults:
        address = fault.strikes[0].device.address
        assert fault.begins > until.get(address, 0)
        until[address] = fault.ends


def test_worn_devices_fail_more_often(identities):
    faults = islice(foresee(Scenario(per_hour=60.0), identities, 4, NOON), 1500)
    wear = [fault.strikes[0].device.wear for fault in faults]
    usual = sum(each.wear for each in identities) / len(identities)
    assert sum(wear) / len(wear) > usual + 0.05


@pytest.mark.parametrize("site", sorted(path.stem for path in (SHIPPED / "sites").glob("*.toml")))
@pytest.mark.parametrize("path", sorted((SHIPPED / "scenarios").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played_at_every_shipped_site(path, site, population):
    scenario = load_scenario(path.stem)
    faults = list(islice(foresee(scenario, population(site), 1, NOON), 40))
    assert len(faults) >= len(scenario.written)
    assert all(fault.strikes for fault in faults)


def test_the_demo_shows_a_fault_within_half_a_minute(identities):
    assert next(foresee(load_scenario("demo"), identities, 1, NOON)).begins <= NOON + 30


def test_a_calm_day_has_no_faults(identities):
    assert list(foresee(load_scenario("calm"), identities, 1, NOON)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[fault]]\nkind="overheatin"\nat_s=1\nlasts_s=2', "did you mean 'overheating'?"),
        ('[[fault]]\nkind="power_cutt"\nat_s=1\nlasts_s=2', "did you mean 'power_cut'?"),
        ('[[fault]]\nkind="overheating"\narea="atlantis"\nat_s=1\nlasts_s=2', "no device here fits 'overheating'"),
        ('[[fault]]\nkind="power_cut"\nfeeder="fd-x"\nat_s=1\nlasts_s=2', "feeder 'fd-x' is not known"),
        ('[[fault]]\nkind="power_cut"\narea="que-lam"\nat_s=1\nlasts_s=2', "'power_cut' does not take 'area'"),
        ('[[fault]]\nkind="overheating"\nlasts_s=2', "'at_s' is missing"),
        ("[random]\nper_hour=true", "'per_hour' is True; it should be a number"),
        ('life="half past six"', "it should be like 2027-02-05T17:00"),
        ("[[crowd]]\nat_s=1\nlasts_s=2\ntimes=99", "'times' is 99; it should be a number from 0 to 20"),
    ],
)
def test_a_mistake_in_a_scenario_is_named_with_its_mend(tmp_path, identities, text, says):
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(UnusableError) as caught:
        list(foresee(load_scenario(str(file)), identities, 1, NOON))
    assert says in str(caught.value)


def test_a_line_of_truth_tells_what_where_when_and_what_should_notice_it(identities):
    line = json.loads(next(foresee(load_scenario("overheating"), identities, 1, NOON)).line())
    device = line["where"]["devices"][0]
    assert line["kind"] == "overheating"
    assert line["where"]["area"] in device
    assert moment(line["to"]) - moment(line["from"]) == 900
    assert line["expect"] == {"scope": "device", "subject": device, "rules": ["camera-hot"], "severity": "major"}


def test_the_ids_of_truth_are_the_same_in_every_run_and_no_two_alike(identities):
    def ids():
        return [json.loads(each.line())["id"] for each in islice(foresee(Scenario(per_hour=60), identities, 1, 0), 200)]

    assert ids() == ids()
    assert len(set(ids())) == 200
