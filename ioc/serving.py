"""The web server: binds its port before anything else starts, and serves until stopped, whatever it is given."""

import asyncio
import errno
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ioc.errors import CommandError
from maps.wire import WireProtocol

_GRACE_S = 3


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Server:
    """One listening socket; `serve` runs in a thread with a loop of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = _bind(host, port)
        self._stopping: Callable[[], object] | None = None
        self._ready = threading.Event()
        self.host, self.port = host, self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - only compared
        return f"http://{host}:{self.port}"

    async def serve(self, app: Any, beside: Callable[[asyncio.Event], Awaitable[None]]) -> None:  # noqa: ANN401
        """Serve the app until `stop`, with one more task (the hub's) on the same loop."""
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws=WireProtocol,
            ws_max_size=65_536, timeout_graceful_shutdown=_GRACE_S, server_header=False,
        )  # fmt: skip
        server, loop, ended = _Quiet(config), asyncio.get_running_loop(), asyncio.Event()

        def stop() -> None:
            ended.set()
            server.should_exit = True

        self._stopping = lambda: loop.call_soon_threadsafe(stop)
        self._ready.set()
        task = asyncio.create_task(server.serve(sockets=[self._socket]))
        await asyncio.gather(task, beside(ended))

    def stop(self) -> None:
        """End serving; for any thread."""
        if self._ready.wait(_GRACE_S) and self._stopping is not None:
            self._stopping()
        else:
            self._socket.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)  # from here on a browser waits instead of being refused
    except OSError as error:
        listening.close()
        raise _refusal(host, port, error) from error
    return listening


def _refusal(host: str, port: int, error: OSError) -> CommandError:
    other = port + 1 if port < 65_535 else 8080
    if error.errno == errno.EADDRINUSE:
        return CommandError(
            f"Cổng {port} đang có chương trình khác dùng; hãy tắt nó hoặc chọn cổng khác: IOC_WEB__PORT={other}\n"
            f"Port {port} is taken: end the program that uses it, or choose another: IOC_WEB__PORT={other}"
        )
    if error.errno == errno.EACCES:
        return CommandError(
            f"Không được phép dùng cổng {port}; hãy chọn cổng từ 1024 trở lên: IOC_WEB__PORT=8080\n"
            f"Not allowed to use port {port}: choose one from 1024 up: IOC_WEB__PORT=8080"
        )
    return CommandError(f"Không mở được {host}:{port} (cannot listen there): {error.strerror}")
