"""Starts and ends the child process of a part, and holds the lock that keeps a data folder to one owner.

Decides that a folder has one owner at a time, and how long an ending may take. The lock belongs to the
child: a folder is free again exactly when the last process that used it is gone.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ioc.embedded.part import CannotStart

KEEPER = Path(__file__).with_name("watch.py")
STOP_S = 75
"""Longer than a fast shutdown of PostgreSQL, which writes a checkpoint, ever took."""


class Child:
    """A part's process; it ends by itself when we do."""

    def __init__(self, words: list[str], log: Path, lock: int) -> None:
        with log.open("wb") as out:
            # A session of its own: Ctrl-C goes to us, and we stop our parts in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                [sys.executable, "-P", str(KEEPER), *words],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,
                pass_fds=[lock],
            )
        self._log = log

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Look until `ready` or the child has ended or the time is over; False for both of these."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ready():
                return self._process.poll() is None
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)
                return False
        return False

    @contextmanager
    def stopped_on_error(self) -> Iterator[None]:
        """Stop the child if what follows fails or is interrupted."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def last_words(self) -> str:
        """The end of the child's log, for a sentence to a person."""
        return self._log.read_text(errors="replace").strip()[-600:]

    def stop(self) -> None:
        """Close the pipe, wait for the end in order; kill what hangs."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def sole_owner(lock: Path, seconds: float = 30) -> Iterator[int]:
    """Lock `lock` for us and for the child that inherits the descriptor; yields the descriptor.

    The parts of an owner that was killed are given `seconds` to end; a living owner is refused at once.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + seconds
        while not _locked(descriptor):
            owner = _owner(descriptor)
            if _alive(owner) or time.monotonic() > deadline:
                raise CannotStart(
                    f"Thư mục {lock.parent} đang được một trung tâm khác dùng (tiến trình {owner}): "
                    "dừng trung tâm đó, hoặc đặt IOC_DATA_DIR sang thư mục khác.",
                    f"The folder {lock.parent} is in use by another centre (process {owner}): "
                    "stop that one, or set IOC_DATA_DIR to another folder.",
                )
            threading.Event().wait(0.05)  # a lock has no wait with a time limit of its own
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def in_use(lock: Path) -> bool:
    """Whether somebody holds that lock now."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(descriptor: int) -> int:
    text = os.pread(descriptor, 20, 0)
    return int(text) if text.isdigit() else 0


def _alive(pid: int) -> bool:
    """Whether that process exists; we ourselves count, for a second start within one process."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
