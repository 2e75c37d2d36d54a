"""Lays a small Debian 13 with PostgreSQL and TimescaleDB into the cache, for systems that package neither.

The tree grows beside its place and is renamed when whole, so an interrupted run leaves only a remainder
that the next run clears. One run at a time works on it; the others wait and find it done.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from realparts.places import STAMP

SUITE = "trixie"
PACKAGES = "postgresql-17,postgresql-17-timescaledb"

Run = Callable[..., None]
"""Runs one command and raises when it fails."""


def lay(place: Path, run: Run) -> None:
    """Make the tree at `place` whole, unless it is. Needs root and debootstrap."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with alone(place.with_name(place.name + ".lock")):
        if (place / STAMP).is_file():
            return
        for remainder in (place, *place.parent.glob(place.name + ".part-*")):
            clear(remainder, run)
        part = place.with_name(f"{place.name}.part-{os.getpid()}")
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(part))
        shutil.rmtree(part / "var/cache/apt/archives", ignore_errors=True)
        (part / STAMP).write_text(f"{SUITE} {PACKAGES}\n")
        part.rename(place)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def clear(tree: Path, run: Run) -> None:
    """Delete a remainder; what an interrupted debootstrap mounted in it is unmounted first."""
    if not tree.exists():
        return
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    inside = [mount for mount in mounts if Path(mount).is_relative_to(tree)]
    for mount in sorted(inside, reverse=True):
        run("umount", "--lazy", mount)
    shutil.rmtree(tree)
