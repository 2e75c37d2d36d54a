"""How many days the disk lasts, and what is given up first when it does not. Decides; measures and deletes nothing.

Growth is the least-squares slope of the database's size over the last two weeks. Every time is epoch milliseconds,
every size bytes. The account, alerts, the audit, accounts and devices are never given up: there is no word for them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ioc.errors import SettingsError

DAY_MS: Final = 86_400_000
LONG_DAYS: Final = 3650.0
"""What "no end in sight" is told as: a database that does not grow, or ten years and more."""
SHORTEST_MS: Final = 6 * 3_600_000
"""A forecast from less than six hours would be about the minutes after a start."""
FULL_PCT: Final = 90.0
LAST_DAYS: Final = 3.0
"""From either on, something is given up: PostgreSQL stops when its disk is full, and then nothing is kept at all."""
GIVEN_UP: Final = ("raw", "minute", "hour", "day")
"""What may be given up: readings as heard, and their sums by the minute, the hour, the day."""
_STEP: Final = re.compile(r"^(?P<what>\w+) beyond (?P<days>\d+) days?$")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the disk; what is not known of it is None."""

    at: int
    used: int  # by this database
    free: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """How the disk stands. `days_left` is None while it cannot be known, at most `LONG_DAYS`."""

    used_pct: float | None
    bytes_a_day: float | None
    days_left: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One sacrifice: what is older than so many days."""

    what: str
    days: int


@dataclass(frozen=True, slots=True)
class Drop:
    """What goes now: everything of it before a moment, so many days ago."""

    what: str
    before: int
    days: int = 0


def forecast(looks: Sequence[Look]) -> Forecast:
    """What the looks say, oldest first; the last one is now."""
    if not looks:
        return Forecast(None, None, None)
    now = looks[-1]
    used_pct = None
    if now.free is not None and now.total:
        used_pct = round(100 * (1 - now.free / now.total), 1)
    growth = _growth(looks)
    if now.free is None or growth is None:
        return Forecast(used_pct, growth, None)
    days = now.free / growth if growth > 0 else LONG_DAYS
    return Forecast(used_pct, growth, round(min(days, LONG_DAYS), 1))


def order(told: Sequence[str]) -> tuple[Step, ...]:
    """The order of giving up from the settings; raises `SettingsError` that names the wrong word."""
    steps = []
    for sentence in told:
        found = _STEP.match(sentence.strip())
        if found is None or found["what"] not in GIVEN_UP or int(found["days"]) < 1:
            words = ", ".join(GIVEN_UP)
            raise SettingsError(f"store.give_up: {sentence!r} không hiểu; viết như 'raw beyond 30 days', với một "
                                f"trong: {words}. (write it so; only these are ever given up)")  # fmt: skip
        steps.append(Step(found["what"], int(found["days"])))
    return tuple(steps)


def nearly_full(standing: Forecast) -> bool:
    """Whether something must be given up, or room made, now."""
    full = standing.used_pct is not None and standing.used_pct >= FULL_PCT
    soon = standing.days_left is not None and standing.days_left <= LAST_DAYS
    return full or soon


def next_to_go(steps: Sequence[Step], standing: Forecast, oldest: Mapping[str, int], now: int) -> Drop | None:
    """What is given up next, the first step of the order that still has something; None while there is room.

    `oldest` tells the oldest moment that is kept of each; what it does not name is not there. Asked again after each
    step, for that may have been enough.
    """
    if not nearly_full(standing):
        return None
    for step in steps:
        before = now - step.days * DAY_MS
        if step.what in oldest and oldest[step.what] < before:
            return Drop(step.what, before, step.days)
    return None


def _growth(looks: Sequence[Look]) -> float | None:
    """Bytes a day; None where the looks are of too short a time."""
    if looks[-1].at - looks[0].at < SHORTEST_MS:
        return None
    middle_at = sum(look.at for look in looks) / len(looks)
    middle = sum(look.used for look in looks) / len(looks)
    across = sum((look.at - middle_at) * (look.used - middle) for look in looks)
    spread = sum((look.at - middle_at) ** 2 for look in looks)
    return across / spread * DAY_MS
