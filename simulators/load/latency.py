"""How long messages took, in few numbers whatever their count: buckets that grow with the value, as in HDR histograms.

A percentile is right to within a part in 128. Pure; values are seconds.
"""

import numpy as np

from simulators.load.packets import Numbers

_FINE = 7  # 128 buckets for each doubling
_MICRO = 1e6
_OCTAVES = 36  # up to 2**36 us: nineteen hours
Seconds = np.ndarray[tuple[int], np.dtype[np.float64]]


class Histogram:
    """Counts of durations from 1 microsecond to some hours."""

    def __init__(self) -> None:
        self.counts: Numbers = np.zeros((_OCTAVES - _FINE + 1) << _FINE, np.int64)
        self.count, self.most = 0, 0.0

    def record(self, seconds: Seconds) -> None:
        """Some durations; below zero counts as zero."""
        if not len(seconds):
            return
        micros = np.clip(seconds * _MICRO, 0, 2.0**_OCTAVES - 1).astype(np.int64)
        np.add.at(self.counts, _bucket(micros), 1)
        self.count += len(seconds)
        self.most = max(self.most, float(seconds.max()))

    def add(self, other: "Histogram") -> None:
        """What another has counted."""
        self.counts += other.counts
        self.count += other.count
        self.most = max(self.most, other.most)

    def percentile(self, share: float) -> float:
        """The duration that `share` (0 to 1) of all do not exceed; 0 where there are none."""
        if not self.count:
            return 0.0
        wanted = max(1, int(np.ceil(share * self.count)))
        bucket = int(np.searchsorted(np.cumsum(self.counts), wanted))
        return min(_upper(bucket) / _MICRO, self.most)


def _bucket(micros: Numbers) -> Numbers:
    """Exact up to 128 us, then 128 buckets for each doubling."""
    octave = np.maximum(np.frexp(micros.astype(np.float64))[1] - 1 - _FINE, 0).astype(np.int64)
    found: Numbers = (octave << _FINE) + (micros >> octave)
    return found


def _upper(bucket: int) -> float:
    """The largest value of a bucket, in microseconds."""
    octave = max(0, (bucket >> _FINE) - 1)
    return float((((bucket - (octave << _FINE)) + 1) << octave) - 1)
