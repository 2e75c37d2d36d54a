"""The dead man's switch: a beat only while the engine really ticks and the outbox moves; silence when it dies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty

import httpx
import pytest
from realparts.alertmanager import Alertmanager

from alerts.errors import StoreDownError
from alerts.heartbeat import STUCK_MS, TICK_MS, Vitals, ailment
from alerts.pulse import Pulse
from ioc.clock import now_ms
from tests.alerts.desks import Desk, open_desk

ROOT = Path(__file__).parents[2]
EVERY_S = 0.2

ENGINE = """
import sys, threading, time
from alerts.pulse import Pulse
pulse = Pulse("ns", sys.argv[1], "ping", float(sys.argv[2]), oldest_due=lambda: None)
now = lambda: int(time.time() * 1000)
threading.Thread(target=pulse.run, args=(threading.Event(), now), daemon=True).start()
frozen = threading.Event()
while not frozen.wait(0.02):
    pulse.tick(now())
"""


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        yield opened


@pytest.fixture
def engine(desk: Desk) -> Iterator[subprocess.Popen[bytes]]:
    """A process with an engine's tick and a pulse, which has beaten."""
    command = [sys.executable, "-c", ENGINE, desk.url + "/ping/s3cret", str(EVERY_S)]
    process = subprocess.Popen(command, cwd=ROOT)
    desk.queue.get(timeout=30)
    yield process
    process.kill()
    process.wait()


def silent(desk: Desk, seconds: float) -> bool:
    """Whether nothing comes for so long, once what was under way has arrived."""
    with suppress(Empty):
        desk.queue.get(timeout=EVERY_S)
    try:
        desk.queue.get(timeout=seconds)
    except Empty:
        return True
    return False


def test_a_living_engine_beats_at_each_period(desk: Desk, engine: subprocess.Popen[bytes]) -> None:
    for _ in range(3):
        desk.queue.get(timeout=10 * EVERY_S)
    assert set(desk.requests) == {"POST /ping/s3cret"}
    assert engine.poll() is None


@pytest.mark.parametrize("stroke", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_or_frozen_engine_is_silent(desk: Desk, engine: subprocess.Popen[bytes], stroke: int) -> None:
    """AC-41: the outside hears nothing from then on, so it cries out within twice its period."""
    os.kill(engine.pid, stroke)
    assert silent(desk, 4 * EVERY_S)
    if stroke == signal.SIGSTOP:
        os.kill(engine.pid, signal.SIGCONT)
        desk.queue.get(timeout=10)


@pytest.mark.parametrize(
    ("vitals", "why"),
    [
        (Vitals(None), "engine_stands"),
        (Vitals(1_000_000 - TICK_MS), None),
        (Vitals(1_000_000 - TICK_MS - 1), "engine_stands"),
        (Vitals(1_000_000, 1_000_000 - STUCK_MS), None),
        (Vitals(1_000_000, 1_000_000 - STUCK_MS - 1), "outbox_stands"),
        (Vitals(1_000_000, known=False), "database_away"),
    ],
)
def test_a_beat_is_a_promise_that_the_engine_ticks_and_the_outbox_moves(vitals: Vitals, why: str | None) -> None:
    assert ailment(vitals, 1_000_000) == why


def test_an_engine_thread_that_hangs_is_silent_though_its_process_lives(desk: Desk) -> None:
    pulse = Pulse("ns", desk.url, "ping", 60, oldest_due=lambda: None)
    pulse.tick(0)
    assert [pulse.step(0), pulse.step(TICK_MS + 1)] == [True, False]
    assert len(desk.got) == 1


def test_without_the_database_there_is_no_beat(desk: Desk) -> None:
    def away() -> int:
        raise StoreDownError("away")

    pulse = Pulse("ns", desk.url, "ping", 60, oldest_due=away)
    pulse.tick(0)
    assert pulse.step(0) is False
    assert desk.got == []


def test_a_beat_that_does_not_arrive_is_said_in_the_log_without_its_address(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.status = 500
    pulse = Pulse("ns", desk.url + "/s3cret", "ping", 60, oldest_due=lambda: None)
    pulse.tick(0)
    assert [pulse.step(0) for _ in range(3)] == [False] * 3
    (record,) = caplog.records
    assert record.why == "HTTP 500"  # type: ignore[attr-defined]
    assert "s3cret" not in caplog.text


def test_it_stops_when_told_to(desk: Desk) -> None:
    pulse, stop = Pulse("ns", desk.url, "ping", 60, oldest_due=lambda: None), threading.Event()
    thread = threading.Thread(target=pulse.run, args=(stop, lambda: 0))
    thread.start()
    stop.set()
    thread.join(2)
    assert not thread.is_alive()


@pytest.mark.real
def test_a_real_alertmanager_holds_the_watchdog_until_the_beats_end(
    make_alertmanager: Callable[[str], Alertmanager],
) -> None:
    server = make_alertmanager("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    now = now_ms()
    pulse = Pulse("ns", f"{server.url}/api/v2/alerts", "alertmanager", 0.3, oldest_due=lambda: None)
    pulse.tick(now)
    assert pulse.step(now)
    listed = httpx.get(f"{server.url}/api/v2/alerts").json()
    assert [each["labels"] for each in listed] == [{"alertname": "IocWatchdog", "severity": "none", "site": "ns"}]
    threading.Event().wait(1.2)  # no beat for four periods
    assert httpx.get(f"{server.url}/api/v2/alerts").json() == []
