"""The account of every message: what came in and what became of it.

`received = stored + duplicate + ignored + quarantined + shed + in_flight` holds at every moment. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a message; exactly one of these."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    SHED = "shed"


@dataclass(slots=True)
class Ledger:
    """Counts since this process began; beside them `seq_gaps`, the numbers that devices used and we never heard."""

    started_at: int
    received: int = 0
    carried: int = 0  # acknowledged by an earlier run and still on disk when this one began
    spooled: int = 0  # of those in flight, on disk
    seq_gaps: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))

    def settle(self, outcomes: Mapping[Outcome, int]) -> None:
        """Enter how many messages that are now done with had which outcome."""
        for outcome, count in outcomes.items():
            self.counts[outcome] += count

    @property
    def in_flight(self) -> int:
        """Received and not yet settled."""
        return self.received + self.carried - sum(self.counts.values())

    def facts(self) -> Mapping[str, int]:
        """The whole account, by the contract's names."""
        counts = {outcome.value: count for outcome, count in self.counts.items()}
        return {
            "received": self.received + self.carried, **counts, "in_flight": self.in_flight,
            "spooled": self.spooled, "seq_gaps": self.seq_gaps,
        }  # fmt: skip
