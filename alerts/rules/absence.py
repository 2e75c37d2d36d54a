"""The kind `absence`: a device that is not there, by its Will, by its own word or by its silence.

How long a silence must be is the device's presence's decision (three of its own intervals), not the rule's;
`for` adds to it. Where we cannot know (its gateway is lost, we are deaf, we only just began to listen) the
verdict is unknown: no data never means good, and never means bad either.
"""

from dataclasses import dataclass

from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Subject
from ingest.model import Presence, Value


@dataclass(frozen=True, slots=True)
class Absence:
    """Judges a presence; `value` stays empty and `reason` says how the device went."""

    def judge(self, fact: Value | Presence) -> Finding:
        """Bad when disconnected (also cleanly: the reason says so) or silent."""
        if not isinstance(fact, Presence):
            return Finding(Verdict.UNKNOWN, reason="no_data")
        if fact.unknown:
            return Finding(Verdict.UNKNOWN, reason=fact.reason or "unknown")
        if fact.connected is False:
            return Finding(Verdict.BAD, reason=fact.reason or "offline")
        if not fact.fresh:
            return Finding(Verdict.BAD, reason=fact.reason or "silent")
        return Finding(Verdict.GOOD, reason=fact.reason)

    def suspects(self, fact: Value | Presence) -> bool:
        """Whether someone may be missing."""
        return isinstance(fact, Presence) and (fact.connected is False or not fact.fresh)


def read(_options: Options) -> Absence:
    """No options of its own."""
    return Absence()


KIND = Kind(name="absence", subject=Subject.PRESENCE, options=(), read=read)
