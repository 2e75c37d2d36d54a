"""Finds which event of `alerts.table` a fact is: a finding with its timer's answer, or the passing of time.

Pure: it answers with a word and with the time of the next one, and changes nothing. `for` counts from the
first bad evaluation and is over when `at - first bad >= for`; `keep` counts so from the first good one
(promtool's semantics).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.model import Alert, Severity, Verdict
from alerts.rule import Finding, Rule
from alerts.table import FIRING, HARD, RECOVERING, TABLE, WAITING, Event, State, state_of

HOUR: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Policy:
    """The district's times, in milliseconds.

    `close_after`: how long a cleared alert nobody saw stays on the wall; None (critical) is until seen.
    """

    reopen_ms: int = 15 * 60_000
    cool_down_ms: int = 10 * 60_000  # after a false alarm
    hold_ms: int = 60_000  # a first message waits so long, from the first bad evaluation, for a cause of many
    gather_ms: int = 150_000  # and so long after the last that failed near it: silence shows after three intervals only
    longest_hold_ms: int = 5 * 60_000  # and while more of the same kind keep failing near it
    grace_ms: int = 60_000  # past a device's own silence, after what explained it is over
    close_after: Mapping[Severity, int | None] = field(
        default_factory=lambda: {
            Severity.WARNING: HOUR,
            Severity.MINOR: 4 * HOUR,
            Severity.MAJOR: 24 * HOUR,
            Severity.CRITICAL: None,
        }
    )


def of_finding(alert: Alert, rule: Rule, finding: Finding, at: int, policy: Policy) -> Event:
    """Which event a rule's finding is for this alert."""
    state = state_of(alert)
    spent = 0 if alert.timer is None else at - alert.timer
    match finding.verdict:
        case Verdict.UNKNOWN:
            return Event.UNKNOWN
        case Verdict.BETWEEN:
            return Event.BETWEEN
        case Verdict.GOOD:
            active = state in FIRING or state in RECOVERING
            return settled(alert) if active and spent >= rule.keep_ms else Event.GOOD
        case Verdict.BAD if state in FIRING or state in RECOVERING:
            severity = finding.severity or rule.severity
            return Event.WORSE if severity.rank > alert.peak_severity.rank else Event.BAD
        case Verdict.BAD:
            return _ripe(alert, at, policy) if spent >= rule.for_ms else Event.BAD


def settled(alert: Alert) -> Event:
    """Which way an alert that is good for long enough is over: told now, told later, or never worth telling."""
    if alert.parent is not None and not alert.believed:
        return Event.EXPLAINED
    return Event.SETTLED_MUTED if alert.believed and alert.suppressed else Event.SETTLED


def of_time(alert: Alert, rule: Rule | None, at: int, policy: Policy) -> Event | None:
    """Which event has come by time alone; None for none. No rule means that the rule is gone."""
    if rule is None:
        return Event.RULE_GONE
    if _fired_too_soon(alert, rule, at):
        return Event.LENGTHENED
    when = due(alert, rule, policy)
    if when is None or when > at:
        return None
    state = state_of(alert)
    if state in WAITING:
        return _ripe(alert, at, policy)
    if state is State.CLEARED:
        return Event.FORGOTTEN
    if alert.timer is not None and alert.verdict is Verdict.GOOD and at - alert.timer >= rule.keep_ms:
        return settled(alert)
    return Event.EXPIRED if alert.ack_until is not None and alert.ack_until <= at else None


def due(alert: Alert, rule: Rule | None, policy: Policy) -> int | None:
    """When time alone will next change the alert; None where only a fact or a person can."""
    if rule is None:
        return 0
    state = state_of(alert)
    times: list[int] = []
    if alert.timer is not None and state in WAITING and alert.verdict is Verdict.BAD:
        times.append(alert.timer + rule.for_ms)
    if alert.timer is not None and state in RECOVERING and alert.verdict is Verdict.GOOD:
        times.append(alert.timer + rule.keep_ms)
    if alert.ack_until is not None and Event.EXPIRED in TABLE[state]:
        times.append(alert.ack_until)
    patience = policy.close_after.get(alert.peak_severity)
    if state is State.CLEARED and alert.cleared_at is not None and patience is not None and not alert.believed:
        times.append(alert.cleared_at + patience)
    return min(times, default=None)


def free_at(alert: Alert) -> int | None:
    """When time alone will next change what suppresses the alert, or make it sure what people are owed."""
    times = [each.until for each in alert.suppressions if each.until is not None]
    hard = state_of(alert) in HARD
    if not alert.suppressions and alert.freed_at is not None and alert.tell_by is not None and hard:
        times.append(alert.tell_by)
    return min(times, default=None)


def _fired_too_soon(alert: Alert, rule: Rule, at: int) -> bool:
    """Whether it fired under a shorter `for` than the rule now has, and is younger than that still."""
    if state_of(alert) not in FIRING or alert.firing_since is None or at < alert.firing_since:
        return False
    return alert.firing_since - alert.since < rule.for_ms and at - alert.since < rule.for_ms


def _ripe(alert: Alert, at: int, policy: Policy) -> Event:
    late = alert.cleared_at is not None and at - alert.cleared_at > policy.reopen_ms and not alert.believed
    return Event.LATER if late else Event.RIPE
