"""Opens connections to the broker: name, TCP, TLS, in a short-lived thread, for a name server may keep one waiting.

Decides nothing; whoever dials asks for the outcome, and may give up at any time.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from ingest.reader import BrokerUrl

PATIENCE_S: Final = 10  # for each address, and for each step of TLS


class Dialler:
    """One attempt: begun at once; `ready` is called, in its thread, when there is an outcome."""

    def __init__(self, url: BrokerUrl, tls: ssl.SSLContext | None, ready: Callable[[], None]) -> None:
        self._url, self._tls, self._ready = url, tls, ready
        self._outcome: SimpleQueue[socket.socket | Exception] = SimpleQueue()
        self._given_up = False
        Thread(target=self._dial, name="dialler", daemon=True).start()

    def outcome(self) -> socket.socket | None:
        """The open socket, which does not block; `None` while there is none yet. Raises `OSError`."""
        try:
            found = self._outcome.get_nowait()
        except Empty:
            return None
        if isinstance(found, Exception):
            raise OSError(str(found)) from found
        return found

    def give_up(self) -> None:
        """Nobody waits any more: what comes is closed."""
        self._given_up = True
        with suppress(OSError):
            if found := self.outcome():
                found.close()

    def _dial(self) -> None:
        try:
            self._outcome.put(self._open())
        except (OSError, ValueError) as error:  # ValueError: a name that no name server could know
            self._outcome.put(error)
        if self._given_up:
            self.give_up()
        self._ready()

    def _open(self) -> socket.socket:
        plain = socket.create_connection((self._url.host, self._url.port), PATIENCE_S)
        try:
            # Acknowledgements are small: without this they wait for each other (Nagle).
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened = self._tls.wrap_socket(plain, server_hostname=self._url.host) if self._tls else plain
        except (OSError, ValueError):
            plain.close()
            raise
        opened.setblocking(False)
        return opened


def tls_context(url: BrokerUrl, ca_file: str | None) -> ssl.SSLContext | None:
    """For `mqtts`: TLS that checks the broker's certificate and name, by our authority or the system's."""
    return ssl.create_default_context(cafile=ca_file) if url.tls else None
