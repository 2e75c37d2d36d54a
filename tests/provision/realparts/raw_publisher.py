"""Publishes any bytes on any topic, QoS 1, faster than a client library would; knows nothing of what it sends."""

import socket
from collections.abc import Iterable
from typing import Self

_WINDOW = 2000


def packet(topic: bytes, payload: bytes, number: int, *, retain: bool = False) -> bytes:
    """One PUBLISH (3.1.1 §3.3)."""
    body = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + payload
    head, length = bytearray([0x32 | retain]), len(body)
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


class RawPublisher:
    """A connection. `acknowledged` is what the broker took over."""

    def __init__(self, host: str, port: int) -> None:
        self.sent = self.acknowledged = 0
        self._odd = b""
        self._socket = socket.create_connection((host, port), 10)
        self._socket.settimeout(60)
        name = b"raw-publisher"
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name  # clean, no keep-alive
        self._socket.sendall(b"\x10" + bytes([len(body)]) + body)
        if self._socket.recv(4, socket.MSG_WAITALL) != b"\x20\x02\x00\x00":
            raise ConnectionError("the broker refused the raw publisher")

    def send(self, messages: Iterable[tuple[bytes, bytes, bool]]) -> None:
        """Publish each (topic, payload, whether retained) and have all acknowledged."""
        batch = bytearray()
        for topic, payload, retain in messages:
            batch += packet(topic, payload, self.sent % 65_535 + 1, retain=retain)
            self.sent += 1
            if len(batch) > 1 << 16 or self.sent - self.acknowledged >= _WINDOW:
                self._socket.sendall(batch)
                batch.clear()
                while self.sent - self.acknowledged > _WINDOW // 2:
                    self._hear()
        self._socket.sendall(batch)
        while self.acknowledged < self.sent:
            self._hear()

    def _hear(self) -> None:
        data = self._odd + self._socket.recv(1 << 16)
        if len(data) == len(self._odd):
            raise ConnectionError("the broker closed the connection of the raw publisher")
        whole = len(data) // 4
        assert data[: whole * 4 : 4] == b"\x40" * whole, "not a PUBACK"
        self.acknowledged += whole
        self._odd = data[whole * 4 :]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
