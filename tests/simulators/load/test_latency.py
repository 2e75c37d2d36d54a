"""The histogram of latencies, beside the exact answer."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.load.latency import Histogram

DURATIONS = st.lists(st.floats(0, 50_000), min_size=1, max_size=200)


@given(DURATIONS, st.floats(0.01, 1))
def test_a_percentile_is_right_to_within_a_part_in_a_hundred(values, share):
    histogram = Histogram()
    histogram.record(np.array(values))
    exact = float(np.percentile(values, share * 100, method="inverted_cdf"))
    assert abs(histogram.percentile(share) - exact) <= exact * 0.01 + 2e-6


@given(DURATIONS, DURATIONS)
def test_the_sum_of_two_is_what_one_would_have_counted(some, others):
    both, one, other = Histogram(), Histogram(), Histogram()
    both.record(np.array(some + others))
    one.record(np.array(some))
    other.record(np.array(others))
    one.add(other)
    assert [one.percentile(share) for share in (0.1, 0.5, 0.99, 1)] == [
        both.percentile(share) for share in (0.1, 0.5, 0.99, 1)
    ]
    assert (one.count, one.most) == (both.count, both.most)


def test_nothing_takes_no_time_and_below_zero_counts_as_zero():
    histogram = Histogram()
    assert histogram.percentile(0.5) == 0
    histogram.record(np.array([-1.0]))
    assert histogram.percentile(1) <= 0
