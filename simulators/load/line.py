"""One connection under load: sends prepared packets as far as a window of unacknowledged ones lets it; counts answers.

Never blocks; whoever drives it polls the socket. Acknowledgements are counted by their bytes: four each, and they
come in the order in which the messages went (MQTT 3.1.1 §4.6), so the n-th answers the n-th message.
"""

import socket
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from simulators.errors import UnusableError
from simulators.link import Broker
from simulators.load.latency import Histogram
from simulators.load.packets import Block, Crowd, Numbers, births, connect
from simulators.load.plan import Plan

_PIECE = 262_144
_PATIENCE_S = 30.0
_ACK, _DISCONNECT = 4, b"\xe0\x00"
_ANSWERS = 2000


class Line:
    """A connection for `members` of a crowd. `latency` counts from when a message was due, `lag` until it left."""

    def __init__(self, broker: Broker, crowd: Crowd, members: Numbers, plan: Plan, window: int) -> None:
        self.sent = self.acked = 0
        self.plan, self.latency, self.lag = plan, Histogram(), Histogram()
        self._crowd, self._members, self._window, self._odd = crowd, members, window, 0
        self._least = 1 if plan.rate else max(1, window // 4)
        self._unsent = memoryview(b"")
        self._answers: list[tuple[float, int]] = []
        self._block = Block.of(crowd, members)
        self.socket = _open(broker)

    @property
    def blocked(self) -> bool:
        """Whether it has to wait for the broker: for room on the line, or for answers."""
        return bool(self._unsent) or self._room < self._least

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait for room on the line."""
        return bool(self._unsent)

    @property
    def done(self) -> bool:
        """Whether all that was sent has been answered."""
        return not self._unsent and self.acked >= self.sent

    @property
    def _room(self) -> int:
        """How many more the window lets pass; without a rate a few are not worth the effort."""
        return self._window - (self.sent - self.acked)

    def introduce(self) -> None:
        """Every member says who it is, and is acknowledged; returns then. Does not count."""
        data, ends = births(self._crowd, self._members)
        self.socket.settimeout(_PATIENCE_S)
        start = 0
        for at in range(0, len(ends), self._window):
            stop = ends[min(at + self._window, len(ends)) - 1]
            self.socket.sendall(data[start:stop])
            wanted, start = (min(at + self._window, len(ends)) - at) * _ACK, stop
            while wanted:
                got = len(self.socket.recv(min(wanted, 1 << 16)))
                if not got:
                    raise UnusableError("the broker closed the connection while devices introduced themselves")
                wanted -= got
        self.socket.setblocking(False)

    def close(self) -> None:
        """Say goodbye where that still can be heard."""
        with suppress(OSError):
            self.socket.send(_DISCONNECT)
        self.socket.close()

    def send(self, allowed: float, elapsed: float, now_ms: Callable[[], int]) -> None:
        """Send up to the `allowed`-th message, as the window and the line let it."""
        if self._unsent:
            self._push()
        size = len(self._block.ends)
        while not self.blocked:
            last = int(min(allowed, self.sent + self._room, self.sent - self.sent % size + size))
            if last <= self.sent:
                return
            if self.plan.rate is not None:
                self.lag.record(elapsed - np.arange(self.sent, last) / self.plan.rate)
            self._unsent = self._block.write(self.sent, last, self._crowd.said, now_ms())
            self.sent = last
            self._push()

    def hear(self, elapsed: Callable[[], float]) -> None:
        """Count the answers that have come."""
        try:
            got = len(self.socket.recv(1 << 20))
        except BlockingIOError:
            return
        except ConnectionError:  # it hung up while ours was still on the way: a reset instead of an end
            got = 0
        if not got:
            raise UnusableError(
                "the broker closed the connection: it may refuse so many, or so large, messages at once"
            )
        answered, self._odd = divmod(self._odd + got, _ACK)
        self.acked += answered
        if self.plan.rate is not None:
            self._answers.append((elapsed(), answered))
            if len(self._answers) >= _ANSWERS:
                self.reckon()

    def reckon(self) -> None:
        """Bring `latency` up to date: answers are put down as they come, and worked out many at a time."""
        if self.plan.rate is None or not self._answers:
            return
        counts = [count for _, count in self._answers]
        at = np.repeat([moment for moment, _ in self._answers], counts)
        self.latency.record(at - np.arange(self.acked - sum(counts), self.acked) / self.plan.rate)
        self._answers.clear()

    def _push(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self.socket.send(self._unsent[:_PIECE]) :]
        except BlockingIOError:
            return
        except OSError as error:
            raise UnusableError(f"the broker ended the connection: {error.strerror}") from error


def _open(broker: Broker) -> socket.socket:
    """A connection that the broker has accepted."""
    if broker.tls:
        raise UnusableError("load speaks mqtt:// only: give it a plain listener of the broker")
    try:
        sock = socket.create_connection((broker.host, broker.port), _PATIENCE_S)
    except OSError as error:
        raise UnusableError(f"no answer from the broker at {broker}: {error.strerror or error}") from error
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(connect(f"load-{sock.getsockname()[1]}", broker.user, broker.password))
        answer = sock.recv(4, socket.MSG_WAITALL)
    except OSError as error:
        sock.close()
        raise UnusableError(f"the broker at {broker} does not speak MQTT: {error.strerror or error}") from error
    if answer[:1] != b"\x20" or answer[3:] != b"\0":
        sock.close()
        raise UnusableError(f"the broker at {broker} refused the connection: are user and password right?")
    sock.setblocking(False)
    return sock
