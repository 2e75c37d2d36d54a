"""Presence: connected, fresh, working, and when we cannot know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Presence
from ingest.presence import SAID_AGAIN_MS, Facts, Hearing, Note, PresenceLog, Service, judge, lost, standing

MINUTE = 60_000
LONG_AGO = Hearing(0)
NOW = 100 * MINUTE


def facts(state="online", heard=NOW, reason=None):
    return Facts(state, reason, heard, MINUTE)


def test_a_device_heard_within_three_intervals_is_in_service():
    presence = judge(facts(heard=NOW - 3 * MINUTE), None, LONG_AGO, NOW)
    assert (presence.connected, presence.fresh, presence.working, presence.unknown) == (True, True, True, False)
    assert not lost(presence)


def test_silence_of_more_than_three_intervals_is_not_fresh():
    presence = judge(facts(heard=NOW - 3 * MINUTE - 1), None, LONG_AGO, NOW)
    assert (presence.fresh, presence.reason) == (False, "silent")


def test_a_will_disconnects_whatever_was_heard():
    presence = judge(facts("offline", reason="lwt"), None, LONG_AGO, NOW)
    assert (presence.connected, presence.reason) == (False, "lwt")


def test_a_degraded_device_is_connected_and_not_working():
    presence = judge(facts("degraded"), None, LONG_AGO, NOW)
    assert (presence.connected, presence.working, presence.reason) == (True, False, "degraded")


def test_foreign_equipment_without_a_status_is_judged_by_its_silence_alone():
    assert not lost(judge(facts(None), None, LONG_AGO, NOW))
    assert lost(judge(facts(None, heard=NOW - 10 * MINUTE), None, LONG_AGO, NOW))


@pytest.mark.parametrize(
    "gateway", [Presence(connected=False, fresh=True), Presence(connected=True, fresh=False), Presence(unknown=True)]
)
def test_a_dead_gateway_makes_its_children_unknown_not_offline(gateway):
    presence = judge(facts("offline"), gateway, LONG_AGO, NOW)
    assert (presence.unknown, presence.reason) == (True, "gateway_lost")


def test_when_we_are_deaf_every_device_is_unknown():
    presence = judge(facts(), None, Hearing(0, deaf_since=NOW), NOW)
    assert (presence.unknown, presence.reason) == (True, "blind")


def test_just_after_we_begin_to_hear_silence_is_not_yet_silence():
    quiet = facts(heard=NOW - 10 * MINUTE)
    assert judge(quiet, None, Hearing(NOW - 3 * MINUTE), NOW).reason == "starting"
    assert judge(quiet, None, Hearing(NOW - 3 * MINUTE - 1), NOW).reason == "silent"


SERVES = Presence(connected=True, fresh=True, working=True)
DEGRADED = Presence(connected=True, fresh=True, working=False, reason="degraded")
SILENT = Presence(connected=True, reason="silent")
BLIND = Presence(connected=True, fresh=True, unknown=True, reason="blind")


@pytest.mark.parametrize(
    ("presence", "service"),
    [(SERVES, "in"), (DEGRADED, "in"), (SILENT, "out"), (Presence(connected=False, fresh=True), "out"),
     (BLIND, "unknown"), (Presence(unknown=True), "unknown"), (Presence(fresh=True), "in")],
)  # fmt: skip
def test_degraded_serves_silent_and_offline_do_not_and_blindness_is_neither(presence, service):
    assert standing(presence) == service


def test_the_first_judgement_and_each_change_are_noted_and_nothing_twice():
    log = PresenceLog()
    for now, presence in enumerate([SERVES, SERVES, DEGRADED, SILENT, SILENT, SERVES], NOW):
        log.judged("c1", presence, now)
    assert [(note.ts - NOW, note.state, note.reason) for note in log.take(NOW + 5)] == [
        (0, "in", ""), (2, "in", "degraded"), (3, "out", "silent"), (5, "in", ""),
    ]  # fmt: skip
    assert log.take(NOW + 5) == []


def test_what_holds_is_said_again_once_a_day():
    log = PresenceLog()
    log.judged("c1", SERVES, NOW)
    log.take(NOW)
    assert log.take(NOW + SAID_AGAIN_MS - 1) == []
    assert log.take(NOW + SAID_AGAIN_MS) == [Note("c1", NOW + SAID_AGAIN_MS, Service.IN, "")]
    assert log.take(NOW + SAID_AGAIN_MS) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([SERVES, SILENT, BLIND]), st.booleans())))
def test_a_store_that_is_away_at_times_misses_no_change(steps):
    log, kept, told, last = PresenceLog(), [], [], {}
    for now, (device, presence, away) in enumerate(steps, NOW):
        log.judged(device, presence, now)
        if last.get(device) != presence:
            last[device] = presence
            told.append((device, now, standing(presence)))
        taken = log.take(now)
        if away:
            log.give_back(taken)
        else:
            kept += taken
    kept += log.take(NOW + len(steps))
    assert [(note.device, note.ts, note.state) for note in kept] == told


def test_what_waits_for_ever_is_thinned_to_each_device_s_newest():
    log = PresenceLog()
    notes = [Note(f"d{number % 7}", number, Service.IN, "") for number in range(200_001)]
    log.give_back(notes)
    assert sorted(log.take(NOW), key=lambda note: note.ts) == notes[-7:]
