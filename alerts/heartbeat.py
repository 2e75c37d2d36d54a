"""The dead man's switch: decides whether we may tell the outside that the alert engine lives, and in which form.

Pure. Someone outside expects a beat at every period and cries out when none comes; so a beat is a promise. It is given
only if the engine ticked lately by its own count and what people are owed moves: neither a thread that is alive nor a
process that answers is proof of that. `alerts.pulse` sends it.
"""

from dataclasses import dataclass
from typing import Any, Final

from alerts.wording import rfc3339

TICK_MS: Final = 15_000  # the engine ticks every second; a slow database may hold it for some
STUCK_MS: Final = 300_000  # a letter that nobody has carried for so long: no courier lives (one may wait for another)
NAME: Final = "IocWatchdog"


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was seen of the engine: when it last ticked, and when the oldest letter nobody has carried was due.

    `oldest_due` is None where nothing waits; `known` is false where the database could not be asked.
    """

    ticked_at: int | None
    oldest_due: int | None = None
    known: bool = True


def ailment(vitals: Vitals, now: int) -> str | None:
    """Why no beat may go out: a word; None while all is well."""
    if vitals.ticked_at is None or now - vitals.ticked_at > TICK_MS:
        return "engine_stands"
    if not vitals.known:
        return "database_away"
    if vitals.oldest_due is not None and now - vitals.oldest_due > STUCK_MS:
        return "outbox_stands"
    return None


def watchdog(site: str, now: int, every_ms: int) -> list[dict[str, Any]]:
    """The beat as an alert that always fires, for Alertmanager's API v2: it ends by itself when no beat follows."""
    return [
        {
            "labels": {"alertname": NAME, "site": site, "severity": "none"},
            "annotations": {
                "summary": "Máy cảnh báo đang chạy; hãy báo động khi tin này ngừng đến",
                "summary_en": "The alert engine lives; raise the alarm when this stops",
            },
            "startsAt": rfc3339(now),
            "endsAt": rfc3339(now + 3 * every_ms),
        }
    ]
