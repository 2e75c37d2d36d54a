"""One connection's conversation with the broker: connect, subscribe, receive, confirm, ping. Sans-I/O.

Bytes and times go in; messages, bytes to send, and errors that end the connection come out. It decides when we
hear, when to ping, and when the broker must be taken for dead; it never touches a socket or a clock. Times are
seconds of any steady clock.
"""

from collections.abc import Sequence
from typing import Final

from ingest.errors import BrokerClosedError, BrokerRefusedError, ProtocolError
from ingest.model import Message
from ingest.outgoing import Outgoing
from ingest.packets import encode
from ingest.packets.decoder import Decoder
from ingest.packets.encode import Login
from ingest.packets.model import (
    Connack,
    Disconnect,
    Packet,
    Puback,
    Pubrel,
    Suback,
    reason_sentence,
)

_SUBSCRIPTION: Final = 0xFFFF  # its packet identifier; orders take others
_FAREWELL: Final = 0xFFFE
_MOST: Final = 65_535  # 5 §3.1.2.11.3: the receive maximum where none is told


class Conversation:
    """From CONNECT to the end. `generation` numbers the connections of a reader, from 1.

    `unwanted` are filters that an earlier run may have left in the session that the broker keeps.
    """

    def __init__(
        self, login: Login, filters: Sequence[str], generation: int, outgoing: Outgoing, now: float, *,
        unwanted: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.generation = generation
        self.to_send = bytearray(encode.connect(login))
        self.greeted = False
        self.hearing = False
        self.session_present = False
        self.refused: tuple[str, ...] = ()
        self._login, self._filters, self._unwanted, self._outgoing = login, filters, unwanted, outgoing
        self._decoder = Decoder(five=login.five, generation=generation)
        self._keepalive = float(login.keepalive_s)
        self._sent = self._heard = now
        self._owed: float | None = now  # since when the broker owes us an answer

    def receive(self, data: bytes, at_ms: int, now: float, out: list[Message]) -> None:
        """Take in bytes, received at `at_ms`; messages go to `out`.

        Raises `BrokerClosedError` and `BrokerRefusedError`, which both end the connection.
        """
        self._heard, self._owed = now, None
        before = len(out)
        for packet in self._decoder.feed(data, at_ms, out):
            self._take(packet, now)
        if not self.greeted and len(out) > before:
            raise ProtocolError("the broker sent a message before it answered CONNECT")

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Confirm those messages that came on this connection, in their order."""
        self.to_send += encode.receipts(messages, self.generation)

    def send_orders(self) -> None:
        """Send what waits, as far as the broker allows."""
        if self.greeted:
            self.to_send += self._outgoing.due()

    def wrote(self, count: int, now: float) -> None:
        """So many bytes of `to_send` are on their way."""
        del self.to_send[:count]
        self._sent = now

    def ping(self, now: float) -> None:
        """Ask for a sign of life when we were silent, or heard nothing, for the keep-alive (3.1.1 §3.1.2.10)."""
        quiet = now - self._heard >= self._keepalive and self._owed is None
        if self.greeted and (quiet or now - self._sent >= self._keepalive):
            self.to_send += encode.PINGREQ
            self._sent = now
            self._owed = now if self._owed is None else self._owed

    def expect_life(self, now: float) -> None:
        """Raise where an answer is owed for too long; only for who has just found nothing more to receive."""
        if self._owed is not None and now - self._owed >= self._keepalive / 2:
            raise BrokerClosedError("the broker does not answer")

    def _take(self, packet: Packet, now: float) -> None:
        if self.greeted is isinstance(packet, Connack):
            raise ProtocolError("the broker sent a CONNACK out of place, or none")
        match packet:
            case Connack():
                self._greet(packet, now)
            case Suback():
                self._begin_to_hear(packet)
            case Puback(mid):
                self._outgoing.confirm(mid)
                self.send_orders()
            case Pubrel(mid):
                self.to_send += encode.pubcomp(mid)
            case Disconnect(code, text):
                raise BrokerClosedError(f"the broker ended the connection: {reason_sentence(code, text)}")

    def _greet(self, answer: Connack, now: float) -> None:
        if answer.code:
            raise BrokerRefusedError(reason_sentence(answer.code, answer.text))
        self.greeted, self.session_present = True, answer.session_present
        if answer.keepalive_s:
            self._keepalive = min(self._keepalive, float(answer.keepalive_s))
        self.to_send += encode.subscribe(_SUBSCRIPTION, self._filters, five=self._login.five)
        if answer.session_present and self._unwanted:  # only then: nothing is missed between the two
            self.to_send += encode.unsubscribe(_FAREWELL, self._unwanted, five=self._login.five)
        self._owed = now
        window = answer.receive_maximum or _MOST
        self.to_send += self._outgoing.resume(window, session_present=answer.session_present)

    def _begin_to_hear(self, answer: Suback) -> None:
        granted = dict(zip(self._filters, answer.codes, strict=False))
        if len(granted) != len(answer.codes) or answer.mid != _SUBSCRIPTION:
            raise ProtocolError("the broker sent a SUBACK that answers no SUBSCRIBE")
        self.refused = tuple(pattern for pattern, code in granted.items() if code >= 0x80)
        if len(self.refused) == len(self._filters):
            raise BrokerRefusedError(f"it allows none of our topics; {reason_sentence(answer.codes[0])}")
        self.hearing = True
