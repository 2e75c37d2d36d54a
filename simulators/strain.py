"""Who holds the simulation up: its own machine, or the broker that does not acknowledge.

Decides from what is noted at each turn; never measures time itself.
"""

from dataclasses import dataclass

_LATE_S = 1.0  # less is the jitter of a busy machine


@dataclass(slots=True)
class Strain:
    """How far the world is behind its clock. `worst_s` is the farthest; seconds are of ours, not of the world's."""

    behind_s: float = 0.0
    worst_s: float = 0.0
    _held: int = 0
    _slow: int = 0

    def note(self, behind_s: float, *, held: bool) -> None:
        """One turn: how late the next thing is; `held` where nothing may be said for want of acknowledgements."""
        self.behind_s = max(0.0, behind_s)
        self.worst_s = max(self.worst_s, self.behind_s)
        if self.behind_s > _LATE_S:
            self._held += held
            self._slow += not held

    @property
    def bottleneck(self) -> str | None:
        """`broker` or `simulators`, whoever was it at most of the late turns; None when it never was late."""
        if not self._held + self._slow:
            return None
        return "broker" if self._held >= self._slow else "simulators"

    def __str__(self) -> str:
        who = {"broker": "the broker does not acknowledge fast enough",
               "simulators": "this machine is too slow for the simulators"}  # fmt: skip
        return f"{self.behind_s:.1f} s behind: {who[self.bottleneck]}" if self.bottleneck else "on time"
