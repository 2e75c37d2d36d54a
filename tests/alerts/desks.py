"""Real HTTP receivers for tests of channels: what they got, what they answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any


@dataclass
class Desk:
    """A receiver: the bodies it got (also in `queue`, to wait for), and the status it answers."""

    url: str = ""
    status: int = 200
    answer: Any = None
    headers: list[dict[str, str]] = field(default_factory=list)
    got: list[Any] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # method and path
    queue: "Queue[Any]" = field(default_factory=Queue)


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A desk on a port of its own, for as long as the block lasts."""
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if "json" in self.headers.get("Content-Type", "") else raw.decode()
            desk.requests.append(f"{self.command} {self.path}")
            desk.got.append(body)
            desk.queue.put(body)
            desk.headers.append(dict(self.headers))
            said = b"" if desk.answer is None else json.dumps(desk.answer).encode()
            self.send_response(desk.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        desk.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield desk
        server.shutdown()
        thread.join()
