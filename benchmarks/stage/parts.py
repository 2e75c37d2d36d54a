"""The real parts of one run: a Mosquitto and an empty database of its own, on a TimescaleDB that all runs share."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from realparts import places
from realparts.mosquitto import Mosquitto
from realparts.timescale import Timescale, fresh_database

# As a site would set it: the tests' server is small on purpose. `fsync` and `synchronous_commit` stay on.
_DATABASE = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
_BROKER = "log_type subscribe\n"  # so that we see when a contestant listens


@dataclass(slots=True)
class Parts:
    """What a contestant is given: a broker, a database, a folder."""

    broker: Mosquitto
    timescale: Timescale
    dsn: str
    folder: Path
    connection: psycopg.Connection
    """Our own, kept open: each new one would cost the server as much as a thousand rows."""

    def ask(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """The rows that a question to the database gives."""
        return self.connection.execute(question.encode(), values).fetchall()

    def tell(self, statement: str) -> None:
        """Have the database do something."""
        self.connection.execute(statement.encode())

    def subscriptions(self, client_id: str) -> int:
        """How often a client has subscribed at the broker."""
        return self.broker.log.read_text(errors="replace").count(f": {client_id} 1 ")


@contextmanager
def database_server() -> Iterator[Timescale]:
    """A TimescaleDB of our own, deleted at the end."""
    with ExitStack() as stops:
        folder = Path(stops.enter_context(tempfile.TemporaryDirectory(prefix="ioc-bench-")))
        server = Timescale(folder)
        stops.callback(server.close)
        server.command += [word for key, value in _DATABASE.items() for word in ("-c", f"{key}={value}")]
        server.start()
        yield server


@contextmanager
def fresh_parts(server: Timescale) -> Iterator[Parts]:
    """A broker and a database that nobody used before."""
    with ExitStack() as stops:
        folder = Path(stops.enter_context(tempfile.TemporaryDirectory(prefix="ioc-bench-")))
        dsn = stops.enter_context(fresh_database(server.dsn))
        broker = Mosquitto(folder, _BROKER)
        stops.callback(broker.stop)
        broker.start()
        connection = stops.enter_context(psycopg.connect(dsn, autocommit=True))
        yield Parts(broker, server, dsn, folder, connection)


def missing() -> list[str]:
    """What this machine lacks for the whole benchmark, as sentences."""
    return [places.PARTS[name].lacking() for name in ("mosquitto", "timescale") if not places.PARTS[name].present()]
