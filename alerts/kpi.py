"""The ISA-18.2 figures of alarms: how many, how unevenly, which ones; folded from what people were told.

Pure. An alarm is an announcement that asks for a person's answer (`open`, `worse`): transitions, acknowledgements and
ends are no alarms (one plant that counted them got thirty times too many). Limits are those of ISA-18.2-2016 tables 5
and 6 and of EEMUA 191, per operator. Which rule to mend, and how, is `alerts.kpi_advice`' decision.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from alerts.model import Announce, Severity
from alerts.people import ZONE

MINUTE: Final = 60_000
WINDOW: Final = 10 * MINUTE
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

FLOOD_ABOVE: Final = 10  # alarms in ten minutes: a flood starts above
FLOOD_BELOW: Final = 5  # and ends below
CHATTER_TIMES: Final = 3  # in a minute, the first-pass rule
CHATTER_STEPS: Final = 5  # or more than so many steps in five minutes
FLEETING_MS: Final = 10_000
STALE_MS: Final = DAY
TOP: Final = 10
BY_HOUR: Final = 3 * DAY  # up to so long a span is counted by the hour, beyond it by the day
_EAST: Final = round(ZONE.utcoffset(None).total_seconds() * 1000)

_ALARMS: Final = (Announce.OPEN, Announce.WORSE)


@dataclass(frozen=True, slots=True)
class Told:
    """One announcement of the timeline."""

    at: int
    alert_id: str
    rule: str
    subject: str  # the device, or what else it is about
    severity: Severity
    announce: Announce

    @property
    def source(self) -> tuple[str, str]:
        """What chatters or tops a list: a rule and what it judged."""
        return self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that is active now, since when, and whether its announcement is suppressed."""

    rule: str
    subject: str
    since: int
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Flood:
    """More than ten alarms in ten minutes, until fewer than five; `until` is None while it lasts."""

    since: int
    until: int | None
    alarms: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A rule and what it judged, with its alarms."""

    rule: str
    subject: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a span of time. Rates are per operator; shares are 0 to 1."""

    since: int
    until: int
    operators: int
    alarms: int
    per_hour: float
    per_ten_minutes: float
    per_day: float
    most_in_ten_minutes: int
    busy_windows_share: float  # ten-minute windows with more than ten alarms
    floods: tuple[Flood, ...]
    flood_share: float  # of the time
    top: tuple[Busy, ...]
    top_share: float
    chattering: tuple[Busy, ...]
    fleeting: tuple[Busy, ...]
    stale: tuple[Standing, ...]
    suppressed: int
    mix: Mapping[Severity, float]
    course: tuple[tuple[int, int], ...]  # the alarms by the hour or by the day: its beginning, and how many

    @property
    def flooded(self) -> bool:
        """Whether a flood lasts now."""
        return bool(self.floods) and self.floods[-1].until is None


def figures(
    told: Iterable[Told], standing: Iterable[Standing], since: int, until: int, *, operators: int = 1
) -> Figures:
    """The figures of `[since, until)` from its announcements, in any order, and what is active at `until`."""
    heard = sorted((each for each in told if since <= each.at < until), key=lambda each: (each.at, each.alert_id))
    alarms = [each for each in heard if each.announce in _ALARMS]
    times, hours = [each.at for each in alarms], max(until - since, 1) / HOUR
    rate = len(alarms) / hours / max(operators, 1)
    found = floods(times, until)
    counts = Counter(each.source for each in alarms)
    top = _ranked(dict(counts.most_common(TOP)))
    active = list(standing)
    return Figures(
        since=since,
        until=until,
        operators=max(operators, 1),
        alarms=len(alarms),
        per_hour=rate,
        per_ten_minutes=rate / 6,
        per_day=rate * 24,
        most_in_ten_minutes=most_within(times, WINDOW),
        busy_windows_share=_busy_windows(times, since, until),
        floods=found,
        flood_share=sum((flood.until or until) - flood.since for flood in found) / max(until - since, 1),
        top=top,
        top_share=sum(each.count for each in top) / len(alarms) if alarms else 0.0,
        chattering=_ranked({source: n for source, n in counts.items() if chatters(_of(heard, source))}),
        fleeting=_ranked(_fleeting(heard)),
        stale=tuple(each for each in active if until - each.since > STALE_MS),
        suppressed=sum(each.suppressed for each in active),
        mix=_mix(alarms),
        course=course(times, since, until),
    )


def course(times: Iterable[int], since: int, until: int) -> tuple[tuple[int, int], ...]:
    """How many of these times lie in each hour, or in each day of Viet Nam's clock, that the span touches."""
    step = HOUR if until - since <= BY_HOUR else DAY
    counts = Counter((at + _EAST) // step for at in times)
    first, last = (since + _EAST) // step, (max(until - 1, since) + _EAST) // step
    return tuple((number * step - _EAST, counts[number]) for number in range(first, last + 1))


def floods(times: Sequence[int], now: int) -> tuple[Flood, ...]:
    """The floods among alarms at these times, in order: on with the eleventh in ten minutes, off below five."""
    found: list[Flood] = []
    window: deque[int] = deque()
    began: int | None = None
    count = 0
    for at in [*times, now + WINDOW * 2]:
        while window and window[0] + WINDOW <= at:
            gone = window.popleft() + WINDOW
            if began is not None and len(window) < FLOOD_BELOW:
                found.append(Flood(began, gone if gone <= now else None, count))
                began = None
        window.append(at)
        count += began is not None
        if began is None and len(window) > FLOOD_ABOVE:
            began, count = at, len(window)
    return tuple(found)


def most_within(times: Sequence[int], span: int) -> int:
    """The most of these times, in order, that lie within any span."""
    window: deque[int] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] + span <= at:
            window.popleft()
        most = max(most, len(window))
    return most


def chatters(told: Sequence[Told]) -> bool:
    """Whether one source came three times within a minute, or made more than five steps within five minutes."""
    opened = [each.at for each in told if each.announce in _ALARMS]
    steps = [each.at for each in told]
    return most_within(opened, MINUTE) >= CHATTER_TIMES or most_within(steps, 5 * MINUTE) > CHATTER_STEPS


def _of(heard: Iterable[Told], source: tuple[str, str]) -> list[Told]:
    return [each for each in heard if each.source == source]


def _fleeting(heard: Sequence[Told]) -> Mapping[tuple[str, str], int]:
    """How often each source's alarm was over within ten seconds."""
    by_alert: dict[str, list[Told]] = {}
    for each in heard:
        by_alert.setdefault(each.alert_id, []).append(each)
    short: Counter[tuple[str, str]] = Counter()
    for steps in by_alert.values():
        for first, then in pairwise(steps):
            brief = first.announce in _ALARMS and then.announce.ends and then.at - first.at < FLEETING_MS
            short[first.source] += brief
    return +short


def _busy_windows(times: Iterable[int], since: int, until: int) -> float:
    """The share of whole ten-minute windows, from `since` on, that have more than ten alarms."""
    windows = max(1, -(-(until - since) // WINDOW))
    counts = Counter((at - since) // WINDOW for at in times)
    return sum(count > FLOOD_ABOVE for count in counts.values()) / windows


def _ranked(counts: Mapping[tuple[str, str], int]) -> tuple[Busy, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Busy(rule, subject, count) for (rule, subject), count in ranked)


def _mix(alarms: Sequence[Told]) -> Mapping[Severity, float]:
    counts = Counter(each.severity for each in alarms)
    return {severity: counts[severity] / len(alarms) if alarms else 0.0 for severity in Severity}
