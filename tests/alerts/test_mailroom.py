"""The mailroom in the database does what the one in memory does; two processes and crashes change nothing of it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool

from alerts.channel import Outcome, words
from alerts.letters import Names
from alerts.model import Action
from alerts.outbox import LEASE_MS
from alerts.people_postgres import PostgresMailroom
from alerts.postgres import PostgresStore
from alerts.routing import Plan, Route, Step
from ioc.migrate import migrate
from tests.alerts.centre import START, Centre, contact, plan

MINUTE = 60_000
ROOT = Path(__file__).parents[2]
LADDER = Route("ladder", (Step(("lan",)), Step(("minh",), 15 * MINUTE)), wait_ms=30_000, interval_ms=60_000)
PEOPLE = plan(contact("lan", "lan", "lan-sms"), contact("minh"), routes=[LADDER])

DYING_COURIER = """
import os, sys
from psycopg_pool import ConnectionPool
from alerts.courier import Courier
from alerts.people_postgres import PostgresMailroom
from alerts.routing import Plan

class Deadly:
    name = "lan"
    def send(self, letter):
        print(letter.key, flush=True)  # it has left
        os.kill(os.getpid(), 9)

with ConnectionPool(sys.argv[1], min_size=1, open=True) as pool:
    Courier(Deadly(), PostgresMailroom(pool, Plan()), clock=lambda: int(sys.argv[2])).step()
"""


@pytest.fixture
def pool(plain_dsn: str) -> Iterator[ConnectionPool]:
    migrate(plain_dsn)
    with ConnectionPool(plain_dsn, min_size=1, max_size=4, open=True) as opened:
        yield opened


def centre(pool: ConnectionPool, people: Plan = PEOPLE) -> Centre:
    """A centre whose steps and people are kept in the database, in one transaction."""
    mailroom = PostgresMailroom(pool, people, lambda: Names({"que-trung": "Quế Trung"}, link="https://ioc.vn"))
    store = PostgresStore(pool, owe=mailroom.owe)
    return Centre(people, mailroom=mailroom, keep=store.save)


def told(found: Centre) -> dict[str, list[tuple[float, str]]]:
    return {name: list(zip(box.times, box.said, strict=True)) for name, box in found.boxes.items()}


def play(found: Centre) -> None:
    """A day of everything: gathered, escalated, worse, acknowledged, over; one way fails for good."""
    found.box("lan").answers = lambda at: Outcome.PERMANENT if 300 < at < 400 else Outcome.SENT
    found.measure(0, 90)
    found.measure(10, 90, device="demo/camera/c2")
    found.measure(320, 90, device="demo/camera/c3", area="que-loc")
    found.run(16 * 60, 5)
    found.measure(16 * 60 + 1, 99)
    first = next(alert for alert in found.engine.alerts.values() if alert.device.endswith("c1"))
    found.ask(17 * 60, Action.ACK, first.id)
    found.measure(18 * 60, 70)
    found.measure(18 * 60 + 1, 70, device="demo/camera/c2")
    found.run(40 * 60, 5)


def test_the_database_tells_the_same_people_the_same_at_the_same_time_as_memory(pool: ConnectionPool) -> None:
    kept, remembered = centre(pool), Centre(PEOPLE)
    play(kept)
    play(remembered)
    assert told(kept) == told(remembered)
    assert told(kept)["lan-sms"]
    assert [said for _, said in told(kept)["minh"]]


def test_two_processes_on_one_database_tell_as_one_does(pool: ConnectionPool) -> None:
    """AC-23: both have an engine, a mailroom and couriers."""
    one, other, alone = centre(pool), centre(pool), Centre(PEOPLE)
    one.measure(0, 90)
    alone.measure(0, 90)
    for second in range(1, 1000, 3):
        for each in (one, other, alone):
            each.run(second)
    counted = {name: len(one.box(name).got) + len(other.box(name).got) for name in one.boxes}
    assert counted == {name: len(box.got) for name, box in alone.boxes.items()} == {"lan": 1, "lan-sms": 0, "minh": 1}


def test_the_step_and_what_it_owes_are_kept_together_or_not_at_all(pool: ConnectionPool) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the power fails")

    found = Centre(PEOPLE, keep=PostgresStore(pool, owe=broken).save)
    with pytest.raises(RuntimeError):
        found.measure(0, 90)
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM alert").fetchone() == (0,)


def test_a_courier_killed_after_sending_means_one_duplicate_under_the_same_key(pool: ConnectionPool) -> None:
    """AC-23: kill -9 between sent and logged."""
    found = centre(pool)
    found.boxes = {}
    found.measure(0, 90)
    found.run(40)
    now = START + 40_000
    died = subprocess.run([sys.executable, "-c", DYING_COURIER, pool.conninfo, str(now)], cwd=ROOT, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert died.returncode == -9, died.stderr
    assert found.mailroom.lease("lan", now + LEASE_MS - 1) is None
    again = found.mailroom.lease("lan", now + LEASE_MS)
    assert again is not None
    assert again.key == died.stdout.strip()
    assert again.attempts == 2


def test_people_are_told_by_the_names_that_they_use(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO device (address, admission, name, changed_at) "
            "VALUES ('demo/camera/c1', 'admitted', 'Camera cổng chợ', now())"
        )
    found = centre(pool)
    found.measure(0, 90)
    found.run(60)
    ((_, letter),) = found.box("lan").got
    title, text = words(letter)  # in their language, also as the database gives it back
    assert "Camera cổng chợ, Quế Trung" in text
    assert title.startswith("CẢNH BÁO (nặng)")


def test_what_a_contact_who_is_gone_was_owed_is_dropped(pool: ConnectionPool) -> None:
    found = centre(pool)
    found.measure(0, 90)
    after = PostgresMailroom(pool, plan(contact("chief")))
    after.advance(START + 60_000)
    with pool.connection() as connection:
        assert connection.execute("SELECT state FROM notice").fetchall() == [("dropped",)]


def test_the_oldest_message_that_nobody_carries_is_known(pool: ConnectionPool) -> None:
    found = centre(pool)
    found.boxes = {}
    found.measure(0, 90)
    found.run(31)
    mailroom = PostgresMailroom(pool, PEOPLE)
    assert mailroom.oldest_due(["lan"]) == START + 30_000
    assert mailroom.oldest_due(["minh"]) is None
    assert mailroom.channels_due(START + 29_000) == []
    assert mailroom.channels_due(START + 30_000) == ["lan"]


def test_a_receipt_is_kept_with_the_message(pool: ConnectionPool) -> None:
    found = centre(pool)
    found.measure(0, 90)
    found.run(31)
    with pool.connection() as connection:
        kept = connection.execute("SELECT state, receipt, error FROM message").fetchall()
    assert kept == [("sent", "sent", None)]


def test_what_waits_for_a_channel_that_is_no_more_goes_by_the_first_way_that_is(pool: ConnectionPool) -> None:
    found = centre(pool)
    found.boxes = {}
    found.measure(0, 90)
    found.run(31)
    after = PostgresMailroom(pool, plan(contact("lan", "lan-mail"), contact("minh"), routes=[LADDER]))
    after.begin(["lan-mail", "minh"], found.now)
    letter = after.lease("lan-mail", found.now)
    assert letter is not None
    assert letter.key.endswith(".0")
    assert after.lease("lan", found.now) is None


def test_an_alert_is_kept_also_where_nobody_can_tell_whom_it_concerns(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr("alerts.people_postgres.owe", broken)
    centre(pool).measure(0, 90)
    with pool.connection() as connection:
        assert connection.execute("SELECT condition FROM alert").fetchall() == [("firing",)]
    assert [record.action for record in caplog.records] == ["owing_failed"]  # type: ignore[attr-defined]
