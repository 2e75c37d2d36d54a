"""The centre as an officer runs it: `ioc …` in a process of its own, ready to be killed; and waiting for it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

import psycopg
from realparts.processes import dies_with_us

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 60) -> T:
    """What the condition gives once it holds, looked at often; fails after `seconds`."""
    idle = threading.Event()
    for _ in range(int(seconds * 20)):
        if found := condition():
            return found
        idle.wait(0.05)
    raise AssertionError(f"not within {seconds} s")


def ask(dsn: str, question: str) -> list[tuple[object, ...]]:
    """The rows that a question to the database gives."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(question.encode()).fetchall()


class Centre:
    """One `ioc` process; as a context it is killed at the end if it still runs. `log` holds what it printed.

    It does not speak of its own disk unless the settings say so: tests count what devices said.
    """

    def __init__(self, words: list[str], settings: Mapping[str, str], log: Path) -> None:
        known = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
        self._environment = {**known, "PYTHONUNBUFFERED": "1", "IOC_STORE__WATCH_S": "0", **settings}
        self._words = [*dies_with_us("KILL"), sys.executable, "-m", "ioc.cli", *words]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = log

    def start(self) -> Self:
        """Start it; it is not ready yet."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._words, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        return self

    @property
    def said(self) -> str:
        """All it printed so far."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Let it stand still (SIGSTOP): its connections stay, and nothing is done until `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def end(self, seconds: float = 30, by: int = signal.SIGTERM) -> int:
        """Ask it to end, as Ctrl-C or an init system does; its exit status."""
        assert self._process is not None
        self._process.send_signal(by)
        return self._process.wait(seconds)

    def wait(self, seconds: float = 60) -> int:
        """Let it end by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.kill()
