"""Decides what people are told of a step, given what they were last told and what suppresses it (rule 30).

Pure. The table says what people are owed; here it is dropped while something suppresses it, and where it is no
news. Nobody is left believing in what is over: closing always tells, and `withdrawn` is never held back.
"""

from alerts.model import Alert, Announce, Mute
from alerts.table import Event, Row, State


def spoken(alert: Alert, row: Row, event: Event) -> Announce | None:
    """What people are told when this alert takes this row; `alert` is as it was told last."""
    tell = row.tell
    if event is Event.ABSORBED:
        return None  # from now on its parent's messages speak for it
    if row.after is State.CLOSED or tell is Announce.WITHDRAWN:
        return (tell or Announce.CLEAR) if alert.believed else None
    if tell is None or _muted(alert, event):
        return None
    if tell is Announce.CLEAR:
        return tell if alert.believed and not alert.muted_by(Mute.FLAPPING) else None
    if alert.muted_by(Mute.FLAPPING):
        if alert.announced != Announce.FLAPPING:
            return Announce.FLAPPING
        return tell if tell is Announce.WORSE else None
    if tell is Announce.OPEN:
        return None if alert.announced == Announce.OPEN else tell
    return tell if alert.announced == Announce.OPEN else Announce.OPEN


def announced(alert: Alert, said: Announce | None, event: Event) -> str | None:
    """What people have now last been told."""
    if event is Event.ABSORBED and alert.believed:
        return Announce.CLEAR
    if said is None:
        return alert.announced
    if said.ends:
        return Announce.CLEAR
    return said if said in (Announce.OPEN, Announce.FLAPPING) else alert.announced


def free(alert: Alert, at: int) -> bool:
    """Whether the truth may be told now: nothing suppresses it, and someone looked since, or waited long enough."""
    if alert.freed_at is None or alert.suppressions:
        return False
    seen = alert.last_observed > alert.freed_at and alert.quality == "good"
    return seen or (alert.tell_by is not None and at >= alert.tell_by)


def _muted(alert: Alert, event: Event) -> bool:
    """Whether more than flapping keeps people from being told."""
    if event is not Event.TRUTH and alert.freed_at is not None:
        return True
    return any(each.kind is not Mute.FLAPPING for each in alert.suppressions)
