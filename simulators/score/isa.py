"""The operator's load, after ISA-18.2-2016 §16 and EEMUA 191: how many alarms come, how bunched, how idle.

Counts alerts that people were told of by themselves, each when it was raised. Times are epoch seconds.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from simulators.score.words import Alert

TEN_MIN_S = 600.0
_FLOOD_BEGINS, _FLOOD_ENDS = 10, 5
"""A flood begins with more than ten alarms in ten minutes and ends with fewer than five (ISA-18.2 §3.1)."""
_CHATTER, _CHATTER_S = 3, 60.0
_FLEETING_S = 10.0
_STALE_S = 86_400.0
_PRIORITIES = ("critical", "major", "minor", "warning")


@dataclass(frozen=True, slots=True)
class Load:
    """The figures of one span. Shares are 0 to 1; `acceptable` ones stand in the standard's table 5."""

    alarms: int
    hours: float
    per_operator_hour: float
    peak_10_min: int
    crowded_share: float
    """Share of ten-minute windows with more than ten alarms: under 0.01 is acceptable."""
    floods: int
    flood_share: float
    chattering: int
    fleeting: int
    stale: int
    top_ten_share: float
    priorities: dict[str, float]
    """Share by severity; about 0.05 critical and major, 0.15 minor, 0.8 warning is what the standard has in mind."""


def measure(alerts: Sequence[Alert], begins: float, ends: float, operators: int = 1) -> Load:
    """The load of `operators` people who share the alerts, between two moments."""
    told = [alert for alert in alerts if not alert.folded and begins <= alert.raised <= ends]
    raised = sorted(alert.raised for alert in told)
    hours = max(ends - begins, 1.0) / 3600
    floods = find_floods(raised, ends)
    keys, mix = Counter(alert.key for alert in told), Counter(alert.severity for alert in told)
    windows = _windows(raised, begins, ends)
    return Load(
        alarms=len(told),
        hours=hours,
        per_operator_hour=len(told) / hours / operators,
        peak_10_min=max((_within(raised, at) for at in raised), default=0),
        crowded_share=sum(count > _FLOOD_BEGINS for count in windows) / len(windows),
        floods=len(floods),
        flood_share=sum(end - begin for begin, end in floods) / max(ends - begins, 1.0),
        chattering=_chattering(told),
        fleeting=sum(alert.ended - alert.raised < _FLEETING_S for alert in told),
        stale=sum(min(alert.ended, ends) - alert.raised > _STALE_S for alert in told),
        top_ten_share=sum(count for _, count in keys.most_common(10)) / len(told) if len(keys) > 10 else 0.0,
        priorities={name: mix[name] / len(told) if told else 0.0 for name in _PRIORITIES},
    )


def find_floods(raised: Sequence[float], ends: float) -> list[tuple[float, float]]:
    """From when to when there was a flood; `raised` in order. One that has not ended by `ends` ends there."""
    found: list[tuple[float, float]] = []
    begun: float | None = None
    steps = sorted({*raised, *(at + TEN_MIN_S for at in raised if at + TEN_MIN_S <= ends)})
    for now in steps:
        recent = _within(raised, now)
        if begun is None and recent > _FLOOD_BEGINS:
            begun = now
        elif begun is not None and recent < _FLOOD_ENDS:
            found.append((begun, now))
            begun = None
    return [*found, (begun, ends)] if begun is not None else found


def _within(raised: Sequence[float], now: float) -> int:
    """How many in the ten minutes up to `now`."""
    return bisect_right(raised, now) - bisect_right(raised, now - TEN_MIN_S)


def _windows(raised: Sequence[float], begins: float, ends: float) -> list[int]:
    """Alarms in each whole or begun ten minutes."""
    counts = [0] * max(1, int(-(-(ends - begins) // TEN_MIN_S)))
    for at in raised:
        counts[min(len(counts) - 1, int((at - begins) // TEN_MIN_S))] += 1
    return counts


def _chattering(alerts: Sequence[Alert]) -> int:
    """Keys that were raised three times within a minute."""
    times: dict[str, list[float]] = {}
    for alert in alerts:
        times.setdefault(alert.key, []).append(alert.raised)
    return sum(_shortest(sorted(at), _CHATTER) <= _CHATTER_S for at in times.values())


def _shortest(times: Sequence[float], many: int) -> float:
    spans = (times[at + many - 1] - times[at] for at in range(len(times) - many + 1))
    return min(spans, default=inf)
