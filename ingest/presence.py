"""Judges a device's presence: connected, fresh, working, and whether we can know (rule 5 of the wire).

Also says what of it counts as service (`standing`), and which changes of that are noted for good (`PresenceLog`).
Pure: facts and `now` in, values out. It never decides that something is an alert.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ingest.model import Presence

SILENCE = 3  # a device is silent after this many intervals without a word
SAID_AGAIN_MS: Final = 24 * 3_600_000  # what holds is noted again after so long: no look back needs to go further
_AT_ONCE = 500  # devices said again in one second, at most
_PENDING = 200_000  # notes that wait while the database is away; beyond it only each device's newest


@dataclass(frozen=True, slots=True)
class Hearing:
    """How well *we* hear: `since` is when the connection to the broker last began, `deaf_since` when it was lost."""

    since: int
    deaf_since: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What presence is judged from. `state` is the last status; `heard` the last live message; times in epoch ms."""

    state: str | None
    reason: str | None
    heard: int | None
    interval_ms: int


def judge(facts: Facts, gateway: Presence | None, hearing: Hearing, now: int) -> Presence:
    """The device's presence now; `since` is `now`, for the caller to keep the old one where nothing changed.

    A dead gateway makes its children unknown, not offline; so does our own deafness, and so does having only just
    begun to listen: silence is judged by how long *we* could have heard.
    """
    timeout = SILENCE * facts.interval_ms
    connected = None if facts.state is None else facts.state != "offline"
    working = None if facts.state is None else facts.state not in ("offline", "degraded")
    fresh = facts.heard is not None and now - facts.heard <= timeout
    known = Presence(connected, fresh, working, reason=_reason(facts, fresh=fresh), since=now)
    if hearing.deaf_since is not None:
        return replace(known, unknown=True, reason="blind")
    if gateway is not None and lost(gateway):
        return replace(known, unknown=True, reason="gateway_lost")
    if connected is not False and not fresh and now - hearing.since <= timeout:
        return replace(known, unknown=True, reason="starting")
    return known


def until(facts: Facts, hearing: Hearing, now: int) -> int | None:
    """The next moment at which time alone may change the judgement; None where it cannot."""
    timeout = SILENCE * facts.interval_ms
    moments = [moment + timeout + 1 for moment in (facts.heard, hearing.since) if moment is not None]
    return min((moment for moment in moments if moment > now), default=None)


def lost(presence: Presence) -> bool:
    """Whether a device is not in service, as far as we can know."""
    return presence.unknown or presence.connected is False or not presence.fresh


def _reason(facts: Facts, *, fresh: bool) -> str:
    if facts.state == "offline":
        return facts.reason or "offline"
    if facts.state in ("sleeping", "degraded") and fresh:
        return facts.reason or facts.state
    return "" if fresh else "silent"


class Service(StrEnum):
    """What a device's presence means for those it serves."""

    IN = "in"  # connected as far as it says, and heard; a degraded device serves too, with `degraded` as the reason
    OUT = "out"  # says it is offline, the broker says so, or it is silent
    UNKNOWN = "unknown"  # we or its gateway are blind


@dataclass(frozen=True, slots=True)
class Note:
    """From `ts` on a device stood so, until its next note."""

    device: str
    ts: int
    state: Service
    reason: str


def standing(presence: Presence) -> Service:
    """The three facts and our own sight in one word: the one place that says what availability counts."""
    if presence.unknown:
        return Service.UNKNOWN
    return Service.OUT if lost(presence) else Service.IN


class PresenceLog:
    """What is to be noted: a device's first judgement, each change of its standing, and daily what still holds."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, Note] = OrderedDict()  # by device, the longest unsaid first
        self._pending: list[Note] = []

    def judged(self, device: str, presence: Presence, now: int) -> None:
        """A device was judged; nothing comes of it where it stands as before."""
        state, last = standing(presence), self._last.get(device)
        if last is None or last.state != state or last.reason != presence.reason:
            self._note(Note(device, now, state, presence.reason))

    def take(self, now: int) -> Sequence[Note]:
        """What is to be kept now, in order; who takes it gives back what could not be kept."""
        for _ in range(_AT_ONCE):
            oldest = next(iter(self._last.values()), None)
            if oldest is None or 0 <= now - oldest.ts < SAID_AGAIN_MS:
                break
            self._note(replace(oldest, ts=now))
        taken, self._pending = self._pending, []
        return taken

    def give_back(self, notes: Sequence[Note]) -> None:
        """Keep them for the next time."""
        self._pending = [*notes, *self._pending]
        if len(self._pending) > _PENDING:
            self._pending = list({note.device: note for note in self._pending}.values())

    def _note(self, note: Note) -> None:
        self._last[note.device] = note
        self._last.move_to_end(note.device)
        self._pending.append(note)
