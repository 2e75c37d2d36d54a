"""The newest state of every device, encoded once and joined at each call: a cache that asks only for what changed.

A row is asked for again when a transaction has written it since the snapshot before (`xmin`), so nothing is missed,
whoever wrote it. What it says is as last kept: standing within a second, values within half a minute.
"""

import threading
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from ioc.history.asking import STATEMENTS

COLUMNS: Final = (
    "device", "name", "admission", "standing", "reason", "since", "heard", "lat", "lon", "area", "latest",
)  # fmt: skip
"""What stands in a row, in order; times in epoch ms, `latest` as `{metric: [value, epoch ms]}`."""

_OUR_OWN: Final = "/indicator/self-probe"
_encode = msgspec.json.Encoder().encode


class Newest:
    """One of these for a process; any thread may ask."""

    def __init__(self) -> None:
        self._rows: dict[int, bytes] = {}
        self._snapshot: str | None = None
        self._lock = threading.Lock()

    def told(self, connection: Connection[Any], at: str, known_until: datetime | None) -> bytes:
        """The whole answer as JSON; `known_until` stands in it where nobody listens any more."""
        with self._lock:
            self._renew(connection)
            rows = list(self._rows.values())
        silent = None if known_until is None else known_until.isoformat()
        head = _encode({"at": at, "known_until": silent, "columns": COLUMNS})[:-1] + b',"rows":[\n'
        if not rows:
            return head + b"]}"
        rows[0], rows[-1] = head + rows[0], rows[-1] + b"\n]}"  # so that the millions of bytes are copied once
        return b",\n".join(rows)

    def _renew(self, connection: Connection[Any]) -> None:
        """One statement sees one moment; where it finds nothing, the moment before still does."""
        with connection.cursor(binary=True) as cursor:
            for device, snapshot, *facts, latest in cursor.execute(
                STATEMENTS["latest"], {"snapshot": self._snapshot}
            ).fetchall():  # fmt: skip
                if not facts[0].endswith(_OUR_OWN):
                    self._rows[device] = _encode((*facts, msgspec.Raw(latest)))
                self._snapshot = snapshot
