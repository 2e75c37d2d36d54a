"""Incidents: what may be done to them, where they stand, and one suite for the store in memory and the real ones."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from alerts import incident_deeds as deeds
from alerts.incident import By, Did, Incident, State, Tally, state_of
from alerts.incident_book import IncidentStore, MemoryIncidents, Whole
from alerts.incident_deeds import Refusal
from alerts.incident_postgres import PostgresIncidents
from alerts.model import Alert, Condition, Severity, Transition
from alerts.postgres import PostgresStore
from alerts.store import MemoryStore
from tests.alerts.conftest import create_schema

LAN, HOA = "lan", "hoa"


def alert(number: int, **facts: object) -> Alert:
    usual = {
        "id": f"a{number}", "key": f"hot@demo/camera/c{number}", "rule": "hot", "device": f"demo/camera/c{number}",
        "severity": Severity.MINOR, "peak_severity": Severity.MINOR, "condition": Condition.FIRING, "since": 1000,
        "last_observed": 2000, "firing_since": 2000, "title": {"vi": "Nóng", "en": "Hot"}, "version": 1,
    }  # fmt: skip
    return Alert(**{**usual, **facts})


@dataclass
class Affairs:
    """Alerts and incidents of one store, told as sentences; each deed is a second after the one before."""

    alerts: MemoryStore | PostgresStore
    incidents: IncidentStore
    now: int = 10_000

    def keep(self, *alerts: Alert) -> None:
        self.alerts.save([Transition(each, None, "bad", 2000) for each in alerts])

    def become(self, number: int, **facts: object) -> None:
        before = self.alerts.get(f"a{number}")
        assert before is not None
        after = replace(before[0], version=before[0].version + 1, **facts)
        self.alerts.save([Transition(after, before[0].condition, "good", 3000)])

    def over(self, *numbers: int) -> None:
        for number in numbers:
            self.become(number, condition=Condition.CLOSED, closed_at=3000, outcome="normal")

    def open(self, name: str, *numbers: int, lead: str | None = None) -> str | Refusal:
        by = self.by()
        new = Incident(name, f"Sự vụ {name}", by.at, by.name, lead)
        return self.incidents.act(new, partial(deeds.begin, by=by), alerts=[f"a{n}" for n in numbers])

    def add(self, name: str, *numbers: int, by: str = LAN) -> str | Refusal:
        return self.incidents.act(name, partial(deeds.add, by=self.by(by)), alerts=[f"a{n}" for n in numbers])

    def do(self, name: str, deed: object, *, other: str | None = None, **said: object) -> str | Refusal:
        return self.incidents.act(name, partial(deed, by=self.by(), **said), other=other)

    def by(self, name: str = LAN) -> By:
        self.now += 1000
        return By(name, self.now)

    def whole(self, name: str) -> Whole:
        found = self.incidents.get(name)
        assert found is not None
        return found

    def members(self, name: str) -> list[str]:
        return [each.member.alert_id for each in self.whole(name).gathered]

    def state(self, name: str) -> State:
        return state_of(self.whole(name).incident, self.whole(name).tally)

    def told(self, name: str) -> list[tuple[str, str | None]]:
        return [(note.deed, note.other) for note in self.whole(name).notes]


def in_memory() -> Affairs:
    alerts = MemoryStore()
    return Affairs(alerts, MemoryIncidents(alerts))


@pytest.fixture(
    params=["memory", pytest.param("dsn", marks=pytest.mark.real), pytest.param("plain_dsn", marks=pytest.mark.real)]
)
def affairs(request: pytest.FixtureRequest) -> Iterator[Affairs]:
    if request.param == "memory":
        yield in_memory()
        return
    dsn = request.getfixturevalue(request.param)
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=8, open=True) as pool:
        yield Affairs(PostgresStore(pool), PostgresIncidents(pool))


@pytest.fixture
def three(affairs: Affairs) -> Affairs:
    """Three alerts that burn."""
    affairs.keep(alert(1), alert(2, severity=Severity.CRITICAL), alert(3))
    return affairs


def test_an_incident_gathers_alerts_and_tells_how_they_stand(three: Affairs) -> None:
    assert three.open("i1", 1, 2, lead=HOA) == "i1"
    whole = three.whole("i1")
    assert (whole.incident.title, whole.incident.lead, whole.incident.opened_by) == ("Sự vụ i1", HOA, LAN)
    assert whole.tally == Tally(("a1", "a2"), 2, 2, Severity.CRITICAL)
    assert [(each.alert, each.added_by) for each in whole.gathered] == [
        (three.alerts.get(f"a{n}")[0], LAN) for n in (1, 2)
    ]
    assert three.told("i1") == [(Did.OPENED, None), (Did.LED, None), (Did.ADDED, None)]
    assert three.incidents.list() == ((whole.incident, whole.tally),)


def test_its_state_follows_its_alerts(three: Affairs) -> None:
    three.open("i1", 1, 2)
    seen = [three.state("i1")]
    for step in (
        lambda: three.become(1, acked=True, acked_by=LAN, acked_at=2500),
        lambda: three.become(2, acked=True, acked_by=LAN, acked_at=2500),
        lambda: three.over(1, 2),
        lambda: three.add("i1", 3),
        lambda: three.over(3),
        lambda: three.do("i1", deeds.close, summary="đã có điện"),
    ):
        step()
        seen.append(three.state("i1"))
    assert seen == ["open", "open", "acked", "mitigated", "open", "mitigated", "closed"]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6), st.booleans())
def test_whatever_its_alerts_do_an_incident_stands_where_they_say(
    alerts: list[tuple[bool, bool]], closed: bool
) -> None:
    affairs = in_memory()
    for number, (still, acked) in enumerate(alerts):
        over = {} if still else {"condition": Condition.CLOSED, "closed_at": 3000, "outcome": "normal"}
        affairs.keep(alert(number, acked=acked, **over))
    affairs.open("i", *range(len(alerts)))
    if closed:
        affairs.do("i", deeds.close, summary="xong", forced="hết giờ")
    burning = [acked for still, acked in alerts if still]
    expected = "closed" if closed else "mitigated" if not burning else "acked" if all(burning) else "open"
    assert affairs.state("i") == expected


def test_an_alert_put_into_another_incident_leaves_the_first_and_both_say_so(three: Affairs) -> None:
    three.open("i1", 1, 2)
    three.open("i2", 2, 3)
    assert (three.members("i1"), three.members("i2")) == (["a1"], ["a2", "a3"])
    assert three.told("i1")[-1] == (Did.REMOVED, "i2")
    assert (Did.ADDED, "i1") in three.told("i2")
    assert [each.id for each, _ in three.incidents.list(alert="a2")] == ["i2"]


def test_putting_in_what_is_in_already_changes_nothing(three: Affairs) -> None:
    three.open("i1", 1)
    before = three.whole("i1")
    assert three.add("i1", 1) == "i1"
    assert three.whole("i1") == before


def test_an_alert_taken_out_is_in_no_incident_and_goes_on(three: Affairs) -> None:
    three.open("i1", 1, 2)
    three.do("i1", deeds.remove, alert_ids=["a1"])
    assert three.members("i1") == ["a2"]
    assert three.incidents.list(alert="a1") == ()
    assert three.alerts.get("a1")[0].open
    assert three.do("i1", deeds.remove, alert_ids=["a1"]) is Refusal.NO_MEMBER


def test_closing_waits_until_nothing_is_open_or_takes_a_reason(three: Affairs) -> None:
    three.open("i1", 1)
    assert three.do("i1", deeds.close, summary="xong") is Refusal.NOT_MITIGATED
    assert three.do("i1", deeds.close, summary="xong", forced="cảm biến hỏng") == "i1"
    note = three.whole("i1").notes[-1]
    assert (note.deed, note.text, note.reason) == (Did.CLOSED, "xong", "cảm biến hỏng")
    assert three.alerts.get("a1")[0].open  # it links, it never closes an alert


def test_a_reason_that_was_not_needed_is_not_held_against_anybody(three: Affairs) -> None:
    three.open("i1", 1)
    three.over(1)
    three.do("i1", deeds.close, summary="xong", forced="cảm biến hỏng")
    assert three.whole("i1").notes[-1].reason == ""


def test_a_closed_one_takes_only_comments_until_it_is_reopened(three: Affairs) -> None:
    three.open("i1", 1)
    three.do("i1", deeds.close, summary="xong", forced="hết ca")
    refused = [
        three.add("i1", 2), three.do("i1", deeds.remove, alert_ids=["a1"]), three.do("i1", deeds.rename, title="khác"),
        three.do("i1", deeds.give, lead=HOA), three.do("i1", deeds.acknowledge, alert_ids=["a1"], text=""),
        three.do("i1", deeds.close, summary="lại xong"),
    ]  # fmt: skip
    assert refused == [Refusal.CLOSED] * 6
    assert three.do("i1", deeds.comment, text="đã gửi biên bản") == "i1"
    assert three.do("i1", deeds.reopen, text="tái diễn") == "i1"
    assert three.add("i1", 2) == "i1"
    assert three.do("i1", deeds.reopen, text="") is Refusal.NOT_CLOSED
    assert (three.whole("i1").incident.summary, three.members("i1")) == (None, ["a1", "a2"])


def test_a_merged_one_gives_its_alerts_away_and_is_closed_for_good(three: Affairs) -> None:
    three.open("i1", 1, 2)
    three.open("i2", 3)
    assert three.do("i1", deeds.merge, other="i2") == "i1"
    assert (three.members("i1"), sorted(three.members("i2"))) == ([], ["a1", "a2", "a3"])
    assert (three.state("i1"), three.whole("i1").incident.merged_into) == ("closed", "i2")
    assert (three.told("i1")[-1], three.told("i2")[-1]) == ((Did.MERGED, "i2"), (Did.MERGED, "i1"))
    assert three.do("i1", deeds.reopen, text="") is Refusal.MERGED
    assert three.do("i2", deeds.merge, other="i2") is Refusal.ITSELF
    assert three.do("i2", deeds.merge, other="i1") is Refusal.CLOSED
    assert three.do("i2", deeds.merge, other="i9") is Refusal.NO_INCIDENT


def test_renaming_and_leading_are_noted_once_and_acknowledging_names_its_alerts(three: Affairs) -> None:
    three.open("i1", 1, 2)
    for _ in range(2):
        three.do("i1", deeds.rename, title="Mất điện Trung Hạ")
        three.do("i1", deeds.give, lead=HOA)
    three.do("i1", deeds.acknowledge, alert_ids=["a2"], text="đang đi")
    three.do("i1", deeds.give, lead=None)
    notes = three.whole("i1").notes[2:]
    assert [(note.deed, note.text) for note in notes] == [
        ("renamed", "Mất điện Trung Hạ"), ("led", HOA), ("acknowledged", "đang đi"), ("led", ""),
    ]  # fmt: skip
    assert [member.alert_id for member in notes[2].alerts] == ["a2"]


def test_what_is_not_there_is_refused_and_nothing_is_kept(three: Affairs) -> None:
    three.keep(alert(4, condition=Condition.PENDING, firing_since=None))
    assert three.open("i1", 1, 9) is Refusal.NO_ALERT
    assert three.open("i1", 4) is Refusal.NO_ALERT  # pending: nobody was told of it
    assert three.add("i7", 1) is Refusal.NO_INCIDENT
    assert three.incidents.get("i1") is None
    assert three.incidents.list() == ()


def test_an_incident_gathers_no_more_than_people_can_read(three: Affairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "MAX_MEMBERS", 2)
    assert three.open("i1", 1, 2, 3) is Refusal.FULL
    three.open("i1", 1, 2)
    three.open("i2", 3)
    assert three.add("i1", 3) is Refusal.FULL
    assert three.do("i2", deeds.merge, other="i1") is Refusal.FULL


def test_the_alerts_that_a_member_explains_are_counted_beside_it(three: Affairs) -> None:
    over = {"condition": Condition.CLOSED, "closed_at": 1, "outcome": "explained"}
    three.keep(alert(5, parent="a1"), alert(6, parent="a5", **over))  # a feeder's area, and a device in that
    three.open("i1", 1, 2)
    told = [(each.member.alert_id, each.children, each.children_open) for each in three.whole("i1").gathered]
    assert told == [("a1", 2, 1), ("a2", 0, 0)]
    assert three.whole("i1").tally.alerts == ("a1", "a2")


def test_an_alert_that_another_explains_is_where_its_cause_is_unless_it_was_put_elsewhere(three: Affairs) -> None:
    three.keep(alert(5, parent="a1"), alert(6, parent="a5"))
    three.open("i1", 1)
    assert [each.id for each, _ in three.incidents.list(alert="a6")] == ["i1"]
    three.open("i2", 5)
    assert [each.id for each, _ in three.incidents.list(alert="a6")] == ["i2"]
    assert three.members("i1") == ["a1"]


def test_pages_put_together_are_the_whole_list_and_closed_ones_are_told_apart(three: Affairs) -> None:
    for number in range(5):
        three.open(f"i{number}", 1)
    three.do("i2", deeds.close, summary="xong")
    first = three.incidents.list(limit=3)
    rest = three.incidents.list(limit=3, cursor=first[-1][0].id)
    assert [each.id for each, _ in first + rest] == ["i4", "i3", "i2", "i1", "i0"]
    assert [each.id for each, _ in three.incidents.list(is_open=False)] == ["i2"]
    assert len(three.incidents.list(is_open=True)) == 4


DEEDS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 4), st.sets(st.integers(0, 5), min_size=1)),
    st.tuples(st.just("add"), st.integers(0, 4), st.sets(st.integers(0, 5), min_size=1)),
    st.tuples(st.just("remove"), st.integers(0, 4), st.sets(st.integers(0, 5), min_size=1, max_size=1)),
    st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.sampled_from(["close", "reopen"]), st.integers(0, 4), st.none()),
)


def perform(affairs: Affairs, what: str, name: str, said: set[int] | int | None) -> None:
    if what in ("open", "add"):
        if what == "add" or affairs.incidents.get(name) is None:
            getattr(affairs, what)(name, *said)
    elif what == "remove":
        affairs.do(name, deeds.remove, alert_ids=[f"a{n}" for n in said])
    elif what == "merge":
        affairs.do(name, deeds.merge, other=f"i{said}")
    elif what == "close":
        affairs.do(name, deeds.close, summary="xong", forced="thử")
    else:
        affairs.do(name, deeds.reopen, text="")


def by_its_timeline(whole: Whole) -> set[str]:
    """Which alerts are in an incident by what its timeline says alone."""
    inside: set[str] = set()
    for note in whole.notes:
        named = {member.alert_id for member in note.alerts}
        left = note.deed is Did.REMOVED or (note.deed is Did.MERGED and note.other == whole.incident.merged_into)
        inside = inside - named if left else inside | named
    return inside


@given(st.lists(DEEDS, max_size=25))
def test_in_any_order_of_deeds_an_alert_is_in_one_incident_at_most_and_the_timelines_agree(
    done: list[tuple[str, int, set[int] | int | None]],
) -> None:
    affairs = in_memory()
    affairs.keep(*(alert(number) for number in range(6)))
    for what, number, said in done:
        perform(affairs, what, f"i{number}", said)
    wholes = [affairs.whole(each.id) for each, _ in affairs.incidents.list()]
    inside = [each.member.alert_id for whole in wholes for each in whole.gathered]
    assert len(inside) == len(set(inside))
    for whole in wholes:
        assert {each.member.alert_id for each in whole.gathered} == by_its_timeline(whole)
        assert whole.incident.merged_into is None or not whole.gathered


@pytest.fixture(params=["dsn", "plain_dsn"])
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    dsn = request.getfixturevalue(request.param)
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=8, max_size=8, open=True) as opened:
        yield opened


@pytest.mark.real
def test_an_incident_can_be_read_when_its_alerts_are_gone(pool: ConnectionPool) -> None:
    affairs = Affairs(PostgresStore(pool), PostgresIncidents(pool))
    affairs.keep(alert(1))
    affairs.open("i1", 1)
    with pool.connection() as connection:
        connection.execute("DELETE FROM alert")
    [gathered] = affairs.whole("i1").gathered
    assert (gathered.alert, gathered.member.device, gathered.member.title["vi"]) == (None, "demo/camera/c1", "Nóng")
    assert affairs.state("i1") == "mitigated"
    assert affairs.do("i1", deeds.remove, alert_ids=["a1"]) == "i1"


@pytest.mark.real
def test_operators_who_act_at_once_never_put_an_alert_into_two_incidents_nor_wait_for_each_other(
    pool: ConnectionPool,
) -> None:
    affairs = Affairs(PostgresStore(pool), PostgresIncidents(pool, wait_s=20))
    affairs.keep(*(alert(number) for number in range(12)))
    names = [f"i{number}" for number in range(4)]
    for name in names:
        affairs.open(name, 0)
    ready = threading.Barrier(6)

    def operator(number: int) -> None:
        ready.wait()
        for turn in range(12):
            name, other = names[(number + turn) % 4], names[(number + turn * 3 + 1) % 4]
            affairs.add(name, *sorted({(number * 5 + turn) % 12, turn, (turn * 7) % 12}, reverse=number % 2 == 0))
            if turn == 9 and number < 2:
                affairs.do(name, deeds.merge, other=other)
            affairs.do(name, deeds.comment, text="đang xem")

    with ThreadPoolExecutor(6) as operators:
        list(operators.map(operator, range(6)))
    wholes = [affairs.whole(name) for name in names]
    inside = [each.member.alert_id for whole in wholes for each in whole.gathered]
    assert sorted(inside) == sorted({f"a{number}" for number in range(12)})
    assert sum(note.deed is Did.COMMENTED for whole in wholes for note in whole.notes) == 72
    for whole in wholes:
        assert {each.member.alert_id for each in whole.gathered} == by_its_timeline(whole)
