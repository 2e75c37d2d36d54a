import json
import re
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.device import find_kinds
from simulators.population import populate
from simulators.scenario import Scenario, load_scenario
from simulators.site import load_site
from simulators.wire import Cut, Join, Message, moment
from simulators.world import Pace, World

TOPIC = re.compile(r"ioc/v1(/[a-z0-9-]{1,63}){3}/(birth|status|telemetry|event|ack)")
UNITLESS = {
    *("fps", "expected_fps", "motion", "occupancy", "reconnects_1h", "clients", "dhcp_leases", "playing", "amp_fault"),
    *("speaker_test_ok", "in_call", "participants", "mos", "sip_registered", "uplink_ok"),
    *("dossiers_received", "dossiers_done", "dossiers_on_time"),
}
UNITS = re.compile(r"(count_[a-z]+|.+_(pct|ms|s|dbm|bps|bytes|c|v|a|db|lux|total))")
STORMY = Scenario(per_hour=2000.0, order_failures=0.5)
SEEDS = st.integers(0, 2**32)


def lived(seed, scenario, seconds, start=1_795_323_600.0, devices=30, **options):
    kinds = find_kinds()
    identities = populate(load_site("nong-son", kinds), kinds, devices)
    return list(World(identities, scenario, seed=seed, start=start, **options).step(start + seconds))


def births(actions):
    return [json.loads(each.payload) for each in actions if isinstance(each, Message) and each.channel == "birth"]


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_the_same_seed_says_the_same_bytes(seed):
    assert lived(seed, STORMY, 500) == lived(seed, STORMY, 500)


def test_another_seed_or_start_says_something_else():
    one = lived(1, STORMY, 60)
    assert one != lived(2, STORMY, 60)
    sessions = {birth["session"] for birth in births(one)}
    assert sessions.isdisjoint(birth["session"] for birth in births(lived(1, STORMY, 60, start=1.7e9)))


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_it_does_not_matter_in_how_many_steps_a_time_is_lived(seed):
    kinds = find_kinds()
    identities = populate(load_site("nong-son", kinds), kinds, 20)
    fine = World(identities, STORMY, seed=seed, start=0.0)
    steps = [each for at in range(0, 600, 7) for each in fine.step(float(at))] + list(fine.step(600.0))
    assert steps == list(World(identities, STORMY, seed=seed, start=0.0).step(600.0))


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_the_sequence_grows_by_one_within_a_session_over_telemetry_and_events(seed):
    numbers = defaultdict(list)
    for each in lived(seed, STORMY, 700):
        if isinstance(each, Message) and each.channel in {"telemetry", "event"}:
            said = json.loads(each.payload)
            numbers[each.address, said["session"]] += [one["seq"] for one in said.get("batch", [said])]
    assert numbers
    for seqs in numbers.values():
        # what was late comes in batches after the fact, so order is by number; a session cut short may lack its end
        assert sorted(seqs) == list(range(1, len(seqs) + 1))


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_everything_said_keeps_the_rules_of_the_wire(seed):
    declared = {}
    for each in lived(seed, STORMY, 700):
        if not isinstance(each, Message):
            continue
        said = json.loads(each.payload.decode())
        assert TOPIC.fullmatch(each.topic)
        assert len(each.payload) <= 65_536
        assert said["v"] == 1
        assert said["session"]
        assert each.retain == (each.channel in {"birth", "status"})
        assert all(moment(one["ts"]) for one in said.get("batch", [said]))
        if each.channel == "birth":
            declared[each.address] = said["metrics"]
        for sample in (one["m"] for one in said.get("batch", [said]) if "m" in one):
            assert_fits(sample, declared[each.address])


def assert_fits(sample, declared):
    for name, value in sample.items():
        assert name in UNITLESS or UNITS.fullmatch(name), name
        spec = declared[name]
        if value is None:
            continue
        if spec["type"] == "boolean":
            assert isinstance(value, bool), name
        elif spec["type"] == "counter":
            assert name.endswith("_total")
            assert isinstance(value, int)
        else:
            assert not isinstance(value, bool), name
            assert spec["min"] <= value <= spec["max"], name


@settings(max_examples=5, deadline=None)
@given(SEEDS)
def test_counters_never_fall_within_a_session(seed):
    last = {}
    for each in lived(seed, STORMY, 1500):
        if isinstance(each, Message) and each.channel == "telemetry":
            said = json.loads(each.payload)
            for record in said.get("batch", [said]):
                for name, value in record["m"].items():
                    if name.endswith("_total"):
                        key = (each.address, said["session"], name)
                        assert value >= last.get(key, 0)
                        last[key] = value


def test_a_wall_is_alive_within_ten_seconds_of_the_start(world, live, noon, identities):
    told = live(world(), noon + 10)
    reporting = {each.address for each in told.messages if each.channel == "telemetry"}
    assert reporting == {each.address for each in identities}


def test_every_device_joins_with_a_will_of_its_session_before_it_speaks(world, live, noon):
    told = live(world(), noon + 10)
    wills = {each.address: json.loads(each.will.payload) for each in told.actions if isinstance(each, Join)}
    for each in told.messages:
        assert wills[each.address]["session"] == json.loads(each.payload)["session"]
    assert all(will["state"] == "offline" and will["reason"] == "lwt" for will in wills.values())


def test_devices_report_at_the_interval_their_birth_promises(world, live, noon):
    told = live(world(), noon + 600)
    for birth, address in [(json.loads(m.payload), m.address) for m in told.messages if m.channel == "birth"]:
        times = [moment(each["ts"]) for each in told.on("telemetry", address)]
        gaps = {round(later - earlier, 3) for earlier, later in pairwise(times)}
        assert gaps == {float(birth["interval_s"])}


@pytest.mark.parametrize("rate", [5.0, 2500.0])
def test_a_rate_is_kept_over_all_devices(rate):
    said = lived(1, Scenario(), 10, devices=100, pace=Pace(rate=rate))
    telemetry = sum(isinstance(each, Message) and each.channel == "telemetry" for each in said)
    assert telemetry == pytest.approx(rate * 9.8, rel=0.03)


def test_a_slow_rate_is_told_in_the_birth_so_that_silence_is_not_taken_for_death():
    said = lived(1, Scenario(), 10, devices=100, pace=Pace(rate=1.0))
    assert {birth["interval_s"] for birth in births(said)} == {100}


def test_a_gateway_that_dies_takes_its_commune_with_it_and_brings_it_back(tmp_path, world, live, identities, noon):
    file = tmp_path / "s.toml"
    file.write_text('[[fault]]\nkind="gateway_down"\narea="que-lam"\nat_s=60\nlasts_s=300\n')
    subject = world(load_scenario(str(file)))
    before = live(subject, noon + 59)
    here = {each.address for each in identities if each.area == "que-lam"}
    gone = live(subject, noon + 359)
    assert {each.address for each in gone.actions if isinstance(each, Cut)} == here
    assert not {each.address for each in gone.messages} & here
    back = live(subject, noon + 420)
    assert {each.address for each in back.actions if isinstance(each, Join)} == here
    camera = next(each for each in here if "/camera/" in each)
    assert back.on("birth", camera)[0]["session"] == before.on("birth", camera)[0]["session"]
    assert len(back.on("telemetry", camera)[0]["batch"]) == 10
    gateway = "nong-son/gateway/gw-que-lam"
    assert back.on("birth", gateway)[0]["session"] != before.on("birth", gateway)[0]["session"]


def test_everyone_says_goodbye_at_the_end(world, live, told, noon, identities):
    subject = world()
    live(subject, noon + 10)
    goodbye = told(list(subject.leave(noon + 10)))
    assert [each["reason"] for each in goodbye.on("status")] == ["clean"] * len(identities)


def test_an_order_to_nobody_is_not_answered(world, noon):
    assert list(world().obey("nong-son/camera/none", b"{}", noon)) == []
