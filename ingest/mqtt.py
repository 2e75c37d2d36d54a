"""The reader over paho-mqtt: fixed client id, persistent session, QoS 1, acknowledged by us after the commit.

paho's network thread only puts messages into a bounded queue; when that is full it waits, and with it the broker.
It decides nothing about messages.
"""

import logging
import socket
import ssl
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.model import Message
from ingest.presence import Hearing
from ingest.reader import NOT_UTF8, QUIET_S, SMALLEST_WINDOW, BrokerUrl

_log = logging.getLogger(__name__)
_KEEPALIVE_S = 30


class PahoReader:
    """Brings the messages of some topic filters over one connection."""

    def __init__(
        self, url: BrokerUrl, client_id: str, filters: Sequence[str], now: Callable[[], int], *,
        ca_file: str | None = None, most_waiting: int = 20_000, unwanted: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.received = 0
        self.hearing = Hearing(0, deaf_since=now())
        self.session_present: bool | None = None  # of the last connection; `None` before the first
        self._url, self._filters, self._now, self._most_waiting = url, filters, now, most_waiting
        self._unwanted = list(unwanted)
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._wanted = 1  # so many must wait before whoever takes is woken
        self._stopping = False
        self._generation = 0  # numbers the connections: an identifier of an earlier one may mean another message by now
        self._said = ""
        self._client = self._make_client(client_id, ca_file)

    def start(self) -> None:
        """Begin to listen in paho's own thread; goes on trying, 1 to 30 s apart."""
        self._client.reconnect_delay_set(1, 10)
        self._client.connect_async(self._url.host, self._url.port, _KEEPALIVE_S)
        self._client.loop_start()

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:
        """Up to `most` messages; waits `timeout_s` for the first, then `linger_s` for company."""
        with self._changed:
            self._wanted = 1
            if not self._changed.wait_for(lambda: self._waiting or self._stopping, timeout_s):
                return []
            self._wanted = most
            self._gather(most, monotonic() + linger_s)
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._changed.notify_all()
            return taken

    def _gather(self, most: int, until: float) -> None:
        """Wait for company: until then, or until a broker that may hand out no more has fallen silent."""
        while (have := len(self._waiting)) < most and (left := until - monotonic()) > 0 and not self._stopping:
            self._changed.wait(min(left, QUIET_S))
            if SMALLEST_WINDOW <= len(self._waiting) == have:
                break

    def ack(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are kept; those of an earlier connection come again."""
        with self._changed:  # no new connection begins meanwhile
            for message in messages:
                if message.qos and message.token >> 16 == self._generation:
                    self._client.ack(message.token & 0xFFFF, message.qos)

    def tend(self) -> None:
        """Nothing to do: paho's thread keeps the line alive."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1."""
        self._client.publish(topic, payload, qos=1)

    def wake(self) -> None:
        """Let a waiting `take` return at once: someone wants the ingest's attention."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Close the line; the session stays with the broker."""
        self.wake()
        self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self, client_id: str, ca_file: str | None) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=False, protocol=paho.MQTTv311, manual_ack=True
        )
        if self._url.user is not None:
            client.username_pw_set(self._url.user, self._url.password)
        if self._url.tls:
            client.tls_set(ca_certs=ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_open = _no_delay
        return client

    def _on_connect(
        self, client: paho.Client, _: object, flags: paho.ConnectFlags, reason: ReasonCode, *__: object
    ) -> None:
        if reason.is_failure:
            if self._is_new(str(reason)):
                _log.error("the broker refuses the ingest; check mqtt.url, user and password",
                           extra={"action": "mqtt_refused", "reason": str(reason)})  # fmt: skip
            return
        self._said = ""
        client.subscribe([(pattern, 1) for pattern in self._filters])
        if flags.session_present and self._unwanted:
            client.unsubscribe(self._unwanted)
        forgotten = self.session_present is not None and not flags.session_present
        self.session_present, self.hearing = flags.session_present, Hearing(self._now())
        _log.info("hearing the broker", extra={"action": "mqtt_connected", "session": flags.session_present})
        if forgotten:
            _log.warning("the broker has forgotten our session; what it got for us meanwhile is lost",
                         extra={"action": "mqtt_session_lost"})  # fmt: skip

    def _on_connect_fail(self, _: paho.Client, __: object) -> None:
        reason = str(sys.exception())  # paho calls from where it catches it
        if self._is_new(reason):
            _log.warning("no connection to the broker; trying again", extra={"action": "mqtt_lost", "reason": reason})

    def _is_new(self, reason: str) -> bool:
        """Each reason is said once, however often it is tried."""
        new, self._said = reason != self._said, reason
        return new

    def _on_disconnect(self, _: paho.Client, __: object, ___: object, reason: ReasonCode, *____: object) -> None:
        with self._changed:
            self._generation += 1
        if self.hearing.deaf_since is None and not self._stopping:
            self.hearing = Hearing(self.hearing.since, deaf_since=self._now())
            _log.warning("lost the broker; trying again", extra={"action": "mqtt_lost", "reason": str(reason)})

    def _on_message(self, _: paho.Client, __: object, raw: paho.MQTTMessage) -> None:
        try:
            topic = raw.topic
        except UnicodeDecodeError:  # a broker should never let it through; it must not stop those behind it
            topic = NOT_UTF8
        token = self._generation << 16 | raw.mid
        message = Message(topic, bytes(raw.payload), self._now(), raw.qos, raw.retain, raw.dup, token)
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < self._most_waiting or self._stopping)
            self._waiting.append(message)
            self.received += 1
            if len(self._waiting) >= self._wanted:
                self._changed.notify_all()


def _no_delay(_: paho.Client, __: object, sock: object) -> None:
    """Acknowledgements are small packets: without this they wait for each other (Nagle)."""
    if isinstance(sock, socket.socket):  # TLS sockets are sockets too
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
