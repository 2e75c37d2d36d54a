"""Decides whom a step of an alert, or the passing of time, makes us owe word; and what of it is owed no more.

Pure: written in the same transaction as the step. Nobody is told of the end of what they were not told of; once
someone has acknowledged it, or it is over, what never left is dropped. While an alert is suppressed its notices are
held and its escalation stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts import escalation as ladder
from alerts.escalation import Climb, Escalation
from alerts.model import Announce, Condition, Severity, Transition
from alerts.people import Notice, NoticeState
from alerts.routing import Plan, Route

_ALWAYS: Final = (Announce.CLEAR, Announce.WITHDRAWN, Announce.FLAPPING)  # said although more of it is suppressed
_SEEN: Final = ("ack", "close", "ack_muted")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as it was. A `new` notice whose key is known already is left alone: nobody is told twice."""

    notices: tuple[Notice, ...] = ()
    new: tuple[Notice, ...] = ()
    escalations: tuple[Escalation, ...] = ()


def owe(
    step: Transition,
    body: dict[str, object],
    plan: Plan,
    notices: Sequence[Notice],
    escalations: Sequence[Escalation],
) -> Changes:
    """What a step makes us owe, given all earlier notices and escalations of its alert; `body` words the step."""
    announce = None if step.announce is None else Announce(step.announce)
    if announce is not None and announce.ends:
        return _end(step, body, announce, plan, notices, escalations)
    if announce is not None:
        return _tell(step, body, announce, plan, notices, escalations)
    if step.cause in _SEEN or step.alert.condition is Condition.CLOSED:
        stopped = _changed(escalations, [_stopped(each, step) for each in escalations])
        return Changes((*_drop(notices), *_rest(notices, rests=True)), _taken(step, body, plan, notices), stopped)
    if step.cause == "unack":
        again = [_again(each, plan, step.at) for each in escalations]
        return Changes(_rest(notices, rests=False), escalations=_changed(escalations, again))
    return _hold(step, notices, escalations)


def concerns(step: Transition) -> bool:
    """Whether anybody can be owed anything by this step: of what was never announced, nobody knows."""
    return step.announce is not None or step.alert.announced is not None


def settles(step: Transition) -> bool:
    """Whether after this step nobody need be told of what never left: it is over, or someone has it in hand."""
    over = step.announce is not None and Announce(step.announce).ends
    return over or step.cause in _SEEN or step.alert.condition is Condition.CLOSED


def climb(escalation: Escalation, plan: Plan, now: int) -> Changes:
    """What an escalation that is due makes us owe: word to the next level, or at once to the one after an empty one."""
    route, told = plan.routes.get(escalation.route), list[Notice]()
    after = ladder.climb(escalation, route, now)
    if route is not None and after.state is not Climb.STOPPED and after != escalation:
        told = _level(after, route, plan, now)
        if not told:
            after = ladder.hurry(after, now)
    return Changes(new=tuple(told), escalations=(after,) if after != escalation else ())


def _tell(
    step: Transition,
    body: dict[str, object],
    announce: Announce,
    plan: Plan,
    notices: Sequence[Notice],
    escalations: Sequence[Escalation],
) -> Changes:
    """It began, got worse, or its acknowledgement ran out: the first level, and who was told before."""
    written: dict[str, Notice] = {}
    begun: list[Escalation] = []
    ackers = {each.acker for each in escalations if each.acker}
    before = tuple(_told(notices)) if announce not in (Announce.OPEN, Announce.REMINDER) else ()
    for route in plan.routes_of(step.alert):
        started = ladder.begin(_fresh(step, body, route), route, step.at)
        told = _level(started, route, plan, step.at, announce)
        extra = [*before, *(plan.contact_of(name) for name in sorted(ackers) if announce is Announce.REMINDER)]
        told += [
            _write(started, route, announce, contact, step.at)
            for contact in extra
            if contact in plan.contacts and contact is not None
        ]
        written |= {notice.key: notice for notice in told if notice.key not in written}
        started = started if told else ladder.hurry(started, step.at)
        begun.append(ladder.pause(started, step.at) if step.alert.suppressed else started)  # it flaps
    over = [ladder.stop(each) for each in escalations if each.route not in {new.route for new in begun}]
    return Changes(_drop(notices), tuple(written.values()), (*_changed(escalations, over), *begun))


def _end(
    step: Transition,
    body: dict[str, object],
    announce: Announce,
    plan: Plan,
    notices: Sequence[Notice],
    escalations: Sequence[Escalation],
) -> Changes:
    """It is over: who was told is told so, nobody else is told anything more."""
    written = tuple(_news(step, notice, body, announce, plan) for notice in _told(notices).values())
    return Changes(_drop(notices), written, _changed(escalations, [ladder.stop(each) for each in escalations]))


def _taken(step: Transition, body: dict[str, object], plan: Plan, notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Someone has it in hand: the others who know of it hear so, and by whom, and need not set out as well."""
    if step.cause != "ack" or step.alert.condition is Condition.CLOSED:
        return ()
    acker = plan.contact_of(step.actor)
    others = {name: notice for name, notice in _told(notices).items() if name != acker}
    body = {**body, "announce": Announce.TAKEN.value, "by": _called(plan, acker) or step.actor}
    return tuple(
        _news(step, notice, body, Announce.TAKEN, plan, rests=True)
        for notice in others.values()
        if (route := plan.routes.get(notice.route)) is not None and route.tells_taken
    )


def _called(plan: Plan, contact: str | None) -> str | None:
    found = None if contact is None else plan.contacts.get(contact)
    return None if found is None else found.display or contact


def _news(
    step: Transition, notice: Notice, body: dict[str, object], announce: Announce, plan: Plan, *, rests: bool = False
) -> Notice:
    """What somebody who was told of it is owed once more."""
    return replace(
        notice,
        key=f"{step.alert.id}-{step.alert.version}-{notice.contact}",
        version=step.alert.version,
        announce=announce,
        created_at=step.at,
        due_at=step.at + _wait_ms(plan.routes.get(notice.route), step.alert.severity, announce),
        body=body,
        state=NoticeState.WAITING,
        message=None,
        told_at=None,
        rests=rests,
    )


def _hold(step: Transition, notices: Sequence[Notice], escalations: Sequence[Escalation]) -> Changes:
    """Suppression came or went: notices and clocks stand, or go on."""
    muted = step.alert.suppressed
    state = NoticeState.HELD if muted else NoticeState.WAITING
    waiting = [notice for notice in notices if notice.waits and notice.announce not in _ALWAYS]
    moved = [replace(notice, state=state) for notice in waiting if notice.state is not state]
    turned = [(ladder.pause if muted else ladder.resume)(each, step.at) for each in escalations]
    return Changes(
        (*moved, *_rest(notices, rests=muted or step.alert.acked)), escalations=_changed(escalations, turned)
    )


def _level(
    escalation: Escalation, route: Route, plan: Plan, at: int, announce: Announce = Announce.OPEN
) -> list[Notice]:
    people = plan.people_at(route.steps[escalation.level], at)
    return [_write(escalation, route, announce, contact, at) for contact in people]


def _write(escalation: Escalation, route: Route, announce: Announce, contact: str, at: int) -> Notice:
    again = f"-{escalation.round}" if escalation.round else ""  # the same person may be told once a round
    return Notice(
        key=f"{escalation.alert_id}-{escalation.version}-{contact}{again}",
        contact=contact,
        alert_id=escalation.alert_id,
        version=escalation.version,
        episode=escalation.episode,
        announce=announce,
        route=route.name,
        level=escalation.level,
        severity=escalation.severity,
        created_at=at,
        due_at=at + (0 if escalation.level else _wait_ms(route, escalation.severity, announce)),
        body=escalation.body,
        area=escalation.area,
    )


def _wait_ms(route: Route | None, severity: Severity, announce: Announce) -> int:
    """How long company is waited for; what is critical waits for none."""
    critical = severity is Severity.CRITICAL and not announce.settles
    return 0 if critical or route is None else route.wait_ms


def _fresh(step: Transition, body: dict[str, object], route: Route) -> Escalation:
    alert = step.alert
    return Escalation(
        alert.id, route.name, step.at, alert.version, alert.episode, alert.severity, area=alert.area, body=body
    )


def _stopped(escalation: Escalation, step: Transition) -> Escalation:
    return ladder.stop(escalation, acker=step.actor if step.cause in _SEEN else None)


def _again(escalation: Escalation, plan: Plan, at: int) -> Escalation:
    route = plan.routes.get(escalation.route)
    return escalation if route is None else ladder.begin(escalation, route, at)


def _told(notices: Iterable[Notice]) -> dict[str, Notice]:
    """By contact, the newest word that they had."""
    return {notice.contact: notice for notice in notices if notice.state is NoticeState.TOLD}


def _drop(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(replace(notice, state=NoticeState.DROPPED) for notice in notices if notice.waits)


def _rest(notices: Iterable[Notice], *, rests: bool) -> tuple[Notice, ...]:
    """Of what was told, reminders are due no more, or again."""
    told = (notice for notice in notices if notice.state is NoticeState.TOLD)
    return tuple(replace(notice, rests=rests) for notice in told if notice.rests is not rests)


def _changed(before: Iterable[Escalation], after: Iterable[Escalation]) -> tuple[Escalation, ...]:
    known = {(each.alert_id, each.route): each for each in before}
    return tuple(each for each in after if known.get((each.alert_id, each.route)) != each)
