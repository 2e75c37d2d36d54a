"""What is usual for a series at an hour of the week: median and spread, made from its past.

Pure numbers: values in, a baseline out. Sources: Iglewicz and Hoaglin's modified z-score (0.6745 (x - median) / MAD);
where the MAD is 0, 1.2533 times the mean absolute deviation, as SPSS does; Page's CUSUM with k = 0.5 and h = 8.
The guards keep it from finding oddness in noise: hours with few values are left out, and the spread is never less
than a floor in the metric's own unit nor than a part of the median.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOURS: Final = 168
HOUR_MS: Final = 3_600_000
ZONE_MS: Final = 7 * HOUR_MS  # the week is Viet Nam's
LEAST: Final = 100  # values in all
LEAST_AN_HOUR: Final = 5  # of 60: the sparse-metric guard
LOW_VARIABILITY: Final = 0.05  # of the median: the low-variability guard
K: Final = 0.5
H: Final = 8.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """For each hour of the week (0 is Monday midnight in Viet Nam) the median and the spread; nan where unknown.

    `high` and `low` are the sums of CUSUM, `count` how many values were judged since it began.
    """

    median: Floats
    spread: Floats
    high: float = 0.0
    low: float = 0.0
    count: int = 0

    def score(self, at: int, value: float) -> float | None:
        """How many spreads the value is off at this time (epoch ms); None where nothing is usual yet."""
        hour = hour_of_week(at)
        if np.isnan(self.median[hour]):
            return None
        return float((value - self.median[hour]) / self.spread[hour])

    def drifted(self, score: float) -> "Baseline":
        """With one more score summed up: small ones of one sign grow, others vanish; a start has a head of h/2."""
        high, low = (self.high, self.low) if self.count else (H / 2, H / 2)
        bounded = min(max(score, -3.5), 3.5)  # one wild value is no drift
        return Baseline(
            self.median, self.spread, max(0.0, high + bounded - K), max(0.0, low - bounded - K), self.count + 1
        )

    @property
    def drift(self) -> float:
        """The larger of the two sums."""
        return max(self.high, self.low)


def hour_of_week(at: int) -> int:
    """0 to 167; the epoch began on a Thursday."""
    return ((at + ZONE_MS) // HOUR_MS + 3 * 24) % HOURS


def learn(times: NDArray[np.int64], values: Floats, floor: float) -> Baseline | None:
    """The baseline of a series, from two to four weeks of it; None where there is too little to learn from.

    `times` in epoch ms; `floor` is the least spread, in the metric's unit. Leave out what was trouble or maintenance:
    else that becomes usual.
    """
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if len(values) < LEAST:
        return None
    hours = ((times + ZONE_MS) // HOUR_MS + 3 * 24) % HOURS
    median, spread = np.full(HOURS, np.nan), np.full(HOURS, np.nan)
    for hour in np.unique(hours):
        these = values[hours == hour]
        if len(these) >= LEAST_AN_HOUR:
            median[hour] = np.median(these)
            spread[hour] = max(_spread(these, median[hour]), floor, LOW_VARIABILITY * abs(median[hour]), 1e-9)
    return Baseline(median, spread)


def _spread(values: Floats, median: float) -> float:
    off = np.abs(values - median)
    mad = float(np.median(off))
    return mad / 0.6745 if mad > 0 else 1.2533 * float(np.mean(off))
