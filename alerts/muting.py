"""Puts suppressions on an alert and takes them off again; evaluation goes on under them.

Pure. When the last one goes, what people are owed waits for an observation newer than that (`alerts.telling`),
or until `patience_ms` have passed where none may ever come: a device that stays silent says nothing.
"""

from dataclasses import replace
from typing import Final

from alerts.machine import Moved, move
from alerts.model import Alert, Mute, Suppression
from alerts.table import Event

SURE: Final = 0  # a patience: what is freed is true already
_SURE_KINDS: Final = (Mute.HELD, Mute.FLAPPING)


def suppress(alert: Alert, why: Suppression, at: int) -> Moved:
    """The alert with one more reason for not telling; the same reason again only moves its end."""
    if why in alert.suppressions:
        return alert, None
    others = tuple(each for each in alert.suppressions if (each.kind, each.source) != (why.kind, why.source))
    muted = replace(alert, suppressions=(*others, why), freed_at=None, tell_by=None)
    event = Event.FLAPPING if why.kind is Mute.FLAPPING else Event.MUTED
    return move(muted, event, at, actor=why.author, comment=f"{why.kind}: {why.reason}".rstrip(": "))


def absorb(alert: Alert, parent: Alert, at: int) -> Moved:
    """The alert as part of another, which from now on speaks for it."""
    why = Suppression(Mute.PARENT, parent.id, at)
    others = tuple(each for each in alert.suppressions if each.kind not in (Mute.PARENT, Mute.HELD))
    child = replace(alert, suppressions=(*others, why), freed_at=None, tell_by=None, parent=parent.id)
    return move(child, Event.ABSORBED, at, actor="engine", comment=parent.key)


def release(
    alert: Alert, kind: Mute, source: str | None, at: int, patience_ms: int | None, memory_ms: int = 0
) -> Moved:
    """The alert without the suppressions of this kind (and source, unless None).

    A rule that judges what it remembers of the last `memory_ms` looks back so long at what was suppressed: what it says
    before that has passed is not news yet.
    """
    gone = [each for each in alert.suppressions if each.kind is kind and source in (None, each.source)]
    return _without(alert, gone, at, patience_ms, memory_ms)


def lapse(alert: Alert, at: int, patience_ms: int | None) -> Moved:
    """The alert without the suppressions whose end has come."""
    gone = [each for each in alert.suppressions if each.until is not None and each.until <= at]
    return _without(alert, gone, at, patience_ms)


def _without(alert: Alert, gone: list[Suppression], at: int, patience_ms: int | None, memory_ms: int = 0) -> Moved:
    if not gone:
        return alert, None
    left = tuple(each for each in alert.suppressions if each not in gone)
    freed = replace(alert, suppressions=left)
    if not left:
        sure = all(each.kind in _SURE_KINDS for each in gone)
        wait = SURE if sure else patience_ms
        since = min(at, max(at if each.until is None else each.until for each in gone)) + memory_ms
        freed = replace(freed, freed_at=since, tell_by=None if wait is None else since + wait)
    last = gone[-1]
    return move(freed, Event.UNMUTED, at, actor=last.author, comment=f"{last.kind}: {last.reason}".rstrip(": "))
