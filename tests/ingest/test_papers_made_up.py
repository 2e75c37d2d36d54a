"""Whatever can be made up: what the code reads fits its schema, and what fits is read.

But for what JSON Schema has no words for: `1.0` is whole to it, and there is no end of whole numbers.
"""

import json
import string
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ingest import wire
from ingest.adapters.native import read
from ingest.model import Message
from ingest.papers.channels import CHANNELS
from ingest.papers.schemas import standalone

VALIDATORS = {channel.name: Draft202012Validator(standalone(channel)) for channel in CHANNELS}
ORDER = msgspec.json.Decoder(wire.CommandMessage)


def is_read(channel, payload):
    """Whether the code can use it; orders are read by devices, so of them it is the class that tells."""
    if channel == "command":
        try:
            ORDER.decode(payload)
        except msgspec.MsgspecError:
            return False
        return True
    return isinstance(read(Message(f"ioc/v1/s/camera/c/{channel}", payload, 0)), list)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8)  # Python's `$` overlooks a last one
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.sampled_from(["", "play", "x" * 65, "x" * 257, "a\0b", "quế", "gw-1"])
    | _TEXT
)
_ANY = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.builds(
    lambda ms, zone: (datetime(1971, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone).isoformat(),
    st.integers(0, 2**47),
    _ZONES,
) | st.just("2026-11-22T04:06:06")
_STAMPS = st.none() | st.integers(-10, 2**48) | _MOMENTS
_METRIC = st.text(string.ascii_lowercase + "_9", min_size=1, max_size=6)
_VALUES = st.booleans() | st.none() | st.integers(-1, 101) | st.floats(0.1, 100.9).filter(lambda n: not n.is_integer())
_M = st.dictionaries(_METRIC | _METRIC.map("{}_pct".format), _VALUES, min_size=1, max_size=4)
_ENTRY = st.fixed_dictionaries({"m": _M | _ANY}, optional={"seq": st.integers(0, 9), "ts": _STAMPS})
_NAMES = st.sampled_from(["online", "offline", "started", "done", "start", "end", "normal", "door", "x"])
_GOOD = {
    "v": st.just(1), "session": st.just("s") | st.none(), "ts": _STAMPS, "seq": st.integers(0, 2**63 - 1),
    "m": _M, "batch": st.lists(_ENTRY, max_size=2), "state": _NAMES, "phase": _NAMES, "priority": _NAMES,
    "id": _NAMES, "type": _NAMES, "ref": _NAMES, "name": _NAMES, "reason": _NAMES, "expires": _MOMENTS,
    "interval_s": st.floats(0, 4e7), "gateway": st.text("az-9_", max_size=3), "commands": st.lists(_NAMES, max_size=3),
    "metrics": st.dictionaries(_METRIC, st.dictionaries(_NAMES, _VALUES), max_size=2), "severity": _NAMES,
    "device": st.fixed_dictionaries({}, optional={"area": _METRIC | _PLAIN, "lat": st.floats(-99, 99) | _PLAIN}),
}  # fmt: skip


@st.composite
def spoken(draw):
    """A channel and an object of its keys: mostly right values, so that each wrong one is seen alone."""
    channel = draw(st.sampled_from(CHANNELS))
    fields = msgspec.structs.fields(channel.shape)
    asked = {field.name: _GOOD.get(field.name, _ANY) for field in fields}
    body = draw(st.fixed_dictionaries({f.name: asked[f.name] for f in fields if f.required}, optional={
        f.name: asked[f.name] for f in fields if not f.required}))  # fmt: skip
    if body and draw(st.booleans()):
        body[draw(st.sampled_from(sorted(body)))] = draw(_ANY)
    if body and draw(st.integers(0, 4)) == 0:
        del body[draw(st.sampled_from(sorted(body)))]
    if "batch" in body:
        body.pop("ts", None)  # each sample has its own: nobody reads the head's, and the schema still asks for a time
    return channel.name, body


@given(spoken())
@example(("telemetry", {"v": True, "m": {"a": 1}}))
@example(("telemetry", {"m": None, "batch": None}))
@example(("birth", {"device": None}))
@example(("event", {"id": "x" * 64, "type": "😀" * 64}))
def test_what_is_read_fits_its_schema_and_what_fits_is_read(said):
    channel, body = said
    fits = VALIDATORS[channel].is_valid(body)
    assert fits == is_read(channel, json.dumps(body).encode()) or (channel == "command" and not fits)


LAST = 253_402_300_799_999
EDGES = [
    ("birth", {"session": "ế" * 64}, {"session": "ế" * 65}),
    ("birth", {"interval_s": 31_622_400}, {"interval_s": 31_622_401}),
    ("birth", {"metrics": {f"m{n}": {} for n in range(128)}}, {"metrics": {f"m{n}": {} for n in range(129)}}),
    ("birth", {"metrics": {"M" * 64: {"k" * 64: "x" * 999}}}, {"metrics": {"M" * 65: {}}}),
    ("birth", {"metrics": {"m": {}}}, {"metrics": {"m": {"k" * 65: 1}}}),
    ("birth", {"commands": ["x" * 64] * 64}, {"commands": ["x" * 65]}),
    ("birth", {"device": {"name": "x" * 256}}, {"device": {"name": "x" * 257}}),
    ("birth", {"device": {"lat": -90, "lon": -180}}, {"device": {"lat": -90.5}}),
    ("birth", {"device": {"lat": 90, "lon": 180}}, {"device": {"lon": 180.5}}),
    ("birth", {"device": {"area": "a" * 63}}, {"device": {"area": "a" * 64}}),
    ("status", {"state": "online", "ts": 0}, {"state": "online", "ts": -1}),
    ("status", {"state": "online", "ts": LAST}, {"state": "online", "ts": LAST + 1}),
    ("telemetry", {"m": {"a": 1}, "seq": 2**63 - 1}, {"m": {"a": 1}, "seq": 2**63}),
    ("telemetry", {"m": {"a" * 63: "x" * 256}}, {"m": {"a": "x" * 257}}),
    ("telemetry", {"m": {"a_pct": 0}}, {"m": {"a_pct": -0.5}}),
    ("telemetry", {"m": {"a_pct": None}}, {"m": {"a_pct": True}}),
    ("telemetry", {"m": {"a_pc": "70"}}, {"m": {"a_pct": "70"}}),
    ("telemetry", {"batch": [{"m": {"a_pct": 100}}]}, {"batch": [{"m": {"a_pct": 100.5}}]}),
    ("telemetry", {"batch": [{"m": {"a": 1}, "ts": LAST}]}, {"batch": [{"m": {"a": 1}, "ts": LAST + 1}]}),
    ("telemetry", {"batch": [{"m": {"a": 1}, "seq": 0}]}, {"batch": [{"m": {"a": 1}, "seq": -1}]}),
    ("telemetry", {"batch": [{"m": {"a": "x"}}]}, {"batch": [{"m": {}}]}),
    ("event", {"id": "x" * 64, "type": "x" * 64}, {"id": "x" * 65, "type": "x"}),
    ("event", {"id": "1", "type": "x", "severity": "x" * 64}, {"id": "1", "type": "x", "severity": "x" * 65}),
    ("ack", {"ref": "x" * 64, "state": "done"}, {"ref": "", "state": "done"}),
]  # the 5,000 samples of a batch are more than fit in 64 KiB


@pytest.mark.parametrize(("channel", "within", "beyond"), EDGES)
def test_a_limit_is_the_same_in_the_schema_and_in_the_code(channel, within, beyond):
    assert VALIDATORS[channel].is_valid(within)
    assert is_read(channel, json.dumps(within).encode())
    assert not VALIDATORS[channel].is_valid(beyond)
    assert not is_read(channel, json.dumps(beyond).encode())
