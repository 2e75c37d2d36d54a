"""The words of CAP 1.2 (OASIS, 1 July 2010): a message with its infos, resources and areas.

Values only, and as text where the standard has text, so that a message read is written again byte for byte. It may
hold nonsense: whether a message may go out is `alerts.cap_rules`' decision, how it is written `alerts.cap_xml`'s.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"

STATUSES: Final = ("Actual", "Exercise", "System", "Test", "Draft")
TYPES: Final = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES: Final = ("Public", "Restricted", "Private")
CATEGORIES: Final = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
RESPONSES: Final = (
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None",
)  # fmt: skip
URGENCIES: Final = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES: Final = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

Pair = tuple[str, str]
"""`valueName` and `value` of an eventCode, a parameter or a geocode."""


@dataclass(frozen=True, slots=True)
class CapArea:
    """Where: `polygons` are closed rings `lat,lon lat,lon …`, `circles` are `lat,lon km`; heights are in feet."""

    area_desc: str
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude: str | None = None
    ceiling: str | None = None


@dataclass(frozen=True, slots=True)
class CapResource:
    """A file that belongs to it: a picture, a sound."""

    resource_desc: str
    mime_type: str
    size: str | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class CapInfo:
    """What is told, in one language."""

    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    language: str | None = "vi-VN"  # the standard's default is en-US: ours must be said
    responses: tuple[str, ...] = ()
    audience: str | None = None
    event_codes: tuple[Pair, ...] = ()
    effective: str | None = None
    onset: str | None = None
    expires: str | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Pair, ...] = ()
    resources: tuple[CapResource, ...] = ()
    areas: tuple[CapArea, ...] = ()


@dataclass(frozen=True, slots=True)
class CapMessage:
    """One CAP message. `references` are `sender,identifier,sent` triples of the messages that it acts on."""

    identifier: str
    sender: str
    sent: str
    status: str
    msg_type: str
    scope: str
    source: str | None = None
    restriction: str | None = None
    addresses: str | None = None
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: str | None = None
    incidents: str | None = None
    infos: tuple[CapInfo, ...] = ()

    @property
    def triple(self) -> str:
        """How later messages name this one."""
        return f"{self.sender},{self.identifier},{self.sent}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to refuse a message: where it stands, a word for programs, a sentence in each language."""

    where: str
    reason: str
    vi: str
    en: str


def cap_time(ms: int, offset_min: int = 420) -> str:
    """Epoch milliseconds as CAP writes times: whole seconds and an offset (Viet Nam's), never `Z`."""
    at = datetime.fromtimestamp(ms // 1000, UTC)
    if offset_min == 0:
        return at.strftime("%Y-%m-%dT%H:%M:%S-00:00")  # UTC is written so: CAP 1.2, 3.3.2
    return at.astimezone(timezone(timedelta(minutes=offset_min))).isoformat(timespec="seconds")
