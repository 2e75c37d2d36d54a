"""Moves one alert along `alerts.table`: takes the row of an event and fills in the times.

Pure: an alert, a fact and a time in, the next alert and perhaps a step out. It never reads a clock, never
stores or sends. Time in which nothing is known counts neither for `for` nor for `keep`.
"""

from dataclasses import replace
from typing import Final

from alerts.events import Policy, of_finding, of_time
from alerts.model import (
    Action,
    Alert,
    Announce,
    Condition,
    Mute,
    Refused,
    Request,
    Severity,
    Suppression,
    Transition,
    Verdict,
)
from alerts.rule import Finding, Rule
from alerts.table import ACKED, FIRING, RECOVERING, TABLE, WAITING, Event, Row, State, state_of
from alerts.telling import announced, free, spoken

Moved = tuple[Alert, Transition | None]
"""The alert as it now is, and the step that others must hear of, if it is one."""

_CONDITION: Final = {
    State.PENDING: Condition.PENDING,
    State.FIRING: Condition.FIRING,
    State.FIRING_ACKED: Condition.FIRING,
    State.RECOVERING: Condition.RECOVERING,
    State.RECOVERING_ACKED: Condition.RECOVERING,
    State.CLEARED: Condition.CLEARED,
    State.RELAPSING: Condition.CLEARED,
    State.CLEARED_ACKED: Condition.CLEARED,
    State.CLOSED: Condition.CLOSED,
}
_ACTS: Final = {
    Action.ACK: Event.ACK,
    Action.UNACK: Event.UNACK,
    Action.CLOSE: Event.CLOSE,
    Action.SHELVE: Event.SHELVE,
    Action.UNSHELVE: Event.UNSHELVE,
    Action.ASSIGN: Event.ASSIGN,
}
_SEEN: Final = (Event.ACK, Event.CLOSE, Event.ACK_MUTED)
_OVER: Final = (Event.SETTLED, Event.SETTLED_MUTED, Event.EXPLAINED)
MAX_SHELF_MS: Final = 7 * 24 * 3_600_000


def born(rule: Rule, device: str, area: str | None, at: int, alert_id: str) -> Alert:
    """An alert that has not begun yet: the table's state `none`."""
    return Alert(
        id=alert_id,
        key=f"{rule.name}@{device}",
        rule=rule.name,
        device=device,
        area=area,
        metric=rule.metric,
        title=rule.title,
        severity=rule.severity,
        peak_severity=Severity.WARNING,
        condition=Condition.PENDING,
        since=at,
        last_observed=at,
    )


def judge(alert: Alert, rule: Rule, finding: Finding, at: int, policy: Policy) -> Moved:
    """What a rule's finding makes of an alert."""
    alert = _thaw(alert, at)
    event = of_finding(alert, rule, finding, at, policy)
    severity = finding.severity or rule.severity if finding.verdict is Verdict.BAD else alert.severity
    seen = replace(
        alert,
        verdict=finding.verdict,
        last_observed=at,
        reason=finding.reason,
        value=alert.value if finding.verdict is Verdict.UNKNOWN else finding.value,
        severity=severity,
        peak_severity=max(alert.peak_severity, severity, key=lambda each: each.rank),
    )
    state = state_of(alert)
    row = TABLE[state].get(event)
    if row is None:
        return seen, None
    said = spoken(seen, row, event)
    after = seen if row.after is state and said is None else _enter(seen, row, event, at)
    told = _worth_telling(alert, after) or said is not None
    return _step(alert, after, said, event, at) if told else (after, None)


def pass_time(alert: Alert, rule: Rule | None, at: int, policy: Policy) -> Moved:
    """What the mere passing of time makes of an alert; no rule means that the rule is gone."""
    event = of_time(alert, rule, at, policy)
    return (alert, None) if event is None else move(alert, event, at)


def move(alert: Alert, event: Event, at: int, *, actor: str | None = None, comment: str | None = None) -> Moved:
    """Take one row of the table; an event it does not name changes nothing."""
    row = TABLE[state_of(alert)].get(event)
    if row is None:
        return alert, None
    said = spoken(alert, row, event)
    step = _transition(alert, _enter(alert, row, event, at), said, event, at, actor, comment)
    return step.alert, step


def tell_truth(alert: Alert, at: int) -> Moved:
    """Rule 30: once it is sure, people are told at most once, and only where the truth is not what they believe."""
    if not free(alert, at) or TABLE[state_of(alert)].get(Event.TRUTH) is None:
        return alert, None
    after, step = move(alert, Event.TRUTH, at)
    if step is None:
        return alert, None
    after = replace(after, freed_at=None, tell_by=None)
    return after, replace(step, alert=after)


def ask(alert: Alert, request: Request, at: int, patience_ms: int | None = None) -> Transition | Refused:
    """What an operator's request makes of an alert. Asking twice changes nothing more."""
    who, words = request.actor, request.text
    if request.action is Action.COMMENT:
        return _transition(alert, alert, None, Action.COMMENT, at, who, words)
    if wrong := _wrong_end(request, at):
        return wrong
    event = _asked(alert, request)
    row = TABLE[state_of(alert)].get(event)
    if row is None:
        return _refusal(alert, event)
    if event is Event.UNSHELVE and not alert.muted_by(Mute.SHELVED):
        return Refused("not_shelved", "the alert is not shelved")
    asked = _with_request(alert, request, at, patience_ms)
    said = spoken(asked, row, event)
    after = _enter(asked, row, event, at)
    if event in _SEEN and not alert.acked and row.after is not State.PENDING:
        after = replace(after, acked=row.after is not State.RELAPSING, acked_by=request.actor, acked_at=at)
    if row.after in ACKED and event is Event.ACK:
        after = replace(after, ack_until=request.until or after.ack_until)
    return _transition(alert, after, said, event, at, who, words)


def resume(alert: Alert, down_since: int, at: int) -> Alert:
    """An alert after the engine was down: its running timer neither counts the downtime nor starts anew."""
    if alert.timer is None or alert.verdict is Verdict.UNKNOWN:  # an unknown one is frozen anyway
        return alert
    return replace(alert, timer=alert.timer + max(0, at - max(down_since, alert.last_observed)))


def _thaw(alert: Alert, at: int) -> Alert:
    """Move a timer on by the time in which nothing was known."""
    if alert.timer is None or alert.verdict is not Verdict.UNKNOWN:
        return alert
    return replace(alert, timer=alert.timer + max(0, at - alert.last_observed))


def _enter(alert: Alert, row: Row, event: Event, at: int) -> Alert:
    """The alert in the row's state, with the times that belong to entering it."""
    before, after = state_of(alert), row.after
    entered = replace(
        alert,
        condition=_CONDITION[after],
        outcome=row.outcome,
        timer=_timer(alert, before, after, at),
        announced=announced(alert, spoken(alert, row, event), event),
    )
    if after in FIRING and before not in FIRING and before not in RECOVERING:
        entered = _begin_episode(entered, alert, at)
    if event in _OVER:
        entered = replace(entered, cleared_at=at)
    if after is State.PENDING:
        entered = replace(entered, cleared_at=None)  # seen: the next firing needs no window
    if after is State.CLOSED:
        return replace(entered, closed_at=at, ack_until=None)
    if after in ACKED:
        return replace(entered, acked=True)
    return replace(entered, acked=False, acked_by=None, acked_at=None, ack_until=None)


def _timer(alert: Alert, before: State, after: State, at: int) -> int | None:
    if after is State.PENDING and before in FIRING:
        return alert.since  # the rule's `for` was raised: its age still counts
    if after in WAITING or after in RECOVERING:
        running = before in (RECOVERING if after in RECOVERING else WAITING)
        return alert.timer if running else at
    return None


def _begin_episode(entered: Alert, before: Alert, at: int) -> Alert:
    """First firing, or firing again after people were told that it was over."""
    if before.firing_since is None:
        return replace(entered, firing_since=at)
    if before.believed:  # people were never told that it was over: the same episode to them
        return replace(entered, cleared_at=None)
    began = at if before.timer is None else before.timer
    return replace(
        entered,
        episode=before.episode + 1,
        since=began,
        firing_since=at,
        cleared_at=None,
        peak_severity=entered.severity,
    )


def _worth_telling(before: Alert, after: Alert) -> bool:
    """Whether a finding changed what must survive a restart or be seen, beyond a newer value."""
    if before.version == 0 or state_of(before) is not state_of(after) or before.severity is not after.severity:
        return True
    unknown = Verdict.UNKNOWN in (before.verdict, after.verdict)
    return before.verdict is not after.verdict and (unknown or after.timer is not None)


def _step(before: Alert, after: Alert, said: Announce | None, event: Event, at: int) -> Moved:
    step = _transition(before, after, said, event, at)
    return step.alert, step


def _transition(
    before: Alert,
    after: Alert,
    said: Announce | None,
    cause: Event | Action,
    at: int,
    actor: str | None = None,
    comment: str | None = None,
) -> Transition:
    return Transition(
        alert=replace(after, version=before.version + 1),
        before=None if before.version == 0 else before.condition,
        cause=cause.name.lower(),
        at=at,
        announce=said,
        actor=actor,
        comment=comment,
    )


def _asked(alert: Alert, request: Request) -> Event:
    """The event of a request; seeing what people still believe in does not end it while they may not be told."""
    event = _ACTS[request.action]
    if event is Event.CLOSE and request.reason == "false_alarm":
        return Event.FALSE_ALARM
    over = alert.condition is Condition.CLEARED and alert.suppressed and alert.believed
    return Event.ACK_MUTED if over and event in (Event.ACK, Event.CLOSE) else event


def _wrong_end(request: Request, at: int) -> Refused | None:
    if request.until is not None and request.until <= at:
        return Refused("bad_until", "it must end in the future")
    if request.action is Action.SHELVE and (request.until is None or request.until - at > MAX_SHELF_MS):
        return Refused("bad_until", "shelving needs an end, 7 days from now at most")
    return None


def _with_request(alert: Alert, request: Request, at: int, patience_ms: int | None) -> Alert:
    """The alert with what the request itself puts on it or takes off."""
    if request.action is Action.ASSIGN:
        return replace(alert, assignee=request.assignee)
    if request.action not in (Action.SHELVE, Action.UNSHELVE):
        return alert
    others = tuple(each for each in alert.suppressions if each.kind is not Mute.SHELVED)
    if request.action is Action.UNSHELVE:
        freed = (at, None if patience_ms is None else at + patience_ms) if not others else (alert.freed_at, None)
        return replace(alert, suppressions=others, freed_at=freed[0], tell_by=freed[1])
    shelf = Suppression(Mute.SHELVED, "", at, request.until, request.actor, request.text or "")
    return replace(alert, suppressions=(*others, shelf), freed_at=None, tell_by=None)


def _refusal(alert: Alert, event: Event) -> Refused:
    if alert.condition is Condition.CLOSED:
        return Refused("closed", "the alert is already closed")
    if alert.condition is Condition.PENDING:
        return Refused("pending", "nothing has fired yet: there is nothing to act on")
    if event is Event.CLOSE:
        return Refused("still_active", "it is not over: acknowledge it, or close it with the reason false_alarm")
    return Refused("cleared", "the alert has cleared: acknowledge it to take it off the wall")
