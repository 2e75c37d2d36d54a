"""Readings as rows: where each value is kept, and that the quick form says what the plain one says."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from ingest.family import families
from ingest.model import Sample
from ingest.rows import FACTS, HEADER, TRAILER, copied, fitted

IDS = {"demo/camera/c1": 1, "demo/camera/c2": 2}
NAMES = ("fps", "motion", "cpu_pct", "nhiet_do_c", "gate")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=9)
)
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9))
MOMENTS = st.integers(0, 253_402_300_799_999)


def samples(metrics):
    return st.builds(
        Sample, st.sampled_from(sorted(IDS)), MOMENTS, metrics, MOMENTS, origin=st.sampled_from(("", "s1", "s2", "é")),
        seq=st.none() | st.integers(0, 2**63 - 1), stamped=st.booleans(), suspect=st.booleans(),
    )  # fmt: skip


anything = samples(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
usual = samples(st.fixed_dictionaries({"fps": NUMBERS, "motion": st.booleans(), "cpu_pct": NUMBERS}))


def rows(body):
    """The tuples of a COPY body: their fields as bytes, or None."""
    assert body.startswith(HEADER)
    assert body.endswith(TRAILER)
    found, at = [], len(HEADER)
    while at < len(body) - len(TRAILER):
        (count,), at, fields = struct.unpack_from(">h", body, at), at + 2, []
        for _ in range(count):
            (size,), at = struct.unpack_from(">i", body, at), at + 4
            fields.append(None if size < 0 else body[at : at + size])
            at += max(size, 0)
        found.append(fields)
    return found


@given(st.lists(anything | usual, max_size=20))
def test_many_readings_at_once_make_the_same_rows_as_each_by_itself(group):
    alone = [row for sample in group for row in rows(copied([sample], IDS.__getitem__)["camera"])]
    together = [row for body in copied(group, IDS.__getitem__).values() for row in rows(body)]
    assert sorted(map(repr, together)) == sorted(map(repr, alone))


@given(anything)
def test_every_value_is_kept_once_in_its_column_or_beside(sample):
    columns, more = fitted("camera", sample.metrics)
    assert columns.keys() | more.keys() == sample.metrics.keys()
    assert not columns.keys() & more.keys()
    assert all(value == sample.metrics[name] for name, value in columns.items())


def test_the_unknown_the_unusual_and_the_too_exact_are_kept_beside():
    metrics = {"fps": None, "cpu_pct": "nhiều", "motion": 1, "uptime_s": 2**53 + 1, "gate": True, "occupancy": 3}
    columns, more = fitted("camera", metrics)
    assert columns == {"occupancy": 3.0}
    assert more == {name: value for name, value in metrics.items() if name != "occupancy"}


def test_a_row_names_its_device_time_number_and_values():
    sample = Sample("demo/camera/c2", 946_684_800_001, {"fps": 25, "motion": True}, 946_684_800_002, "s1", 7, "s1")
    [fields] = rows(copied([sample], IDS.__getitem__)["camera"])
    said = dict(zip([*FACTS, *families()["camera"].columns], fields, strict=True))
    assert said["device_id"] == struct.pack(">i", 2)
    assert said["ts"] == struct.pack(">q", 1000)
    assert said["received_at"] == struct.pack(">q", 2000)
    assert said["seq"] == struct.pack(">q", 7)
    assert said["origin"] == b"s1"
    assert said["fps"] == struct.pack(">d", 25)
    assert said["motion"] == b"\x01"
    assert said["more"] is said["cpu_pct"] is None
