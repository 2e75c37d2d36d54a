"""Troubles with one cause and many victims: whom they befall, in what order, and what one alert should be raised."""

import json
import tomllib
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.device import find_kinds
from simulators.faults import foresee
from simulators.outages import fibre_cut
from simulators.population import populate
from simulators.scenario import Scenario, load_scenario
from simulators.site import load_site
from simulators.tables import SHIPPED
from simulators.trouble import find_troubles
from simulators.wire import Cut, Join, moment
from simulators.world import World

NOON = 1_795_323_600.0
ROOT = Path(__file__).parents[2]
RULES = {rule["name"]: rule for rule in tomllib.loads((ROOT / "alerts/default_rules.toml").read_text("utf-8"))["rule"]}
SCENARIOS = sorted(path.stem for path in (SHIPPED / "scenarios").glob("*.toml"))


@pytest.fixture
def play(tmp_path):
    """`play(text, identities)` gives the faults of a scenario of that text."""

    def play(text, identities, seed=1):
        file = tmp_path / "s.toml"
        file.write_text(text)
        return list(foresee(load_scenario(str(file)), identities, seed, NOON))

    return play


def fault(kind, more="", at=60, lasts=3600):
    return f'[[fault]]\nkind="{kind}"\nat_s={at}\nlasts_s={lasts}\n{more}\n'


def test_every_file_in_troubles_is_a_trouble_of_its_name():
    assert set(find_troubles()) == {path.stem for path in (SHIPPED / "troubles").glob("[!_]*.py")}


def test_a_power_cut_darkens_its_feeder_alone_and_gateways_live_on_their_batteries(play, identities):
    (cut,) = play(fault("power_cut", 'feeder="fd-loc-vien"', lasts=1800), identities)
    here = {each.address for each in identities if each.feeder == "fd-loc-vien"}
    assert set(cut.devices) == here
    assert (cut.expect.scope, cut.expect.subject) == ("feeder", "fd-loc-vien")
    assert cut.where.areas == ("que-loc", "son-vien")
    for strike in cut.strikes:
        is_gateway = strike.device.kind.family == "gateway"
        assert (strike.ill.effect == "bend") == is_gateway


def test_a_power_cut_that_outlasts_the_battery_takes_the_gateway_too(play, identities):
    (cut,) = play(fault("power_cut", 'feeder="fd-loc-vien"', lasts=9000), identities)
    dark = [each for each in cut.strikes if each.device.kind.family == "gateway" and each.ill.effect == "dark"]
    assert len(dark) == 2
    assert all(3000 <= each.begins - cut.begins <= 5500 for each in dark)


def test_power_comes_back_to_one_after_the_other_and_never_before_its_end(play, identities):
    (cut,) = play(fault("power_cut", 'feeder="fd-loc-vien"'), identities)
    back = [each.ends - cut.ends for each in cut.strikes if each.ill.effect == "dark"]
    assert min(back) > 0
    assert max(back) - min(back) > 20


def test_a_cut_fibre_silences_gateways_and_all_behind_them_and_what_was_kept_comes_late(tmp_path, live, identities):
    file = tmp_path / "s.toml"
    file.write_text(fault("fibre_cut", 'uplink="ul-que-son"', lasts=600))
    world = World(identities, load_scenario(str(file)), seed=1, start=NOON)
    live(world, NOON + 59)
    here = {each.address for each in identities if each.uplink == "ul-que-son"}
    gone = live(world, NOON + 650)
    assert {each.address for each in gone.actions if isinstance(each, Cut)} == here
    back = live(world, NOON + 720)
    assert {each.address for each in back.actions if isinstance(each, Join)} == here
    assert all(any("batch" in said for said in back.on("telemetry", address)) for address in here)


def test_a_gateway_that_dies_cuts_off_what_is_behind_it_and_the_truth_names_one_gateway(play, identities):
    (down,) = play(fault("gateway_down", 'area="que-lam"'), identities)
    line = json.loads(down.line())
    assert line["where"]["gateway"] == line["expect"]["subject"] == "nong-son/gateway/gw-que-lam"
    assert set(line["where"]["devices"]) == {each.address for each in identities if each.area == "que-lam"}


def test_a_switch_loop_is_felt_by_everything_behind_one_gateway(tmp_path, live, identities):
    file = tmp_path / "s.toml"
    file.write_text(fault("switch_loop", 'area="que-loc"'))
    world = World(identities, load_scenario(str(file)), seed=1, start=NOON)
    live(world, NOON + 120)
    felt = live(world, NOON + 240)
    cameras = [each.address for each in identities if (each.area, each.kind.family) == ("que-loc", "camera")]
    assert all(felt.on("telemetry", address)[-1]["m"]["fps"] < 1 for address in cameras)
    elsewhere = next(each.address for each in identities if (each.area, each.kind.family) == ("que-lam", "camera"))
    assert felt.on("telemetry", elsewhere)[-1]["m"]["fps"] > 20


def test_bad_firmware_reaches_one_device_after_another_and_is_taken_back(tmp_path, live, identities):
    file = tmp_path / "s.toml"
    file.write_text(fault("firmware_bad", 'model="TOA NX-300"', lasts=1800))
    world = World(identities, load_scenario(str(file)), seed=1, start=NOON)
    told = live(world, NOON + 1800)
    updated = [each for each in told.on("birth") if each["device"]["fw"].endswith("-rc1")]
    hit = [each for each in identities if each.model.model == "NX-300"]
    assert len(updated) == len(hit) > 3
    assert {each["device"]["model"] for each in updated} == {"NX-300"}
    reached = sorted(moment(each["ts"]) for each in updated)
    assert reached[-1] - reached[0] > 300
    back = live(world, NOON + 2100).on("birth")
    assert len([each for each in back if each["device"]["fw"] == "1.06.00"]) == len(hit)


def test_while_the_broker_is_away_nobody_has_a_fault_and_the_subject_is_the_centre(play, identities):
    (away,) = play(fault("broker_away", lasts=300), identities)
    assert (away.expect.scope, away.expect.subject) == ("centre", "all")
    assert set(away.devices) == {each.address for each in identities}
    assert {each.ill.effect for each in away.strikes} == {"apart"}


def test_a_flood_rises_from_commune_to_neighbouring_commune_and_leaves_at_once(play, identities):
    faults = play(fault("flood", 'area="que-lam"\nstep_s=600', lasts=3000), identities)
    areas = [each.expect.subject for each in faults]
    assert areas[0] == "que-lam"
    assert len(areas) == len(set(areas)) == 5
    assert all(later.begins - earlier.begins == 600 for earlier, later in pairwise(faults))
    assert {each.ends for each in faults} == {NOON + 60 + 3000}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_a_storm_takes_whole_domains_one_wave_after_the_other_and_nobody_twice_at_a_time(seed, waves):
    kinds = find_kinds()
    identities = populate(load_site("cai-be", kinds), kinds)
    written = load_scenario("storm").written[0]
    storm = Scenario(written=(type(written)(written.kind, 60, 14_400, written.wrong, waves=waves),))
    faults = list(foresee(storm, identities, seed, NOON))
    assert sum(each.kind != "struck" for each in faults) == waves
    until = {}
    for each in faults:
        assert NOON + 60 <= each.begins < each.ends <= NOON + 60 + 14_400
        domain = {"power_cut": "feeder", "fibre_cut": "uplink"}.get(each.kind)
        if domain:
            assert set(each.devices) == {
                one.address for one in identities if getattr(one, domain) == each.expect.subject
            }
        for device in each.devices:
            assert each.begins > until.get(device, 0)
            until[device] = max(strike.ends for strike in each.strikes if strike.device.address == device)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_truth_of_a_scenario_names_rules_that_the_centre_has_and_devices_that_the_site_has(name, identities):
    known, addresses = set(RULES), {each.address for each in identities}
    faults = [each for each, _ in zip(foresee(load_scenario(name), identities, 1, NOON), range(40), strict=False)]
    for line in (json.loads(each.line()) for each in faults):
        assert set(line["expect"]["rules"]) <= known
        assert set(line["where"]["devices"]) <= addresses
        assert moment(line["from"]) < moment(line["to"])


@pytest.mark.parametrize(
    ("family", "ill"),
    [
        (family, ill)
        for family, kind in find_kinds().items()
        for ill in kind.ills
        if ill.metric
        and any("metric" in RULES[rule] for rule in ill.rules)  # what is told by events alone has no limit
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_ill_goes_past_the_limit_of_a_rule_that_should_notice_it_for_long_enough(machine, live, family, ill):
    device = machine(family)
    device.suffer(ill, NOON + 10)
    length = min(ill.lasts[0], 900)
    samples = [each["m"] for each in live(device, NOON + 10 + length).on("telemetry")]
    measured = [rule for rule in ill.rules if "metric" in RULES[rule]]
    noticed = [rule for rule in measured if _noticed(RULES[rule], samples, device.identity.kind.interval_s)]
    assert noticed
    assert ill.severity in {_severity(RULES[rule], samples[-1]) for rule in noticed}


@pytest.mark.parametrize("family", ["camera", "wifi", "loudspeaker", "videoconference", "gateway"])
def test_a_healthy_device_stays_within_the_limits_of_every_rule_for_a_day(machine, live, family):
    device = machine(family)
    samples = [each["m"] for each in live(device, NOON + 86_400).on("telemetry")]
    for rule in RULES.values():
        if rule["kind"] == "threshold" and rule.get("family") == family:
            assert not any(_beyond(rule, sample.get(rule["metric"])) for sample in samples), rule["name"]


def _noticed(rule, samples, interval):
    """Whether the last samples in a row are beyond the rule's limit for longer than it waits."""
    run = 0
    for sample in reversed(samples):
        if not _beyond(rule, sample.get(rule["metric"])):
            break
        run += 1
    return (run - 1) * interval >= _seconds(rule.get("for", "0s"))


def _beyond(rule, value):
    if value is None:
        return False
    if "equals" in rule:
        return value == rule["equals"]
    return value > rule["above"] if "above" in rule else value < rule["below"]


def _severity(rule, sample):
    """The severity that a rule gives a sample: its own, or that of the last step it is beyond."""
    reached = [step["severity"] for step in rule.get("steps", ()) if _beyond(step, sample[rule["metric"]])]
    return reached[-1] if reached else rule["severity"]


def _seconds(text):
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def test_a_cable_with_one_gateway_cannot_be_told_from_the_gateway(identities) -> None:
    cables = {each.uplink: [] for each in identities}
    for each in identities:
        if each.kind.family == "gateway":
            cables[each.uplink].append(each.address)
    for cable, gateways in cables.items():
        expect = fibre_cut(cable, identities, 0.0, 60.0, Random(1)).expect
        assert expect is not None
        assert (expect.scope, expect.subject) == (("gateway", gateways[0]) if len(gateways) == 1 else ("uplink", cable))


def test_a_written_ill_spares_what_a_larger_fault_has_in_its_grip(play, identities) -> None:
    both = fault("power_off", 'family="camera"', lasts=600) + fault("flood", 'area="que-loc"', lasts=600)
    for seed in range(30):
        *flooded, single = sorted(play(both, identities, seed), key=lambda each: each.kind)
        assert single.kind == "power_off"
        assert single.devices[0] not in {device for each in flooded for device in each.devices}
