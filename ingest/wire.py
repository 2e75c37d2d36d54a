"""The native wire's messages as they stand in JSON (docs/wire.md): shapes and limits, and nothing of their meaning.

The decoders here are what the ingest reads with, and the schemas that outsiders get are made from the same classes,
so that the paper cannot differ from the code (`ingest.papers`). Unknown keys are passed over: a newer device may say
more than we know. Pure.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

Short = Annotated[str, msgspec.Meta(max_length=64)]
Line = Annotated[str, msgspec.Meta(max_length=256)]
Slug = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}\Z", extra_json_schema={"pattern": "^[a-z0-9-]{1,63}$"})
]  # Python's `$` lets a line feed follow; the schema's does not
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Number = float | Whole | bool | None
Scalar = float | Whole | bool | str | None
Stamp = str | int | None
"""RFC 3339 with an offset, or epoch milliseconds; without it the receive time counts (rule 2)."""

METRIC: Final = "[a-z][a-z0-9_]{0,62}"
PERCENT: Final = "_pct"
MAX_METRICS: Final = 128
MAX_TEXT: Final = 256
MAX_BATCH: Final = 5000


class Wire(msgspec.Struct, gc=False):
    """What every message may carry."""

    v: Literal[1] = 1
    session: Short | None = None
    ts: Stamp = None


class Who(msgspec.Struct):
    """Who a device is and where it stands."""

    name: Line | None = None
    maker: Line | None = None
    model: Line | None = None
    fw: Line | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    area: Slug | None = None


class BirthMessage(Wire):
    """`birth`, retained: who it is, what it measures, how often, what it can be told."""

    device: Who = msgspec.field(default_factory=Who)
    gateway: Slug | None = None
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=31_622_400)] | None = None
    metrics: Annotated[dict[Short, dict[Short, Scalar]], msgspec.Meta(max_length=MAX_METRICS)] = {}
    commands: Annotated[list[Short], msgspec.Meta(max_length=64)] = []


class StatusMessage(Wire, kw_only=True):
    """`status`, retained, and the Will: the connection's state, and the session it belongs to."""

    state: Literal["online", "offline", "degraded", "sleeping"]
    reason: Short | None = None


class Entry(msgspec.Struct, gc=False):
    """One late sample of a batch."""

    m: dict[str, Scalar]
    seq: Count | None = None
    ts: Stamp = None


class TelemetryMessage(Wire, gc=False):
    """`telemetry`: one sample `m`, or a `batch` of late ones."""

    m: dict[str, Scalar] | None = None
    seq: Count | None = None
    batch: Annotated[list[Entry], msgspec.Meta(max_length=MAX_BATCH)] | None = None


class QuickTelemetry(msgspec.Struct, gc=False):
    """The usual telemetry, decoded all at once: one sample of numbers. Whatever else it is, the full class reads."""

    m: dict[str, Number]
    v: Literal[1] = 1
    session: Short | None = None
    seq: Count | None = None
    ts: Annotated[datetime, msgspec.Meta(tz=True)] | Whole | None = None
    batch: msgspec.UnsetType = msgspec.UNSET


class EventMessage(Wire, kw_only=True):
    """`event`: start, update or end of something that happened."""

    id: Name
    type: Name
    phase: Literal["start", "update", "end"] = "start"
    severity: Short | None = None
    seq: Count | None = None
    data: dict[str, object] = {}


class AckMessage(Wire, kw_only=True):
    """`ack`: one step of an order."""

    ref: Name
    state: Literal["accepted", "started", "done", "failed", "expired", "rejected", "preempted"]
    detail: Line | None = None


class CommandMessage(Wire, kw_only=True):
    """`command`: an order from the centre, void after `expires`."""

    id: Name
    name: Name
    expires: str
    priority: Literal["normal", "priority", "emergency"] = "normal"
    args: dict[str, object] = {}


BIRTH = msgspec.json.Decoder(BirthMessage)
STATUS = msgspec.json.Decoder(StatusMessage)
TELEMETRY = msgspec.json.Decoder(TelemetryMessage)
QUICK = msgspec.json.Decoder(QuickTelemetry)
EVENT = msgspec.json.Decoder(EventMessage)
ACK = msgspec.json.Decoder(AckMessage)
