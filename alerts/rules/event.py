"""The kind `event`: something a device says has begun, until it says that it has ended.

Several of one type may go on at once: it is good when the last has ended. One whose end never comes counts as over
after `lasts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.model import Severity, Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Event, Metrics

Going = Mapping[str, int]  # the events that go on, and when each is taken for over
_SEVERITIES = frozenset(Severity)


@dataclass(frozen=True, slots=True)
class Happening:
    """Bad while an event of this type goes on."""

    type: str
    lasts_ms: int
    metrics: tuple[str, ...] = ()

    @property
    def window_ms(self) -> int:
        """What began longer ago is over."""
        return self.lasts_ms

    def judge(self, fact: Metrics | Event | None, memory: Going | None, at: int) -> Recalled:
        """Judge an event, or the passing of time."""
        going = {ident: until for ident, until in (memory or {}).items() if until > at}
        severity = None
        if isinstance(fact, Event):
            if fact.type != self.type:
                return Recalled(None, memory, min(going.values(), default=None))
            if fact.phase == "end":
                going.pop(fact.id, None)
            else:
                going[fact.id] = at + self.lasts_ms
                severity = Severity(fact.severity) if fact.severity in _SEVERITIES else None
        verdict = Verdict.BAD if going else Verdict.GOOD
        finding = Finding(verdict, len(going), self.type, severity)
        return Recalled(finding, going or None, min(going.values(), default=None))


def read(options: Options) -> Happening:
    """Read `event`, its type, and `lasts`."""
    name = options.text("event")
    if name is None:
        raise options.wrong("needs event, the type of the event", "event")
    return Happening(name, options.duration("lasts") or 3_600_000)


KIND = Kind(name="event", subject=Subject.EVENT, options=("event", "lasts"), read=read, metric=False)
