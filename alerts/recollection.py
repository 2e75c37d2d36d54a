"""Makes anew, from facts of the past, what a rule with a memory would remember had the engine never been down.

Decides how far back a rule must look, and what it then remembers; what it finds on the way is old, and let go. It
never asks a store: the facts are handed to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from alerts.rule import Recall, Rule, Subject

MOST_MS: Final = 24 * 3_600_000  # of readings, which are many; events and changes of presence are few
_WITH_MEMORY: Final = (Subject.EVENT, Subject.UPTIME, Subject.SERIES)  # what is read fastest comes first


class Fact(NamedTuple):
    """What was judged once: metrics, an event or a presence of a device; times in epoch ms."""

    device: str
    what: object
    at: int
    sampled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a rule remembers of a device, and when the newest sample that it knows was taken."""

    memory: Any
    sampled_at: int | None = None

    def precedes(self, sampled_at: int | None) -> bool:
        """Whether a sample is news; one older than the newest is history, and changes nothing."""
        return sampled_at is None or self.sampled_at is None or self.sampled_at <= sampled_at

    def after(self, memory: object, sampled_at: int | None) -> "Recollection":
        """What is remembered once a fact was judged."""
        return Recollection(memory, self.sampled_at if sampled_at is None else sampled_at)


NOTHING: Final = Recollection(None)


def look_back(rule: Rule) -> int:
    """How far back (ms) the facts reach that this rule's memories are made of; 0: there is nothing to make."""
    if rule.subject not in _WITH_MEMORY:
        return 0
    test: Recall = rule.test
    return min(test.window_ms, MOST_MS) if rule.subject is Subject.SERIES else test.window_ms


def remembering(rules: Iterable[Rule]) -> list[Rule]:
    """The rules whose memories can be made anew, in the order in which to do it."""
    return sorted((rule for rule in rules if look_back(rule)), key=lambda rule: _WITH_MEMORY.index(rule.subject))


def recollect(rule: Rule, facts: Iterable[Fact]) -> Mapping[str, Recollection]:
    """What the rule remembers of each device after these facts, which are in their order for each device."""
    found: dict[str, Recollection] = {}
    for fact in facts:
        before = found.get(fact.device, NOTHING)
        if before.precedes(fact.sampled_at):
            found[fact.device] = _recall(rule, before, fact)
    return {device: what for device, what in found.items() if what.memory is not None}


def _recall(rule: Rule, before: Recollection, fact: Fact) -> Recollection:
    """What the rule remembers after one more fact; one that it cannot judge leaves it as it was."""
    try:
        return before.after(rule.test.judge(fact.what, before.memory, fact.at).memory, fact.sampled_at)
    except Exception:  # noqa: BLE001 - the engine, too, goes on after a kind's mistake, and tells of it
        return before
