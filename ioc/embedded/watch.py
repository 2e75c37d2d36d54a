"""Run as a script, it is the child that keeps an embedded part: `watch.py broker TOML`, `watch.py run …`.

Decides when the part ends: when its owner closes the pipe on our standard input, which the kernel does for
an owner that was killed; or at SIGTERM. It ignores Ctrl-C, which reaches the whole terminal: the owner
stops its parts in order. It imports nothing of ours, so it runs from any folder.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

PR_SET_PDEATHSIG = 1
FAST_SHUTDOWN = signal.SIGINT
"""PostgreSQL's: roll back what is open, write a checkpoint, end."""

PATIENCE_S = 60


def when_owner_goes(act: Callable[[], None]) -> None:
    """Call `act` in a thread once standard input ends."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        act()

    threading.Thread(target=wait, daemon=True).start()


def keep_broker(configuration: str) -> NoReturn:
    """Be the broker. Nothing of it is on disk, so it may end at once."""
    import logging  # noqa: PLC0415 - only the broker needs these

    from iotcore.iotcore import IotCoreBroker  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # native code holds the main thread: no Python handler runs
    when_owner_goes(lambda: os._exit(0))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # rumqttd logs an ERROR span for every packet; iotcore's own server silences it the same way.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    IotCoreBroker(config_path=configuration).run_forever()
    sys.exit(1)


def end_with(keeper: int) -> None:
    """In the database's process before it becomes PostgreSQL: be shut down if the keeper is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(FAST_SHUTDOWN))
    if os.getppid() != keeper:  # killed before the line above
        os._exit(1)


def keep_database(account: str, lock: int, command: list[str]) -> NoReturn:
    """Run PostgreSQL, as `uid:gid` unless that is empty, and shut it down in order.

    It inherits the descriptor `lock`, so that the lock is held as long as it lives, whatever ends us.
    """
    uid, gid = (int(number) for number in account.split(":")) if account else (None, None)
    keeper = os.getpid()
    database = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=[lock],
        user=uid,
        group=gid,
        extra_groups=[] if account else None,
        preexec_fn=lambda: end_with(keeper),  # noqa: PLW1509 - no thread runs yet
    )

    def stop(*_: object) -> None:
        database.send_signal(FAST_SHUTDOWN)
        at_once = threading.Timer(PATIENCE_S, database.send_signal, [signal.SIGQUIT])
        at_once.daemon = True
        at_once.start()

    signal.signal(signal.SIGTERM, stop)
    when_owner_goes(stop)
    sys.exit(database.wait())


def main(words: list[str]) -> NoReturn:
    """See the module's first line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if words[0] == "broker":
        keep_broker(words[1])
    keep_database(words[1], int(words[2]), words[3:])


if __name__ == "__main__":
    main(sys.argv[1:])
