"""Decides who is on duty at a moment: shifts by weekday and holiday, rotations with their hand-over, covers.

Pure; a moment is epoch milliseconds, a roster lives in a time zone of its own. A shift belongs to the day it begins on,
also past midnight. On a holiday the holidays' shifts stand in place of the day's own, where the roster has any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from alerts.people import ZONE

HOLIDAY: Final = 7  # beside the weekdays 0 (Monday) to 6
AHEAD: Final = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Shift:
    """When, on which days, and who: `crews` take turns, each for `every` days counted from `since`."""

    days: frozenset[int]
    begins: int  # minutes after midnight
    ends: int  # at or before `begins`: of the next day
    crews: tuple[tuple[str, ...], ...]
    since: date = date(2026, 1, 5)  # a Monday
    every: int = 7


@dataclass(frozen=True, slots=True)
class Cover:
    """Someone stands in: `who` for everybody, or for `instead_of` alone."""

    begins: int
    ends: int
    who: tuple[str, ...]
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A roster."""

    name: str
    shifts: tuple[Shift, ...]
    covers: tuple[Cover, ...] = ()
    holidays: frozenset[date] = frozenset()
    zone: tzinfo = ZONE


def on_duty(duty: Duty, at: int) -> tuple[str, ...]:
    """Who is on duty, in the roster's order; nobody where no shift is."""
    who = [person for begins, ends, crew in _around(duty, at) if begins <= at < ends for person in crew]
    for cover in duty.covers:
        if cover.begins <= at < cover.ends:
            who = _covered(who, cover)
    return tuple(dict.fromkeys(who))


def handover(duty: Duty, at: int) -> tuple[int, tuple[str, ...]] | None:
    """The next moment at which others are on duty, and who then is; None where that is over a fortnight away."""
    now = on_duty(duty, at)
    for moment in _edges(duty, at):
        then = on_duty(duty, moment)
        if then != now:
            return moment, then
    return None


def gaps(duty: Duty, since: int, until: int) -> Iterator[tuple[int, int]]:
    """The spans in which nobody is on duty: what a check warns of."""
    edges = [since, *(edge for edge in _edges(duty, since) if edge < until), until]
    for begins, ends in pairwise(edges):
        if begins < ends and not on_duty(duty, begins):
            yield begins, ends


def _covered(who: Sequence[str], cover: Cover) -> list[str]:
    if cover.instead_of is None:
        return list(cover.who)
    return [each for person in who for each in (cover.who if person == cover.instead_of else (person,))]


def _around(duty: Duty, at: int) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The shifts of the day of a moment and of the day before."""
    today = datetime.fromtimestamp(at / 1000, UTC).astimezone(duty.zone).date()
    for day in (today - timedelta(days=1), today):
        yield from _of_day(duty, day)


def _of_day(duty: Duty, day: date) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    kind = day.weekday()
    if day in duty.holidays and any(HOLIDAY in shift.days for shift in duty.shifts):
        kind = HOLIDAY
    for shift in duty.shifts:
        if kind in shift.days:
            crew = shift.crews[(day - shift.since).days // shift.every % len(shift.crews)]
            next_day = shift.ends <= shift.begins
            ends = _moment(duty.zone, day + timedelta(days=next_day), shift.ends)
            yield _moment(duty.zone, day, shift.begins), ends, crew


def _edges(duty: Duty, at: int) -> list[int]:
    """Every moment after `at`, in order, at which something may change, for a fortnight."""
    today = datetime.fromtimestamp(at / 1000, UTC).astimezone(duty.zone).date()
    days = [today + timedelta(days=number) for number in range(-1, AHEAD.days)]
    edges = {edge for day in days for begins, ends, _ in _of_day(duty, day) for edge in (begins, ends)}
    edges |= {edge for cover in duty.covers for edge in (cover.begins, cover.ends)}
    last = at + AHEAD // timedelta(milliseconds=1)
    return sorted(edge for edge in edges if at < edge <= last)


def _moment(zone: tzinfo, day: date, minutes: int) -> int:
    local = datetime.combine(day, time(minutes // 60 % 24, minutes % 60), zone)
    return int((local + timedelta(days=minutes // 1440)).timestamp() * 1000)
