"""`ioc replay --from T --to T`: plays stored readings to rules and says what would have been raised."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from alerts.replaying import Report
from alerts.wording import rfc3339
from ioc import command
from ioc.alerting import find_rules
from ioc.errors import SettingsError
from ioc.lifecycle import Stops
from ioc.replay import replay
from ioc.rulebooks import read_files
from ioc.settings import Settings
from ioc.wiring import find_site, open_pool


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Print the report; 0 also where much would have been raised: that is no fault."""
    start, end = _time("--from", known.start), _time("--to", known.end)
    if start >= end:
        raise SettingsError("--from phải trước --to (--from must be before --to)")
    if settings.database.dsn is None:
        raise SettingsError("Cần IOC_DATABASE__DSN: phát lại đọc cơ sở dữ liệu (replay reads the database; set it)")
    rules = read_files([Path(name) for name in known.rules]) if known.rules else find_rules(settings)
    with Stops() as stops:
        report = replay(open_pool(settings.database.dsn, stops), find_site(settings), rules, start, end, _progress)
    if known.json:
        print(json.dumps(facts(report), ensure_ascii=False))
    else:
        _print(report)
    return 0


def facts(report: Report) -> dict[str, object]:
    """The report as JSON."""
    raised = [
        {**asdict(each), "since": rfc3339(each.since), "fired_at": rfc3339(each.fired_at),
         "cleared_at": None if each.cleared_at is None else rfc3339(each.cleared_at)}
        for each in report.raised
    ]  # fmt: skip
    return {
        "readings": report.readings,
        "messages": report.messages,
        "fired": dict(report.fired),
        "told": dict(report.told),
        "raised": raised,
    }


def _print(report: Report) -> None:
    print(f"{report.readings} bản ghi (readings), {report.fired.total()} cảnh báo (alerts), "
          f"{report.messages} tin nhắn (messages)")  # fmt: skip
    for rule, fired in report.fired.most_common():
        print(f"{fired:7} {rule}  (báo cho người / told {report.told[rule]})")
    for each in report.raised[:20]:
        print(f"    {rfc3339(each.fired_at)} {each.severity:8} {each.rule}  {each.device}")


def _progress(readings: int, at: int) -> None:
    if sys.stderr.isatty():
        print(f"\r  {readings:,}  {rfc3339(at)}", end="", file=sys.stderr, flush=True)


def _time(option: str, text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} {text!r}: viết như 2026-11-22T08:00+07:00 (write it like that)") from None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


COMMAND = command.Command(
    name="replay",
    help="thử luật trên dữ liệu đã lưu (plays stored readings to the rules; nothing is stored, nobody is told)",
    example="ioc replay --from 2026-11-22T00:00+07:00 --to 2026-11-23T00:00+07:00 --rules rules.toml",
    run=run,
    options=(
        ("--from", {"required": True, "dest": "start", "metavar": "T", "help": "từ lúc (from; RFC 3339)"}),
        ("--to", {"required": True, "dest": "end", "metavar": "T", "help": "đến lúc (to)"}),
        ("--rules", {"nargs": "+", "metavar": "FILE", "help": "tệp luật (rule files instead of those in use)"}),
        ("--json", {"action": "store_true", "help": "in dữ kiện dạng JSON (print facts as JSON)"}),
    ),
)
