"""Readings in the binary form of PostgreSQL's COPY, built whole: a fifth of what a driver's list of objects costs.

Form (PostgreSQL's documentation of COPY): a tuple is its number of fields, then each field as its length and bytes,
big-endian; the length -1 is null. Readings that say the same set of numbers make rows of one length, and are written
column by column with numpy; any other is written by itself. Decides where each value is kept; pure.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np

from ingest.family import Kind, families
from ingest.model import Metrics, Sample, Value
from ingest.series import table

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
FACTS: Final = ("device_id", "ts", "received_at", "seq", "stamped", "suspect", "origin", "more")
_EPOCH_2000_MS: Final = 946_684_800_000  # PostgreSQL counts microseconds from 2000-01-01
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT: Final = 2**53  # beyond it a double loses whole numbers; such a value is kept as JSON
_NULL: Final = b"\xff\xff\xff\xff"
_NUMBERS: Final = frozenset({int, float})
_SWITCHES: Final = frozenset({bool})
_json = msgspec.json.Encoder().encode
_head = struct.Struct(">hiiiqiqiqi?i?").pack

Ids = Callable[[str], int]
"""A device's number in the database, by its address."""


@cache
def copy_statement(family: str) -> str:
    """The statement that takes a family's rows."""
    names = ", ".join([*FACTS, *(f'"{name}"' for name in families()[family].columns)])
    return f"COPY {table(family)} ({names}) FROM STDIN (FORMAT binary)"


@cache
def insert_statement(family: str) -> str:
    """The statement that takes a family's rows as JSON (`recorded`) and tells the keys of those that are new."""
    names = ", ".join([*FACTS, *(f'"{name}"' for name in families()[family].columns)])
    return (
        f"INSERT INTO {table(family)} ({names}) "
        f"SELECT {names} FROM jsonb_populate_recordset(NULL::{table(family)}, %(rows)s::jsonb) "
        "ON CONFLICT DO NOTHING RETURNING device_id, round(extract(epoch FROM ts) * 1000)::bigint, seq, origin"
    )


def by_family(samples: Iterable[Sample]) -> Mapping[str, list[Sample]]:
    """The readings by family, their order kept within each."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.device.split("/", 2)[1], []).append(sample)
    return found


def copied(family: str, samples: Sequence[Sample], ids: Ids) -> bytes:
    """A family's readings as COPY takes them, without header and trailer."""
    alike: dict[tuple[object, ...], list[Sample]] = {}
    for sample in samples:
        alike.setdefault((len(sample.origin.encode()), *sample.metrics), []).append(sample)
    return b"".join([_group(family, group, ids) for group in alike.values()])


def recorded(family: str, sample: Sample, device_id: int) -> Mapping[str, object]:
    """One reading as a JSON object whose names are the columns."""
    columns, more = fitted(family, sample.metrics)
    return {
        "device_id": device_id, "ts": _written(sample.ts), "received_at": _written(sample.received_at),
        "seq": _number(sample), "stamped": sample.stamped, "suspect": sample.suspect, "origin": sample.origin,
        "more": more or None, **columns,
    }  # fmt: skip


def fitted(family: str, metrics: Metrics) -> tuple[dict[str, float | bool], dict[str, Value]]:
    """Which values have a column that fits them, and which are kept beside as JSON."""
    kinds, columns, more = families()[family].columns, dict[str, float | bool](), dict[str, Value]()
    for name, value in metrics.items():
        kind = kinds.get(name)
        if kind is Kind.SWITCH and isinstance(value, bool):
            columns[name] = value
        elif kind in (Kind.NUMBER, Kind.COUNTER) and type(value) in _NUMBERS and abs(value) <= _EXACT:  # type: ignore[arg-type]
            columns[name] = float(value)  # type: ignore[arg-type]
        else:
            more[name] = value
    return columns, more


def _group(family: str, group: Sequence[Sample], ids: Ids) -> bytes:
    """Readings that say the same metrics, all at once where every value has its column, else one by one."""
    names = tuple(group[0].metrics)
    layout = _layout(family, names, len(group[0].origin.encode()))
    if layout is not None and len(group) > 1:
        columns = tuple(zip(*[sample.metrics.values() for sample in group], strict=True))
        if all(_fits(name, column, family) for name, column in zip(names, columns, strict=True)):
            return _even(layout, names, columns, group, ids)
    return b"".join([_row(family, sample, ids(sample.device)) for sample in group])


def _fits(name: str, column: Sequence[Value], family: str) -> bool:
    kinds = set(map(type, column))
    if families()[family].columns[name] is Kind.SWITCH:
        return kinds <= _SWITCHES
    return kinds <= _NUMBERS and min(column) >= -_EXACT and max(column) <= _EXACT  # type: ignore[operator,type-var]


@cache
def _layout(family: str, names: tuple[str, ...], origin: int) -> np.ndarray[Any, Any] | None:
    """One row of readings that say these metrics, lengths filled in; None where one of them has no column."""
    kinds = families()[family].columns
    if not set(names) <= kinds.keys():
        return None
    sizes = {"device_id": ">i4", "ts": ">i8", "received_at": ">i8", "seq": ">i8", "stamped": "u1", "suspect": "u1",
             "origin": f"S{origin}" if origin else "", "more": ""}  # fmt: skip
    sizes |= {
        name: ("" if name not in names else "u1" if kind is Kind.SWITCH else ">f8") for name, kind in kinds.items()
    }
    fields = [("fields", ">i2")]
    for name, kind in sizes.items():
        fields += [(f"{name} size", ">i4"), *([(name, kind)] if kind else [])]
    row = np.zeros(1, np.dtype(fields))
    row["fields"] = len(sizes)
    for name, kind in sizes.items():
        row[f"{name} size"] = np.dtype(kind).itemsize if kind else (0 if name == "origin" else -1)
    return row


def _even(
    layout: np.ndarray[Any, Any], names: Sequence[str], columns: Sequence[Sequence[Value]], group: Sequence[Sample],
    ids: Ids,
) -> bytes:  # fmt: skip
    rows = np.repeat(layout, len(group))
    rows["device_id"] = [ids(sample.device) for sample in group]
    rows["ts"] = (np.array([sample.ts for sample in group], np.int64) - _EPOCH_2000_MS) * 1000
    rows["received_at"] = (np.array([sample.received_at for sample in group], np.int64) - _EPOCH_2000_MS) * 1000
    rows["seq"] = [_number(sample) for sample in group]
    rows["stamped"] = [sample.stamped for sample in group]
    rows["suspect"] = [sample.suspect for sample in group]
    if group[0].origin:
        rows["origin"] = [sample.origin.encode() for sample in group]
    for name, column in zip(names, columns, strict=True):
        rows[name] = column
    return rows.tobytes()


def _row(family: str, sample: Sample, device_id: int) -> bytes:
    """One reading, whatever it says."""
    columns, more = fitted(family, sample.metrics)
    names = families()[family].columns
    head = _head(
        len(FACTS) + len(names), 4, device_id, 8, _micros(sample.ts), 8, _micros(sample.received_at), 8,
        _number(sample), 1, sample.stamped, 1, sample.suspect,
    )  # fmt: skip
    cells = [head, _sized(sample.origin.encode()), _sized(b"\x01" + _json(more)) if more else _NULL]
    for name in names:
        value = columns.get(name)
        if value is None:
            cells.append(_NULL)
        else:
            cells.append(struct.pack(">i?", 1, value) if isinstance(value, bool) else struct.pack(">id", 8, value))
    return b"".join(cells)


def _number(sample: Sample) -> int:
    return -1 if sample.seq is None else sample.seq


def _micros(epoch_ms: int) -> int:
    return (epoch_ms - _EPOCH_2000_MS) * 1000


def _written(epoch_ms: int) -> str:
    return (_EPOCH + timedelta(milliseconds=epoch_ms)).isoformat()


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
