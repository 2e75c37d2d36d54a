"""Which notices go out now, in which messages: grouping, limits, fairness, quiet hours, Alertmanager's truth table."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.gathering import Log, Packed, Sent, is_quiet, pack, told, worth_sending
from alerts.model import Announce, Severity
from alerts.people import Contact, Limit, Notice, NoticeState, Quiet
from alerts.routing import Plan, Route, Step

MINUTE = 60_000
ROUTE = Route("all", (Step(("lan",)),), wait_ms=1000, interval_ms=1000)
LAN = Contact("lan", ("mail",))


def plan(**route: Any) -> Plan:
    return Plan({"lan": LAN}, {}, {"all": replace(ROUTE, **route)})


def notice(alert: int, at: int, *, area: str | None = "a", announce: Announce = Announce.OPEN, **facts: Any) -> Notice:
    usual = {"severity": Severity.MAJOR, "due_at": at + 1000}
    return Notice(
        key=f"{alert}-{announce}-{at}", contact="lan", alert_id=str(alert), version=1, episode=1, announce=announce,
        route="all", level=0, created_at=at, area=area, **{**usual, **facts},
    )  # fmt: skip


class Box:
    """A contact's letter box: what was packed for them when, on a clock of the test's own."""

    def __init__(self, contact: Contact = LAN, plan: Plan | None = None) -> None:
        self.contact, self.plan = contact, plan or globals()["plan"]()
        self.notices: dict[str, Notice] = {}
        self.sent: list[Sent] = []
        self.got: list[tuple[int, int, int]] = []  # when, how many are news, how many still fire

    def owe(self, *notices: Notice) -> None:
        self.notices |= {each.key: each for each in notices}

    def tick(self, now: int) -> Packed:
        standing = [each for each in self.notices.values() if each.state in (NoticeState.WAITING, NoticeState.TOLD)]
        packed = pack(self.contact, standing, self.sent, self.plan, now)
        for packet in packed.packets:
            self.got.append((now, len(packet.news), len(packet.still)))
            self.owe(*told(packet, f"m{len(self.got)}", now, standing))
            self.sent.append(Sent(now, packet.areas))
        self.owe(*packed.changed)
        return packed

    def run(self, since: int, until: int, step: int = 100) -> None:
        for now in range(since, until + 1, step):
            self.tick(now)


def log(firing: Sequence[int], resolved: Sequence[int] = (), at: int = 0) -> Log:
    return Log(frozenset(map(str, firing)), frozenset(map(str, resolved)), at)


@pytest.mark.parametrize(
    ("before", "firing", "resolved", "minutes", "tells_end", "sent"),
    [
        (None, [2, 3, 4], [], 0, True, True),
        (None, [], [1, 2], 0, True, False),
        (log([1, 2, 3]), [2, 3, 4], [], 0, True, True),
        (log([1, 2, 3]), [1, 2, 3], [], 9, True, False),
        (log([1, 2, 3]), [1, 2, 3], [], 11, True, True),
        (log([], [1]), [], [1, 2], 0, True, False),
        (log([1, 2], [3]), [1], [2, 3], 0, False, False),
        (log([1, 2], [3]), [1], [2, 3], 0, True, True),
        (log([1, 2]), [], [1, 2], 0, False, True),
        (log([1, 2]), [], [1, 2], 0, True, True),
    ],
)
def test_what_is_worth_sending_is_alertmanagers_truth_table(
    before: Log | None, firing: list[int], resolved: list[int], minutes: int, tells_end: bool, sent: bool
) -> None:
    """AC-17."""
    now = minutes * MINUTE
    fires, over = frozenset(map(str, firing)), frozenset(map(str, resolved))
    assert worth_sending(before, fires, over, now=now, repeat_ms=10 * MINUTE, tells_end=tells_end) is sent


def test_alerts_of_an_area_are_gathered_and_repeated() -> None:
    """AC-18: wait 1 s, interval 1 s, repeat 4.9 s."""
    box = Box(plan=plan(repeat_ms=4900))
    box.owe(notice(1, 1100), notice(2, 1700))
    box.run(1100, 3200)
    box.owe(notice(3, 3300), notice(4, 3300), notice(5, 3300))
    box.run(3300, 9500)
    (first, second, third) = box.got
    assert 2000 <= first[0] <= 2500
    assert first[1:] == (2, 0)
    assert 4100 <= second[0] <= 4500
    assert second[1:] == (3, 2)  # five in all
    assert 9100 <= third[0] <= 9500
    assert third[1:] == (0, 5)


def test_two_routes_to_the_same_person_are_one_message() -> None:
    """AC-29: also after an outage, when both have long been due."""
    box = Box()
    box.owe(notice(1, 0), replace(notice(1, 0), key="other-route"), notice(2, 0))
    box.tick(180_000)
    assert len(box.got) == 1


def test_what_is_critical_waits_for_no_company() -> None:
    box = Box()
    box.owe(notice(1, 0, severity=Severity.CRITICAL, due_at=0))
    box.tick(0)
    box.owe(notice(2, 10, severity=Severity.CRITICAL, due_at=10))
    box.run(10, 12_000, 10)
    assert box.got == [(0, 1, 0), (1000, 1, 1)]  # its route's interval of a second apart


def test_the_end_is_told_once_and_ends_the_group() -> None:
    box = Box()
    box.owe(notice(1, 0))
    box.run(0, 2000)
    box.owe(notice(1, 5000, announce=Announce.CLEAR))
    box.run(5000, 60_000, 1000)
    assert box.got == [(1000, 1, 0), (6000, 1, 0)]
    assert {each.state for each in box.notices.values()} == {NoticeState.ENDED}


def test_a_route_that_tells_no_end_tells_only_when_all_is_over() -> None:
    box = Box(plan=plan(tells_end=False))
    box.owe(notice(1, 0), notice(2, 0))
    box.run(0, 2000)
    box.owe(notice(1, 5000, announce=Announce.CLEAR))
    box.run(5000, 9000, 1000)
    assert len(box.got) == 1
    box.owe(notice(2, 10_000, announce=Announce.CLEAR))
    box.run(10_000, 20_000, 1000)
    assert len(box.got) == 2


def test_beyond_the_limit_a_noisy_area_waits_and_is_gathered_into_one_message() -> None:
    box = Box(replace(LAN, limit=Limit(3, 10 * MINUTE)))
    for number in range(60):
        box.owe(notice(number, number * 5000))
        box.run(number * 5000, number * 5000 + 4000, 1000)
    assert len([got for got in box.got if got[0] < 5 * MINUTE]) == 3
    box.run(5 * MINUTE, 11 * MINUTE, 1000)
    assert sum(got[1] for got in box.got) == 60  # nothing is lost
    assert len(box.got) == 4


def test_the_first_word_of_a_quiet_area_overtakes_a_noisy_one() -> None:
    box = Box(replace(LAN, limit=Limit(3, 10 * MINUTE)))
    for number in range(20):
        box.owe(notice(number, number * 5000))
        box.run(number * 5000, number * 5000 + 4000, 1000)
    assert len(box.got) == 3
    box.owe(notice(99, 100_000, area="quiet"))
    box.run(100_000, 102_000, 1000)
    assert box.got[-1] == (101_000, 1, 0)


def test_a_flood_of_what_is_critical_is_gathered_too_and_nothing_is_lost() -> None:
    box = Box(replace(LAN, limit=Limit(6, 10 * MINUTE)), plan(interval_ms=MINUTE))
    for number in range(600):  # one a second in sixty areas, for ten minutes
        at = number * 1000
        box.owe(notice(number, at, area=f"a{number % 60}", severity=Severity.CRITICAL, due_at=at))
        box.tick(at)
    assert len(box.got) <= 18 + 60
    assert box.got[0][0] == 0
    box.run(600_000, 640_000, 1000)
    assert sum(got[1] for got in box.got) == 600


def test_when_many_areas_wait_the_last_message_within_the_limit_takes_all_the_rest() -> None:
    box = Box(replace(LAN, limit=Limit(7, 10 * MINUTE)))
    box.owe(*(notice(number, 0, area=f"a{number}") for number in range(5)))
    box.tick(2000)
    assert len(box.got) == 5  # each area's first
    box.owe(*(notice(10 + number, 60_000, area=f"a{number}") for number in range(5)))
    box.tick(62_000)
    assert [got[1] for got in box.got[5:]] == [1, 4]


def test_quiet_hours_keep_back_what_may_wait_until_the_morning() -> None:
    quiet = Quiet(22 * 60, 6 * 60, Severity.CRITICAL)
    box = Box(replace(LAN, quiet=quiet))
    night = 1_795_280_400_000 + 24 * 3_600_000  # 2026-11-23, 00:00 in Viet Nam
    box.owe(notice(1, night), notice(2, night, area="b", severity=Severity.CRITICAL))
    box.run(night, night + 6 * 3_600_000 - MINUTE, MINUTE)
    assert [got[0] for got in box.got] == [night + MINUTE]
    box.run(night + 6 * 3_600_000, night + 6 * 3_600_000 + MINUTE, MINUTE)
    assert [got[0] for got in box.got][1:] == [night + 6 * 3_600_000]


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 10**6).map(lambda minutes: minutes * MINUTE))
def test_quiet_hours_and_the_rest_of_the_day_are_each_others_opposite(begins: int, ends: int, at: int) -> None:
    if begins != ends:
        assert is_quiet(Quiet(begins, ends), at) is not is_quiet(Quiet(ends, begins), at)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5), st.sampled_from(Severity)), max_size=40),
    st.integers(1, 5),
)
def test_nothing_owed_is_ever_lost_or_told_twice(owed: list[tuple[int, int, Severity]], messages: int) -> None:
    box = Box(replace(LAN, limit=Limit(messages, MINUTE)))
    for number, (at, area, severity) in enumerate(sorted(owed, key=lambda each: each[0])):
        box.owe(notice(number, at * 1000, area=f"a{area}", severity=severity))
    for now in range(0, 1200, 5):
        box.tick(now * 1000)
    assert sum(got[1] for got in box.got) == len(owed)
    assert all(each.state is NoticeState.TOLD for each in box.notices.values())
