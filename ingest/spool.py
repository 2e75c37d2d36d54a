"""Keeps batches on disk while the database is away: bounded, checksummed, synced before anything is acknowledged.

A folder of append-only segments. A record is one batch: its number, length and CRC-32, then MessagePack. A record cut
by a crash was never acknowledged, so a torn tail is cut off. Records are drained in order of their numbers; the
store notes the last one it kept in the same transaction, so that a crash between the two drains nothing twice.
It decides nothing about what is kept.
"""

import logging
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from ingest.batch import Judged
from ingest.errors import SpoolFullError

_log = logging.getLogger(__name__)
_HEAD: Final = struct.Struct(">QII")  # number, length, CRC-32 of the body
_SEGMENT: Final = 32 * 2**20


class Record(msgspec.Struct, frozen=True):
    """One batch as spooled. `shed` counts, by device, the messages of it that were let go.

    `gaps` is what the batch adds, by device, to the numbers that are missing: entered with it, also by a later run.
    """

    batch: list[Judged]
    at: int  # when the batch came, epoch ms
    shed: dict[str, int] = {}
    gaps: dict[str, int] = {}

    @property
    def messages(self) -> int:
        """How many messages it accounts for."""
        return len(self.batch) + sum(self.shed.values())


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Spool:
    """The spool of one ingest. `most_bytes` bounds it; `filling` is its share in use, 0 to 1."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._sizes: dict[Path, int] = {}  # every segment, oldest first
        self._next = 1
        self.messages = 0
        self._pending: list[tuple[int, Path, int]] = []  # number, segment, offset; in order
        self._take_up()
        self.id = self._identity()

    @property
    def filling(self) -> float:
        """The share of the bound that is in use."""
        return sum(self._sizes.values()) / self._most_bytes

    def __bool__(self) -> bool:
        return bool(self._pending)

    def append(
        self,
        batch: Sequence[Judged],
        at: int,
        shed: Mapping[str, int] | None = None,
        gaps: Mapping[str, int] | None = None,
    ) -> None:
        """Write a batch and sync it; `SpoolFullError` where the bound or the disk does not let it in."""
        record = Record([_slim(judged) for judged in batch], at, dict(shed or {}), dict(gaps or {}))
        body = _encode(record)
        data = _HEAD.pack(self._next, len(body), zlib.crc32(body)) + body
        if sum(self._sizes.values()) + len(data) > self._most_bytes:
            raise SpoolFullError("bộ đệm trên đĩa đã đầy (the spool on disk is full)")
        segment = self._segment()
        offset = self._sizes[segment]
        try:
            self._write(segment, data)
        except OSError as error:
            if segment.exists():
                os.truncate(segment, offset)  # a half-written record must not stand before the next one
            raise SpoolFullError(
                f"không ghi được bộ đệm trên đĩa (cannot write the spool): {error.strerror}"
            ) from error
        self._sizes[segment] = offset + len(data)
        self._pending.append((self._next, segment, offset))
        self._next += 1
        self.messages += record.messages

    def records(self) -> Iterator[tuple[int, Record]]:
        """What waits, oldest first, with its numbers; may be asked again and again."""
        for number, segment, offset in list(self._pending):
            with segment.open("rb") as file:
                file.seek(offset)
                _, length, _ = _HEAD.unpack(file.read(_HEAD.size))
                yield number, _decode(file.read(length))

    def done(self, number: int) -> None:
        """Everything up to a number is kept elsewhere; segments with nothing left are deleted."""
        self._pending = [place for place in self._pending if place[0] > number]
        needed = {segment for _, segment, _ in self._pending}
        for segment in [segment for segment in self._sizes if segment not in needed]:
            segment.unlink(missing_ok=True)
            del self._sizes[segment]

    def settle(self, messages: int) -> None:
        """So many messages of it are accounted for."""
        self.messages -= messages

    def _identity(self) -> str:
        """The spool's own name: the store's mark belongs to it, not to another folder's records.

        An empty spool takes a new one: its numbers begin again at 1, which under the old name the store has kept.
        """
        file = self._folder / "id"
        known = file.read_text().strip() if self._pending and file.exists() else ""
        if not known:
            known = uuid4().hex
            fresh = self._folder / "id.new"
            _write_synced(fresh, known.encode())
            fresh.replace(file)
            _sync_folder(self._folder)
        return known

    def _take_up(self) -> None:
        for segment in sorted(self._folder.glob("*.seg")):
            whole = 0
            for number, offset, end, record in _scan(segment):
                self._pending.append((number, segment, offset))
                self._next = max(self._next, number + 1)
                self.messages += record.messages
                whole = end
            if whole < segment.stat().st_size:
                _log.warning("cut a torn record off the spool; it was never acknowledged",
                             extra={"action": "spool_cut", "bytes": segment.stat().st_size - whole})  # fmt: skip
                os.truncate(segment, whole)
            self._sizes[segment] = whole

    def _segment(self) -> Path:
        """The segment to write to; a new one where there is none or it is large enough."""
        newest = next(reversed(self._sizes), None)
        if newest is None or self._sizes[newest] >= _SEGMENT:
            newest = self._folder / f"{self._next:016}.seg"
            self._sizes[newest] = 0
        return newest

    def _write(self, segment: Path, data: bytes) -> None:
        new = not segment.exists()
        with segment.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(self._folder)


def _scan(segment: Path) -> Iterator[tuple[int, int, int, Record]]:
    """The whole records of a segment: number, offset, end, record; ends at the first that is not whole."""
    with segment.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            number, length, crc = _HEAD.unpack(head)
            offset = file.tell() - _HEAD.size
            body = file.read(length) if length <= 2**30 else b""
            if len(body) != length or zlib.crc32(body) != crc:
                return
            try:
                record = _decode(body)
            except msgspec.MsgspecError:
                return
            yield number, offset, file.tell(), record


def _slim(judged: Judged) -> Judged:
    """Without the payload of what was understood: its reports say it all."""
    if not judged.reports or judged.unidentified:  # these are known by what was delivered
        return judged
    message = msgspec.structs.replace(judged.message, payload=b"")
    return msgspec.structs.replace(judged, message=message)


def _write_synced(path: Path, data: bytes) -> None:
    """A whole small file, on the disk before anything names it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its content."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
