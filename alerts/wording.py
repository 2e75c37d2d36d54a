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
# Units stand in the names of metrics (docs/wire.md); the pages know the same.
_UNITS: Final = {
    "pct": "%", "dbm": "dBm", "db": "dB", "ms": "ms", "s": "s", "bps": "b/s", "bytes": "B", "bytes_total": "B",
    "lux": "lx", "c": "°C", "v": "V", "a": "A",
}  # fmt: skip
_SCALED: Final = ("b/s", "B")
_LARGE: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_VIETNAMESE: Final = str.maketrans(",.", ".,")


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


def measured(metric: str | None, value: object, language: str) -> str:
    """The value as people read it, in brackets with a space before: `[82,3 °C]`; without a unit `[clients = 120]`."""
    if metric is None or value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f" [{metric} = {value}]"
    unit = next((unit for suffix, unit in _UNITS.items() if metric.endswith(f"_{suffix}")), None)
    if unit is None:
        return f" [{metric} = {_number(value, language)}]"
    large = next((each for each in _LARGE if unit in _SCALED and abs(value) >= each[0]), (1, ""))
    return f" [{_number(value / large[0], language)} {large[1]}{unit}]"


def _number(value: float, language: str) -> str:
    """One decimal at most, with the marks of the language."""
    text = f"{value:,.1f}".removesuffix(".0")
    return text.translate(_VIETNAMESE) if language == "vi" else text


def _sentence(alert: Alert, announce: Announce, language: str) -> str:
    title = alert.title.get(language, alert.rule)
    head = f"{_ANNOUNCE[language][announce]} ({_SEVERITY[language][alert.severity]}): {title}"
    return f"{head} – {alert.device}{measured(alert.metric, alert.value, language)}"


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
