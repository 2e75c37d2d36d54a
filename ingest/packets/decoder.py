"""Turns what came from the broker into messages and packets, many at a time.

`feed` is the one hot loop of the line: it builds a `Message` in about half a microsecond, without a call of its own
per message. A packet in pieces is kept until it is whole; one beyond the limit is not kept at all: its message
comes with the first `limit` bytes only, so that it is refused as too large and those behind it go on.
"""

from typing import Final

from ingest.errors import ProtocolError
from ingest.model import Message
from ingest.packets.control import read_control
from ingest.packets.model import Packet
from ingest.packets.properties import varint
from ingest.reader import NOT_UTF8

LIMIT: Final = 1 << 20  # bytes after the fixed header; a reading has at most 64 KiB, a snapshot may be larger
_LONGEST_TOPIC: Final = 255  # bytes; longer ones are no device's, and would fill the memory of topics
_MOST_TOPICS: Final = 100_000

# QoS, retained, repeated by the low four bits of a PUBLISH (3.1.1 §3.3.1); QoS 3 does not exist.
_FLAGS: Final = tuple((bits >> 1 & 3, bits & 1 == 1, bits & 8 == 8) for bits in range(16))


class Decoder:
    """One connection's bytes. `generation` numbers the connection: a token is that and the packet identifier.

    `limit` is at least 16384. After a `ProtocolError` it must not be fed again.
    """

    def __init__(self, *, five: bool = False, generation: int = 0, limit: int = LIMIT) -> None:
        self._five, self._base, self._limit = five, generation << 16, limit
        self._topics: dict[bytes, str] = {}
        self._rest = bytearray()  # the beginning of a packet
        self._need = 0  # how long `_rest` must be before looking again
        self._cut: list[Message] = []  # the message whose end is being skipped …
        self._skip = 0  # … and how many bytes of it are still to come

    @property
    def kept(self) -> int:
        """Bytes that wait for the rest of their packet."""
        return len(self._rest)

    def feed(self, data: bytes, now: int, out: list[Message]) -> list[Packet]:
        """Append the messages to `out`, in order, as received at `now`; the other packets are returned.

        Raises `ProtocolError`; messages before the error are in `out`.
        """
        packets: list[Packet] = []
        data = self._join(data, out)
        while data:
            at = self._scan(data, now, out, packets)
            data = self._keep(data, at, now, out)
        return packets

    def _scan(self, data: bytes, now: int, out: list[Message], packets: list[Packet]) -> int:  # noqa: C901, PLR0912, PLR0915 - the hot loop
        """Read whole packets; returns where the first begins that is not whole, or beyond the limit."""
        known, append, five, base, limit = self._topics, out.append, self._five, self._base, self._limit
        at, size = 0, len(data)
        try:
            while at < size:
                first = data[at]
                length = data[at + 1]
                begin = at + 2
                if length > 127:  # a second byte of the length; the commonest case of all
                    more = data[begin]
                    begin += 1
                    length += (more << 7) - 128
                    if more > 127:
                        length, begin = varint(data, at + 1)
                        if length > limit:
                            return at
                end = begin + length
                if end > size:
                    return at
                if first & 0xF0 == 0x30:
                    start = begin + 2
                    begin = start + (data[begin] << 8 | data[start - 1])
                    raw = data[start:begin]
                    topic = known.get(raw)
                    if topic is None:
                        topic = self._learn(raw)
                    token = 0
                    if first & 6:
                        token = data[begin] << 8 | data[begin + 1]
                        if not token or first & 6 == 6:
                            raise ProtocolError("the broker sent a PUBLISH of QoS 3, or with identifier 0")
                        token |= base
                        begin += 2
                    if five:
                        skip = data[begin]
                        begin += 1
                        if skip:
                            if skip > 127:
                                skip, begin = varint(data, begin - 1)
                            begin += skip  # properties tell us nothing; a topic alias we never allowed
                    if begin > end:
                        raise ProtocolError("the broker sent a PUBLISH that is too short")
                    if first == 0x32:
                        append(Message(topic, data[begin:end], now, 1, False, False, token))
                    else:
                        qos, retained, repeated = _FLAGS[first & 15]
                        append(Message(topic, data[begin:end], now, qos, retained, repeated, token))
                else:
                    packets.append(read_control(first, data[begin:end], five=five))
                at = end
        except IndexError as error:
            if _whole(data, at):
                raise ProtocolError("the broker sent a PUBLISH that is too short") from error
        return at

    def _learn(self, raw: bytes) -> str:
        """A topic not seen yet. One that is not UTF-8 must not stop those behind it."""
        if not raw:
            raise ProtocolError("the broker sent a PUBLISH without a topic")
        try:
            topic = raw.decode()
        except UnicodeDecodeError:
            topic = NOT_UTF8
        if len(self._topics) >= _MOST_TOPICS:
            self._topics.clear()
        if len(raw) <= _LONGEST_TOPIC:
            self._topics[raw] = topic
        return topic

    def _join(self, data: bytes, out: list[Message]) -> bytes:
        """What can be looked at now: nothing while a packet is still in pieces."""
        if self._skip:
            return self._pass_over(data, out)
        if not self._rest:
            return data
        self._rest += data
        if len(self._rest) < self._need:
            return b""
        data = bytes(self._rest)
        self._rest = bytearray()
        return data

    def _keep(self, data: bytes, at: int, now: int, out: list[Message]) -> bytes:
        """Keep the beginning of a packet; returns what lies behind one that is beyond the limit."""
        if at == len(data):
            return b""
        header = _header(data, at)
        if header is None:
            self._need = len(data) - at + 1
        else:
            length, begin = header
            self._need = begin - at + min(length, self._limit)
            if length > self._limit and len(data) - at >= self._need:
                end = begin + self._limit
                self._cut = [self._cut_short(data[at], data[begin:end], now)]
                self._skip = length - self._limit
                return self._pass_over(data[end:], out)
        self._rest += data[at:]
        return b""

    def _pass_over(self, data: bytes, out: list[Message]) -> bytes:
        """Skip the end of a packet beyond the limit; its message comes when all of it has."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        if not self._skip:
            out += self._cut
            self._cut = []
        return data[skipped:]

    def _cut_short(self, first: int, body: bytes, now: int) -> Message:
        """The message of a PUBLISH of which only the first bytes are there."""
        begin = 2 + (body[0] << 8 | body[1])
        qos, retained, repeated = _FLAGS[first & 15]
        mid = int.from_bytes(body[begin : begin + 2]) if qos else 0
        if first & 0xF0 != 0x30 or begin + 2 > len(body) or qos == 3 or (qos and not mid):
            raise ProtocolError("the broker sent a packet beyond the limit that cannot be read")
        topic = self._learn(body[2:begin])
        begin += 2 if qos else 0
        if self._five:
            skip, after = varint(body.ljust(begin + 4, b"\0"), begin)
            if after + skip <= len(body):  # else they are the payload: it is refused as too large all the same
                begin = after + skip
        return Message(topic, body[begin:], now, qos, retained, repeated, self._base | mid if qos else 0)


def _header(data: bytes, at: int) -> tuple[int, int] | None:
    """Length and beginning of the packet at `at`; `None` while they are not there (3.1.1 §2.2.3)."""
    try:
        return varint(data, at + 1)
    except IndexError:
        return None


def _whole(data: bytes, at: int) -> bool:
    header = _header(data, at)
    return header is not None and sum(header) <= len(data)
