"""`ioc restore`: brings a backup back into a database, all of it or nothing."""

import argparse
import json
import time
from pathlib import Path

from ioc import command
from ioc.backup.container import Reading
from ioc.backup.load import restore
from ioc.embedded import use_database
from ioc.errors import CommandError
from ioc.lifecycle import Stops
from ioc.progress import Progress
from ioc.settings import Settings


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Verify the file, fill the database, say what came in."""
    begun, progress = time.monotonic(), Progress(silent=known.json)
    with Reading(Path(known.file)) as reading, Stops() as stops:
        manifest = reading.manifest
        progress.say(f"{known.file}: {manifest.made_at}, {manifest.edition}, {manifest.rows:,} dòng (rows)")
        dsn = settings.database.dsn or _embedded(settings, stops)
        restore(dsn, reading, progress.table, progress.say, replace=known.replace, zone=settings.store.zone)
        laid = _lay_out(reading, Path(known.files)) if known.files is not None else []
    seconds = round(time.monotonic() - begun, 1)
    if known.json:
        rows = {table.name: table.rows for table in manifest.tables}
        print(
            json.dumps(
                {"made_at": manifest.made_at, "rows": rows, "files": laid, "seconds": seconds}, ensure_ascii=False
            )
        )
        return 0
    print(f"Xong (done): {manifest.rows:,} dòng (rows), {seconds} s")
    names = ", ".join(extra.name for extra in manifest.extras)
    print(
        f"  {', '.join(laid)}"
        if laid
        else f"  Cũng có trong tệp (also in the file; --files FOLDER takes them out): {names}"
    )
    return 0


def _embedded(settings: Settings, stops: Stops) -> str:
    part = use_database(Path(settings.data_dir))
    stops.add("database", part.stop)
    return part.url


def _lay_out(reading: Reading, folder: Path) -> list[str]:
    """Put the site file and the settings into a folder; one that is there already is never overwritten."""
    laid = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for extra in reading.manifest.extras:
            place = folder / Path(extra.name).name
            with place.open("xb") as file:
                file.write(reading.beside(extra.name))
            laid.append(str(place))
    except OSError as error:
        raise CommandError(f"Cơ sở dữ liệu đã khôi phục, nhưng không ghi được tệp vào {folder}: {error.strerror}. (the "
                           "database is restored; the files could not be written)") from error  # fmt: skip
    return laid


COMMAND = command.Command(
    "restore",
    "khôi phục từ một bản sao lưu (bring a backup back)",
    "IOC_DATABASE__DSN=postgresql://ioc@localhost/ioc ioc restore huyen.iocbackup",
    run,
    [
        ("file", {"metavar": "TỆP", "help": "bản sao lưu (the backup)"}),
        ("--replace", {"action": "store_true", "help": "XOÁ dữ liệu đang có (DELETES what the database holds)"}),
        (
            "--files",
            {"metavar": "FOLDER", "help": "lấy tệp địa bàn, thiết lập ra đây (lay the site file and settings there)"},
        ),
        ("--json", {"action": "store_true", "help": "in dạng JSON (print JSON)"}),
    ],
)
