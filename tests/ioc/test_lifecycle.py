"""Stopping: last in first out, bounded, and one part that fails or hangs keeps no other from stopping."""

import logging
import threading

import pytest

from ioc.lifecycle import Stops


def test_parts_stop_in_the_reverse_order_of_their_start():
    stopped = []
    with Stops() as stops:
        stops.add("a", lambda: stopped.append("a"))
        stops.add("b", lambda: stopped.append("b"))
    assert stopped == ["b", "a"]


def test_a_part_that_fails_or_hangs_is_named_and_the_others_still_stop(caplog):
    stopped, release = [], threading.Event()

    def fail():
        raise RuntimeError("no")

    with caplog.at_level(logging.ERROR), Stops(patience_s=0.05) as stops:
        stops.add("first", lambda: stopped.append("first"))
        stops.add("broken", fail)
        stops.add("stuck", release.wait)
    release.set()
    assert stopped == ["first"]
    assert {record.part for record in caplog.records} == {"broken", "stuck"}


def test_what_was_started_is_stopped_also_after_an_error():
    stopped = []

    def start(stops):
        stops.add("a", lambda: stopped.append("a"))
        raise ValueError("a start failed")

    with pytest.raises(ValueError, match="a start failed"), Stops() as stops:
        start(stops)
    assert stopped == ["a"]
