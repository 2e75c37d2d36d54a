"""One MQTT connection: what waits to be sent, in order, and what the broker has acknowledged.

Does the I/O of a connection when told to and never decides what is said; a lost connection resends what was not
acknowledged. Every device has a link and a Will of its own, unless links are shared: then one link speaks for many, the
broker holds no Will, and whoever cuts a device publishes its Will (`will_of`).
"""

import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ssl import SSLSocket
from typing import Protocol
from urllib.parse import unquote, urlsplit

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.errors import UnusableError
from simulators.wire import Action, Cut, Join, Message

_INFLIGHT = 100  # per connection; brokers' own limits are higher
_KEEPALIVE_S = 30
_CONNECT_S = 1.0  # opening a connection is the one thing that blocks: stopping must not wait long for it


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"  # never the password


def read_broker(url: str) -> Broker:
    """The broker of `mqtt://` or `mqtts://`, with `user:password@` where it asks for one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnusableError(f"--broker: {error}; write it like mqtt://127.0.0.1:1883") from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise UnusableError(
            "--broker should be like mqtt://127.0.0.1:1883 or mqtts://user:password@broker.example:8883"
        )
    tls = parts.scheme == "mqtts"
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    return Broker(parts.hostname, port or (8883 if tls else 1883), tls, user, password)


class Ear(Protocol):
    """What a link tells its fleet."""

    def connected(self, link: "Link", *, again: bool) -> None:
        """The broker has accepted the connection."""

    def lost(self, link: "Link", reason: str) -> None:
        """The broker has turned us away, or hung up."""

    def heard(self, topic: str, payload: bytes) -> None:
        """An order has come."""

    def acknowledged(self) -> None:
        """The broker has taken responsibility for one message."""

    def watch(self, link: "Link", sock: socket.socket, *, opened: bool) -> None:
        """A socket to poll, or no more."""


class Link:
    """A connection with its outbox. `name` is its client id, without a slash: rumqttd dies of a slash in one."""

    def __init__(self, name: str, broker: Broker, ear: Ear, *, shared: bool) -> None:
        self.name, self.shared, self.online, self.wanted = name, shared, False, False
        self.addresses: dict[str, Join] = {}
        """How the devices on this link joined."""
        self._ear, self._broker = ear, broker
        self._outbox: deque[Action] = deque()
        self._unacknowledged = 0
        self._greeted = False
        self.client = self._make_client(name)

    def put(self, action: Action) -> None:
        """Send this after everything before it."""
        self._outbox.append(action)
        self.pump()

    def pump(self) -> None:
        """Do what the outbox allows: messages need a connection, a cut waits until all before it is acknowledged."""
        while self._outbox and self._may(self._outbox[0]):
            match self._outbox.popleft():
                case Message() as message:
                    self.publish(message)
                case Join() as join:
                    self._join(join)
                case Cut(address):
                    del self.addresses[address]
                    self.hang_up()

    def publish(self, message: Message) -> None:
        """Send this now, before anything that waits."""
        self._unacknowledged += 1
        self.client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def will_of(self, address: str) -> Message | None:
        """What is to be said when that device is cut, where it has a Will."""
        return self.addresses[address].will

    def connect(self) -> None:
        """Open the connection; OSError when nobody answers."""
        self.client.reconnect()

    def service(self, *, readable: bool) -> None:
        """Read what has come, write what has to go."""
        if readable:
            self.client.loop_read()
            while isinstance(sock := self.client.socket(), SSLSocket) and sock.pending():
                self.client.loop_read()
        if self.client.want_write():
            self.client.loop_write()
        self.pump()

    def hang_up(self) -> None:
        """Vanish: no goodbye, so that the broker publishes the Will."""
        self.wanted = False
        if isinstance(sock := self.client.socket(), socket.socket):
            with suppress(OSError):  # the other end may have been faster
                sock.shutdown(socket.SHUT_RDWR)
            self.client.loop_read()

    def part(self) -> None:
        """Leave in good order: the broker forgets the Will."""
        self.wanted = False
        self.client.disconnect()

    def _may(self, action: Action) -> bool:
        match action:
            case Message():
                return self.online
            case Join():
                return True
            case Cut():
                return self.online and not self._unacknowledged

    def _join(self, join: Join) -> None:
        self.addresses[join.address] = join
        self.wanted = True
        if not self.shared:
            if join.will:
                self.client.will_set(join.will.topic, join.will.payload, qos=1, retain=join.will.retain)
            self._greeted = False
        elif self.online:
            self._subscribe(join)

    def _subscribe(self, join: Join) -> None:
        if join.obeys:
            self.client.subscribe(f"ioc/v1/{join.address}/command", qos=1)

    def _make_client(self, name: str) -> mqtt.Client:
        """A paho client without a thread. Its broker keeps orders for a device that is away, as for a real one."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=self.shared)
        client.max_inflight_messages_set(_INFLIGHT)
        client.connect_timeout = _CONNECT_S
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        client.connect_async(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_open = partial(self._on_socket, opened=True)
        client.on_socket_close = partial(self._on_socket, opened=False)
        return client

    def _on_connect(
        self, _c: mqtt.Client, _d: object, _flags: mqtt.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self._ear.lost(self, str(reason))
            return
        self.online = True
        for join in self.addresses.values():
            self._subscribe(join)
        again, self._greeted = self._greeted, True
        self._ear.connected(self, again=again)

    def _on_disconnect(
        self, _c: mqtt.Client, _d: object, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        was_online, self.online = self.online, False
        if was_online and self.wanted:
            self._ear.lost(self, str(reason))

    def _on_publish(self, _c: mqtt.Client, _d: object, _mid: int, _reason: ReasonCode, _p: Properties | None) -> None:
        self._unacknowledged -= 1
        self._ear.acknowledged()

    def _on_socket(self, _c: mqtt.Client, _d: object, sock: socket.socket, *, opened: bool) -> None:
        self._ear.watch(self, sock, opened=opened)

    def _on_message(self, _c: mqtt.Client, _d: object, message: mqtt.MQTTMessage) -> None:
        if not message.retain:  # an order is for now; a retained one is somebody's mistake
            self._ear.heard(message.topic, bytes(message.payload))
