"""The four figures an operator looks at first, and the counts behind them.

Decides how they are reckoned: devices and the share in service, alerts nobody acknowledged, devices
offline, messages a minute and how many were lost. It never reads a clock or the ledger: both are handed in.
"""

from collections import deque
from collections.abc import Mapping

from alerts.model import Severity
from maps.model import State
from maps.scene import Scene

WINDOW_MS = 60_000

_ACCOUNTED = ("stored", "duplicate", "ignored", "quarantined", "in_flight")


def picture_figures(scene: Scene) -> dict[str, object]:
    """What the picture says.

    `in_service` is what works now (ok or warning) of what should: pending devices are not ours yet and those
    in maintenance are out on purpose, so neither counts in `expected`.
    """
    counts = dict(zip(State, scene.counts(), strict=True))
    devices = sum(counts.values())
    waiting = scene.unacknowledged()
    return {
        "devices": devices,
        "expected": devices - counts[State.PENDING] - counts[State.MAINTENANCE],
        "in_service": counts[State.OK] + counts[State.WARNING],
        "offline": counts[State.OFFLINE],
        "unacked": len(waiting),
        "unacked_grave": sum(alert.severity.rank >= Severity.MAJOR.rank for alert in waiting),
        "states": list(scene.counts()),
    }


class Flow:
    """Messages kept and lost, from a ledger that only grows (contract: `received = stored + …`)."""

    def __init__(self) -> None:
        self._past: deque[tuple[int, int]] = deque()

    def note(self, now: int, ledger: Mapping[str, int]) -> dict[str, object]:
        """The rate over the last minute and the losses since start; empty without a ledger.

        Lost is what was shed, and whatever the ledger cannot account for.
        """
        if "received" not in ledger:
            return {}
        received, shed = ledger["received"], ledger.get("shed", 0)
        if self._past and received < self._past[-1][1]:
            self._past.clear()  # the ledger began anew
        self._past.append((now, received))
        while now - self._past[0][0] > WINDOW_MS:
            self._past.popleft()
        began, before = self._past[0]
        span = max(now - began, 1_000)
        unaccounted = received - shed - sum(ledger.get(word, 0) for word in _ACCOUNTED)
        return {
            "per_minute": round((received - before) * WINDOW_MS / span),
            "lost": shed + max(unaccounted, 0),
        }
