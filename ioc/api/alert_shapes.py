"""How alerts and their steps look in answers. Field by field, so that what the engine keeps for itself stays inside."""

from typing_extensions import TypedDict

from alerts import model
from alerts.model import Mute, Severity
from alerts.store import Entry
from ioc.api.times import Time, maybe_ms, written_ms


class Suppression(TypedDict):
    """One reason for not telling people for now; `source` is the silence, window or alert behind it."""

    kind: Mute
    source: str
    since: Time
    until: Time | None
    author: str
    reason: str


class Alert(TypedDict):
    """An abnormal condition by a rule. `device` is what it is about: a device, or of an outage `area:que-trung`.

    `subject` is that thing's kind; `announced`, what people were last told; `parent`, the alert that explains it.
    """

    id: str
    rule: str
    device: str
    area: str | None
    title: dict[str, str]
    severity: Severity
    peak_severity: Severity
    condition: str
    open: bool
    quality: str
    metric: str | None
    value: float | str | None
    reason: str
    since: Time
    firing_since: Time | None
    last_observed: Time
    sampled_at: Time | None
    cleared_at: Time | None
    closed_at: Time | None
    outcome: str | None
    acked: bool
    acked_by: str | None
    acked_at: Time | None
    ack_until: Time | None
    episode: int
    version: int
    subject: str
    suppressed: bool
    suppressions: list[Suppression]
    announced: str | None
    assignee: str | None
    parent: str | None


class TimelineEntry(TypedDict):
    """One step of an alert."""

    version: int
    at: Time
    cause: str
    before: str | None
    after: str
    severity: Severity
    episode: int
    value: float | str | None
    reason: str
    announce: str | None
    actor: str | None
    comment: str | None


class AlertWithTimeline(Alert):
    """An alert and every step of it, oldest first."""

    timeline: list[TimelineEntry]


def alert_told(alert: model.Alert) -> Alert:
    """An alert as the API tells it."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "device": alert.device,
        "area": alert.area,
        "title": dict(alert.title),
        "severity": alert.severity,
        "peak_severity": alert.peak_severity,
        "condition": alert.condition,
        "open": alert.open,
        "quality": alert.quality,
        "metric": alert.metric,
        "value": alert.value,
        "reason": alert.reason,
        "since": written_ms(alert.since),
        "firing_since": maybe_ms(alert.firing_since),
        "last_observed": written_ms(alert.last_observed),
        "sampled_at": maybe_ms(alert.sampled_at),
        "cleared_at": maybe_ms(alert.cleared_at),
        "closed_at": maybe_ms(alert.closed_at),
        "outcome": alert.outcome,
        "acked": alert.acked,
        "acked_by": alert.acked_by,
        "acked_at": maybe_ms(alert.acked_at),
        "ack_until": maybe_ms(alert.ack_until),
        "episode": alert.episode,
        "version": alert.version,
        "subject": alert.subject,
        "suppressed": alert.suppressed,
        "suppressions": [_suppression(each) for each in alert.suppressions],
        "announced": alert.announced,
        "assignee": alert.assignee,
        "parent": alert.parent,
    }


def _suppression(each: model.Suppression) -> Suppression:
    return {
        "kind": each.kind,
        "source": each.source,
        "since": written_ms(each.since),
        "until": maybe_ms(each.until),
        "author": each.author,
        "reason": each.reason,
    }


def entry_told(entry: Entry) -> TimelineEntry:
    """A step as the API tells it."""
    return {
        "version": entry.version,
        "at": written_ms(entry.at),
        "cause": entry.cause,
        "before": entry.before,
        "after": entry.after,
        "severity": entry.severity,
        "episode": entry.episode,
        "value": entry.value,
        "reason": entry.reason,
        "announce": entry.announce,
        "actor": entry.actor,
        "comment": entry.comment,
    }
