"""The rhythms are what they claim: days, weeks, feasts, weather, crowds, and what devices make of them."""

import json
import tomllib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import correlation, mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.history import course
from simulators.machine import Machine
from simulators.rhythm import bustle, daylight, hour, is_tet, is_workday, month_of, office, weekday
from simulators.scenario import load_scenario
from simulators.surroundings import Circumstance, Place
from simulators.truth import Fault
from simulators.weather import sky
from simulators.wire import moment

MONDAY = 1_793_638_800.0  # 2026-11-02, midnight in Viet Nam
DAY, HOUR = 86_400, 3600
MOMENTS = st.floats(1.6e9, 1.9e9)
LATITUDES = st.sampled_from([10.4, 10.8, 15.7, 21.4, 21.6])
RULES = tomllib.loads((Path(__file__).parents[2] / "alerts/default_rules.toml").read_text("utf-8"))["rule"]


@pytest.fixture
def week(everybody, live):
    """`week(family, market=None)`: (weekday, hour, sample) of five such devices from a Monday on, every ten minutes."""

    def week(family, market=None, days=7):
        fit = [each for each in everybody if each.kind.family == family and each.speaks is None]
        chosen = [each for each in fit if market is None or market in each.market][:5]
        taken = []
        for each in chosen:
            around = Place(each.area, each.lat, each.market, seed=3)
            device = Machine(each, seed=3, boot=MONDAY, first=MONDAY + 1, interval=600, around=around)
            known = {}
            for said in live(device, MONDAY + days * DAY).on("telemetry"):
                known = {**known, **said["m"]}
                at = moment(said["ts"])
                taken.append((weekday(at), hour(at), known))
        return taken

    return week


def test_wifi_is_fullest_in_the_evening_and_empty_at_night(week):
    clients = defaultdict(list)
    for _, at, sample in week("wifi"):
        clients[int(at)].append(sample["clients"])
    evening, night = mean(clients[17] + clients[18]), mean(clients[1] + clients[2])
    assert evening > 6 * night
    assert max(clients, key=lambda at: mean(clients[at])) in {6, 7, 17, 18}


def test_a_market_day_is_livelier_than_the_days_beside_it_in_the_morning_alone(week):
    seen = week("camera", market=6)
    walkers = defaultdict(list)
    for day, at, sample in seen:
        walkers[day == 6, "morning" if 6 <= at < 8 else "evening" if 17 <= at < 19 else ""].append(
            sample["count_person"]
        )
    assert mean(walkers[True, "morning"]) > 1.6 * mean(walkers[False, "morning"])
    assert mean(walkers[True, "evening"]) == pytest.approx(mean(walkers[False, "evening"]), rel=0.5)


def test_a_camera_is_warmer_in_the_sun_and_at_work(week):
    taken = [(sample["light_lux"], sample["cpu_pct"], sample["temperature_c"]) for _, _, sample in week("camera")]
    light, work, heat = zip(*taken, strict=True)
    assert correlation(light, heat) > 0.5
    assert correlation(work, heat) > 0.1


def test_an_amplifier_is_warmer_while_it_plays(week):
    hot = defaultdict(list)
    for _, at, sample in week("loudspeaker"):
        if 4 <= at < 6.5:
            hot[sample["playing"]].append(sample["amp_temperature_c"])
    assert mean(hot[True]) > mean(hot[False]) + 5


def test_a_busy_channel_loses_more(week):
    taken = [(sample["channel_util_pct"], sample["loss_pct"]) for _, _, sample in week("wifi")]
    assert correlation(*zip(*taken, strict=True)) > 0.3


def test_rooms_meet_in_office_hours_and_hardly_on_a_sunday(week):
    calls = defaultdict(list)
    for day, at, sample in week("videoconference"):
        working = day < 5 and (8 <= at < 11 or 14 <= at < 17)
        calls[working].append(sample["in_call"])
    assert mean(calls[True]) > 0.1
    assert mean(calls[True]) > 4 * mean(calls[False])


def test_a_one_stop_desk_counts_up_through_the_day_and_begins_anew_at_midnight(week):
    done = [(day, at, sample) for day, at, sample in week("indicator", days=3)]
    for _, _, sample in done:
        assert sample["dossiers_on_time"] <= sample["dossiers_done"] <= sample["dossiers_received"]
    evenings = {day: sample["dossiers_received"] for day, at, sample in done if 17 < at < 17.5}
    assert all(100 < received < 300 for received in evenings.values())
    assert all(sample["dossiers_received"] == 0 for _, at, sample in done if at < 7)


def test_mains_sag_when_everybody_cooks(week):
    volts = defaultdict(list)
    for _, at, sample in week("gateway"):
        volts[17 <= at < 20].append(sample["mains_v"])
    assert mean(volts[True]) < mean(volts[False]) - 3


@given(MOMENTS)
def test_curves_stay_within_their_bounds(now):
    assert 0 <= daylight(now) <= 1
    assert 0.05 <= bustle(now) <= bustle(now, range(7)) <= 2
    assert office(now) in {0.03, 1.0}
    assert 0 <= hour(now) < 24
    assert 1 <= month_of(now) <= 12


@given(MOMENTS, LATITUDES, st.integers(0, 1000))
def test_the_weather_is_possible_and_the_same_whenever_it_is_asked(now, lat, seed):
    air = sky(seed, lat, now)
    assert air == sky(seed, lat, now)
    assert -5 < air.temperature_c < 45
    assert 0 <= air.cloud <= 1
    assert 0 <= air.rain_mm_h < 200


def year(lat):
    """(month, hour, sky) every three hours of 2026."""
    start = 1_767_200_400.0
    return [(month_of(at), hour(at), sky(5, lat, at)) for at in range(int(start), int(start + 365 * DAY), 3 * HOUR)]


@pytest.mark.parametrize(("lat", "rains", "dry"), [(10.4, {6, 8, 10}, {1, 2, 3}), (15.7, {10, 11}, {4, 5, 6}),
                                                   (21.5, {6, 7, 8}, {12, 1, 2})])  # fmt: skip
def test_it_rains_in_the_season_of_each_climate(lat, rains, dry):
    wet = defaultdict(list)
    for month, _, air in year(lat):
        wet[month].append(air.rain_mm_h > 0.5)
    assert mean(mean(wet[month]) for month in rains) > 2 * mean(mean(wet[month]) for month in dry)


def test_the_north_has_a_winter_and_the_delta_hardly_one():
    warmth = {lat: {month: [] for month in range(1, 13)} for lat in (10.4, 21.5)}
    for lat, months in warmth.items():
        for month, _, air in year(lat):
            months[month].append(air.temperature_c)
    spread = {lat: mean(months[6]) - mean(months[1]) for lat, months in warmth.items()}
    assert spread[21.5] > 9
    assert 0 <= spread[10.4] < 4


def test_afternoons_are_warmer_than_nights():
    at = defaultdict(list)
    for _, clock, air in year(15.7):
        at[round(clock) % 24].append(air.temperature_c)
    assert mean(at[15]) > mean(at[3]) + 4


def test_tet_is_a_feast_of_six_days_on_which_nobody_works():
    eve = moment("2027-02-05T20:30:00+07:00")
    assert [is_tet(eve + day * DAY) for day in (-1, 0, 5, 6)] == [False, True, True, False]
    assert not is_workday(eve)
    assert bustle(eve) > 2 * bustle(eve - 7 * DAY)
    assert not is_workday(moment("2026-09-02T10:00:00+07:00"))
    assert is_workday(moment("2026-09-03T10:00:00+07:00"))


def test_a_crowd_gathers_where_and_while_the_scenario_says():
    crowd = Circumstance("crowd", MONDAY + 100, MONDAY + 1000, "a", 3.0)
    here, there = (Place(area, 15.7, circumstances=[crowd]) for area in ("a", "b"))
    assert here(MONDAY + 120).people == pytest.approx(3 * there(MONDAY + 120).people)
    assert here(MONDAY + 1200).people == there(MONDAY + 1200).people


def test_rain_keeps_people_at_home_and_darkens_the_day():
    noon = MONDAY + 12 * HOUR
    wet = Place("a", 15.7, circumstances=[Circumstance("rain", noon, noon + 600, None, 40)])(noon)
    dry = Place("a", 15.7)(noon)
    assert wet.rain_mm_h >= 40
    assert wet.people < dry.people
    assert wet.light < 0.5 * daylight(noon)


def test_clocks_can_be_set_to_another_time_than_the_worlds():
    eve = moment("2027-02-05T20:30:00+07:00")
    place = Place("a", 15.7, shift=eve - MONDAY)
    assert place(MONDAY).hour == pytest.approx(20.5)
    assert place(MONDAY).people == Place("a", 15.7)(eve).people


@pytest.mark.parametrize("scenario", ["tet-eve", "election-meeting", "storm"])
def test_nothing_goes_past_a_rules_limit_but_what_the_truth_tells_of(scenario):
    """Crowds, rain and heat are no faults: what they do to healthy devices must not look like one."""
    limits = defaultdict(list)
    for rule in RULES:
        if rule["kind"] == "threshold" and "family" in rule:  # the others judge what the centre itself measures
            limits[rule["family"]].append(rule)
    blamed, accused = defaultdict(list), []
    start = MONDAY + 16 * HOUR
    for said in course("nong-son", 2, start, start + 3 * HOUR, load_scenario(scenario)):
        if isinstance(said, Fault):
            for strike in said.strikes:
                blamed[strike.device.address].append((strike.begins, strike.ends + 180))
            continue
        topic, payload, at = said
        address, _, channel = topic.removeprefix("ioc/v1/").rpartition("/")
        if channel == "telemetry":
            for record in (document := json.loads(payload)).get("batch", [document]):
                rules = limits[address.split("/")[1]]
                accused += [(address, at / 1000, rule["name"]) for rule in rules if beyond(rule, record["m"])]
    assert not [(address, name) for address, at, name in accused
                if not any(begins <= at <= ends for begins, ends in blamed[address])]  # fmt: skip


def beyond(rule, sample):
    value = sample.get(rule["metric"])
    if value is None:
        return False
    if "equals" in rule:
        return value == rule["equals"]
    return value > rule["above"] if "above" in rule else value < rule["below"]


@pytest.mark.parametrize("quirk", ["epoch_ms", "local_offset", "changes_only"])
def test_a_quirk_of_firmware_changes_the_form_and_not_what_is_measured(everybody, live, quirk):
    odd = next(each for each in everybody if each.model.quirk == quirk and each.speaks is None)
    plain = replace(odd, model=odd.model._replace(quirk=None))
    lives = [
        Machine(each, seed=1, boot=MONDAY, first=MONDAY + 1, interval=60, around=Place(each.area, each.lat))
        for each in (odd, plain)
    ]
    told = [live(each, MONDAY + 2 * HOUR).on("telemetry") for each in lives]
    folded = []
    for said in told[0]:
        folded.append({**(folded[-1] if folded else {}), **said["m"]})
    assert folded == [said["m"] for said in told[1]]
    assert [moment(said["ts"]) for said in told[0]] == [moment(said["ts"]) for said in told[1]]
    assert told[0][1]["ts"] != told[1][1]["ts"] or told[0][1]["m"] != told[1][1]["m"]
