import json
from itertools import islice

import pytest

from simulators.device import find_kinds
from simulators.errors import UnusableError
from simulators.faults import Scenario, foresee, load_scenario
from simulators.tables import SHIPPED
from simulators.wire import Cut, Join, moment

NOON = 1_795_323_600.0
ILLS = [(family, ill) for family, kind in find_kinds().items() for ill in kind.ills]
NAMES = [f"{family}-{ill.name}" for family, ill in ILLS]


@pytest.mark.parametrize(("family", "ill"), ILLS, ids=NAMES)
def test_an_ill_is_seen_on_the_wire_and_passes(machine, live, told, family, ill):
    device = machine(family)
    live(device, NOON + 100)
    told(device.suffer(ill, NOON + 101))
    during = live(device, NOON + 400)
    if ill.effect == "bend":
        assert during.on("telemetry")[-1]["m"][ill.metric] != machine_sample(machine, live, family)[ill.metric]
    else:
        assert not during.messages
    passing = told(device.recover(ill, NOON + 401))
    after = live(device, NOON + 500)
    assert after.on("telemetry")
    phases = [each["phase"] for each in (*during.on("event"), *passing.on("event")) if each["type"] == ill.event]
    assert phases == (["start", "end"] if ill.event else [])


def machine_sample(machine, live, family):
    return live(machine(family), NOON + 100).on("telemetry")[-1]["m"]


def test_without_power_a_device_is_cut_and_comes_back_as_a_new_session(machine, live):
    camera = machine("camera")
    ill = next(each for each in camera.identity.kind.ills if each.effect == "dark")
    session = camera.voice.session
    assert [type(each) for each in camera.suffer(ill, NOON + 10)] == [Cut]
    camera.recover(ill, NOON + 100)
    back = live(camera, NOON + 101)
    assert isinstance(back.actions[0], Join)
    assert back.on("birth")[0]["session"] != session


def test_a_long_trouble_is_told_as_one_event_with_updates(machine, live, told):
    gateway = machine("gateway")
    ill = next(each for each in gateway.identity.kind.ills if each.name == "mains_gone")
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
        assert fault.begins > until.get(fault.device.address, 0)
        until[fault.device.address] = fault.ends


def test_a_line_of_truth_tells_what_where_when_and_what_should_notice_it(identities):
    fault = next(foresee(load_scenario("a-day-of-faults"), identities, 1, NOON))
    line = json.loads(fault.line())
    assert line["fault"] == "overheating"
    assert line["area"] == "que-loc"
    assert line["device"].startswith("nong-son/camera/")
    assert moment(line["to"]) - moment(line["from"]) == 900
    assert line["expect"] == {"kind": "threshold", "metric": "temperature_c", "severity": "major"}


def test_a_gateways_fault_names_those_behind_it(identities):
    down = next(each for each in foresee(load_scenario("a-day-of-faults"), identities, 1, NOON) if each.behind)
    assert set(json.loads(down.line())["behind"]) == {
        each.address for each in identities if each.gateway == "gw-que-lam"
    }


@pytest.mark.parametrize("path", sorted((SHIPPED / "scenarios").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played_at_nong_son(path, identities):
    scenario = load_scenario(path.stem)
    assert len(list(islice(foresee(scenario, identities, 1, NOON), 20))) >= len(scenario.written)


def test_the_demo_shows_a_fault_within_half_a_minute(identities):
    assert next(foresee(load_scenario("demo"), identities, 1, NOON)).begins <= NOON + 30


def test_a_calm_day_has_no_faults(identities):
    assert list(foresee(load_scenario("calm"), identities, 1, NOON)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[fault]]\nkind="overheatin"\nat_s=1\nlasts_s=2', "did you mean 'overheating'?"),
        ('[[fault]]\nkind="overheating"\narea="atlantis"\nat_s=1\nlasts_s=2', "no device here fits 'overheating'"),
        ('[[fault]]\nkind="overheating"\nlasts_s=2', "'at_s' is missing"),
        ("[random]\nper_hour=true", "'per_hour' is True; it should be a number"),
    ],
)
def test_a_mistake_in_a_scenario_is_named_with_its_mend(tmp_path, identities, text, says):
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(UnusableError) as caught:
        list(foresee(load_scenario(str(file)), identities, 1, NOON))
    assert says in str(caught.value)
