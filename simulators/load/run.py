"""Drives the lines: lets each send what is due, sleeps until something is, and takes stock.

Reads clocks and polls sockets; what is due and who was to blame is decided in `plan`.
"""

import selectors
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulators.load.latency import Histogram
from simulators.load.line import Line
from simulators.load.plan import Culprit, Effort, bottleneck

_LEAST_S = 0.002  # the shortest nap: messages due meanwhile go out together, and their latency counts from when due
_MOST_S = 0.25
_LED_S = 0.005
_PATIENCE_S = 30.0
_PROGRESS_S = 10.0
_PERCENTILES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}


@dataclass(frozen=True, slots=True)
class Stock:
    """What came of it. `latency` counts from the moment a message was due; there is none without a rate."""

    sent: int
    acknowledged: int
    seconds: float
    rate: float
    cpu_s: float
    connections: int
    effort: Effort
    bottleneck: Culprit | None
    latency: dict[str, float] | None

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return asdict(self)


@dataclass(slots=True)
class Driver:
    """Lines under way. `cap` tells how many messages may have been sent in all by now, where somebody leads."""

    lines: Sequence[Line]
    say: Callable[[str], None]
    cap: Callable[[], float] | None = None
    stopped: bool = False
    _waited: float = 0.0
    _began: float = 0.0

    def run(self, seconds: float | None) -> Stock:
        """Send until each line's count or the time is reached, wait for the last answers, and take stock."""
        cpu, self._began = time.process_time(), time.perf_counter()
        progress = _PROGRESS_S
        with selectors.DefaultSelector() as selector:
            for line in self.lines:
                selector.register(line.socket, selectors.EVENT_READ, line)
            while not self._over(seconds):
                self._turn(selector, sending=True)
                if self._elapsed() >= progress:
                    progress += _PROGRESS_S
                    self.say(f"{self._sent():,} messages sent, {self._acked():,} acknowledged")
            deadline = self._elapsed() + _PATIENCE_S
            while not all(line.done for line in self.lines) and self._elapsed() < deadline:
                self._turn(selector, sending=False)
        return self._stock(time.process_time() - cpu)

    def _turn(self, selector: selectors.BaseSelector, *, sending: bool) -> None:
        for line in self.lines:
            elapsed = self._elapsed()
            line.send(self._allowed(line, elapsed) if sending else line.sent, elapsed, _now_ms)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.wants_write else 0)
            if selector.get_key(line.socket).events != wanted:
                selector.modify(line.socket, wanted, line)
        nap, held = self._nap() if sending else _MOST_S, self._held()
        before = self._elapsed()
        for key, events in selector.select(nap):
            if events & selectors.EVENT_READ:
                key.data.hear(self._elapsed)
        if held:
            self._waited += self._elapsed() - before

    def _allowed(self, line: Line, elapsed: float) -> float:
        due = line.plan.due(elapsed)
        return due if self.cap is None else min(due, self.cap() / len(self.lines))

    def _held(self) -> bool:
        """Whether a line has something due that the broker is not ready for."""
        elapsed = self._elapsed()
        return any(line.blocked and self._allowed(line, elapsed) > line.sent for line in self.lines)

    def _nap(self) -> float:
        """How long nothing is due on any line that could send it."""
        elapsed = self._elapsed()
        waits = [line.plan.wait(line.sent, elapsed) for line in self.lines if not line.blocked]
        nap = min(waits, default=_MOST_S)
        return min(_MOST_S if self.cap is None else _LED_S, max(nap, 0.0 if self._unpaced() else _LEAST_S))

    def _unpaced(self) -> bool:
        return self.cap is None and any(line.plan.rate is None for line in self.lines)

    def _over(self, seconds: float | None) -> bool:
        if self.stopped or (seconds is not None and self._elapsed() >= seconds):
            return True
        return all(line.sent >= line.plan.count for line in self.lines)

    def _elapsed(self) -> float:
        return time.perf_counter() - self._began

    def _sent(self) -> int:
        return sum(line.sent for line in self.lines)

    def _acked(self) -> int:
        return sum(line.acked for line in self.lines)

    def _stock(self, cpu: float) -> Stock:
        seconds = max(self._elapsed(), 1e-9)
        for line in self.lines:
            line.reckon()
        latency, lag = _sum(line.latency for line in self.lines), _sum(line.lag for line in self.lines)
        paced = any(line.plan.rate is not None for line in self.lines)
        behind = lag.percentile(0.99)
        waited = max(0.0, latency.percentile(0.99) - behind)
        effort = Effort(cpu / seconds, behind, waited, self._waited / seconds, paced)
        told = {name: latency.percentile(share) * 1e3 for name, share in _PERCENTILES.items()}
        return Stock(
            sent=self._sent(),
            acknowledged=self._acked(),
            seconds=seconds,
            rate=self._acked() / seconds,
            cpu_s=cpu,
            connections=len(self.lines),
            effort=effort,
            bottleneck=bottleneck(effort),
            latency={**told, "max_ms": latency.most * 1e3} if paced else None,
        )


def _sum(histograms: Iterable[Histogram]) -> Histogram:
    total = Histogram()
    for each in histograms:
        total.add(each)
    return total


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
