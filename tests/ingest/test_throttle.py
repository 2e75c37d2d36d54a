"""The throttle: a device that shouts is held to its rate; nobody else loses anything."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import Judged
from ingest.ledger import Outcome
from ingest.model import Event, Message, Sample, Status
from ingest.throttle import Throttle

NOW = 1_795_319_000_000


def judged(device, report=None):
    return Judged(Message("t", b"", NOW), Outcome.STORED, (report or Sample(device, NOW, {"a": 1}, NOW),))


def outcomes(batch, device):
    return [one.outcome for one in batch if device in (one.detail, *(r.device for r in one.reports))]


def test_a_shouting_device_gets_its_burst_then_its_rate():
    throttle = Throttle(rate=100, burst=500)
    first = throttle.hold([judged("loud") for _ in range(1000)], NOW)
    assert outcomes(first, "loud").count(Outcome.STORED) == 500
    later = throttle.hold([judged("loud") for _ in range(1000)], NOW + 1000)
    assert outcomes(later, "loud").count(Outcome.STORED) == 100


def test_its_neighbours_lose_nothing():
    throttle = Throttle(rate=1, burst=30)
    batch = throttle.hold([judged("loud") for _ in range(500)] + [judged(f"quiet{n}") for n in range(50)], NOW)
    assert all(outcomes(batch, f"quiet{n}") == [Outcome.STORED] for n in range(50))


def test_births_statuses_and_events_are_never_let_go():
    throttle = Throttle(rate=0, burst=0)
    spoken = [Status("loud", NOW, "online"), Event("loud", NOW, "e", "x", "start", NOW)] * 20
    batch = throttle.hold([judged("loud", report) for report in spoken] + [judged("loud")] * 30, NOW)
    assert outcomes(batch, "loud").count(Outcome.STORED) == 40


def test_it_recovers_by_itself():
    throttle = Throttle(rate=100, burst=100)
    throttle.hold([judged("loud") for _ in range(1000)], NOW)
    after = throttle.hold([judged("loud") for _ in range(100)], NOW + 10_000)
    assert outcomes(after, "loud") == [Outcome.STORED] * 100


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5000)), max_size=20))
def test_no_more_than_burst_and_rate_ever_pass(steps):
    throttle, now, passed = Throttle(rate=50, burst=100), NOW, 0
    for count, pause in steps:
        now += pause
        batch = throttle.hold([judged("loud") for _ in range(count)], now)
        counted = outcomes(batch, "loud").count(Outcome.STORED)
        passed += counted if count > 20 else 0
    assert passed <= 100 + 50 * (now - NOW) / 1000 + 1
