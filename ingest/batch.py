"""Judges messages and gathers them into batches: message → adapter → admission → verdict.

A batch is a plain list of verdicts in the order heard. Pure; the caller stores and acknowledges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.admission import Gate, Repeat
from ingest.ledger import Outcome
from ingest.model import Birth, Event, Ignored, Message, Rejected, Report, Sample
from ingest.privacy import first_bytes, masked

_MOST_TOPICS = 100_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One message and what is to become of it. `reason` and `detail` say why it is not stored."""

    message: Message
    outcome: Outcome
    reports: tuple[Report, ...] = ()
    reason: str = ""
    detail: str = ""

    @property
    def head(self) -> str:
        """The first bytes, fit to be shown (rule 9)."""
        return first_bytes(self.message.payload)


class Judge:
    """Turns messages into verdicts; holds the adapters, their sources and the memory of admission."""

    def __init__(self, chosen: Sequence[Adapter], sources: Mapping[str, Source], gate: Gate) -> None:
        self._adapters = [(adapter, adapter.open(sources[adapter.name])) for adapter in chosen]
        self._readers: dict[str, tuple[Read, ...]] = {}  # by topic, for the same few thousand come again and again
        self.gate = gate

    def judge(self, message: Message) -> Judged:
        """The verdict on one message; whatever it holds, there is one."""
        parsed: Parsed = None
        for read in self._readers.get(message.topic) or self._find(message.topic):
            if (parsed := read(message)) is not None:
                break
        if parsed is None:
            return Judged(message, Outcome.QUARANTINED, reason="no_adapter", detail="no adapter takes this topic")
        if isinstance(parsed, Ignored):
            return Judged(message, Outcome.IGNORED, reason=parsed.reason)
        if isinstance(parsed, Rejected):
            return refuse(message, parsed.reason, parsed.detail)
        return self._admit(message, parsed)

    def _find(self, topic: str) -> tuple[Read, ...]:
        """The adapters that may take a topic, in their order."""
        if len(self._readers) >= _MOST_TOPICS:
            self._readers.clear()
        found = self._readers[topic] = tuple(read for adapter, read in self._adapters if adapter.takes(topic))
        return found

    def _admit(self, message: Message, reports: Sequence[Report]) -> Judged:
        verdicts = [self.gate.admit(report, retained=message.retained) for report in reports]
        kept = tuple(v for v in verdicts if not isinstance(v, Repeat | Ignored))
        repeats = any(isinstance(verdict, Repeat) for verdict in verdicts)
        if repeats and not any(isinstance(report, Sample | Event) for report in kept) and says_nothing_else(kept):
            return Judged(message, Outcome.DUPLICATE)
        if kept:
            return Judged(message, Outcome.STORED, kept)
        reasons = [verdict.reason for verdict in verdicts if isinstance(verdict, Ignored)]
        return Judged(message, Outcome.IGNORED, reason=reasons[0] if reasons else "empty")


def refuse(message: Message, reason: str, detail: str) -> Judged:
    """A verdict of quarantine; the detail is masked, for it may quote the message."""
    return Judged(message, Outcome.QUARANTINED, reason=reason, detail=masked(detail)[:400])


def says_nothing_else(reports: Sequence[Report]) -> bool:
    """Whether beside readings there are only births, which adapters repeat with every message."""
    return all(isinstance(report, Sample | Event | Birth) for report in reports)
