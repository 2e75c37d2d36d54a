"""A connection to the database that does not wait for ever for an answer.

The server's `statement_timeout` needs a server that runs, and TCP's timeouts a network that drops packets. A stopped
process, a disk that hangs and a proxy that swallows keep a connection open and say nothing; this notices. It decides
nothing about what then becomes of the statement.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, Final

import psycopg

SILENCE_S: Final = 70.0
"""The longest wait for a sign: a little more than any statement may take."""

_NOTHING: Final = 0  # what psycopg sends to a generator that waits when nothing has come within its interval


class AnsweringConnection(psycopg.Connection[Any]):
    """As its parent, but closed with an `OperationalError` when the database is silent for `silence_s`."""

    silence_s = SILENCE_S

    def wait(self, gen: Generator[Any, Any, Any], *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - psycopg's generators are of all types
        """Run a step of psycopg's that talks to the server."""
        return super().wait(self._impatient(gen), *rest, **more)

    def _impatient(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        try:
            wants = next(gen)
            heard = monotonic()
            while True:
                ready = yield wants
                if ready != _NOTHING:
                    heard = monotonic()
                elif monotonic() - heard > self.silence_s:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer for {self.silence_s:g} s, while the connection is open")
                wants = gen.send(ready)
        except StopIteration as end:
            return end.value
