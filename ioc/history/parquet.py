"""Parquet by streaming: rows go in some thousand at a time, the file's bytes come out as they are made.

The writer (arro3, over Rust's `parquet`) pulls rows and pushes bytes, so it works in a thread of its own, behind a
queue of a few blocks: it waits for a slow reader, and ends when the reader leaves.
"""

import io
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, cast

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

BATCH: Final = 20_000  # rows of a row group
_BLOCK: Final = 64 * 1024
_WAITING: Final = 8  # blocks between writer and reader
_WAIT_S: Final = 0.5

Shape = Literal["time", "text", "number", "integer", "switch"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and what it holds; `time` is given as epoch ms."""

    name: str
    shape: Shape


class _Left(Exception):  # noqa: N818 - a signal within this module, not an error
    """The reader has gone."""


class _Pipe(io.RawIOBase):
    """What the writer writes to."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: queue.Queue[bytes | Exception | None] = queue.Queue(_WAITING)
        self.left = threading.Event()
        self._block = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        self._block += data
        if len(self._block) >= _BLOCK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._block:
            self.put(bytes(self._block))
            self._block.clear()

    def put(self, block: bytes | Exception | None) -> None:
        """Wait for room as long as the reader is there."""
        while not self.left.is_set():
            with suppress(queue.Full):
                self.blocks.put(block, timeout=_WAIT_S)
                return
        raise _Left


def parquet(columns: Sequence[Column], batches: Iterable[Sequence[Sequence[Any]]]) -> Iterator[bytes]:
    """The bytes of a Parquet file with these columns; `batches` are lists of rows."""
    pipe = _Pipe()
    threading.Thread(target=_write, args=(columns, batches, pipe), name="parquet", daemon=True).start()
    try:
        while (block := pipe.blocks.get()) is not None:
            if isinstance(block, Exception):
                raise block
            yield block
    finally:
        pipe.left.set()


def _write(columns: Sequence[Column], batches: Iterable[Sequence[Sequence[Any]]], pipe: _Pipe) -> None:
    schema = Schema([Field(column.name, _type(column.shape), nullable=True) for column in columns])
    troubles: list[Exception] = []  # the writer tells of another's error in words only
    with suppress(_Left):
        try:
            made = (_batch(schema, columns, rows) for rows in _watched(batches, troubles))
            reader = RecordBatchReader.from_batches(schema, made)
            write_parquet(reader, cast("IO[bytes]", pipe), compression="zstd(1)", max_row_group_size=BATCH)
            pipe.flush()
        except _Left:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the reader's to raise
            pipe.put(troubles[0] if troubles else error)
        pipe.put(None)


def _watched(
    batches: Iterable[Sequence[Sequence[Any]]], troubles: list[Exception]
) -> Iterator[Sequence[Sequence[Any]]]:
    try:
        yield from batches
    except Exception as error:
        troubles.append(error)
        raise


def _batch(schema: Schema, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> RecordBatch:
    made = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        kind = DataType.int64() if column.shape == "time" else _type(column.shape)
        array = Array(list(values), type=kind)
        made.append(array.cast(_type("time")) if column.shape == "time" else array)
    return RecordBatch.from_arrays(made, schema=schema)


def _type(shape: Shape) -> DataType:
    kinds = {"text": DataType.string, "number": DataType.float64, "integer": DataType.int64, "switch": DataType.bool}
    return DataType.timestamp("ms", tz="UTC") if shape == "time" else kinds[shape]()
