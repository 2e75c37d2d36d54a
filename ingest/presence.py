"""Judges a device's presence: connected, fresh, working, and whether we can know (rule 5 of the wire).

Pure: facts and `now` in, a `Presence` out. It never decides that something is an alert.
"""

from dataclasses import dataclass, replace

from ingest.model import Presence

SILENCE = 3  # a device is silent after this many intervals without a word


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
