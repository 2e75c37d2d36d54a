"""The kind `degraded`: a device that is there and calls itself unwell (`status` `degraded`).

A device that is not there says nothing of how it is: unknown.
"""

from dataclasses import dataclass
from math import inf

from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Fact, Finding, Kind, Subject
from ingest.model import Presence


@dataclass(frozen=True, slots=True)
class Degraded:
    """Judges a presence by what the device says of itself."""

    calm = (inf, -inf)

    def judge(self, fact: Fact) -> Finding:
        """Bad while it calls itself unwell."""
        if not isinstance(fact, Presence) or fact.unknown or fact.connected is False or not fact.fresh:
            return Finding(Verdict.UNKNOWN, reason=fact.reason if isinstance(fact, Presence) else "no_data")
        return Finding(Verdict.BAD if fact.working is False else Verdict.GOOD, reason=fact.reason)


def read(_options: Options) -> Degraded:
    """No options of its own."""
    return Degraded()


KIND = Kind(name="degraded", subject=Subject.PRESENCE, options=(), read=read, metric=False)
