"""A client of our own live stream, in a thread: signs in, says hello, tells each probe stamp it is shown.

It comes in by the door like any browser, so that what it sees is what people see. It judges nothing.
"""

import json
import logging
import threading
from collections.abc import Callable

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_log = logging.getLogger(__name__)
_HELLO = json.dumps({"type": "hello", "layers": ["probe"], "bbox": None, "since": None})
_WAIT_S = 1.0  # between looks whether to end
_AGAIN_S = 2.0  # after a loss


class Visitor:
    """Looks at the live stream at `url` until told to end; `key` gives a fresh secret, `shown` is told each stamp."""

    def __init__(self, url: str, key: Callable[[], str], shown: Callable[[int], None]) -> None:
        self._url, self._key, self._shown = url, key, shown

    def run(self, ending: threading.Event) -> None:
        """Look, and come back after a loss."""
        while not ending.is_set():
            try:
                self._look(ending)
            except (OSError, TimeoutError, WebSocketException, ValueError) as error:
                _log.info("the self-probe lost the live stream", extra={"action": "probe_stream", "why": str(error)})
            ending.wait(_AGAIN_S)

    def _look(self, ending: threading.Event) -> None:
        headers = {"Authorization": f"Bearer {self._key()}"}
        # No proxy: it is our own door. No compression, no pings: the stream has its own beats.
        with connect(
            self._url, additional_headers=headers, proxy=None, compression=None, ping_interval=None, open_timeout=5,
            close_timeout=1,
        ) as stream:  # fmt: skip
            stream.send(_HELLO)
            while not ending.is_set():
                self._hear(stream)

    def _hear(self, stream: ClientConnection) -> None:
        try:
            frame = json.loads(stream.recv(timeout=_WAIT_S))
        except TimeoutError:
            return
        if frame["type"] not in ("snapshot", "delta"):
            return
        stamp = frame["layers"].get("probe", {}).get("stamp")
        if stamp is not None:
            self._shown(stamp)
        stream.send(json.dumps({"type": "ack", "seq": frame["seq"]}))
