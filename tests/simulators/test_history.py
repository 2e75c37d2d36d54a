import json
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.__main__ import main
from simulators.errors import UnusableError
from simulators.history import course, history
from simulators.scenario import load_scenario
from simulators.truth import Fault
from simulators.wire import moment

NOON = 1_795_323_600.0


def test_history_is_what_the_devices_would_have_published_byte_for_byte(capsys):
    words = ["--dry", "--duration", "120", "--start", "2026-11-22T05:00:00Z", "--seed", "5", "--scenario", "demo"]
    assert main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    told = history("nong-son", 5, NOON, NOON + 120, scenario="demo")
    assert [f"{topic} {payload.decode()}" for topic, payload, _ in told] == printed


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_history_comes_in_order_of_time_within_its_bounds(seed):
    times = [at for _, _, at in history("tam-duong", seed, NOON, NOON + 300, devices=20)]
    assert times == sorted(times)
    assert NOON * 1000 <= times[0] <= times[-1] <= (NOON + 300) * 1000


def test_a_reading_is_published_at_the_moment_it_was_taken():
    for topic, payload, at in islice(history("nong-son", 1, NOON, NOON + 60), 400):
        said = json.loads(payload)
        if topic.endswith("/telemetry"):
            assert moment(said["ts"]) * 1000 == pytest.approx(at, abs=1)


def test_the_truth_is_found_beside_the_history():
    told = course("nong-son", 1, NOON, NOON + 300, load_scenario("power-cut"))
    faults = [each for each in told if isinstance(each, Fault)]
    assert [fault.kind for fault in faults] == ["power_cut"]


def test_history_of_an_unknown_site_names_the_shipped_ones():
    with pytest.raises(UnusableError, match="cai-be"):
        next(history("atlantis", 1, NOON, NOON + 1))
