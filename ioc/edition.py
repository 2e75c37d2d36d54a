"""Which of the three databases this is, and what is missing in it. One product runs on all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg

_NO_COMPRESSION: Final = "không nén dữ liệu cũ (no compression of old data)"
_OWN_ROLLUPS: Final = "các bảng tổng hợp do chương trình tính (roll-ups are kept by jobs of ours, not by the database)"
_MISSING: Final[Mapping[str, tuple[str, ...]]] = {
    "postgresql": (_NO_COMPRESSION, _OWN_ROLLUPS, "phân vùng theo tuần (partitions by week instead of hypertables)"),
    "timescaledb-apache": (_NO_COMPRESSION, _OWN_ROLLUPS),
    "timescaledb-community": (),
}


@dataclass(frozen=True, slots=True)
class Edition:
    """Which database this is: `postgresql`, `timescaledb-apache` or `timescaledb-community`, and the version."""

    name: str
    version: str

    @property
    def missing(self) -> tuple[str, ...]:
        """What the richest edition has and this one has not; a sentence each, for people."""
        return _MISSING[self.name]


def edition(connection: psycopg.Connection) -> Edition:
    """Which database this is."""
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    if row is None:
        server = connection.execute("SHOW server_version").fetchone()
        return Edition("postgresql", server[0].split()[0] if server else "?")
    licence = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    community = licence is not None and licence[0] == "timescale"
    return Edition(f"timescaledb-{'community' if community else 'apache'}", row[0])
