"""A webhook against a real HTTP server, and the courier that carries letters to it."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from alerts import outbox, posting
from alerts.channel import Outcome, Receipt
from alerts.channels.webhook import Webhook, open_webhook
from alerts.courier import Courier
from alerts.outbox import Delivery, Letter
from alerts.store import MemoryStore
from alerts.switchboard import kinds, open_channels
from tests.alerts.conftest import HOT, make


@dataclass
class Desk:
    """A receiver: what it got, and what it answers."""

    url: str = ""
    status: int = 204
    silent: threading.Event | None = None
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.got.append((dict(self.headers), body))
            if desk.silent is not None:
                desk.silent.wait(10)
            self.send_response(desk.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        desk.url = f"http://127.0.0.1:{server.server_port}/hook?token=s3cret"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield desk
        if desk.silent is not None:
            desk.silent.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def channel(desk: Desk) -> Iterator[Webhook]:
    opened = Webhook("duty", desk.url)
    yield opened
    opened.close()


@pytest.fixture
def letter() -> Letter:
    steps = make({**HOT, "title": {"vi": "Camera quá nóng", "en": "Camera is too hot"}}).hear(0, 90)
    return outbox.post(steps[0], ["duty"], [])[0]


@pytest.fixture
def store(letter: Letter) -> MemoryStore:
    store = MemoryStore()
    store.letters[letter.key] = letter
    return store


def test_a_letter_arrives_as_a_cloud_event_in_both_languages(desk: Desk, channel: Webhook, letter: Letter) -> None:
    assert channel.send(letter) == Receipt(Outcome.SENT, "HTTP 204")
    ((headers, event),) = desk.got
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert headers["Idempotency-Key"] == event["id"] == letter.key
    assert (event["specversion"], event["type"], event["source"]) == ("1.0", "ioc.alert.open", "/ioc/demo")
    assert event["subject"] == "demo/camera/c1"
    assert "Camera quá nóng" in event["data"]["text"]["vi"]
    assert "Camera is too hot" in event["data"]["text"]["en"]
    assert event["data"]["alert"]["value"] == 90


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.SENT),
        (202, Outcome.SENT),
        (408, Outcome.TEMPORARY),
        (429, Outcome.TEMPORARY),
        (500, Outcome.TEMPORARY),
        (503, Outcome.TEMPORARY),
        (302, Outcome.PERMANENT),
        (400, Outcome.PERMANENT),
        (404, Outcome.PERMANENT),
        (410, Outcome.PERMANENT),
    ],
)
def test_the_status_decides_whether_to_try_again(
    desk: Desk, channel: Webhook, letter: Letter, status: int, outcome: Outcome
) -> None:
    desk.status = status
    assert channel.send(letter) == Receipt(outcome, f"HTTP {status}")
    assert len(desk.got) == 1  # a redirect is not followed


def test_a_receiver_that_does_not_answer_is_given_up_for_now(
    desk: Desk, channel: Webhook, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posting.TIMEOUT, "read", 0.1)
    desk.silent = threading.Event()
    assert channel.send(letter) == Receipt(Outcome.TEMPORARY, "ReadTimeout")


def test_a_receiver_that_is_not_there_is_tried_again(letter: Letter) -> None:
    channel = Webhook("duty", "http://127.0.0.1:1/hook")
    assert channel.send(letter) == Receipt(Outcome.TEMPORARY, "ConnectError")
    channel.close()


def test_all_its_waiting_together_is_less_than_a_lease() -> None:
    assert sum(posting.TIMEOUT.values()) * 1000 < outbox.LEASE_MS


def test_the_address_is_never_logged(
    desk: Desk, channel: Webhook, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.status = 500
    Courier(channel, store, clock=lambda: 0).step()
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "letter_carried" in said
    assert "s3cret" not in said
    assert "/hook" not in said


@pytest.mark.parametrize("options", [{}, {"url": "ftp://x"}, {"url": 3}, {"url": "https://x", "ur": "s3cret"}])
def test_a_wrong_address_is_refused_without_being_shown(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="takes one option, url") as caught:
        open_webhook("duty", options)
    assert "s3cret" not in str(caught.value)


def test_channels_are_opened_by_kind_and_name(desk: Desk) -> None:
    assert "webhook" in kinds()
    (opened,) = open_channels([{"name": "duty", "kind": "webhook", "url": desk.url}])
    assert opened.name == "duty"
    with pytest.raises(ValueError, match="kind is one of alertmanager"):
        open_channels([{"name": "duty", "kind": "webhok"}])
    with pytest.raises(ValueError, match="a name of its own"):
        open_channels([{"kind": "webhook", "url": desk.url}])


def test_a_courier_carries_what_is_due_and_then_has_nothing_to_do(
    desk: Desk, channel: Webhook, store: MemoryStore
) -> None:
    courier = Courier(channel, store, clock=lambda: 0)
    assert [courier.step(), courier.step()] == [True, False]
    assert len(desk.got) == 1
    assert courier.counts["sent"] == 1


def test_a_courier_tries_again_in_time(desk: Desk, channel: Webhook, store: MemoryStore) -> None:
    now = 0
    courier = Courier(channel, store, clock=lambda: now)
    desk.status = 503
    courier.step()
    assert not courier.step()
    desk.status, now = 200, 15_000
    assert courier.step()
    assert [headers["Idempotency-Key"] for headers, _ in desk.got] == [desk.got[0][1]["id"]] * 2
    assert [letter.state for letter in store.letters.values()] == [Delivery.SENT]


def test_a_courier_killed_after_sending_means_one_duplicate_under_the_same_key(
    desk: Desk, channel: Webhook, store: MemoryStore
) -> None:
    class Killed(BaseException):
        """`kill -9` between the answer and its record."""

    now = 0
    courier = Courier(channel, store, clock=lambda: now)
    settle, store.settle = store.settle, _raise(Killed)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        courier.step()
    store.settle = settle  # type: ignore[method-assign]
    successor = Courier(channel, store, clock=lambda: now)
    assert not successor.step()
    now = outbox.LEASE_MS
    assert successor.step()
    assert not successor.step()
    assert len(desk.got) == 2
    assert len({event["id"] for _, event in desk.got}) == 1


def test_a_courier_stops_when_told_to(channel: Webhook) -> None:
    stop = threading.Event()
    courier = Courier(channel, MemoryStore(), clock=lambda: 0)
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()
    stop.set()
    courier.ring()
    thread.join(2)
    assert not thread.is_alive()


def test_a_courier_who_is_rung_looks_at_once(desk: Desk, channel: Webhook, letter: Letter) -> None:
    store, stop = MemoryStore(), threading.Event()
    looked = threading.Event()
    lease = store.lease
    store.lease = lambda *asked: (looked.set(), lease(*asked))[1]  # type: ignore[method-assign]
    courier = Courier(channel, store, clock=lambda: 0)
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()
    assert looked.wait(5)  # and has found nothing: it now waits for 15 s
    store.letters[letter.key] = letter
    courier.ring()
    for _ in range(500):
        if desk.got:
            break
        threading.Event().wait(0.01)
    stop.set()
    courier.ring()
    thread.join(5)
    assert len(desk.got) == 1


def _raise(error: type[BaseException]) -> Any:
    def raising(*_: object) -> None:
        raise error

    return raising
