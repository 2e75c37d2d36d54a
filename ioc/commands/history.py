"""`ioc history import FILE`: a past written in bulk, through the same adapters, admission and store as live messages.

For months of recorded or simulated life on an empty or stopped centre. Nobody is told of anything: alerts are for now.
What is there already is known again and stored once, so that an import that was broken off may simply be repeated.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from ingest.errors import IngestError, StoreUnavailableError
from ingest.recording import RecordedReader
from ingest.timescale import TimescaleStore
from ioc import command, logs
from ioc.errors import CommandError
from ioc.lifecycle import Stops
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.wiring import find_site, make_ingest, make_store

_EVERY = 200_000  # messages between two lines of progress
_BATCH = 5000
_TOLD = ("received", "stored", "duplicate", "ignored", "quarantined")


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Import it all; 1 where a line is wrong, or the database is away or in use."""
    if settings.database.dsn is None:
        raise CommandError("Chưa đặt IOC_DATABASE__DSN (database.dsn is not set): postgresql://…")
    logs.set_up("warning" if settings.log.level == "info" else settings.log.level, settings.log.format)
    # The spool holds what a stopped centre has yet to store: it is not ours to drain. Nobody shouts in a recording.
    ingest = msgspec.structs.replace(settings.ingest, spool_mb=0, batch_messages=_BATCH, device_rate=1e9)
    with Stops() as stops, _opened(known.file) as lines:
        site = find_site(settings)
        store = make_store(settings, site, settings.database.dsn)
        stops.add("ingest's connection", store.close)
        _play(msgspec.structs.replace(settings, ingest=ingest), site, store, lines)
    return 0


def _play(settings: Settings, site: SiteFile, store: TimescaleStore, lines: BinaryIO) -> None:
    reader = RecordedReader(_counted(lines))
    try:
        service = make_ingest(settings, site, (store, store.load()), reader, lambda _heard: None, reader.now)
        while not reader.over:
            service.step()
        service.stop()
        service.run()  # it keeps the last state, and ends
    except StoreUnavailableError as error:
        raise CommandError(
            "Cơ sở dữ liệu vắng mặt, hoặc một `ioc ingest` đang dùng: dừng nó trước (the database is away, or an "
            f"ingest holds it: stop that first): {error}"
        ) from error
    except IngestError as error:
        raise CommandError(f"Tệp ghi sai (the recording is wrong), {error}; phần trước đã được lưu "
                           "(what stands before it is kept)") from error  # fmt: skip
    facts = service.ledger.facts()
    print(", ".join(f"{name} {facts[name]:,}" for name in _TOLD))


def _counted(lines: BinaryIO) -> Iterator[bytes]:
    """The lines, with a word of progress now and then."""
    for number, line in enumerate(lines, 1):
        if number % _EVERY == 0:
            print(f"  {number:,} bản tin (messages) …", file=sys.stderr, flush=True)
        yield line


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as error:
        raise CommandError(f"Không đọc được (cannot read) {name}: {error.strerror}") from error


COMMAND = command.Command(
    "history",
    "nạp lịch sử hàng loạt (write a past in bulk: `history import FILE`)",
    "python -m simulators history --days 30 | ioc history import -",
    run,
    [
        ("action", {"choices": ["import"], "help": "nạp (write it into the database)"}),
        (
            "file",
            {"metavar": "TỆP", "help": "mỗi dòng một bản tin (JSON lines: ts, topic, payload); -: stdin"},
        ),
    ],
)
