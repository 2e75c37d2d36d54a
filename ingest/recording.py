"""A line that plays what was recorded instead of hearing a broker: one message a JSON line, in order of time.

    {"ts": 1793638800000, "topic": "ioc/v1/nong-son/camera/cam-01/telemetry", "payload": "{…}"}

Decides what a line says and what time it is while it plays: that of the newest message given. It never opens a file.
"""

from collections.abc import Iterable, Sequence

import msgspec

from ingest.errors import RecordingError
from ingest.model import Message
from ingest.presence import Hearing


class _Line(msgspec.Struct, gc=False):
    """One message: when it came (epoch milliseconds), where, and what it said, as text or as a JSON document."""

    ts: int
    topic: str
    payload: msgspec.Raw


_decode = msgspec.json.Decoder(_Line).decode
_text = msgspec.json.Decoder(str).decode


class RecordedReader:
    """A `Reader` of a recording, until it is `over`; `now` is the recording's own time."""

    session_present = True

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self.over = iter(lines), False
        self._latest = self.received = self._number = 0
        self._wrong: RecordingError | None = None
        self._next = self._read()
        if self._next is not None:
            self._latest = self._next.received_at
        self.hearing = Hearing(self._latest)

    def now(self) -> int:
        """The time of the newest message so far, in epoch milliseconds."""
        return self._latest

    def start(self) -> None:
        """Always ready."""

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:  # noqa: ARG002 - nothing to wait for
        """The next `most` messages; RecordingError names a line that is none, once all before it are taken."""
        found: list[Message] = []
        while self._next is not None and len(found) < most:
            found.append(self._next)
            self._latest = self._next.received_at
            self._next = self._read()
        self.received += len(found)
        if not found:
            if self._wrong is not None:
                raise self._wrong
            self.over = True
        return found

    def ack(self, messages: Sequence[Message]) -> None:
        """Nobody waits for it."""

    def tend(self) -> None:
        """Nothing to keep alive."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Orders to devices of the past go nowhere."""

    def stop(self) -> None:
        """Nothing to close."""

    def _read(self) -> Message | None:
        """The next line's message; None at the end, and at a line that is wrong."""
        line = next(self._lines, None)
        if line is None:
            return None
        self._number += 1
        try:
            said = _decode(line)
            payload = bytes(said.payload)
            if payload.startswith(b'"'):
                payload = _text(payload).encode()
        except (msgspec.MsgspecError, UnicodeError) as error:
            self._wrong = RecordingError(f"line {self._number}: {error}")
            return None
        if said.ts < self._latest:
            self._wrong = RecordingError(f"line {self._number}: `ts` is earlier than in the line before")
            return None
        return Message(said.topic, payload, said.ts)
