"""What is due when, and who held the load back."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.load.plan import Effort, Plan, bottleneck, shares


@given(st.floats(0.1, 1e6), st.floats(0, 1000))
def test_what_is_due_was_due_by_then_and_what_is_not_yet_is_not(rate, elapsed):
    plan = Plan(inf, rate)
    due = plan.due(elapsed)
    assert plan.due_at(due - 1) <= elapsed * (1 + 1e-9) + 1e-9
    assert plan.due_at(due + 1) > elapsed
    assert plan.wait(due, elapsed) >= 0


def test_without_a_rate_all_is_due_at_once():
    assert Plan(10).due(0) == 10
    assert Plan(10).wait(0, 0) == 0
    assert Plan(10).wait(10, 0) == inf


def test_connections_share_the_count_and_the_rate_by_their_devices():
    assert shares(1000, 50, 25, 100) == Plan(250, 12.5)
    assert shares(inf, None, 1, 3) == Plan(inf)


KEPT = Effort(cpu_share=0.3, behind_s=0.002, waited_s=0.01, waited_share=0, paced=True)


@pytest.mark.parametrize(("changes", "culprit"), [
    ({}, None),
    ({"behind_s": 1, "waited_share": 0.9}, "broker"),  # late, and waiting for it
    ({"waited_s": 1}, "broker"),  # on time, and unanswered
    ({"behind_s": 1}, "generator"),  # late without having waited: it got too little of the machine
    ({"behind_s": 1, "waited_share": 0.9, "cpu_share": 0.97}, "generator"),
    ({"paced": False, "cpu_share": 0.1}, "broker"),
    ({"paced": False, "cpu_share": 0.97}, "generator"),
])  # fmt: skip
def test_who_held_the_load_back_is_said(changes, culprit):
    assert bottleneck(replace(KEPT, **changes)) == culprit
