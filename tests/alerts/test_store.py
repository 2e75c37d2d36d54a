"""What a store keeps: one suite for the one in memory, for TimescaleDB and for plain PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg_pool import ConnectionPool

from alerts.engine import Engine
from alerts.errors import StoreDownError, StoreRefusedError
from alerts.model import Action, Alert, Mute, Severity, Suppression, Transition
from alerts.outbox import Delivery, delayed, sent
from alerts.postgres import PostgresStore
from alerts.rulebook import read_rules
from alerts.store import Answer, MemoryStore
from alerts.suppression import Maintenance, Scope, Silence
from ingest.model import Heard
from tests.alerts.conftest import CAMERA, GONE, HOT, SILENT, District, create_schema, make, request, view

Store = MemoryStore | PostgresStore


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    dsn = request.getfixturevalue(getattr(request, "param", "dsn"))
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=4, open=True) as opened:
        yield opened


@pytest.fixture(
    params=[
        "memory",
        pytest.param("dsn", marks=pytest.mark.real),
        pytest.param("plain_dsn", marks=pytest.mark.real),
    ]
)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    dsn = request.getfixturevalue(request.param)
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=4, open=True) as opened:
        yield PostgresStore(opened)


def fired(store: Store, hot: District, *, channels: tuple[str, ...] = ()) -> Alert:
    store.save(hot.hear(0, 90), channels=channels)
    return hot.only


def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert store.load() == ((), None)
    assert store.get("nothing") is None
    assert store.answer("nothing") is None


def test_what_is_open_is_loaded_as_it_was(store: Store) -> None:
    district = make({**HOT, "title": {"vi": "Nóng", "en": "Hot"}}, GONE)
    store.save(district.hear(0.123, 90.5) + district.see(1, SILENT))
    alerts, _ = store.load()
    assert sorted(alerts, key=lambda alert: alert.key) == sorted(
        district.engine.alerts.values(), key=lambda alert: alert.key
    )


def test_an_engine_goes_on_after_a_restart_from_what_was_kept(store: Store) -> None:
    rule = {**HOT, "for": "90s"}
    store.save(make(rule).hear(0, 90))
    store.keep_time(30_000)
    alerts, evaluated_at = store.load()
    after = District(Engine(read_rules([rule]), alerts, now=100_000, evaluated_at=evaluated_at))
    assert after.tick(159) == []
    store.save(after.tick(160))
    assert [alert.condition for alert in store.load()[0]] == ["firing"]


def test_the_time_of_evaluation_never_moves_back(store: Store) -> None:
    store.keep_time(2000)
    store.keep_time(3000)
    assert store.load()[1] == 3000


def test_what_closed_is_not_loaded_but_can_be_read_with_its_timeline(store: Store, hot: District) -> None:
    alert = fired(store, hot)
    hot.ask(1, Action.ACK, text="đang xử lý")
    store.save([hot.said[-1]])
    store.save(hot.hear(2, 70))
    assert store.load()[0] == ()
    kept, timeline = store.get(alert.id) or (None, ())
    assert kept == hot.said[-1].alert
    assert [(entry.cause, entry.before, entry.after, entry.announce) for entry in timeline] == [
        ("ripe", None, "firing", "open"),
        ("ack", "firing", "firing", None),
        ("settled", "firing", "closed", "clear"),
    ]
    assert (timeline[1].actor, timeline[1].comment, timeline[2].value) == ("lan", "đang xử lý", 70)


def test_an_alert_that_never_fired_leaves_no_trace(store: Store) -> None:
    district = make({**HOT, "for": "90s"})
    store.save(district.hear(0, 90))
    assert len(store.load()[0]) == 1
    ident = district.only.id
    store.save(district.hear(1, 70))
    assert store.load()[0] == ()
    assert store.get(ident) is None


def test_saving_the_same_again_changes_nothing(store: Store, hot: District) -> None:
    steps = hot.hear(0, 90)
    store.save(steps, channels=["duty"])
    store.save(steps + hot.hear(1, 70), channels=["duty"])
    store.save(steps, channels=["duty"])
    alert, timeline = store.get(steps[0].alert.id) or (None, ())
    assert alert is not None
    assert alert.condition == "cleared"
    assert len(timeline) == 2


def test_alerts_are_listed_newest_first_in_pages(store: Store) -> None:
    district = make({**HOT, "name": "warm", "above": 60, "severity": "minor"}, HOT, GONE)
    store.save(district.hear(1, 70))
    store.save(district.hear(2, 90))
    store.save(district.see(3, SILENT))
    listed = [alert.rule for alert in store.list(limit=2)]
    assert listed == ["gone", "camera-hot"]
    cursor = store.list(limit=2)[-1].id
    assert [alert.rule for alert in store.list(cursor=cursor)] == ["warm"]
    assert [alert.rule for alert in store.list(severity=Severity.MINOR)] == ["warm"]
    assert store.list(areas=["tan-hung"]) == ()
    assert len(store.list(areas=["que-trung", "tan-hung"], is_open=True)) == 3
    assert store.list(is_open=False) == ()


def test_the_alerts_of_one_device_are_found_among_those_of_others(store: Store) -> None:
    district, other = make(HOT, GONE), "demo/camera/c2"
    store.save(district.hear(1, 90))
    store.save(district.engine.observe(Heard(2000, (view(SILENT, device=other),))))
    store.save(district.see(3, SILENT))
    assert [alert.rule for alert in store.list(device=CAMERA)] == ["gone", "camera-hot"]
    assert [alert.rule for alert in store.list(device=CAMERA, limit=1)] == ["gone"]
    assert [alert.device for alert in store.list(device=other)] == [other]
    assert store.list(device=other, severity=Severity.CRITICAL) == ()
    assert store.list(device="demo/camera/c") == ()


def test_the_alerts_that_an_outage_explains_are_found_by_it(store: Store, hot: District) -> None:
    (step,) = hot.hear(0, 90)
    child = replace(step.alert, parent="OUTAGE", suppressions=(Suppression(Mute.PARENT, "OUTAGE", 0),))
    store.save([replace(step, alert=child)])
    assert [alert.id for alert in store.list(parent="OUTAGE")] == [child.id]
    assert store.list(parent="OTHER") == ()
    assert store.load()[0] == (child,)


def test_silences_and_windows_are_kept_and_listed_with_who_ended_them(store: Store) -> None:
    silence = Silence("2", Scope(areas=("que-trung",)), 0, 60_000, "lan", "thay nguồn")
    window = Maintenance("1", Scope(families=("camera",)), 0, 60_000, "minh", "bảo trì", days=(0, 2), last_at=10**12)
    store.add_quiet(silence)
    store.add_quiet(window)
    assert set(store.quiets(1000)) == {silence, window}
    assert store.quiets(61_000) == (window,)  # it comes again
    assert store.end_quiet(Maintenance, "1", "lan", 2000)
    assert not store.end_quiet(Maintenance, "1", "lan", 3000)
    assert store.quiets(1000) == (silence,)
    assert store.list_quiets(Maintenance) == ((window, 2000, "lan"),)
    assert store.list_quiets(Silence) == ((silence, None, None),)


def test_what_is_only_pending_is_not_listed(store: Store) -> None:
    store.save(make({**HOT, "for": "90s"}).hear(0, 90))
    assert store.list() == ()


def test_a_request_waits_until_it_is_answered_with_its_step(store: Store, hot: District) -> None:
    alert = fired(store, hot)
    asked = request(alert.id, Action.ACK, 1, until_s=60, text="tôi xem")
    store.request(asked)
    store.request(replace(asked, actor="minh"))  # the id is known: left alone
    assert store.requests() == (asked,)
    assert store.answer("r1") == Answer("r1")
    step = hot.engine.act(asked, 2000)
    assert isinstance(step, Transition)
    store.save([step], answers=[Answer("r1", 2000, "done")])
    assert store.requests() == ()
    assert store.answer("r1") == Answer("r1", 2000, "done")
    assert store.load()[0][0].ack_until == 60_000


def test_a_letter_is_given_to_one_courier_and_settled(store: Store, hot: District) -> None:
    fired(store, hot, channels=("duty",))
    letter = store.lease("duty", 1000)
    assert letter is not None
    assert (letter.state, letter.announce, letter.attempts) == (Delivery.LEASED, "open", 1)
    assert store.lease("duty", 1000) is None
    assert store.lease("chief", 1000) is None
    store.settle(sent(letter, 2000))
    assert store.lease("duty", 10**9) is None


def test_a_letter_whose_courier_died_is_carried_again_under_its_key(store: Store, hot: District) -> None:
    fired(store, hot, channels=("duty",))
    first = store.lease("duty", 1000)
    again = store.lease("duty", 11_000)
    assert first is not None
    assert again is not None
    assert (again.key, again.attempts) == (first.key, 2)
    store.settle(delayed(first, 12_000, "ReadTimeout"))  # the dead one speaks after all: too late
    store.settle(sent(again, 12_000))
    assert store.lease("duty", 10**9) is None


def test_the_end_is_carried_after_the_beginning_and_only_to_who_heard_that(store: Store, hot: District) -> None:
    fired(store, hot, channels=("duty", "chief"))
    opened = store.lease("duty", 1000)
    assert opened is not None
    store.save(hot.hear(2, 70), channels=["duty", "chief"])
    assert store.lease("chief", 10**9) is None
    assert store.lease("duty", 3000) is None
    store.settle(delayed(opened, 3000, "HTTP 503"))
    again = store.lease("duty", 20_000)
    assert again is not None
    assert again.announce == "open"
    store.settle(sent(again, 20_000))
    ended = store.lease("duty", 20_000)
    assert ended is not None
    assert ended.announce == "clear"


@pytest.mark.real
def test_the_database_refuses_a_second_open_alert_of_a_key(pool: ConnectionPool) -> None:
    store = PostgresStore(pool)
    first, second = make(HOT), make(HOT)
    store.save(first.hear(0, 90))
    with pytest.raises(StoreRefusedError):
        store.save(second.hear(1, 90))
    assert len(store.load()[0]) == 1


@pytest.mark.real
def test_two_couriers_at_once_never_get_the_same_letter(pool: ConnectionPool, hot: District) -> None:
    store = PostgresStore(pool)
    fired(store, hot, channels=("duty",))
    with pool.connection() as other:
        other.execute("SELECT * FROM outbox FOR UPDATE")
        assert store.lease("duty", 1000) is None
    assert store.lease("duty", 1000) is not None


@pytest.mark.real
def test_every_table_and_its_purpose_are_said_in_the_database(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        silent = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND obj_description(oid) IS NULL"
        ).fetchall()
    assert silent == []


def test_a_database_that_is_not_there_is_named_as_such() -> None:
    pool = ConnectionPool("host=127.0.0.1 port=1 connect_timeout=1", min_size=0, max_size=1, open=True)
    with pool, pytest.raises(StoreDownError):
        PostgresStore(pool, wait_s=0.2).load()
