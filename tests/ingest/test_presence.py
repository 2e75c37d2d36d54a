"""Presence: connected, fresh, working, and when we cannot know."""

import pytest

from ingest.model import Presence
from ingest.presence import Facts, Hearing, judge, lost

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
