"""`ioc check`: looks at everything a centre needs; each line is ok, or a problem and how to mend it."""

import argparse
import datetime as dt
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from alerts.roster import gaps
from ingest.adapter import choose
from ingest.errors import IngestError
from ingest.reader import BrokerUrl
from ioc import command, upkeep
from ioc.alerting import find_plan, find_rules
from ioc.clock import now_ms
from ioc.disk import LAST_DAYS, Forecast, forecast, next_to_go, order
from ioc.disklook import look as look_at_disk
from ioc.disklook import oldest, remembered
from ioc.edition import edition
from ioc.embedded import free_space_problem, running_database
from ioc.errors import CommandError, SettingsError
from ioc.migrate import pending
from ioc.settings import Settings
from ioc.wiring import find_site

_CLOCK_MS = 2000
_NEED_MB = 500
_FORTNIGHT_MS = 14 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at. `fact` says what was found; `mend`, where there is a problem, what to do."""

    what: str
    ok: bool
    fact: str
    mend: str = ""


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Print what was found; 1 if there is a problem."""
    lines = list(look(settings))
    if known.json:
        print(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
    else:
        for line in lines:
            mend = f"\n            → {line.mend}" if line.mend else ""
            print(f"{'ok     ' if line.ok else 'VẤN ĐỀ '} {line.what}: {line.fact}{mend}")
    return 0 if all(line.ok for line in lines) else 1


def look(settings: Settings) -> Iterator[Line]:
    """Everything in the order a start needs it."""
    yield Line("thiết lập (settings)", ok=True, fact=repr(settings.log))
    yield _site(settings)
    yield _rules(settings)
    yield _people(settings)
    yield _adapters(settings)
    yield from _database(settings)
    yield _broker(settings)
    yield _disk(settings)


def _site(settings: Settings) -> Line:
    def say() -> str:
        site = find_site(settings)
        return f"{site.name}: {len(site.areas)} khu vực (areas), {len(site.devices)} thiết bị (devices)"

    return _try("tệp địa bàn (site file)", say)


def _rules(settings: Settings) -> Line:
    return _try("luật cảnh báo (rules)", lambda: f"{len(find_rules(settings))}")


def _people(settings: Settings) -> Line:
    """Who is told; a fortnight in which nobody is on duty for a while is a problem."""
    what = "người nhận tin (people)"
    try:
        plan = find_plan(settings, find_site(settings))
    except CommandError as error:
        return Line(what, ok=False, fact="sai (wrong)", mend=str(error))
    now = now_ms()
    empty = [duty.name for duty in plan.duties.values() if any(gaps(duty, now, now + _FORTNIGHT_MS))]
    counts = len(plan.contacts), len(plan.duties), len(plan.routes)
    fact = "{} người (contacts), {} lịch trực (duties), {} tuyến (routes)".format(*counts)
    if empty:
        mend = f"lịch trực {', '.join(empty)} có lúc không ai trực trong 14 ngày tới (nobody is on duty at times)"
        return Line(what, ok=False, fact=fact, mend=mend)
    if plan.contacts and not plan.routes:
        return Line(what, ok=False, fact=fact, mend="thêm [[routes]]: chưa ai nhận tin nào (nobody is told anything)")
    return Line(what, ok=True, fact=fact)


def _adapters(settings: Settings) -> Line:
    return _try("bộ chuyển đổi (adapters)", lambda: ", ".join(a.name for a in choose(settings.ingest.adapters)))


def _try(what: str, say: Callable[[], str]) -> Line:
    try:
        return Line(what, ok=True, fact=say())
    except (CommandError, IngestError) as error:
        return Line(what, ok=False, fact="sai (wrong)", mend=str(error))


def _database(settings: Settings) -> Iterator[Line]:
    what = "cơ sở dữ liệu (database)"
    dsn = settings.database.dsn or running_database(Path(settings.data_dir))
    if dsn is None:
        yield Line(what, ok=True, fact="nhúng, khởi động cùng `ioc up` (embedded)")
        return
    try:
        with psycopg.connect(dsn, connect_timeout=5, autocommit=True) as connection:
            found, missing = edition(connection), pending(connection)
            clock = connection.execute("SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone()
            jobs = None if missing else _jobs(connection)
    except psycopg.Error as error:
        mend = "kiểm tra IOC_DATABASE__DSN và máy chủ (check the DSN and the server): " + str(error).splitlines()[0]
        yield Line(what, ok=False, fact="không nối được (cannot connect)", mend=mend)
        return
    mend = f"chạy `ioc migrate` (run it): {', '.join(missing)}" if missing else ""
    lacking = f"; thiếu (missing): {'; '.join(found.missing)}" if found.missing else ""
    yield Line(what, ok=not missing, fact=f"{found.name} {found.version}{lacking}", mend=mend)
    yield _clock(clock[0] if clock else 0)
    if not missing:
        yield _days_left(settings, dsn)
    if jobs is not None:
        yield jobs


def _days_left(settings: Settings, dsn: str) -> Line:
    """How long the database's disk lasts, and what goes next by the order of giving up."""
    what = "ổ đĩa của cơ sở dữ liệu (the database's disk)"
    try:
        steps = order(settings.store.give_up)
        with psycopg.connect(dsn, autocommit=True) as connection:
            now = now_ms()
            standing = forecast([*remembered(connection), look_at_disk(connection, settings, now)])
            drop = next_to_go(steps, standing, oldest(connection), now)
    except (SettingsError, psycopg.Error) as error:
        return Line(what, ok=False, fact="sai (wrong)", mend=str(error))
    short = standing.days_left is not None and standing.days_left <= LAST_DAYS
    mend = "thêm đĩa (add disk)" if short or drop is not None else ""
    if drop is not None:
        day = dt.datetime.fromtimestamp(drop.before / 1000, dt.UTC)
        mend += f", hoặc bỏ (or let go) {drop.what} < {day:%Y-%m-%d}"
    return Line(what, ok=not mend, fact=_standing(standing), mend=mend)


def _standing(standing: Forecast) -> str:
    used, left = standing.used_pct, standing.days_left
    full = "chưa biết, đặt store.disk_gb (unknown)" if used is None else f"đầy (full) {used:g} %"
    lasts = "chưa đoán được (no forecast yet)" if left is None else f"còn (left) {left:g} ngày (days)"
    return f"{full}, {lasts}"


def _jobs(connection: psycopg.Connection) -> Line:
    wrong = upkeep.problems(connection)
    mend = f"chạy `ioc up` hoặc `ioc ingest`, xem nhật ký (run one, see its log): {'; '.join(wrong)}" if wrong else ""
    return Line("việc của kho (store's jobs)", ok=not wrong, fact=upkeep.report(connection), mend=mend)


def _clock(theirs: int) -> Line:
    apart = abs(now_ms() - theirs)
    mend = "" if apart <= _CLOCK_MS else "bật đồng bộ giờ trên cả hai máy (switch time synchronisation on): timedatectl"
    return Line("đồng hồ (clock)", ok=apart <= _CLOCK_MS, fact=f"lệch {apart} ms với cơ sở dữ liệu", mend=mend)


def _broker(settings: Settings) -> Line:
    what = "máy chủ MQTT (broker)"
    if settings.mqtt.url is None:
        return Line(what, ok=True, fact="nhúng, khởi động cùng `ioc up` (embedded)")
    try:
        url = BrokerUrl.parse(settings.mqtt.url)
        with socket.create_connection((url.host, url.port), 5):
            return Line(what, ok=True, fact=f"{url.host}:{url.port}")
    except (OSError, ValueError) as error:
        return Line(what, ok=False, fact="không nối được (cannot connect)", mend=f"IOC_MQTT__URL: {error}")


def _disk(settings: Settings) -> Line:
    folder = Path(settings.data_dir)
    problem = free_space_problem(folder, _NEED_MB)
    standing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(standing).free // 2**30
    return Line("ổ đĩa (disk)", ok=problem is None, fact=f"còn {free} GB (free)", mend=problem or "")


COMMAND = command.Command(
    "check",
    "kiểm tra mọi thứ trước khi chạy (check everything before a start)",
    "ioc check --site huyen.toml",
    run,
    [
        ("--site", {"metavar": "FILE", "help": "tệp địa bàn TOML (site file)"}),
        ("--json", {"action": "store_true", "help": "in dạng JSON (print JSON)"}),
    ],
)
