"""Collects the rows of the fault table, prints them at the end, and writes them into docs/faults.md when asked to.

`IOC_FAULTS=long` chooses the long form of every case; `IOC_FAULTS_TABLE=<file>` names the page to write into.
"""

import datetime as dt
import os
from pathlib import Path

from realparts.pages import put_between

COLUMNS = ("fault", "published", "stored", "shed", "doubled", "lost", "seconds to recover")
LONG = os.environ.get("IOC_FAULTS") == "long"


def table(rows):
    """The rows as Markdown."""
    lines = [COLUMNS, ["---"] + ["--:"] * (len(COLUMNS) - 1)]
    lines += [[f"{row[name]:,}" if isinstance(row[name], int) else str(row[name]) for name in COLUMNS] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def pytest_terminal_summary(terminalreporter, config):
    """Print what was measured, in the order of the file; write it down where all of it was."""
    if hasattr(config, "workerinput"):
        return  # one of xdist's processes, which has only a part
    reports = [report for group in ("passed", "failed") for report in terminalreporter.getreports(group)]
    told = [(report.location[1] or 0, name, value) for report in reports for name, value in report.user_properties]
    rows = [value for _, name, value in sorted(told, key=lambda one: one[0]) if name == "fault row"]
    rows.sort(key=lambda row: row["order"])
    fuzz = [value for _, name, value in told if name == "fuzz"]
    form = f"{'Long' if LONG else 'Short'} form, {dt.datetime.now(dt.UTC):%Y-%m-%d}"  # noqa: TID251 - a report
    texts = {}
    if rows:
        texts["faults"] = f"{form}.\n\n{table(rows)}"
    if fuzz:
        texts["fuzz"] = f"{form}: {fuzz[0]}\n"
    for text in texts.values():
        terminalreporter.write_line("")
        terminalreporter.write_line(text)
    place = os.environ.get("IOC_FAULTS_TABLE")
    if place and not terminalreporter.getreports("failed"):
        page = Path(config.rootpath, place)
        written = page.read_text("utf-8")
        for name, text in texts.items():
            written = put_between(written, name, text)
        page.write_text(written, "utf-8")
