"""Starts and stops the servers that tests talk to, so that none outlives the test run.

Every child has a session of its own (Ctrl-C reaches pytest, which then stops it in order) and is told by
the kernel when pytest dies. Readiness is a line in the child's own log, never a pause.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

SCRATCH = "ioc-test"
LOWEST, HIGHEST = 20_000, 32_000
"""Below the kernel's ephemeral range, so that no client connection takes a stopped server's port."""


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now, in a different place for each test process."""
    dice = random.SystemRandom()
    for _ in range(200):
        port = dice.randrange(LOWEST, HIGHEST)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")


def scratch_folder(parent: Path) -> Path:
    """A new folder of this test process, which deletes it itself; those of killed ones are deleted now."""
    for left in parent.glob(f"{SCRATCH}-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{SCRATCH}-{os.getpid()}-", dir=parent))


def dies_with_us(signal_name: str) -> list[str]:
    """Command prefix after which the kernel sends that signal when our process ends, however it ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal_name] if setpriv else []


def children_of(pid: int) -> list[int]:
    """The direct children of a process, as /proc tells them."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def processes_naming(folder: Path) -> list[str]:
    """Command lines, but ours, that name the folder: what is still running for it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(words)
    return [words for words in found if str(folder) in words]


def gone(folder: Path, seconds: float = 20) -> bool:
    """Wait until nothing runs for the folder; says whether that came true."""
    for _ in range(int(seconds / 0.05)):
        if not processes_naming(folder):
            return True
        threading.Event().wait(0.05)
    return False


class Server:
    """A server process with its log: `start`, `stop`, `kill`, `restart`, as often as a test likes."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, ready: str, stop: int) -> None:
        self.name = name
        self.command = list(command)
        self.folder = folder
        self.ready = ready
        self.stop_signal = stop
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the present or last run of the server wrote."""
        return self.folder / f"{self.name}-{self.starts}.log"

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    def start(self, seconds: float = 60) -> None:
        """Start the server and return once its log says it is ready."""
        if self.running:
            return
        self.starts += 1
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        step = 0.02
        for _ in range(int(seconds / step)):
            if self.ready in self.log.read_text(errors="replace"):
                return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(step)
                break
        self.kill()
        raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def pause(self, seconds: float = 0.01) -> None:
        """Wait a moment between two looks; an ended server ends the wait."""
        assert self.process is not None
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def stop(self, seconds: float = 30) -> None:
        """Ask the server to end and wait for it; kill it when it does not."""
        if self.process is None:
            return
        if self.running:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.name} did not stop within {seconds} s and was killed") from None
        self.process = None

    def kill(self) -> None:
        """`kill -9` the server and its children, as a power cut would, and wait until they are gone."""
        if self.process is None:
            return
        if self.running:
            self._signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def freeze(self) -> None:
        """Let it stand still (SIGSTOP), its children too: connections stay, and nothing answers until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        for pid in (self.process.pid, *children_of(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def restart(self) -> None:
        """Stop in order, then start again on the same port with the same data."""
        self.stop()
        self.start()
