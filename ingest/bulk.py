"""The reader that takes many messages at a time: one receive, one loop over its bytes, one send of receipts.

It works in the thread of whoever takes; only opening a connection has a thread of its own. It takes no more from
the socket than it is asked for, so that the broker keeps the rest. It decides nothing about messages; what the
bytes mean and when the broker is dead, `ingest.conversation` says.
"""

import logging
import random
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final

from ingest.conversation import Conversation
from ingest.dialler import Dialler, tls_context
from ingest.errors import BrokerClosedError, BrokerRefusedError, IngestError
from ingest.model import Message
from ingest.outgoing import Outgoing
from ingest.packets.encode import DISCONNECT, Login
from ingest.presence import Hearing
from ingest.reader import QUIET_S, SMALLEST_WINDOW, BrokerUrl

_log = logging.getLogger(__name__)
_RECEIVE: Final = 1 << 18  # bytes at a time
_NAP_S: Final = 0.001  # while messages flow, some are let come together: a receive for each would cost more than they
_LONGEST_WAIT_S: Final = 1.0
_GOODBYE_S: Final = 0.5
_WRITE: Final = selectors.EVENT_READ | selectors.EVENT_WRITE


class BulkReader:
    """Brings the messages of some topic filters over one connection; speaks MQTT 3.1.1, or 5 if `five`.

    After a loss it connects again after a pause that grows from `pauses[0]` to `pauses[1]` seconds, of which
    `dice` takes any part (full jitter): a hundred centres do not come back at the same moment.
    """

    def __init__(
        self, url: BrokerUrl, client_id: str, filters: Sequence[str], now: Callable[[], int], *,
        ca_file: str | None = None, five: bool = False, most_unacknowledged: int = 20_000, keepalive_s: int = 30,
        pauses: tuple[float, float] = (1, 10), dice: random.Random | None = None, unwanted: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.received = 0
        self.hearing = Hearing(0, deaf_since=now())
        self.session_present: bool | None = None  # of the last connection; `None` before the first
        self._url, self._filters, self._now, self._pauses = url, tuple(filters), now, pauses
        self._unwanted = tuple(unwanted)
        self._login = Login(client_id, url.user, url.password, keepalive_s, five, most_unacknowledged)
        self._tls = tls_context(url, ca_file)
        self._dice = dice or random.Random()  # noqa: S311 - spreads reconnects; guards nothing
        self._outgoing = Outgoing(five=five)
        self._waiting: list[Message] = []
        self._lock = threading.Lock()  # around the connection: `stop` comes from another thread
        self._stopping = threading.Event()
        self._bell, self._listener = socket.socketpair()
        self._bell.setblocking(False)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._socket: socket.socket | None = None
        self._talk: Conversation | None = None
        self._dialler: Dialler | None = None
        self._dial_at: float | None = None
        self._generation = self._failures = 0
        self._began = 0.0
        self._said = ""

    def start(self) -> None:
        """Begin to connect; all else happens in `take`."""
        self._dial_at = monotonic()

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:
        """Up to `most` messages; waits `timeout_s` for the first, then `linger_s` for company."""
        with self._lock:
            until, lingering = monotonic() + timeout_s, False
            while not self._stopping.is_set():
                came = self._turn(most)
                have, now = len(self._waiting), monotonic()
                if have and not lingering:
                    until, lingering = now + linger_s, True
                left = until - now
                if have >= most or left <= 0:
                    break
                if came:
                    self._stopping.wait(min(left, _NAP_S))
                elif have < SMALLEST_WINDOW:
                    self._wait(left)
                elif not self._wait(min(left, QUIET_S)):
                    break
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def ack(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are kept, in their order; those of an earlier connection come again."""
        with self._lock, self._losing():
            if self._talk is not None:
                self._talk.acknowledge(messages)
                self._flush(self._talk)

    def tend(self) -> None:
        """Keep the line alive without taking."""
        with self._lock, self._losing():
            if self._talk is not None:
                self._talk.ping(monotonic())
                self._flush(self._talk)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1, at the next `take`, or as soon as the broker is there."""
        if not self._outgoing.add(topic, payload):
            _log.warning("too many orders wait for the broker; one is dropped", extra={"action": "order_dropped"})
        self._ring()

    def stop(self) -> None:
        """Close the line; the session stays with the broker. What was taken and not acknowledged comes again."""
        self._stopping.set()
        self._ring()
        with self._lock:
            if self._dialler is not None:
                self._dialler.give_up()
            with suppress(OSError):
                self._leave()
            self._drop()
            self._selector.close()
            self._bell.close()
            self._listener.close()

    def _turn(self, most: int) -> bool:
        """One round without waiting: connect, receive, ping, send; says whether bytes came."""
        with self._losing():
            if self._talk is None:
                self._connect()
            if self._talk is not None:
                return self._exchange(self._talk, most)
        return False

    def _connect(self) -> None:
        if self._dialler is None:
            if self._dial_at is not None and monotonic() >= self._dial_at:
                self._dialler = Dialler(self._url, self._tls, self._ring)
            return
        opened = self._dialler.outcome()
        if opened is not None:
            self._dialler, self._socket, self._generation = None, opened, self._generation + 1
            self._selector.register(opened, selectors.EVENT_READ)
            self._talk = Conversation(
                self._login, self._filters, self._generation, self._outgoing, monotonic(), unwanted=self._unwanted
            )

    def _exchange(self, talk: Conversation, most: int) -> bool:
        before = len(self._waiting)
        data = self._receive() if before < most else None
        now = monotonic()
        if data is not None:
            try:
                talk.receive(data, self._now(), now, self._waiting)
            finally:
                self.received += len(self._waiting) - before
            self._note(talk, now)
        elif before < most:
            talk.expect_life(now)
        talk.ping(now)
        talk.send_orders()
        self._flush(talk)
        return data is not None

    def _receive(self) -> bytes | None:
        """What has come, which may be pieces of packets; `None` where nothing has."""
        assert self._socket is not None  # noqa: S101 - there is a conversation
        try:
            data = self._socket.recv(_RECEIVE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        if not data:
            raise BrokerClosedError("the broker closed the connection")
        return data

    def _flush(self, talk: Conversation) -> None:
        """Send what the socket takes; the rest goes when it takes more."""
        assert self._socket is not None  # noqa: S101 - there is a conversation
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while talk.to_send:
                talk.wrote(self._socket.send(talk.to_send), monotonic())

    def _wait(self, left: float) -> bool:
        """Wait for the broker, a ring, or the time to dial; says whether anything happened."""
        if self._talk is None and self._dialler is None and self._dial_at is not None:
            left = min(left, self._dial_at - monotonic())
        if self._socket is not None and self._talk is not None:
            self._selector.modify(self._socket, _WRITE if self._talk.to_send else selectors.EVENT_READ)
        happened = self._selector.select(max(0.0, min(left, _LONGEST_WAIT_S)))
        with suppress(BlockingIOError):
            while any(key.fileobj is self._listener for key, _ in happened) and self._listener.recv(4096):
                pass
        return bool(happened)

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody is there
            self._bell.send(b"!")

    def _note(self, talk: Conversation, now: float) -> None:
        """Take notice that we hear."""
        if not talk.hearing or self.hearing.deaf_since is None:
            return
        forgotten = self.session_present is not None and not talk.session_present
        self.session_present, self.hearing = talk.session_present, Hearing(self._now())
        self._began, self._said = now, ""
        _log.info("hearing the broker", extra={"action": "mqtt_connected", "session": talk.session_present})
        if forgotten:
            _log.warning("the broker has forgotten our session; what it got for us meanwhile is lost",
                         extra={"action": "mqtt_session_lost"})  # fmt: skip
        if talk.refused:
            _log.error("the broker allows us only some topics; check its access list",
                       extra={"action": "mqtt_topics_refused", "topics": talk.refused})  # fmt: skip

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Whatever ends the connection within is noted, and we connect again later."""
        try:
            yield
        except (OSError, IngestError) as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        if isinstance(error, OSError):
            self._glean()
        now = monotonic()
        if self.hearing.deaf_since is None:
            self.hearing = Hearing(self.hearing.since, deaf_since=self._now())
            if now - self._began >= self._pauses[1]:
                self._failures = 0  # it held; one that ends at once is tried ever less often
        self._drop()
        least, longest = self._pauses
        self._dial_at = now + self._dice.uniform(0, min(longest, least * 2 ** min(self._failures, 16)))
        self._failures += 1
        if str(error) != self._said:  # once for each reason, however often it is tried
            self._said = str(error)
            _say(error)

    def _glean(self) -> None:
        """Take what had come before the line broke: a broker that died does not remember that it owed us this."""
        before = len(self._waiting)
        with suppress(OSError, IngestError):
            while self._talk is not None and (data := self._receive()):
                self._talk.receive(data, self._now(), monotonic(), self._waiting)
        self.received += len(self._waiting) - before

    def _leave(self) -> None:
        """Say goodbye, and read until the broker has closed: else the last receipts would be lost with the rest."""
        if self._talk is None or self._socket is None or not self._talk.greeted:
            return
        end = monotonic() + _GOODBYE_S
        self._socket.settimeout(_GOODBYE_S)
        self._socket.sendall(self._talk.to_send + DISCONNECT)
        while monotonic() < end and self._socket.recv(_RECEIVE):
            pass

    def _drop(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
        self._socket = self._talk = self._dialler = None


def _say(error: Exception) -> None:
    facts = {"reason": str(error)}
    if isinstance(error, BrokerRefusedError):
        _log.error("the broker refuses the ingest; check mqtt.url, user and password",
                   extra={"action": "mqtt_refused", **facts})  # fmt: skip
    else:
        _log.warning("no connection to the broker; trying again", extra={"action": "mqtt_lost", **facts})
