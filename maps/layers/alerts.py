"""The alerts people see: all of them in a snapshot, every single step of them in a delta, in order.

Steps are never merged: a device may flicker unseen, an alert may not. What is sent are codes and facts and
the rule's title in every language; the sentence is put together in the reader's language by the page.
"""

from alerts.model import Alert
from maps.layer import Layer, Part
from maps.model import Delta, Sight, Snapshot, shown


def row(alert: Alert) -> Part:
    """An alert's facts as the wall needs them; times are epoch milliseconds."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "title": dict(alert.title),
        "device": alert.device,
        "area": alert.area,
        "severity": alert.severity.value,
        "rank": alert.severity.rank,
        "condition": alert.condition.value,
        "since": alert.since,
        "metric": alert.metric,
        "value": alert.value,
        "reason": alert.reason,
        "stale": alert.quality != "good",
        "acked": alert.acked,
        "acked_by": alert.acked_by,
        "shown": shown(alert),
    }


def snapshot(picture: Snapshot, sight: Sight) -> Part:
    """The alerts on the wall."""
    return {"open": [row(alert) for alert in picture.alerts.values() if sight.may_see(alert.area)]}


def delta(step: Delta, sight: Sight) -> Part | None:
    """Every step since, oldest first; `shown` is false in the last step of an alert."""
    steps = [
        {"cause": each.cause, "at": each.at, "announce": each.announce, "alert": row(each.alert)}
        for each in step.steps
        if sight.may_see(each.alert.area)
    ]
    return {"steps": steps} if steps else None


LAYER = Layer(name="alerts", snapshot=snapshot, delta=delta)
