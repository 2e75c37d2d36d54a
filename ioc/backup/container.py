"""The file of a backup: a zip whose parts have checksums, written beside its name and given the name when whole.

So a full disk, a crash or a Ctrl-C leaves no half file under the name, and what was cut later is noticed. Memory stays
the same however large the tables are. What stands in it is decided by `manifest`.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from ioc.backup.manifest import Extra, Manifest, Table, decoded, encoded
from ioc.errors import CommandError

MANIFEST: Final = "manifest.json"
_BLOCK: Final = 1 << 18
_LEVEL: Final = 1  # of deflate: four times as fast as the usual 6, for a tenth more bytes


Progress = Callable[[str, int, int], None]
"""Told of a table: its name, rows and bytes so far."""


class Writing:
    """A backup under way. As a context: kept under its name when it was `finish`ed, else deleted."""

    def __init__(self, file: Path) -> None:
        self._file, self._part = file, file.with_name(file.name + ".part")
        self._whole = False

    def __enter__(self) -> Self:
        self._out = self._part.open("wb")
        os.fchmod(self._out.fileno(), 0o600)  # people's data: the owner's alone
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if not self._whole:
            with suppress(OSError, ValueError):
                self._zip.close()  # it would write its end later, into a closed file
            self._part.unlink(missing_ok=True)
        with suppress(OSError):  # of what was buffered on a full disk
            self._out.close()

    def table(self, name: str, columns: list[str], pieces: Iterable[bytes], told: Progress) -> Table:
        """Write a table from what COPY gives, in its text form: one line a row, a newline in a value is escaped."""
        digest, rows, size = hashlib.sha256(), 0, 0
        with self._zip.open(_place(name), "w", force_zip64=True) as out:
            for block in _blocks(pieces):
                digest.update(block)
                out.write(block)
                rows += block.count(b"\n")
                size += len(block)
                told(name, rows, size)
        return Table(name, columns, rows, size, digest.hexdigest())

    def beside(self, name: str, data: bytes) -> Extra:
        """Write a small file beside the tables."""
        self._zip.writestr(f"files/{name}", data)
        return Extra(name, hashlib.sha256(data).hexdigest())

    def finish(self, manifest: Manifest) -> int:
        """Write the manifest, bring all to the disk, give the file its name; its size in bytes."""
        self._zip.writestr(MANIFEST, encoded(manifest))
        self._zip.close()
        self._out.flush()
        os.fsync(self._out.fileno())
        self._part.rename(self._file)
        self._whole = True
        _sync(self._file.absolute().parent)
        return self._file.stat().st_size


class Reading:
    """A backup to take from. As a context. Raises `CommandError` where the file is not a whole backup."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Self:
        try:
            self._zip = zipfile.ZipFile(self._file)
        except FileNotFoundError:
            raise CommandError(f"Không có tệp {self._file} (no such file)") from None
        except zipfile.BadZipFile:
            raise CommandError(f"{self._file} không phải bản sao lưu, hoặc bị cắt cụt: dùng bản khác. "
                               "(not a backup, or cut short: use another one)") from None  # fmt: skip
        except OSError as error:
            raise CommandError(f"Không đọc được {self._file} (cannot read it): {error.strerror}") from error
        with _broken(self._file, MANIFEST):
            found = decoded(self._zip.read(MANIFEST))
        if isinstance(found, str):
            raise CommandError(found)
        self.manifest = found
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def verify(self) -> None:
        """Read all of it against its checksums."""
        for table in self.manifest.tables:
            digest = hashlib.sha256()
            for block in self.blocks(table):
                digest.update(block)
            self._check(table.name, digest.hexdigest(), table.sha256)
        for extra in self.manifest.extras:
            self._check(extra.name, hashlib.sha256(self.beside(extra.name)).hexdigest(), extra.sha256)

    def blocks(self, table: Table) -> Iterator[bytes]:
        """A table's rows, in pieces of about 256 KiB."""
        with _broken(self._file, table.name), self._open(_place(table.name)) as part:
            while block := part.read(_BLOCK):
                yield block

    def beside(self, name: str) -> bytes:
        """A file kept beside the tables."""
        with _broken(self._file, name):
            return self._zip.read(f"files/{name}")

    def _open(self, place: str) -> IO[bytes]:
        return self._zip.open(place)

    def _check(self, name: str, found: str, told: str) -> None:
        if found != told:
            raise _damaged(self._file, name)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger blocks: a row at a time costs ten times as much."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


@contextmanager
def _broken(file: Path, part: str) -> Iterator[None]:
    """A part that cannot be read is a damaged file, whatever zip calls it."""
    try:
        yield
    except (KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise _damaged(file, part) from error


def _damaged(file: Path, part: str) -> CommandError:
    return CommandError(f"{file} bị hỏng ở phần {part}: dùng bản sao lưu khác; chưa có gì bị thay đổi. "
                        f"(it is damaged at {part}: use another backup; nothing was changed)")  # fmt: skip


def _place(table: str) -> str:
    return f"tables/{table}.copy"


def _sync(folder: Path) -> None:
    """Make the name as durable as the content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
