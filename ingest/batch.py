"""Judges messages and gathers them into batches: message → adapter → admission → verdict.

A batch is a plain list of verdicts in the order heard. Pure; the caller stores and acknowledges.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.admission import Gate, Repeat
from ingest.ledger import Outcome
from ingest.model import Birth, Event, Ignored, Message, Rejected, Report, Sample
from ingest.privacy import first_bytes, masked

_MOST_TOPICS = 100_000
_MOST_STRANGE = 1000
_STORED = Outcome.STORED


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One message and what is to become of it. `reason` and `detail` say why it is not stored.

    `unidentified`: it has readings that nothing but its delivery tells from a repeat (`ingest.deliveries`).
    """

    message: Message
    outcome: Outcome
    reports: Sequence[Report] = ()
    reason: str = ""
    detail: str = ""
    unidentified: bool = False

    @property
    def head(self) -> str:
        """The first bytes, fit to be shown (rule 9)."""
        return first_bytes(self.message.payload)


class Judge:
    """Turns messages into verdicts; holds the adapters, their sources and the memory of admission."""

    def __init__(self, chosen: Sequence[Adapter], sources: Mapping[str, Source], gate: Gate) -> None:
        self._adapters = [(adapter, _private(adapter, sources[adapter.name])) for adapter in chosen]
        self._readers: dict[str, tuple[Read, ...]] = {}  # by topic, for the same few thousand come again and again
        self._quick = next((adapter.quick for adapter in chosen if adapter.quick is not None), None)
        self._strange: set[str] = set()  # topics that nobody takes and that were shown
        self.gate = gate
        self.again: Callable[[Message], bool] = lambda _message: False

    def judge_all(self, messages: Sequence[Message]) -> list[Judged]:
        """The verdicts on messages, in their order; usual samples are read and admitted in one loop each."""
        if self._quick is None:
            return [self.judge(message) for message in messages]
        samples = self._quick(messages)
        expected = self.gate.expect(samples)
        return [
            self._unusual(message, sample) if usual is None else Judged(message, _STORED, (usual,))
            for message, sample, usual in zip(messages, samples, expected, strict=True)
        ]

    def _unusual(self, message: Message, sample: Sample | None) -> Judged:
        return self.judge(message) if sample is None else self._admit(message, (sample,))

    def judge(self, message: Message) -> Judged:
        """The verdict on one message; whatever it holds, there is one."""
        parsed: Parsed = None
        for read in self._readers.get(message.topic) or self._find(message.topic):
            if (parsed := read(message)) is not None:
                break
        if parsed is None:
            return self._nobodys(message)
        if isinstance(parsed, Ignored):
            return Judged(message, Outcome.IGNORED, reason=parsed.reason)
        if isinstance(parsed, Rejected):
            return refuse(message, parsed.reason, parsed.detail)
        return self._admit(message, parsed)

    def _nobodys(self, message: Message) -> Judged:
        """Quarantined once a topic, so that it is seen; then only counted, for a shared broker has many of others'."""
        if message.topic in self._strange or len(self._strange) >= _MOST_STRANGE:
            return Judged(message, Outcome.IGNORED, reason="no_adapter")
        self._strange.add(message.topic)
        return Judged(message, Outcome.QUARANTINED, reason="no_adapter", detail="no adapter takes this topic")

    def _find(self, topic: str) -> tuple[Read, ...]:
        """The adapters that may take a topic, in their order."""
        if len(self._readers) >= _MOST_TOPICS:
            self._readers.clear()
        found = self._readers[topic] = tuple(read for adapter, read in self._adapters if adapter.takes(topic))
        return found

    def _admit(self, message: Message, reports: Sequence[Report]) -> Judged:
        if message.repeated and self.again(message):
            return Judged(message, Outcome.DUPLICATE)
        if len(reports) == 1:  # nearly all: no lists are made for it
            verdict = self.gate.admit(reports[0], retained=message.retained)
            if isinstance(verdict, Repeat):
                return Judged(message, Outcome.DUPLICATE)
            if isinstance(verdict, Ignored):
                return Judged(message, Outcome.IGNORED, reason=verdict.reason)
            kept = reports if verdict is reports[0] else (verdict,)
            return Judged(message, Outcome.STORED, kept, unidentified=_unidentified(message, kept))
        return self._admit_many(message, [self.gate.admit(report, retained=message.retained) for report in reports])

    @staticmethod
    def _admit_many(message: Message, verdicts: Sequence[Report | Repeat | Ignored]) -> Judged:
        kept = tuple(v for v in verdicts if not isinstance(v, Repeat | Ignored))
        repeats = any(isinstance(verdict, Repeat) for verdict in verdicts)
        if repeats and not any(isinstance(report, Sample | Event) for report in kept) and says_nothing_else(kept):
            return Judged(message, Outcome.DUPLICATE)
        if kept:
            return Judged(message, Outcome.STORED, kept, unidentified=_unidentified(message, kept))
        reasons = [verdict.reason for verdict in verdicts if isinstance(verdict, Ignored)]
        return Judged(message, Outcome.IGNORED, reason=reasons[0] if reasons else "empty")


def by_kind(batch: Sequence[Judged]) -> tuple[list[Sample], list[Event], list[tuple[Judged, Report]]]:
    """The reports of a batch: readings, events, and the rare others with the messages that brought them."""
    samples: list[Sample] = []
    events: list[Event] = []
    others: list[tuple[Judged, Report]] = []
    for judged in batch:
        for report in judged.reports:
            if isinstance(report, Sample):
                samples.append(report)
            elif isinstance(report, Event):
                events.append(report)
            else:
                others.append((judged, report))
    return samples, events, others


def _unidentified(message: Message, reports: Sequence[Report]) -> bool:
    """Whether some of it has neither number nor stamp; only QoS 1 and 2 are delivered again."""
    return message.qos > 0 and any(
        isinstance(report, Sample | Event) and report.seq is None and not report.stamped for report in reports
    )


def refuse(message: Message, reason: str, detail: str) -> Judged:
    """A verdict of quarantine; the detail is masked, for it may quote the message."""
    return Judged(message, Outcome.QUARANTINED, reason=reason, detail=masked(detail)[:400])


def says_nothing_else(reports: Sequence[Report]) -> bool:
    """Whether beside readings there are only births, which adapters repeat with every message."""
    return all(isinstance(report, Sample | Event | Birth) for report in reports)


def _private(adapter: Adapter, source: Source) -> Read:
    """The adapter's reading with private patterns masked in texts (rule 9); the native wire does it by itself."""
    read = adapter.open(source)
    if adapter.name == "native":
        return read

    def masking(message: Message) -> Parsed:
        parsed = read(message)
        return [_masked(report) for report in parsed] if isinstance(parsed, list | tuple) else parsed

    return masking


def _masked(report: Report) -> Report:
    if not isinstance(report, Sample) or not any(isinstance(value, str) for value in report.metrics.values()):
        return report
    metrics = {name: masked(value)[:256] if isinstance(value, str) else value for name, value in report.metrics.items()}
    return replace(report, metrics=metrics)
