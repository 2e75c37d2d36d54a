"""The engine at work with a store and a wall."""

import threading
from collections.abc import Sequence

import pytest

from alerts.alertmanager import Outside, report
from alerts.engine import Engine
from alerts.errors import StoreDownError, StoreRefusedError
from alerts.model import Action, Severity, Transition
from alerts.recollection import Recollection
from alerts.rulebook import read_rules
from alerts.service import AlertService
from alerts.store import MemoryStore
from alerts.suppression import Scope, Silence
from ingest.model import Event, Heard
from tests.alerts.conftest import CAMERA, GONE, HOT, SILENT, request, sample, view


class FrailStore(MemoryStore):
    """One that can be away, and that refuses what it is told to."""

    away = False
    refuses = ""

    def save(self, steps: Sequence[Transition], **owed: object) -> None:
        self._check()
        if any(step.alert.device == self.refuses for step in steps):
            raise StoreRefusedError("no")
        super().save(steps, **owed)  # type: ignore[arg-type]

    def requests(self, limit: int = 100) -> tuple[object, ...]:  # type: ignore[override]
        self._check()
        return super().requests(limit)

    def _check(self) -> None:
        if self.away:
            raise StoreDownError("away")


class Wall(list[Transition]):
    """Whatever was published."""

    def show(self, steps: Sequence[Transition]) -> None:
        self.extend(steps)


@pytest.fixture
def store() -> FrailStore:
    return FrailStore()


@pytest.fixture
def wall() -> Wall:
    return Wall()


def serve(store: MemoryStore, wall: Wall, **options: int) -> AlertService:
    return AlertService(
        Engine(read_rules([HOT])), store, publish=wall.show, channels=["duty"], backlog=options.get("backlog", 100)
    )


def hot(at_s: int, *devices: str, value: float = 90) -> Heard:
    named = [f"demo/camera/{device}" for device in devices or ("c1",)]
    return Heard(
        at_s * 1000,
        tuple(view(device=name) for name in named),
        tuple(sample(at_s, value, device=name) for name in named),
    )


def test_a_step_is_saved_and_shown(store: FrailStore, wall: Wall) -> None:
    serve(store, wall).hear(hot(0))
    assert [step.announce for step in wall] == ["open"]
    assert len(store.load()[0]) == 1
    assert len(store.letters) == 1


def test_while_the_database_is_away_the_wall_is_told_at_once_and_the_rest_is_kept(
    store: FrailStore, wall: Wall
) -> None:
    service = serve(store, wall)
    store.away = True
    service.hear(hot(0))
    service.hear(hot(1, value=70))
    assert [step.announce for step in wall] == ["open", "clear"]
    assert service.stats()["unsaved"] == 2
    store.away = False
    service.tick(3000)
    assert service.stats()["unsaved"] == 0
    _, timeline = store.get(wall[0].alert.id) or (None, ())
    assert [entry.announce for entry in timeline] == ["open", "clear"]
    assert [step.announce for step in wall] == ["open", "clear"]  # shown once


def test_a_database_that_is_away_is_not_asked_with_every_step(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    store.away = True
    service.hear(hot(0))
    store.away = False
    service.hear(hot(1, "c2"))
    assert service.stats()["unsaved"] == 2
    service.tick(2000)
    assert service.stats()["unsaved"] == 0


def test_what_waits_for_the_database_is_bounded_and_the_loss_counted(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall, backlog=3)
    store.away = True
    service.hear(hot(0, *(f"c{number}" for number in range(5))))
    assert service.stats() | {"unsaved": 3, "dropped": 2} == service.stats()
    assert len(wall) == 5


def test_one_step_the_database_refuses_stops_no_other(
    store: FrailStore, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    service = serve(store, wall)
    store.refuses = "demo/camera/c2"
    service.hear(hot(0, "c1", "c2", "c3"))
    assert {alert.device for alert in store.load()[0]} == {"demo/camera/c1", "demo/camera/c3"}
    assert service.stats()["refused"] == 1
    assert [record.action for record in caplog.records] == ["alert_refused"]  # type: ignore[attr-defined]


def test_what_an_operator_asks_is_done_at_the_next_tick(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    service.hear(hot(0))
    store.request(request(wall[0].alert.id, Action.ACK, 1))
    service.tick(1000)
    answer = store.answer("r1")
    assert answer is not None
    assert (answer.outcome, answer.done_at) == ("done", 1000)
    assert wall[-1].alert.acked
    assert store.load()[0][0].acked


def test_what_cannot_be_done_is_answered_with_the_reason(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    service.hear(hot(0))
    store.request(request(wall[0].alert.id, Action.CLOSE, 1))
    service.tick(1000)
    answer = store.answer("r1")
    assert answer is not None
    assert answer.outcome == "still_active"
    assert "acknowledge it" in (answer.detail or "")


def test_a_request_is_done_once_also_when_the_database_goes_away_meanwhile(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    service.hear(hot(0))
    store.request(request(wall[0].alert.id, Action.COMMENT, 1, text="một lần"))
    asked = store.requests()
    store.away = True
    service._answer(asked, 1000)
    store.away = False
    service.tick(2000)
    service.tick(3000)
    service.tick(4000)
    assert [step.comment for step in wall].count("một lần") == 1
    assert store.answer("r1") is not None
    assert store.requests() == ()


def test_the_time_of_evaluation_is_kept_every_few_seconds(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    kept = []
    for now in range(10_000, 22_000, 1000):
        service.tick(now)
        kept.append(store.load()[1])
    assert kept[0] == 10_000
    assert kept[4] == 10_000
    assert kept[5] == 15_000


def test_the_wall_is_shown_what_was_open_before_a_restart(store: FrailStore, wall: Wall) -> None:
    serve(store, wall).hear(hot(0))
    alerts, evaluated_at = store.load()
    engine = Engine(read_rules([HOT]), alerts, now=60_000, evaluated_at=evaluated_at)
    service = AlertService(engine, store, publish=wall.show)
    service.begin(60_000)
    service.tick(60_000)
    assert [(step.cause, step.announce) for step in wall] == [("ripe", "open"), ("restart", None)]


def test_what_goes_along_is_called_with_each_tick_and_its_failure_stops_nothing(store: FrailStore, wall: Wall) -> None:
    service, called = serve(store, wall), list[int]()

    def broken(_now: int) -> None:
        raise KeyError("a fault of ours")

    service.accompany(broken)
    service.accompany(called.append)
    service.tick(1000)
    service.tick(2000)
    assert called == [1000, 2000]


def test_while_the_database_is_away_nothing_goes_along(store: FrailStore, wall: Wall) -> None:
    service, called = serve(store, wall), list[int]()
    service.accompany(called.append)
    store.away = True
    service.tick(1000)
    assert called == []


def test_what_others_judged_is_saved_and_shown_like_our_own(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    disk = Outside("d15c", "DiskFull", Severity.MAJOR, "Đĩa sắp đầy", "que-trung", firing=True, starts_at=0)
    service.report([report(disk, "demo", 1000)], 1000)
    assert [step.announce for step in wall] == ["open"]
    assert [alert.rule for alert in store.load()[0]] == ["alertmanager"]


def test_changed_rules_are_taken_up_within_seconds_and_end_what_they_no_longer_support(
    store: FrailStore, wall: Wall
) -> None:
    waiting = [read_rules([])]
    service = AlertService(
        Engine(read_rules([HOT])), store, publish=wall.show, rules=lambda: waiting.pop() if waiting else None
    )
    service.hear(hot(0))
    service.tick(5000)
    assert [(step.announce, step.alert.outcome) for step in wall] == [("open", None), ("withdrawn", "rule_removed")]
    assert store.load()[0] == ()


def test_after_time_leapt_nobody_is_absent_for_a_while(
    store: FrailStore, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    service = AlertService(Engine(read_rules([GONE])), store, publish=wall.show)
    service.tick(1000)
    service.tick(3_600_000)  # we slept, or the clock was set
    service.hear(Heard(3_600_500, (view(SILENT),)))
    for second in range(3601, 3689):
        service.tick(second * 1000)
    assert not wall
    service.tick(3_690_000)
    assert [step.announce for step in wall] == ["open"]
    assert [record.action for record in caplog.records] == ["time_leapt"]  # type: ignore[attr-defined]


def test_a_silence_written_down_is_in_force_with_the_next_tick(store: FrailStore, wall: Wall) -> None:
    service = serve(store, wall)
    service.tick(0)
    store.add_quiet(Silence("s1", Scope(rules=("camera-hot",)), 0, 60_000, "lan", "thử"))
    service.tick(1000)
    service.hear(hot(2))
    assert [step.announce for step in wall] == [None]
    assert len(store.letters) == 0
    store.end_quiet(Silence, "s1", "lan", 3000)
    service.tick(3000)
    service.hear(hot(4))
    assert [step.announce for step in wall if step.announce] == ["open"]


def test_memories_given_from_any_thread_are_taken_up_before_what_is_heard_next(wall: Wall) -> None:
    (rule,) = read_rules([{"name": "reboots", "kind": "repeated", "event": "reboot", "times": 3, "within": "1h",
                           "severity": "minor"}])  # fmt: skip
    service = AlertService(Engine([rule]), MemoryStore(), publish=wall.show)
    service.expect([rule])
    service.hear(Heard(0, (view(),)))
    thread = threading.Thread(target=service.remember, args=(rule, {CAMERA: Recollection((0, 1))}))
    thread.start()
    thread.join()
    service.hear(Heard(2, (), (), (Event(CAMERA, 2, "e", "reboot", "start", 2),)))
    assert [str(step.announce) for step in wall if step.announce] == ["open"]
