"""Processes of the stage: a contestant, which may be killed and started again, and the load (`simulators load`)."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from realparts.processes import dies_with_us

from stage import HERE

REPOSITORY = HERE.parent


class Running:
    """One process. As a context it is killed at the end. Its output goes to a log."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        known = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
        self._environment = {**known, "PYTHONUNBUFFERED": "1", **environment}
        self._command = [*dies_with_us("KILL"), *command]
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    def start(self) -> None:
        """Start it (again)."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it ended; it stays as a zombie, so that its costs can still be read."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    @property
    def said(self) -> str:
        """All it printed so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Generator:
    """The generator's process: prepared when made, sends after `go`; `result` waits for its end."""

    def __init__(self, port: int, *options: str) -> None:
        words = ["-m", "simulators", "load", "--broker", f"mqtt://127.0.0.1:{port}", "--json", *options]
        self._process = subprocess.Popen(
            [*dies_with_us("KILL"), sys.executable, *words],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if "--waits" in options:
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == "ready\n", "the generator did not start"

    def go(self) -> None:
        """Begin to send."""
        self.allow(0)

    def allow(self, count: int) -> None:
        """Let a led generator send up to so many."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()

    def result(self) -> Mapping[str, float]:
        """What it sent, and what that cost."""
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the generator broke; see above")
        found: Mapping[str, float] = json.loads(said.splitlines()[-1])
        return found

    def stop(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.communicate()


def wait_until(
    condition: Callable[[], bool], seconds: float, what: str, process: Running | None = None, *, every: float = 0.02
) -> None:
    """Look often until something holds; fails with a sentence, and with what the process printed last."""
    idle = threading.Event()
    for _ in range(int(seconds / every)):
        if condition():
            return
        if process is not None and process.ended and not condition():
            break
        idle.wait(every)
    raise TimeoutError(f"not within {seconds:g} s: {what}\n{process.said[-3000:] if process else ''}")
