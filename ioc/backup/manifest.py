"""What a backup says of itself, and whether this version can take it back. Decides; reads no file, no database."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

FORMAT: Final = 1
"""Of the container; a reader refuses a greater one."""


class Step(msgspec.Struct, frozen=True):
    """A migration the database had."""

    number: int
    name: str
    digest: str


class Table(msgspec.Struct, frozen=True):
    """One table as kept: its rows in COPY's text form, in these columns; `sha256` of them uncompressed."""

    name: str
    columns: list[str]
    rows: int
    bytes: int
    sha256: str


class Extra(msgspec.Struct, frozen=True):
    """One file kept beside the tables."""

    name: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """All that a backup holds. `weeks` are those (Mondays) its readings fall in, so that partitions are made first."""

    format: int
    made_at: str  # RFC 3339, UTC
    version: str  # of the product
    edition: str
    edition_version: str
    steps: list[Step]
    tables: list[Table]
    weeks: list[str]
    extras: list[Extra] = []

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)


class _Head(msgspec.Struct):
    format: int


def encoded(manifest: Manifest) -> bytes:
    """The manifest as it stands in the file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decoded(data: bytes) -> Manifest | str:
    """The manifest, or a sentence that says why this version cannot read it."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format > FORMAT:
            return (
                f"Bản sao lưu có dạng {head.format}, phiên bản này chỉ đọc đến {FORMAT}: cài phiên bản mới hơn. "
                f"(it has format {head.format}, this version reads up to {FORMAT}: install a newer one)"
            )
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        return f"Mục lục của bản sao lưu hỏng (the manifest of the backup is broken): {error}"


def refusal(manifest: Manifest, ours: Sequence[Step]) -> str | None:
    """Why a backup cannot come into a database of this version; None where it can.

    One made by an older version can: we know all its steps, and ours beyond them follow after it is in.
    """
    known = {step.number: step.digest for step in ours}
    for step in manifest.steps:
        if known.get(step.number) != step.digest:
            told = "mới hơn" if step.number not in known else "khác"
            word = "newer" if step.number not in known else "another"
            return (
                f"Bản sao lưu của phiên bản {manifest.version} {told} (bước {step.number:04} {step.name}): "
                f"cài đúng phiên bản đó rồi khôi phục. (the backup is of {word} version, {manifest.version}, with "
                f"step {step.number:04} {step.name}: install that version and restore with it)"
            )
    return None


def misfits(manifest: Manifest, present: Mapping[str, Sequence[str]]) -> list[str]:
    """What the backup has and the database has no place for: tables, and columns as `table.column`."""
    found = []
    for table in manifest.tables:
        columns = present.get(table.name)
        if columns is None:
            found += [table.name] if table.rows else []
        else:
            found += [f"{table.name}.{column}" for column in table.columns if column not in columns]
    return found
