"""Speaks Alertmanager's two JSON forms: webhook version 4 and the alerts of API v2, read and written.

Pure. What comes in becomes `Outside` values and of those reports for the engine: they are alerts like our own, so that
the same people hear of them under the same rules. What goes out is made of letters. Whatever is not understood is a
value with the reason in both languages. Sources: prometheus.io/docs/alerting, "webhook_config" and the v2 OpenAPI.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from math import inf
from typing import Any, Final

from alerts.model import Severity, Verdict
from alerts.rule import Fact, Finding, Rule, Subject
from ingest.model import Admission, Device

NEVER: Final = "0001-01-01T00:00:00Z"  # Go's zero time: an alert that has not ended
MAX_ALERTS: Final = 500

_SEVERITIES: Final = {
    "critical": Severity.CRITICAL, "page": Severity.CRITICAL, "emergency": Severity.CRITICAL,
    "error": Severity.MAJOR, "major": Severity.MAJOR, "high": Severity.MAJOR, "minor": Severity.MINOR,
}  # fmt: skip
_SLUG: Final = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Outside:
    """One alert of somebody else. `id` is of its labels, so that the same alert is known again."""

    id: str
    name: str
    severity: Severity
    summary: str
    area: str | None
    firing: bool
    starts_at: int
    ends_at: int | None = None  # when its sender takes it for over unless it says it again


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a body is none of the two forms."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine is told of an outside alert: judged already, by a rule that carries its own title."""

    rule: Rule
    device: Device
    finding: Finding


class _Elsewhere:
    """The test of a rule that others judge: facts of ours say nothing about it."""

    calm = (inf, -inf)

    def judge(self, _fact: Fact, /) -> Finding:
        """Nothing is known here."""
        return Finding(Verdict.UNKNOWN, reason="judged_elsewhere")


RULE: Final = Rule(
    name="alertmanager",
    kind="outside",
    subject=Subject.METRIC,
    severity=Severity.WARNING,
    test=_Elsewhere(),
    title={"vi": "Cảnh báo từ hệ thống khác", "en": "Alert of another system"},
)
"""The rule of all outside alerts; the engine must know it, or it takes them for those of a rule that is gone."""


def read(body: object, now: int) -> tuple[Outside, ...] | Unreadable:
    """The alerts of a webhook (an object of version 4) or of a v2 post (a list)."""
    if isinstance(body, Mapping):
        if body.get("version") != "4":
            return Unreadable("không phải webhook bản 4 của Alertmanager", "not version 4 of Alertmanager's webhook")
        body = body.get("alerts")
    if not isinstance(body, list) or len(body) > MAX_ALERTS:
        return Unreadable(
            f"cần danh sách tối đa {MAX_ALERTS} cảnh báo", f"a list of {MAX_ALERTS} alerts at most is needed"
        )
    found = [_read_one(each, now) for each in body]
    wrong = next((each for each in found if isinstance(each, Unreadable)), None)
    return wrong or tuple(each for each in found if isinstance(each, Outside))


def report(outside: Outside, site: str, now: int) -> Report:
    """What the engine is to make of it. One that ran out unsaid is unknown, not over: silence is never good news."""
    slug = re.sub(r"[^a-z0-9]+", "-", outside.name.lower()).strip("-")[:40] or "alert"
    title = {"vi": outside.summary, "en": outside.summary}
    device = Device(f"{site}/alertmanager/{slug}-{outside.id[:12]}", Admission.ADMITTED, area=outside.area)
    if not outside.firing:
        finding = Finding(Verdict.GOOD, reason="resolved")
    elif outside.ends_at is not None and outside.ends_at <= now:
        finding = Finding(Verdict.UNKNOWN, reason="no_news")
    else:
        finding = Finding(Verdict.BAD, reason=outside.name, severity=outside.severity)
    return Report(replace(RULE, title=title), device, finding)


def write_webhook(letter_key: str, body: Mapping[str, Any], receiver: str) -> dict[str, object]:
    """A letter's body as Alertmanager's webhook, version 4; all times RFC 3339."""
    alerts = write_alerts(body)
    firing = any(each["status"] == "firing" for each in alerts)
    groups = {"area": str(body["alert"].get("area") or "")}
    return {
        "version": "4",
        "groupKey": f'{{}}/{{receiver="{receiver}"}}:{{area="{groups["area"]}"}}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": receiver,
        "groupLabels": groups,
        "commonLabels": _common([each["labels"] for each in alerts]),
        "commonAnnotations": _common([each["annotations"] for each in alerts]),
        "externalURL": str(body.get("link") or ""),
        "alerts": alerts,
        "notificationReason": f"ioc {letter_key}",
    }


def write_alerts(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The alerts of a letter's body, as they stand in a webhook's list."""
    facts = body.get("alerts") or [body["alert"]]
    return [_write_one(each, body) for each in facts]


def post_form(alert: Mapping[str, Any]) -> dict[str, object]:
    """One alert of a webhook's list as API v2 takes it: an end only where it is over."""
    form = {name: alert[name] for name in ("labels", "annotations", "startsAt", "generatorURL")}
    return {**form, "endsAt": alert["endsAt"]} if alert["status"] == "resolved" else form


def _read_one(each: object, now: int) -> Outside | Unreadable:
    labels = each.get("labels") if isinstance(each, Mapping) else None
    if not isinstance(each, Mapping) or not isinstance(labels, Mapping) or not labels.get("alertname"):
        return Unreadable("mỗi cảnh báo cần labels có alertname", "each alert needs labels with an alertname")
    notes = each.get("annotations")
    notes = notes if isinstance(notes, Mapping) else {}
    starts, ends = _time(each.get("startsAt")), _time(each.get("endsAt"))
    name, area = str(labels["alertname"])[:100], str(labels.get("area", ""))
    status = each.get("status")
    resolved = status == "resolved" if isinstance(status, str) else ends is not None and ends <= now
    told = isinstance(status, str) or ends is None  # a webhook's `endsAt` of a firing one promises nothing
    return Outside(
        id=_identify(labels),
        name=name,
        severity=_SEVERITIES.get(str(labels.get("severity", "")).lower(), Severity.WARNING),
        summary=str(notes.get("summary") or notes.get("description") or name)[:300],
        area=area if _SLUG.fullmatch(area) else None,
        firing=not resolved,
        starts_at=now if starts is None else min(starts, now),
        ends_at=None if resolved or told else ends,
    )


def _identify(labels: Mapping[Any, Any]) -> str:
    words = "\0".join(f"{name}\1{labels[name]}" for name in sorted(labels, key=str))
    return sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def _time(text: object) -> int | None:
    """Epoch milliseconds; None where there is no time, or Go's zero one."""
    if not isinstance(text, str) or text == NEVER:
        return None
    try:
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))  # Go writes nanoseconds
        return None if at.tzinfo is None else round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _write_one(facts: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    over = facts["condition"] in ("cleared", "closed")
    labels = {"alertname": facts["rule"], "device": facts["device"], "severity": facts["severity"]}
    labels |= {"area": facts["area"]} if facts.get("area") else {}
    title = facts.get("title") or {}
    advice = facts.get("advice") or {}
    notes = {"summary": title.get("vi", facts["rule"]), "summary_en": title.get("en", facts["rule"])}
    notes |= {"description": advice["vi"], "description_en": advice["en"]} if advice else {}
    return {
        "status": "resolved" if over else "firing",
        "labels": labels,
        "annotations": notes,
        "startsAt": facts["since"],
        "endsAt": body["at"] if over else NEVER,
        "generatorURL": str(facts.get("link") or ""),
        "fingerprint": _identify(labels),
    }


def _common(tables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all of them have alike."""
    first, *others = tables
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}
