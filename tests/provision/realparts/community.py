"""TimescaleDB Community for tests, behaviour only: PGlite in WebAssembly before a protocol server of ours (serve.mjs).

Every database has one backend that its clients share by turns: session locks hold nobody back there, and no
background job runs. `community_modules` fetches its packages.
"""

import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from realparts import places
from realparts.processes import Server, dies_with_us, free_port


class Community(Server):
    """One server; its databases live in its memory."""

    def __init__(self, logs: Path) -> None:
        node, modules = places.node(), places.community_modules()
        if node is None or modules is None:
            raise FileNotFoundError(places.PARTS["community"].lacking())
        self.port = free_port()
        command = [
            *dies_with_us("KILL"),
            str(node),
            str(places.COMMUNITY_RECIPE / "serve.mjs"),
            str(self.port),
            str(modules),
        ]
        super().__init__("community", command, logs, ready="ready to accept connections", stop=signal.SIGTERM)

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """DSN of a new database; let go at the end."""
        name = uuid.uuid4().hex[:12]
        address = f"postgresql://postgres@127.0.0.1:{self.port}"
        yield f"{address}/fresh_{name}"
        with suppress(psycopg.OperationalError):  # the answer to letting go is a refusal
            psycopg.connect(f"{address}/drop_{name}").close()
