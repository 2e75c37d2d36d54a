"""What rules with a memory are given after a restart, from the real database."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from alerts.engine import Engine
from alerts.postgres import PostgresStore
from alerts.rule import Rule
from alerts.rulebook import read_rules
from alerts.rulefile import default_rules
from ingest.model import Event, Heard
from ioc import memories
from ioc.accounts.store import Pool
from ioc.alerting import wire_alerts
from ioc.lifecycle import Stops
from ioc.memories import Remembering, wire_memories
from ioc.migrate import migrate
from ioc.settings import Settings
from ioc.site import NOBODY
from ioc.wiring import open_pool
from tests.alerts.conftest import view

NOW = 1_795_320_000_000
CAMERA = "demo/camera/c1"
SPEAKER = "demo/loudspeaker/l1"
MINUTE = 60_000
RULES = (
    {"name": "reboots", "kind": "repeated", "family": "camera", "event": "reboot", "times": 4, "within": "1h"},
    {"name": "heat", "kind": "event", "event": "heat", "lasts": "1h"},
    {"name": "there", "kind": "availability", "below": 95, "over": "24h"},
    {"name": "hotter", "kind": "rate", "family": "camera", "metric": "temperature_c", "above": 1, "over": "10m"},
    {"name": "odd", "kind": "rate", "metric": "flux_total", "above": 1, "over": "10m"},
    {"name": "late", "kind": "service", "numerator": "good", "denominator": "all", "below": 90, "over": "1h"},
)


@pytest.fixture
def stops() -> Iterator[Stops]:
    with Stops() as opened:
        yield opened


class Given:
    """Who is given memories."""

    def __init__(self) -> None:
        self.expected: list[str] = []
        self.made: dict[str, dict[str, Any] | None] = {}

    def expect(self, rules: Any) -> None:
        self.expected += [rule.name for rule in rules]

    def remember(self, rule: Rule, made: Any) -> None:
        self.made[rule.name] = None if made is None else {device: what.memory for device, what in made.items()}


def rules() -> tuple[Rule, ...]:
    return tuple(read_rules({"severity": "minor", **rule} for rule in RULES))


def keep(dsn: str) -> None:
    """Two cameras, of which one is not admitted, and an hour of what they said."""
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        devices = [("admitted", CAMERA), ("pending", "demo/camera/c2")]
        for admission, address in devices:
            row = connection.execute(
                "INSERT INTO device (address, admission) VALUES (%s, %s) RETURNING id", [address, admission]
            ).fetchone()
            assert row is not None
            _say(connection, row[0])


def _say(connection: psycopg.Connection[Any], device: int) -> None:
    execute = connection.cursor().executemany
    reboots = [(ident, "reboot", "start", ago) for ident, ago in (("a", 70), ("b", 50), ("c", 40), ("d", 30))]
    events = [*reboots,
              ("h", "heat", "start", 20), ("g", "heat", "start", 15), ("g", "heat", "end", 10)]  # fmt: skip
    execute("INSERT INTO event (ts, received_at, device_id, id, type, phase)"
            " VALUES (to_timestamp(%s), to_timestamp(%s), %s, %s, %s, %s)",
            [(*_ago(minutes), device, ident, kind, phase) for ident, kind, phase, minutes in events])  # fmt: skip
    notes = [(1500, "in"), (120, "out"), (60, "in"), (5, "unknown")]
    execute("INSERT INTO presence (ts, device_id, state) VALUES (to_timestamp(%s), %s, %s)",
            [(_ago(minutes)[0], device, state) for minutes, state in notes])  # fmt: skip
    readings = [
        (20, 10.0, {}),
        (8, 40.0, {"flux_total": 5}),
        (4, 41.5, {"good": 1, "all": 4}),
        (3, None, {"temperature_c": None}),
    ]
    execute("INSERT INTO reading_camera (ts, received_at, device_id, temperature_c, more)"
            " VALUES (to_timestamp(%s), to_timestamp(%s), %s, %s, %s)",
            [(*_ago(minutes), device, value, Jsonb(more)) for minutes, value, more in readings])  # fmt: skip


def _ago(minutes: int) -> tuple[float, float]:
    return NOW / 1000 - minutes * 60 - 1, NOW / 1000 - minutes * 60


def test_every_kind_remembers_what_the_database_holds_of_its_window_and_nothing_else(
    edition: Any, stops: Stops
) -> None:
    keep(edition.dsn)
    given = Given()
    wire_memories(open_pool(edition.dsn, stops), rules(), given.expect, given.remember, NOW, stops)
    stops.__exit__()
    assert given.expected == ["reboots", "heat", "there", "hotter", "odd", "late"]
    assert given.made == {
        "reboots": {CAMERA: (NOW - 50 * MINUTE, NOW - 40 * MINUTE, NOW - 30 * MINUTE)},
        "heat": {CAMERA: {"h": NOW + 40 * MINUTE}},
        "there": {CAMERA: tuple((NOW - at * MINUTE - 1000, there) for at, there in
                                [(1500, True), (120, False), (60, True), (5, None)])},
        "hotter": {CAMERA: ((NOW - 8 * MINUTE, 40.0), (NOW - 4 * MINUTE, 41.5))},
        "odd": {CAMERA: ((NOW - 8 * MINUTE, 5.0),)},
        "late": {CAMERA: ((NOW - 4 * MINUTE, 1.0, 4.0),)},
    }  # fmt: skip


@pytest.mark.real
def test_three_reboots_before_a_restart_and_one_after_it_are_told(plain_dsn: str, stops: Stops) -> None:
    keep(plain_dsn)
    engine = Engine(rules(), now=NOW, evaluated_at=NOW)
    give = lambda rule, made: engine.remember(rule, made, NOW)  # noqa: E731 - for once in this thread's stead
    wire_memories(open_pool(plain_dsn, stops), rules(), engine.expect, give, NOW, stops)
    engine.observe(Heard(NOW, (view(device=CAMERA),)))
    reboot = Event(CAMERA, NOW, "e", "reboot", "start", NOW + MINUTE)
    told = [step for step in engine.observe(Heard(NOW + MINUTE, (), (), (reboot,))) if step.announce]
    assert [(step.alert.rule, step.alert.value) for step in told] == [("reboots", 4)]


@pytest.mark.real
def test_what_is_stored_after_the_start_is_not_remembered_twice(plain_dsn: str, stops: Stops) -> None:
    migrate(plain_dsn)
    given, pool = Given(), open_pool(plain_dsn, stops)
    with memories._snapshot(pool) as connection:
        keep(plain_dsn)
        Remembering(connection, NOW, lambda: False).run(rules(), given.remember)
    assert set(given.made) == {rule.name for rule in rules()}
    assert not any(given.made.values())


@pytest.mark.real
def test_where_it_takes_too_long_the_rules_left_begin_anew_and_the_log_says_so(
    plain_dsn: str, stops: Stops, caplog: pytest.LogCaptureFixture
) -> None:
    keep(plain_dsn)
    given, asked = Given(), iter((False, True))
    with memories._snapshot(open_pool(plain_dsn, stops)) as connection:
        Remembering(connection, NOW, lambda: next(asked)).run(rules()[:2], given.remember)
    assert given.made["reboots"]
    assert given.made["heat"] is None
    assert [record.rules for record in caplog.records if record.levelno == logging.WARNING] == [["heat"]]  # type: ignore[attr-defined]


def test_a_database_that_is_away_stops_nothing(
    stops: Stops, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    monkeypatch.setattr(memories, "WAIT_S", 0.1)
    given = Given()
    pool: Pool = open_pool("postgresql://127.0.0.1:1/none", stops)
    wire_memories(pool, default_rules(), given.expect, given.remember, NOW, stops)
    assert given.expected == []
    assert "rules with a memory begin anew" in caplog.messages


@pytest.mark.real
def test_a_start_waits_a_moment_and_no_longer(plain_dsn: str, stops: Stops, monkeypatch: Any) -> None:
    keep(plain_dsn)
    monkeypatch.setattr(memories, "WAIT_S", 0.05)
    given, may = Given(), threading.Event()
    stops.add("let it go on", may.set)

    def slowly(rule: Rule, made: Any) -> None:
        may.wait()
        given.remember(rule, made)

    wire_memories(open_pool(plain_dsn, stops), rules(), given.expect, slowly, NOW, stops)
    assert given.expected
    assert not given.made
    may.set()


@pytest.mark.real
def test_an_alert_of_an_event_that_began_before_a_restart_clears_when_its_time_is_over(plain_dsn: str) -> None:
    migrate(plain_dsn)
    start = Event(SPEAKER, NOW, "e", "amp_overtemp", "start", NOW)
    with psycopg.connect(plain_dsn) as connection:
        connection.execute("INSERT INTO device (address, admission) VALUES (%s, 'admitted')", [SPEAKER])
        connection.execute("INSERT INTO event (ts, received_at, device_id, id, type, phase)"
                           " SELECT to_timestamp(%s), to_timestamp(%s), id, 'e', 'amp_overtemp', 'start' FROM device",
                           [NOW / 1000, NOW / 1000])  # fmt: skip
    assert run(plain_dsn, NOW, Heard(NOW, (view(device=SPEAKER),), (), (start,))) == ["loudspeaker-overtemp"]
    later = NOW + 20 * MINUTE
    assert run(plain_dsn, later, Heard(later, (view(device=SPEAKER),))) == ["loudspeaker-overtemp"]
    later = NOW + 31 * MINUTE
    assert run(plain_dsn, later, Heard(later, (view(device=SPEAKER),))) == []


def run(dsn: str, now: int, heard: Heard) -> list[str]:
    """Start the alerts as a centre does, let them hear this, and end them; the rules whose alert fires then."""
    with Stops() as stops:
        pool, given = open_pool(dsn, stops), msgspec.convert({}, Settings)
        service = wire_alerts(given, NOBODY, pool, "mqtt://127.0.0.1:1", stops, lambda _steps: None, lambda: now)
        service.hear(heard)
        service.tick(now)
        return [alert.rule for alert in PostgresStore(pool).list(is_open=True) if alert.condition == "firing"]
