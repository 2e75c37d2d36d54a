"""Puts a step of an alert into words people read, in Vietnamese and English, with the facts beside them.

Decides wording only: what is worth telling is the machine's affair, and how it travels the channel's.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from alerts.model import Alert, Announce, Severity, Transition

_ANNOUNCE: Final = {
    "vi": {
        Announce.OPEN: "CẢNH BÁO",
        Announce.WORSE: "NẶNG HƠN",
        Announce.FLAPPING: "CHẬP CHỜN",
        Announce.REMINDER: "NHẮC LẠI",
        Announce.TAKEN: "ĐÃ CÓ NGƯỜI NHẬN",
        Announce.CLEAR: "ĐÃ HẾT",
        Announce.WITHDRAWN: "RÚT LẠI",
    },
    "en": {
        Announce.OPEN: "ALERT",
        Announce.WORSE: "WORSE",
        Announce.FLAPPING: "FLAPPING",
        Announce.REMINDER: "REMINDER",
        Announce.TAKEN: "TAKEN",
        Announce.CLEAR: "CLEARED",
        Announce.WITHDRAWN: "WITHDRAWN",
    },
}
_SEVERITY: Final = {
    "vi": {
        Severity.WARNING: "lưu ý",
        Severity.MINOR: "nhẹ",
        Severity.MAJOR: "nặng",
        Severity.CRITICAL: "nghiêm trọng",
    },
    "en": {severity: severity.value for severity in Severity},
}


def describe(step: Transition) -> dict[str, object]:
    """A step as JSON: `announce`, `at`, `text` by language, and the alert's facts; times in RFC 3339, UTC."""
    alert, announce = step.alert, Announce(step.announce or Announce.OPEN)
    return {
        "announce": announce.value,
        "at": rfc3339(step.at),
        "text": {language: _sentence(alert, announce, language) for language in ("vi", "en")},
        "alert": _facts(alert),
    }


def announced(announce: Announce, language: str) -> str:
    """The word in capitals that a message begins with."""
    return _ANNOUNCE[language][announce]


def severity_word(severity: Severity, language: str) -> str:
    """How people call it."""
    return _SEVERITY[language][severity]


def rfc3339(ms: int) -> str:
    """A time in UTC, to the millisecond."""
    text = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _sentence(alert: Alert, announce: Announce, language: str) -> str:
    title = alert.title.get(language, alert.rule)
    head = f"{_ANNOUNCE[language][announce]} ({_SEVERITY[language][alert.severity]}): {title}"
    measured = f" [{alert.metric} = {alert.value}]" if alert.metric and alert.value is not None else ""
    return f"{head} – {alert.device}{measured}"


def _facts(alert: Alert) -> Mapping[str, object]:
    return {
        "id": alert.id,
        "rule": alert.rule,
        "title": dict(alert.title),
        "device": alert.device,
        "area": alert.area,
        "severity": alert.severity.value,
        "peak_severity": alert.peak_severity.value,
        "condition": alert.condition.value,
        "metric": alert.metric,
        "value": alert.value,
        "reason": alert.reason,
        "episode": alert.episode,
        "since": rfc3339(alert.since),
        "acked_by": alert.acked_by,
        "outcome": alert.outcome,
    }
