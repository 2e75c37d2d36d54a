"""A disk of a few megabytes that a test can fill: a tmpfs. Needs the right to mount, which root usually has."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class SmallDisk:
    """A mounted folder. `fill` leaves no byte free; `free` gives the room back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Write until the disk is full, or has no more than so many bytes left."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while shutil.disk_usage(self.folder).free > leave and file.write(bytes(1 << 16)):
                pass

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
