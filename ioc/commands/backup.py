"""`ioc backup`: the whole database, the site file and the settings without secrets, in one file; while all goes on."""

import argparse
import datetime as dt
import json
import time
from pathlib import Path

from ioc import command
from ioc.backup import shelf
from ioc.backup.dump import dump
from ioc.backup.extras import extras
from ioc.clock import now_ms
from ioc.embedded import use_database
from ioc.errors import CommandError, SettingsError
from ioc.lifecycle import Stops
from ioc.progress import Progress
from ioc.settings import Settings
from ioc.wiring import find_site


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Write it and say what is in it."""
    if (known.file is None) == (known.to is None):
        raise SettingsError("Cho một TỆP, hoặc --to THƯ MỤC (give a FILE, or --to FOLDER)")
    if known.keep < 1:
        raise SettingsError("--keep phải từ 1 trở lên (must be 1 or more)")
    now, begun, progress = (
        dt.datetime.fromtimestamp(now_ms() / 1000, dt.UTC),
        time.monotonic(),
        Progress(silent=known.json),
    )
    site = find_site(settings).slug
    file = Path(known.file) if known.file is not None else _shelf(known.to) / shelf.name(site, now)
    with Stops() as stops:
        manifest = dump(_database(settings, stops), file, extras(settings), now, progress.table)
    gone = _tidied(Path(known.to), site, known.keep) if known.to is not None else []
    size, seconds = file.stat().st_size, round(time.monotonic() - begun, 1)
    if known.json:
        rows = {table.name: table.rows for table in manifest.tables}
        facts = {"file": str(file), "bytes": size, "edition": manifest.edition, "rows": rows, "let_go": gone}
        print(json.dumps({**facts, "seconds": seconds}, ensure_ascii=False))
    else:
        print(f"Xong (done): {file}: {manifest.rows:,} dòng (rows), {size / 2**20:,.1f} MB, {seconds} s")
        for name in gone:
            print(f"  - {name} (cũ, đã bỏ / old, let go)")
    return 0


def _shelf(folder: str) -> Path:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CommandError(f"Không dùng được {folder} (cannot use it): {error.strerror}") from error
    for half in Path(folder).glob(f"*{shelf.SUFFIX}.part"):
        half.unlink(missing_ok=True)  # of a run that was killed
    return Path(folder)


def _tidied(folder: Path, site: str, keep: int) -> list[str]:
    """Let the oldest go, now that the new one is whole."""
    gone = shelf.let_go((file.name for file in folder.iterdir()), site, keep)
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return gone


def _database(settings: Settings, stops: Stops) -> str:
    if settings.database.dsn is not None:
        return settings.database.dsn
    folder = Path(settings.data_dir)
    if not (folder / "postgres").is_dir():
        raise CommandError(f"Không có cơ sở dữ liệu nào trong {folder}: đặt IOC_DATABASE__DSN hoặc IOC_DATA_DIR. "
                           "(there is no database in that folder)")  # fmt: skip
    part = use_database(folder)
    stops.add("database", part.stop)
    return part.url


COMMAND = command.Command(
    "backup",
    "sao lưu mọi thứ vào một tệp, không dừng hệ thống (everything into one file, while the centre runs)",
    "ioc backup huyen.iocbackup     ioc backup --to /var/backups/ioc --keep 14",
    run,
    [
        ("file", {"nargs": "?", "metavar": "TỆP", "help": "tệp mới (a new file)"}),
        ("--to", {"metavar": "FOLDER", "help": "thư mục các bản sao lưu đặt tên theo giờ (a folder; named by time)"}),
        ("--keep", {"type": int, "default": 14, "metavar": "N", "help": "giữ N bản mới nhất (keep the newest N; 14)"}),
        ("--site", {"metavar": "FILE", "help": "tệp địa bàn TOML (site file)"}),
        ("--json", {"action": "store_true", "help": "in dạng JSON (print JSON)"}),
    ],
)
