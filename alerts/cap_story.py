"""Tells the story of one of our alerts as CAP messages: the first, its updates, its end, each naming those before.

Pure, and made anew from the timeline each time, so that nothing can drift apart: the same alert always gives the same
messages under the same identifiers. What is public is the site's decision (`[cap]` in its file), never this module's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from alerts.cap import CapArea, CapInfo, CapMessage, cap_time
from alerts.model import Alert, Announce, Severity
from alerts.wording import announced

_SEVERITY: Final = {
    Severity.WARNING: "Minor",
    Severity.MINOR: "Moderate",
    Severity.MAJOR: "Severe",
    Severity.CRITICAL: "Extreme",
}
_HEADLINE: Final = 160  # characters: 3.2.2, headline


class Told(Protocol):
    """What a timeline's entry has of use here (`alerts.store.Entry`)."""

    @property
    def version(self) -> int:
        """The step's number."""

    @property
    def at(self) -> int:
        """When, in epoch milliseconds."""

    @property
    def cause(self) -> str:
        """The event that made the step."""

    @property
    def severity(self) -> Severity:
        """How bad it then was."""

    @property
    def announce(self) -> str | None:
        """What people were told."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who speaks: `sender` is globally unique (an address or a domain) and never changes, or references break."""

    sender: str
    name: str
    category: str = "Infra"
    contact: str | None = None
    web: str | None = None
    expires_ms: int = 24 * 3_600_000
    status: str = "Actual"


def messages(alert: Alert, timeline: Iterable[Told], issuer: Issuer, areas: Sequence[CapArea]) -> list[CapMessage]:
    """The alert's messages, oldest first; `areas` are where it holds."""
    told: list[CapMessage] = []
    for entry in timeline:
        if entry.announce in (Announce.OPEN, Announce.WORSE, Announce.CLEAR, Announce.WITHDRAWN):
            told.append(_message(alert, entry, issuer, tuple(areas), told))
    return told


def _message(
    alert: Alert, entry: Told, issuer: Issuer, areas: tuple[CapArea, ...], earlier: Sequence[CapMessage]
) -> CapMessage:
    announce = Announce(entry.announce or Announce.OPEN)
    kind = "Cancel" if announce is Announce.WITHDRAWN else "Update" if earlier else "Alert"
    return CapMessage(
        identifier=f"{alert.id}-{entry.version}",
        sender=issuer.sender,
        sent=cap_time(entry.at),
        status=issuer.status,
        msg_type=kind,
        scope="Public",
        note=None if kind != "Cancel" else f"{entry.cause}",
        references=" ".join(message.triple for message in earlier) or None,
        incidents=alert.id,
        infos=tuple(_info(alert, entry, announce, issuer, areas, language) for language in ("vi", "en")),
    )


def _info(
    alert: Alert, entry: Told, announce: Announce, issuer: Issuer, areas: tuple[CapArea, ...], language: str
) -> CapInfo:
    over = announce.ends
    return CapInfo(
        language={"vi": "vi-VN", "en": "en-US"}[language],
        categories=(issuer.category,),
        event=alert.title.get(language, alert.rule),
        responses=("AllClear" if over else "Monitor",),
        urgency="Past" if over else "Immediate",
        severity=_SEVERITY[Severity(entry.severity)],
        certainty="Observed",
        effective=cap_time(entry.at),
        onset=cap_time(min(alert.since, entry.at)),
        expires=cap_time(entry.at + issuer.expires_ms),
        sender_name=issuer.name,
        headline=f"{announced(announce, language)}: {alert.title.get(language, alert.rule)}"[:_HEADLINE],
        web=issuer.web,
        contact=issuer.contact,
        parameters=(("ioc:alert", alert.id), ("ioc:rule", alert.rule)),
        areas=areas,
    )
