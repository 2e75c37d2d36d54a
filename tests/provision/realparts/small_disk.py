"""A disk of a few megabytes that a test can fill: a tmpfs. Needs the right to mount, which root usually has."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SMALL = 1 << 30


class SmallDisk:
    """A folder on a disk that may be filled: a mounted small one, or any that is small. `free` gives the room back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Write until no more than `leave` bytes are free. A disk beyond a gigabyte is somebody's: it is refused."""
        if shutil.disk_usage(self.folder).total > _SMALL:
            raise ValueError(f"{self.folder} is on a disk of more than a gigabyte; fill a small one")
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while (room := shutil.disk_usage(self.folder).free - leave) > 0:
                file.write(bytes(min(room, 1 << 16)))

    def free(self) -> None:
        """Delete what `fill` wrote."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int, owner: tuple[int, int] | None = None) -> Iterator[SmallDisk | None]:
    """Mount a small disk at the folder; `None` where this user may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=False).returncode
    ):
        yield None
        return
    try:
        if owner is not None:
            os.chown(folder, *owner)
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)
