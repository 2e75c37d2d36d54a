"""The kind `state`: a metric that is a word, and is one of the bad ones."""

from dataclasses import dataclass
from math import inf

from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Fact, Finding, Kind, Subject


@dataclass(frozen=True, slots=True)
class OneOf:
    """Bad while the word is one of these."""

    bad: frozenset[str]
    calm = (-inf, inf)  # a number is never one of them; a word is always looked at

    def judge(self, fact: Fact) -> Finding:
        """Judge a word; anything else is unknown."""
        if not isinstance(fact, str):
            return Finding(Verdict.UNKNOWN, reason="no_data" if fact is None else "not_a_word")
        return Finding(Verdict.BAD if fact in self.bad else Verdict.GOOD, fact)


def read(options: Options) -> OneOf:
    """Read `bad`, the list of bad words."""
    bad = options.words("bad")
    if not bad:
        raise options.wrong("a state needs bad = [words]", "bad")
    return OneOf(frozenset(bad))


KIND = Kind(name="state", subject=Subject.METRIC, options=("bad",), read=read, metric=True)
