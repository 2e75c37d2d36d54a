"""The kind `deafness`: we ourselves hear nobody, because the broker is away or we have lost it.

It counts over the centre those whose presence is unknown for that reason. It speaks for no other alert: what was
known before the silence stays as it was.
"""

from dataclasses import dataclass

from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import NEVER_CALM, Fact, Finding, Kind, Outage, Scale, Subject
from ingest.model import Presence


@dataclass(frozen=True, slots=True)
class Deaf:
    """Judges a presence: bad where we are deaf to it, however it fares itself."""

    calm = NEVER_CALM

    def judge(self, fact: Fact) -> Finding:
        """Bad when the reason is our own."""
        if not isinstance(fact, Presence):
            return Finding(Verdict.UNKNOWN, reason="no_data")
        return Finding(Verdict.BAD if fact.unknown and fact.reason == "blind" else Verdict.GOOD, reason=fact.reason)


def read(_options: Options) -> Deaf:
    """It has no options."""
    return Deaf()


def read_outage(_options: Options) -> Outage:
    """All of us are deaf at once, and hear again at once."""
    return Outage(over=Scale.CENTRE, share=0.5, at_least=1, clear_share=0.5)


KIND = Kind(name="deafness", subject=Subject.DOMAIN, options=(), read=read, metric=False, outage=read_outage)
