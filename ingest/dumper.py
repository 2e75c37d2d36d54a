"""Hands ready-made binary arrays (`ingest.arrays`) to psycopg as they are."""

from functools import cache

from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

from ingest.arrays import Array


class ArrayDumper(Dumper):
    """One for each array type; the array knows its own."""

    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        """The array's bytes."""
        return obj.data

    def get_key(self, obj: Array, format: PyFormat) -> tuple[type, ...]:  # noqa: A002, ARG002 - psycopg's names
        """What psycopg remembers a dumper under: the array's type."""
        return ArrayDumper, _oid_class(obj.oid)

    def upgrade(self, obj: Array, format: PyFormat) -> "ArrayDumper":  # noqa: A002, ARG002
        """A dumper for this array's type."""
        dumper = ArrayDumper(type(obj))
        dumper.oid = obj.oid
        return dumper


@cache
def _oid_class(oid: int) -> type:
    """A stand-in type per array type: psycopg keeps one dumper for each key."""
    return type(f"Array{oid}", (), {})
