"""The one place that reads the wall clock; everything else is given it."""

import time


def now_ms() -> int:
    """Epoch milliseconds, UTC."""
    return time.time_ns() // 1_000_000
