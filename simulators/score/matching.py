"""Which alert tells which truth, and what the other alerts are.

The rule, for lists in any order:

1. An alert *can tell* a truth when its rule is one of those expected, it names exactly the expected subject at the
   expected scope, and it was raised while the truth lasted (`slack_s` forgives clocks that differ). One alert tells at
   most one truth and a truth is told by at most one alert; as many as possible are paired, each with its earliest.
2. What could tell a truth but for being raised too late (after the truth's own `within_s`, or up to `late_s` after its
   end) is paired next: **late**. A late alert is no success, neither of recall nor of precision.
3. Every other alert that people were told of is one too many: **doubled** when it is about a truth that is told
   already; **wrong place** when a truth that nobody told was at work, and the alert has its rule but another subject,
   or names a part of a larger cause (a camera where the power of the area is gone); else **extra**.
4. Alerts folded into another one were not told by themselves: they are counted apart and are never wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulators.score.words import Alert, Truth, short

SLACK_S = 30.0
LATE_S = 900.0


class Outcome(StrEnum):
    """What an alert turned out to be."""

    RIGHT = "right"
    LATE = "late"
    DOUBLED = "doubled"
    WRONG_PLACE = "wrong place"
    EXTRA = "extra"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert, what it turned out to be, and the truth that it is about, if any."""

    alert: Alert
    outcome: Outcome
    cause: Truth | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """A truth and the alert that told it, if one did."""

    truth: Truth
    alert: Alert | None = None
    late: bool = False

    @property
    def found(self) -> bool:
        """Told, and in time."""
        return self.alert is not None and not self.late

    @property
    def noticed_s(self) -> float | None:
        """Seconds until the engine first found it bad, before any waiting; None where it never did."""
        noticed = None if self.alert is None else self.alert.noticed
        return None if noticed is None else max(0.0, noticed - self.truth.begins)

    @property
    def delay_s(self) -> float | None:
        """Seconds from its beginning until people were told; None where nobody was."""
        return None if self.alert is None else max(0.0, self.alert.raised - self.truth.begins)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every truth that should be told with its fate, and every alert with what it was; both in order of time."""

    fates: tuple[Fate, ...]
    judged: tuple[Judged, ...]


def match(
    truths: Iterable[Truth], alerts: Iterable[Alert], *, slack_s: float = SLACK_S, late_s: float = LATE_S
) -> Verdict:
    """Pair them. The order of either list makes no difference."""
    causes = sorted(truths, key=lambda truth: (truth.begins, truth.id))
    every = sorted(alerts, key=lambda alert: (alert.raised, alert.id))
    told = [alert for alert in every if not alert.folded]
    expected = [truth for truth in causes if truth.expected]
    by_subject: dict[str, list[Alert]] = {}
    for alert in told:
        by_subject.setdefault(short(alert.subject), []).append(alert)
    may = {truth.id: _candidates(truth, by_subject) for truth in expected}

    def in_time(truth: Truth) -> list[Alert]:
        return [one for one in may[truth.id] if truth.begins - slack_s <= one.raised <= _latest(truth) + slack_s]

    pairs = _pair({truth.id: in_time(truth) for truth in expected})
    taken = {alert.id for alert in pairs.values()}

    def too_late(truth: Truth) -> list[Alert]:
        until = truth.ends + late_s
        return [one for one in may[truth.id] if one.id not in taken and truth.begins <= one.raised <= until]

    late = _pair({truth.id: too_late(truth) for truth in expected if truth.id not in pairs})
    fates = tuple(
        Fate(truth, pairs.get(truth.id) or late.get(truth.id), late=truth.id in late) for truth in expected
    )  # fmt: skip
    return Verdict(fates, tuple(_judge_all(every, causes, fates, slack_s)))


def _latest(truth: Truth) -> float:
    """Until when a message is in time."""
    return truth.ends if truth.within_s is None else min(truth.ends, truth.begins + truth.within_s)


def _candidates(truth: Truth, by_subject: Mapping[str, Sequence[Alert]]) -> list[Alert]:
    found = by_subject.get(short(truth.subject), ())
    return [alert for alert in found if truth.fits_rule(alert) and truth.fits_place(alert)]


def _pair(may: Mapping[str, Sequence[Alert]]) -> dict[str, Alert]:
    """As many pairs as possible (augmenting paths), each truth with the earliest alert that leaves room for all."""
    teller: dict[str, str] = {}  # the truth that an alert tells
    found: dict[str, Alert] = {}

    def place(truth: str, tried: set[str]) -> bool:
        for alert in may[truth]:
            if alert.id in tried:
                continue
            tried.add(alert.id)
            if alert.id not in teller or place(teller[alert.id], tried):
                teller[alert.id], found[truth] = truth, alert
                return True
        return False

    for truth in may:
        place(truth, set())
    return found


def _judge_all(
    alerts: Sequence[Alert], causes: Sequence[Truth], fates: Sequence[Fate], slack_s: float
) -> Iterable[Judged]:
    pairs = {fate.alert.id: fate for fate in fates if fate.alert}
    told = {fate.truth.id for fate in fates if fate.alert}
    strays: set[str] = set()  # truths that have been taken for somewhere else already
    for alert in alerts:
        if alert.id in pairs:
            fate = pairs[alert.id]
            yield Judged(alert, Outcome.LATE if fate.late else Outcome.RIGHT, fate.truth)
            continue
        working = [truth for truth in causes if truth.at_work(alert, slack_s)]
        if alert.folded:
            yield Judged(alert, Outcome.FOLDED, next((truth for truth in working if truth.holds(alert)), None))
            continue
        yield _judge_stray(alert, working, told, strays)


def _judge_stray(alert: Alert, working: Sequence[Truth], told: set[str], strays: set[str]) -> Judged:
    """Why this alert is one too many."""
    about = [truth for truth in working if truth.holds(alert)]
    for truth in about:
        if truth.expected and (truth.scope != "device" or truth.fits_rule(alert)):
            if truth.id in told:
                return Judged(alert, Outcome.DOUBLED, truth)
            if not truth.fits_place(alert):
                return Judged(alert, Outcome.WRONG_PLACE, truth)
    for truth in working:
        stray = truth.expected and truth.id not in told | strays and not truth.holds(alert)
        if stray and truth.rules and truth.fits_rule(alert):
            strays.add(truth.id)
            return Judged(alert, Outcome.WRONG_PLACE, truth)
    return Judged(alert, Outcome.EXTRA, about[0] if about else None)
