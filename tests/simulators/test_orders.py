import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.device import find_kinds
from simulators.machine import Machine
from simulators.population import populate
from simulators.site import load_site
from simulators.surroundings import Place
from simulators.wire import Cut, Message, moment, stamp

NOON = 1_795_323_600.0
NEXT = {  # which answers may follow which: the contract's steps as a table
    None: {"accepted", "expired", "rejected"},
    "accepted": {"started", "expired", "preempted", "failed"},
    "started": {"done", "failed", "preempted"},
    "done": set(),
    "failed": set(),
    "preempted": set(),
    "expired": set(),
    "rejected": set(),
}


def order(name, ref="c1", *, priority="normal", expires=NOON + 3600, **arguments):
    facts = {"v": 1, "id": ref, "ts": stamp(NOON), "expires": stamp(expires), "name": name}
    return json.dumps(facts | {"priority": priority, "args": arguments}).encode()


def states(told, ref="c1"):
    return [each["state"] for each in told.on("ack") if each["ref"] == ref]


def test_a_play_is_accepted_started_and_done_and_shows_in_the_telemetry(machine, live, told):
    speaker = machine("loudspeaker")
    heard = told(speaker.obey(order("play", volume_pct=90, duration_s=12), NOON + 10))
    assert states(heard) == ["accepted"]
    told_later = live(speaker, NOON + 30)
    assert states(told_later) == ["started", "done"]
    started, done = (moment(each["ts"]) for each in told_later.on("ack"))
    assert done - started == pytest.approx(12, abs=0.002)
    changes = [each["m"] for each in told_later.on("telemetry") if len(each["m"]) < 5]
    assert changes[0] == {"playing": True, "volume_pct": 90.0, "plays_total": 1}
    assert changes[-1] == {"playing": False}


def test_an_order_that_has_expired_is_answered_so_and_not_carried_out(machine, live, told):
    speaker = machine("loudspeaker")
    assert states(told(speaker.obey(order("play", expires=NOON), NOON + 1))) == ["expired"]
    assert not live(speaker, NOON + 60).on("ack")


def test_an_order_it_does_not_know_is_rejected_with_those_it_knows(machine, told):
    answer = told(machine("wifi").obey(order("fly"), NOON + 1)).on("ack")[0]
    assert answer["state"] == "rejected"
    assert "reboot" in answer["reason"]


def test_an_emergency_preempts_what_is_playing(machine, live, told):
    speaker = machine("loudspeaker")
    speaker.obey(order("play", "weak", duration_s=100), NOON + 1)
    live(speaker, NOON + 5)
    answers = told(speaker.obey(order("play", "strong", priority="emergency", duration_s=10), NOON + 6))
    assert states(answers, "weak") == ["preempted"]
    assert states(answers, "strong") == ["accepted"]
    later = live(speaker, NOON + 200)
    assert states(later, "strong") == ["started", "done"]
    assert states(later, "weak") == []


def test_a_second_emergency_waits_for_the_first(machine, live, told):
    speaker = machine("loudspeaker")
    speaker.obey(order("play", "first", priority="emergency", duration_s=20), NOON + 1)
    speaker.obey(order("play", "second", priority="emergency", duration_s=20), NOON + 2)
    later = live(speaker, NOON + 60)
    assert [(each["ref"], each["state"]) for each in later.on("ack")] == [
        ("first", "started"),
        ("first", "done"),
        ("second", "started"),
        ("second", "done"),
    ]


def test_who_waits_too_long_for_a_turn_expires(machine, live):
    speaker = machine("loudspeaker")
    speaker.obey(order("play", "long", duration_s=100), NOON + 1)
    speaker.obey(order("play", "late", expires=NOON + 50), NOON + 2)
    assert states(live(speaker, NOON + 200), "late") == ["expired"]


def test_the_more_urgent_of_those_that_wait_goes_first(machine, live):
    speaker = machine("loudspeaker")
    for ref, priority in (("now", "normal"), ("normal", "normal"), ("priority", "priority")):
        speaker.obey(order("play", ref, priority=priority, duration_s=10), NOON + 1)
    done = [each["ref"] for each in live(speaker, NOON + 100).on("ack") if each["state"] == "done"]
    assert done == ["now", "priority", "normal"]


def test_a_stop_ends_what_is_playing(machine, live):
    speaker = machine("loudspeaker")
    speaker.obey(order("play", "music", duration_s=1000), NOON + 1)
    live(speaker, NOON + 5)
    speaker.obey(order("stop", "stop"), NOON + 6)
    later = live(speaker, NOON + 10)
    assert states(later, "music") == ["failed"]
    assert states(later, "stop") == ["started", "done"]
    assert later.on("telemetry")[0]["m"] == {"playing": False}


def test_a_repeated_order_gets_its_last_answer_and_is_not_carried_out_twice(machine, live, told):
    speaker = machine("loudspeaker")
    speaker.obey(order("play", duration_s=5), NOON + 1)
    live(speaker, NOON + 20)
    assert states(told(speaker.obey(order("play", duration_s=5), NOON + 21))) == ["done"]
    assert not live(speaker, NOON + 60).on("ack")


def test_a_reboot_cuts_the_connection_and_is_done_in_a_new_session(machine, live):
    camera = machine("camera")
    before = camera.voice.session
    camera.obey(order("reboot"), NOON + 1)
    later = live(camera, NOON + 60)
    kinds = [each.channel if isinstance(each, Message) else type(each).__name__ for each in later.actions]
    assert kinds.index("Cut") < kinds.index("Join") < kinds.index("birth")
    acks = later.on("ack")
    assert [each["state"] for each in acks] == ["started", "done"]
    assert [each["session"] == before for each in acks] == [True, False]


def test_a_rebirth_is_answered_with_birth_and_status(machine, live):
    for family in find_kinds():
        device = machine(family)
        device.obey(order("rebirth"), NOON + 1)
        later = live(device, NOON + 4)
        assert states(later) == ["started", "done"]
        assert later.on("birth")[0]["session"] == later.on("status")[0]["session"] == device.voice.session


def test_every_order_a_birth_offers_can_be_carried_out(machine, live):
    for family, kind in find_kinds().items():
        for name in kind.orders:
            device = machine(family)
            device.obey(order(name), NOON + 1)
            assert states(live(device, NOON + 100))[-1] == "done", (family, name)


def test_an_amplifier_that_is_too_hot_fails_to_play(machine, live):
    speaker = machine("loudspeaker")
    hot = next(ill for ill in speaker.identity.kind.ills if ill.name == "amp_overtemp")
    speaker.suffer(hot, NOON + 1)
    speaker.obey(order("play"), NOON + 2)
    last = live(speaker, NOON + 60).on("ack")[-1]
    assert (last["state"], last["reason"]) == ("failed", "amp_overtemp")


def test_a_scenario_can_make_orders_fail(machine, live):
    speaker = machine("loudspeaker", order_failures=1.0)
    speaker.obey(order("selftest"), NOON + 2)
    assert states(live(speaker, NOON + 60)) == ["started", "failed"]


def test_an_order_under_way_when_the_power_goes_has_failed_afterwards(machine, live):
    speaker = machine("loudspeaker")
    dark = next(ill for ill in speaker.identity.kind.ills if ill.effect == "dark")
    speaker.obey(order("play", duration_s=100), NOON + 1)
    live(speaker, NOON + 5)
    assert any(isinstance(each, Cut) for each in speaker.suffer(dark, NOON + 6))
    assert not live(speaker, NOON + 50).actions
    speaker.recover(dark, NOON + 60)
    assert states(live(speaker, NOON + 70)) == ["failed"]


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b'"x"', b"{}", b'{"id":3}'])
def test_what_is_no_order_is_not_answered(machine, payload):
    assert machine("camera").obey(payload, NOON + 1) == []


names = st.sampled_from(["play", "stop", "volume", "selftest", "rebirth", "fly"])
orders = st.lists(
    st.tuples(
        names,
        st.integers(0, 12).map(str),
        st.sampled_from(["normal", "priority", "emergency", "?"]),
        st.floats(-5, 60),
        st.floats(0, 20),
        st.one_of(st.none(), st.floats(-10, 200), st.text(max_size=3), st.booleans()),
    ),
    max_size=25,
)


@settings(max_examples=100, deadline=None)
@given(orders)
def test_whatever_is_ordered_the_answers_keep_the_contracts_sequence(given_orders):
    kinds = find_kinds()
    identity = next(each for each in populate(load_site("nong-son", kinds), kinds) if each.kind.family == "loudspeaker")
    around = Place(identity.area, identity.lat)
    speaker = Machine(identity, seed=1, boot=NOON, first=NOON + 5, interval=60, around=around, order_failures=0.2)
    said, now = list(speaker.step(NOON)), NOON
    for name, ref, priority, life, pause, argument in given_orders:
        said += speaker.obey(
            order(name, ref, priority=priority, expires=now + life, volume_pct=argument, duration_s=argument), now
        )
        now += pause
        said += speaker.step(now)
    said += speaker.step(now + 10_000)
    last = {}
    for each in said:
        if isinstance(each, Message) and each.channel == "ack":
            ack = json.loads(each.payload)
            before = last.get(ack["ref"])
            assert ack["state"] == before or ack["state"] in NEXT[before], (before, ack)
            last[ack["ref"]] = ack["state"]
    assert all(not NEXT[state] for state in last.values()), "every order comes to an end"
