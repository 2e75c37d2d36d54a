"""The words of the ingest floor: what a device says, and what the centre knows of it.

Values only. Times are integers of epoch milliseconds (UTC). Nothing here decides, stores or speaks.
Source of the names: docs/wire.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from ingest.family import families

Value = float | int | bool | str | None
"""One metric's value; `None` means *unknown*, which differs from an absent metric (*unchanged*)."""

Metrics = Mapping[str, Value]

FAMILIES: Final = tuple(families())
MAX_PAYLOAD: Final = 64 * 1024  # bytes, the wire's rule 1


class Admission(StrEnum):
    """Whether a device may raise alerts (rule 8): `pending` ones are stored and shown, no more."""

    PENDING = "pending"
    ADMITTED = "admitted"
    RETIRED = "retired"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One MQTT PUBLISH as it came in.

    A Struct, like `Sample`: one is made for every message, at a tenth of a dataclass's cost. `token` is what the
    reader needs to acknowledge it; it means nothing to anyone else.
    """

    topic: str
    payload: bytes
    received_at: int
    qos: int = 1
    retained: bool = False
    repeated: bool = False  # the broker's DUP flag
    token: int = 0


class Birth(msgspec.Struct, frozen=True, tag_field="kind", tag=True):
    """A device says who it is, where it stands, what it measures and what it can be told."""

    device: str
    ts: int
    session: str | None = None
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    fw: str | None = None
    lat: float | None = None
    lon: float | None = None
    area: str | None = None
    gateway: str | None = None  # the gateway's whole address
    interval_s: float | None = None
    metrics: Mapping[str, Mapping[str, Value]] = {}
    commands: tuple[str, ...] = ()


class Status(msgspec.Struct, frozen=True, tag_field="kind", tag=True):
    """A device's connection state; `will` marks the broker speaking for a dead connection."""

    device: str
    ts: int
    state: str  # online, offline, degraded, sleeping
    session: str | None = None
    reason: str | None = None
    will: bool = False
    stamped: bool = False  # the device gave a time of its own


class Sample(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag=True):
    """Readings of one device at one time.

    `origin` with `ts` and `seq` is the identity: the session for native devices, the part of the equipment
    that spoke (`iwinfo-phy0/stations`) for foreign ones. `stamped` says that `ts` is the device's own;
    `suspect` that its clock cannot be right (rule 2); `late` that it came in a batch.
    """

    device: str
    ts: int
    metrics: Metrics
    received_at: int
    session: str | None = None
    seq: int | None = None
    origin: str = ""
    stamped: bool = True
    late: bool = False
    suspect: bool = False


class Event(msgspec.Struct, frozen=True, tag_field="kind", tag=True):
    """Something that happened at a device: `start`, `update` or `end` of it, by `id`."""

    device: str
    ts: int
    id: str
    type: str
    phase: str  # start, update, end
    received_at: int
    severity: str | None = None
    data: Mapping[str, object] = {}
    session: str | None = None
    seq: int | None = None
    origin: str = ""
    stamped: bool = True
    suspect: bool = False


class Ack(msgspec.Struct, frozen=True, tag_field="kind", tag=True):
    """One step of an order, as the device tells it."""

    device: str
    ts: int
    ref: str
    state: str  # accepted, started, done, failed, expired, rejected, preempted
    session: str | None = None
    detail: str | None = None


Report = Birth | Status | Sample | Event | Ack


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message understood and of no use here (a snapshot's JPEG, an old session's Will)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that cannot be used: `reason` is a word of the quarantine, `detail` says where."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What the registry knows of a device, whoever told it. `address` is `site/family/name`."""

    address: str
    admission: Admission = Admission.PENDING
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    fw: str | None = None
    lat: float | None = None
    lon: float | None = None
    area: str | None = None
    gateway: str | None = None
    interval_s: float | None = None
    metrics: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    held: tuple[str, ...] = ()  # what an operator set of these: a birth does not overwrite it

    @property
    def site(self) -> str:
        """The operations centre it belongs to."""
        return self.address.split("/", 1)[0]

    @property
    def family(self) -> str:
        """What kind of device it is; one of `FAMILIES`."""
        return self.address.split("/", 2)[1]

    @property
    def slug(self) -> str:
        """Its own name in its address."""
        return self.address.rsplit("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Presence:
    """Three separate facts about a device, and whether we can know them at all.

    `connected` is what its status or Will says (`None`: never said); `fresh`, that it was heard within three
    intervals; `working`, that it calls itself well (`None`: never said). `unknown` means that *we* or its
    gateway are blind: then the other three are the last known, not the present. `since` is when the summary
    last changed; `reason` a word (`lwt`, `silent`, `gateway_lost`, `blind`, `degraded`, `sleeping`, `clean`).
    """

    connected: bool | None = None
    fresh: bool = False
    working: bool | None = None
    unknown: bool = False
    reason: str = ""
    since: int = 0


class Latest(msgspec.Struct, frozen=True, gc=False):
    """A metric's newest value and when it was taken."""

    value: Value
    ts: int


@dataclass(frozen=True, slots=True)
class View:
    """A device as it stands now: the value that listeners get whenever something of it changed."""

    device: Device
    presence: Presence
    latest: Mapping[str, Latest] = field(default_factory=dict)
    last_heard: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What one step of the ingest changed, told to every listener after the commit.

    `samples` are the new ones in order (repeats, suspect and late ones left out); `views`, every device whose
    record or presence changed, also by mere passing of time. A new value alone makes no view: it is in `samples`.
    `measures` are what the centre itself measured of devices (`ingest.conduct`): to be judged, in no store.
    """

    now: int
    views: tuple[View, ...] = ()
    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()
    measures: tuple[Sample, ...] = ()
