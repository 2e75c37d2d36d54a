"""Measures how devices keep what they promise on the wire: their clock, their pace, their staying up.

What it finds are samples of the centre's own making (`MEASURES`): rules judge them like any other, and nobody stores
them. Each minute, with the device's first live sample after it, one tells of clock and pace; a start is told at once,
and so is its growing old. Pure: times are arguments, memory is bounded by devices and by the starts of ten minutes.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ingest.model import Metrics, Sample, Value

CLOCK: Final = "wire_clock_ahead_s"  # how far its clock is ahead; below zero: behind, by more than its interval
PACE: Final = "wire_pace"  # how many times as often it speaks as it promises: 1 as promised
STARTS: Final = "wire_starts_10m"  # how often it began anew within ten minutes
MEASURES: Final = (CLOCK, PACE, STARTS)

_LOOK_MS: Final = 60_000
_STARTS_MS: Final = 600_000
_SETTLED_MS: Final = 90_000  # by then the broker has told what it kept for us
_TELLING: Final = 2  # stamps that run so many times as fast as our clock are a backlog being told


@dataclass(slots=True)
class _Look:
    """A minute of one device, from a live sample on: `ts` is that one's stamp, `began` when it was received."""

    began: int
    ts: int
    count: int = 1


class Conduct:
    """The minutes and the recent starts of every device.

    `interval_ms` is how often one speaks, and `promised` whether it was said or is only its family's habit.
    """

    def __init__(self, interval_ms: Callable[[str], int], promised: Callable[[str], bool]) -> None:
        self._interval_ms, self._promised = interval_ms, promised
        self._looks: dict[str, _Look] = {}
        self._starts: deque[tuple[int, str]] = deque()  # in order of time
        self._count: Counter[str] = Counter()  # of these, by device

    def hear(self, samples: Iterable[Sample]) -> list[Sample]:
        """Count live samples, in their order; what is told of the devices whose minute is over."""
        found: list[Sample] = []
        looks = self._looks
        for sample in samples:
            if sample.late:  # of a batch: it says when it was taken, and was kept on purpose
                continue
            look = looks.get(sample.device)
            if look is not None and 0 <= sample.received_at - look.began < _LOOK_MS:
                look.count += 1
                continue
            if look is not None:
                found.append(self._measure(sample.device, self._end(look, sample), sample.received_at))
            looks[sample.device] = _Look(sample.received_at, sample.ts)
        return found

    def begin(self, devices: Iterable[str], now: int, hearing_since: int) -> list[Sample]:
        """These began anew, each as often as it is named; what we hear just after we connect may be of long ago."""
        begun = Counter(devices if now - hearing_since >= _SETTLED_MS else ())
        for device in begun.elements():
            self._starts.append((now, device))
        self._count.update(begun)
        return [self._measure(device, {}, now) for device in begun]

    def tick(self, now: int) -> list[Sample]:
        """Time passes: starts that are ten minutes old count no more."""
        passed: dict[str, None] = {}
        while self._starts and self._starts[0][0] <= now - _STARTS_MS:
            _, device = self._starts.popleft()
            passed[device] = None
            self._count[device] -= 1
            if not self._count[device]:
                del self._count[device]
        return [self._measure(device, {}, now) for device in passed]

    def _end(self, look: _Look, last: Sample) -> Metrics:
        """What a minute that ended with this sample says; nothing without stamps, or where our clock was set back.

        A backlog that is told sample by sample is no shouting, for its stamps lie as far apart as they should.
        """
        heard, stamped = last.received_at - look.began, last.ts - look.ts
        if not last.stamped or heard <= 0:
            return {}
        interval = self._interval_ms(last.device)
        found: dict[str, Value] = {}
        if stamped <= _TELLING * heard:
            found[CLOCK] = _ahead(look, last, interval) / 1000
        if last.seq is not None and self._promised(last.device):  # of who numbers nothing, its adapter only supposes
            found[PACE] = round(look.count * interval / max(heard, stamped), 1)
        return found

    def _measure(self, device: str, metrics: Metrics, now: int) -> Sample:
        return Sample(device, now, {**metrics, STARTS: self._count[device]}, now, origin="wire", stamped=False)


def _ahead(look: _Look, last: Sample, interval: int) -> int:
    """Milliseconds at the end of a minute. Ahead is certain; what is behind may only have been late on its way.

    So the minute's less late end tells; and a stamp may be that of the beginning of an interval.
    """
    ahead = last.ts - last.received_at
    return ahead if ahead >= 0 else min(0, max(ahead, look.ts - look.began) + interval)
