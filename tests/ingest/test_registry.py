"""The registry: presence is judged when it is due, and is then what judging everybody always would say."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.agenda import Agenda
from ingest.model import Admission, Birth, Sample, Status
from ingest.presence import Facts, Hearing, judge, until
from ingest.registry import Registry

START = 1_795_319_000_000
GATEWAYS = (None, "s/gateway/g", "s/gateway/far")
DEVICES = ("s/gateway/g", "s/gateway/far", "s/camera/a", "s/camera/b")
SECONDS = st.integers(0, 400)


def sample(device, ts, **m):
    return Sample(device, ts, m or {"fps": 1}, ts, "s1", 1, "s1")


def birth(device, ts, gateway=None, interval_s=None):
    return Birth(device, ts, "s1", gateway=gateway, interval_s=interval_s)


def admit(_address):
    return Admission.ADMITTED


def apply(registry, report, at):
    registry.apply(report, at, retained=False, admission=Admission.ADMITTED)


def by_all(registry, now):
    """Everybody's presence judged anew, without `since`, gateways before those behind them."""
    said = {}
    for address in DEVICES:
        entry = registry._entries.get(address)
        if entry is not None:
            facts = Facts(entry.state, entry.reason, entry.heard, entry.interval_ms)
            said[address] = replace(judge(facts, said.get(entry.device.gateway), registry.hearing, now), since=0)
    return said


def as_judged(registry):
    return {view.device.address: replace(view.presence, since=0) for view in registry.views()}


steps = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from(DEVICES)),
    st.tuples(st.just("born"), st.sampled_from(DEVICES[2:]), st.sampled_from(GATEWAYS), st.sampled_from([5, 60])),
    st.tuples(st.just("state"), st.sampled_from(DEVICES), st.sampled_from(["online", "offline", "degraded"])),
    st.tuples(st.just("deaf")),
    st.tuples(st.just("hearing")),
    st.tuples(st.just("back"), st.integers(1, 300)),
)  # fmt: skip


@given(st.lists(st.tuples(SECONDS, steps), max_size=25))
def test_after_each_tick_everybody_is_as_judging_everybody_would_say(told):
    now, registry = START, Registry(Hearing(START))
    for wait, (what, *rest) in told:
        now += 1000 * wait
        match what:
            case "hear":
                registry.hear([sample(rest[0], now)], admit)
            case "born":
                apply(registry, birth(rest[0], now, rest[1], rest[2]), now)
            case "state":
                apply(registry, Status(rest[0], now, rest[1], "s1"), now)
            case "deaf":
                registry.hearing = replace(registry.hearing, deaf_since=now)
            case "hearing":
                registry.hearing = Hearing(now)
            case "back":
                now -= 1000 * rest[0]
        registry.settle(now)
        registry.tick(now)
        assert as_judged(registry) == by_all(registry, now)


def test_a_tick_looks_only_at_those_who_are_due():
    registry = Registry(Hearing(START - 10**9))
    for device in DEVICES:
        apply(registry, birth(device, START), START)
    registry.settle(START)
    registry.tick(START)
    looked = []
    registry._judge = lambda entry, _now: looked.append(entry.device.address)
    registry.tick(START + 179_000)
    assert looked == []
    registry.hear([sample(DEVICES[2], START + 179_000)], admit)
    registry.tick(START + 180_001)
    assert sorted(looked) == sorted(DEVICES)


def test_gateways_behind_gateways_are_followed_at_once():
    registry = Registry(Hearing(0))
    chain = ["s/gateway/g0", "s/gateway/g1", "s/gateway/g2", "s/camera/c"]
    for device, gateway in zip(chain, [None, *chain], strict=False):
        apply(registry, birth(device, START, gateway), START)
    registry.settle(START)
    apply(registry, Status(chain[0], START, "offline", "s1", "lwt", will=True), START)
    registry.settle(START)
    changed = registry.tick(START + 1000)
    assert {view.device.address for view in changed} == set(chain[1:])
    assert {view.presence.reason for view in changed} == {"gateway_lost"}


def test_the_newest_value_of_each_metric_wins_whatever_came_with_it_and_in_which_order():
    registry = Registry(Hearing(0))
    said = [(5, {"fps": 5, "cpu_pct": 5}), (9, {"fps": 9}), (7, {"fps": 7, "cpu_pct": 7}), (8, {"cpu_pct": None})]
    registry.hear([sample(DEVICES[2], START + at, **m) for at, m in said], admit)
    [view] = registry.settle(START + 10)
    assert {name: (known.value, known.ts) for name, known in view.latest.items()} == {
        "fps": (9, START + 9), "cpu_pct": (None, START + 8),
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), max_size=30), st.integers(0, 20))
def test_an_agenda_gives_each_key_once_at_its_earliest_moment(put, now):
    agenda = Agenda()
    for key, when in put:
        agenda.put(key, when)
    earliest = {key: min(when for k, when in put if k == key) for key, _ in put}
    due = {key for key, when in earliest.items() if when <= now}
    assert sorted(agenda.take(now)) == sorted(due)
    assert sorted(agenda.take(20)) == sorted(earliest.keys() - due)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.none() | st.integers(0, 400))
def test_until_the_moment_told_time_alone_changes_nothing(now, later, since, heard):
    facts, hearing = Facts("online", None, heard, 20), Hearing(since)
    moment = until(facts, hearing, now)
    if moment is None or now + later < moment:
        assert replace(judge(facts, None, hearing, now + later), since=0) == replace(
            judge(facts, None, hearing, now), since=0
        )
