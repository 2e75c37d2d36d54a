"""Readings in the binary form of PostgreSQL's COPY, built whole: a fifth of what a driver's list of objects costs.

Form (PostgreSQL's documentation of COPY): a tuple is its number of fields, then each field as its length and bytes,
big-endian; the length -1 is null. Readings that say the same metrics are written column by column with numpy: those
whose texts are equally long make rows of one length. A reading with an unusual value is written by itself. Decides
where each value is kept; pure.
"""

import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import repeat
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import astuple

from ingest.family import Kind, families
from ingest.model import Metrics, Sample, Value
from ingest.series import table

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
Part = bytes | memoryview
FACTS: Final = ("device_id", "ts", "received_at", "seq", "stamped", "suspect", "origin", "more")
_EPOCH_2000_MS: Final = 946_684_800_000  # PostgreSQL counts microseconds from 2000-01-01
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT: Final = 2**53  # beyond it a double loses whole numbers; such a value is kept as JSON
_NOTHING: Final = np.array([], np.float64)
_FEW: Final = 4  # rows for which numpy's own cost is larger than what it saves
_MOST_DEVICES: Final = 200_000
_families: dict[str, str] = {}
_NULL: Final = b"\xff\xff\xff\xff"
_NUMBERS: Final = frozenset({int, float})
_SWITCHES: Final = frozenset({bool})
_json = msgspec.json.Encoder().encode
_head = struct.Struct(">hiiiqiqiqi?i?").pack

Ids = Callable[[str], int]
"""A device's number in the database, by its address."""

Column = np.ndarray[tuple[int], np.dtype[Any]]


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
        family = _families.get(sample.device) or _learn(sample.device)
        if family in found:
            found[family].append(sample)
        else:
            found[family] = [sample]
    return found


class _Alike(NamedTuple):
    """Readings of a family that say the same metrics, their fields and all their values, one after the other."""

    samples: list[Sample]
    fields: list[tuple[Any, ...]]
    values: list[Value]


def copied(samples: Iterable[Sample], ids: Ids) -> Mapping[str, bytes]:
    """Readings as COPY takes them, by family."""
    found: dict[str, dict[tuple[str, ...], _Alike]] = {}
    for sample in samples:  # all that is needed of one is taken at once: to come back to it costs more than to take it
        family, metrics = _families.get(sample.device) or _learn(sample.device), sample.metrics
        names = tuple(metrics)
        try:
            group, fields, values = found[family][names]
        except KeyError:
            group, fields, values = found.setdefault(family, {})[names] = _Alike([], [], [])
        group.append(sample)
        fields.append(astuple(sample))
        values.extend(metrics.values())
    return {
        family: b"".join(
            [HEADER, *[p for names, one in alike.items() for p in _group(family, names, one, ids)], TRAILER]
        )
        for family, alike in found.items()
    }


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


def _group(family: str, names: tuple[str, ...], alike: _Alike, ids: Ids) -> Iterator[Part]:
    """Readings that say the same metrics: together, but for those with an unusual value."""
    samples, fields, values = alike
    kinds = families()[family].columns
    said = {name: values[at :: len(names)] for at, name in enumerate(names)}
    cells = {name: _cells(kinds[name], column) for name, column in said.items() if name in kinds}
    odd = {at for name, found in cells.items() if not found.size for at in _unusual(kinds[name], said[name])}
    if len(samples) - len(odd) <= _FEW:
        yield from (_row(family, sample, ids(sample.device)) for sample in samples)
    elif odd:
        yield from (_row(family, samples[at], ids(samples[at].device)) for at in odd)
        rest = [at for at in range(len(samples)) if at not in odd]
        width = len(names)
        usual = [value for at in rest for value in values[at * width : (at + 1) * width]]
        yield from _group(family, names, _Alike([samples[at] for at in rest], [fields[at] for at in rest], usual), ids)
    else:
        more = {name: column for name, column in said.items() if name not in kinds}
        yield from _even(family, cells, more, fields, ids)


def _cells(kind: Kind, column: Sequence[Value]) -> Column:
    """The values of one metric; none where one of them does not fit."""
    types = set(map(type, column))
    if kind is Kind.SWITCH:
        return np.array(column, np.bool_) if types == _SWITCHES else _NOTHING
    found = np.array(column, np.float64) if types <= _NUMBERS else _NOTHING
    return found if np.abs(found).max(initial=0) < _EXACT else _NOTHING


def _unusual(kind: Kind, column: Sequence[Value]) -> Iterator[int]:
    return (at for at, value in enumerate(column) if not _cells(kind, [value]).size)


def _even(
    family: str, cells: Mapping[str, Column], more: Mapping[str, Sequence[Value]],
    fields: Sequence[tuple[Any, ...]], ids: Ids,
) -> Iterator[Part]:  # fmt: skip
    """Readings whose values fit, written together as far as their texts are equally long."""
    said = dict(zip(Sample.__struct_fields__, zip(*fields, strict=True), strict=True))
    texts = list(map(str.encode, said["origin"]))
    beside = [b"\x01" + _json(dict(zip(more, row, strict=True))) for row in zip(*more.values(), strict=True)]
    sizes = list(zip(map(len, texts), map(len, beside) if more else repeat(0), strict=False))
    numbers = said["seq"] if None not in said["seq"] else [-1 if seq is None else seq for seq in said["seq"]]
    facts: dict[str, Column] = {
        "device_id": np.array(list(map(ids, said["device"])), np.int32),
        "ts": (np.array(said["ts"], np.int64) - _EPOCH_2000_MS) * 1000,
        "received_at": (np.array(said["received_at"], np.int64) - _EPOCH_2000_MS) * 1000,
        "seq": np.array(numbers, np.int64), "stamped": np.array(said["stamped"]), "suspect": np.array(said["suspect"]),
        "origin": np.array(texts), "more": np.array(beside), **cells,
    }  # fmt: skip
    for size in set(sizes):
        rows = np.repeat(_layout(family, tuple(cells), *size), sizes.count(size))
        places = ... if len(rows) == len(fields) else [at for at, own in enumerate(sizes) if own == size]
        for name in facts.keys() & set(rows.dtype.names or ()):
            rows[name] = facts[name][places]
        yield rows.view(np.uint8).data


@cache
def _layout(family: str, names: tuple[str, ...], origin: int, more: int) -> np.ndarray[Any, Any]:
    """One row of readings that say these metrics, with texts of these lengths in bytes; lengths are filled in."""
    kinds = families()[family].columns
    sizes = {"device_id": ">i4", "ts": ">i8", "received_at": ">i8", "seq": ">i8", "stamped": "?", "suspect": "?",
             "origin": f"S{origin}" if origin else "", "more": f"S{more}" if more else ""}  # fmt: skip
    sizes |= {
        name: ("" if name not in names else "?" if kind is Kind.SWITCH else ">f8") for name, kind in kinds.items()
    }
    fields = [("fields", ">i2")]
    for name, kind in sizes.items():
        fields += [(f"{name} size", ">i4"), *([(name, kind)] if kind else [])]
    row = np.zeros(1, np.dtype(fields))
    row["fields"] = len(sizes)
    for name, kind in sizes.items():
        row[f"{name} size"] = np.dtype(kind).itemsize if kind else (0 if name == "origin" else -1)
    return row


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


def _learn(device: str) -> str:
    """A device's family; remembered without an order, for keeping one would touch its neighbours too."""
    if len(_families) >= _MOST_DEVICES:
        _families.clear()
    found = _families[device] = sys.intern(device.split("/", 2)[1])
    return found


def _number(sample: Sample) -> int:
    return -1 if sample.seq is None else sample.seq


def _micros(epoch_ms: int) -> int:
    return (epoch_ms - _EPOCH_2000_MS) * 1000


def _written(epoch_ms: int) -> str:
    return (_EPOCH + timedelta(milliseconds=epoch_ms)).isoformat()


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
