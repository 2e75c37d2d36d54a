"""Prints what a site would have said between two moments, as fast as it can be thought of: JSON lines in order of time.

{"ts": 1793638800000, "topic": "ioc/v1/nong-son/camera/cam-01/telemetry", "payload": "{…}"}
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from simulators.errors import UnusableError
from simulators.history import course
from simulators.scenario import load_scenario
from simulators.truth import Fault
from simulators.wire import encode, moment

_DAY_S = 86_400.0
_EXAMPLES = """
examples:
  python -m simulators history --days 30 | ioc history import -
  python -m simulators history --site cai-be --start 2026-10-01T00:00:00Z --days 31 --scenario demo --truth truth.jsonl
"""


def run(arguments: Sequence[str]) -> int:
    """Print it all and return the exit status 0; UnusableError says what is wrong."""
    options = _parser().parse_args(arguments)
    now: float = time.time()  # noqa: TID251 - the shell's one reading of the wall clock
    start = options.start if options.start is not None else float(round(now - options.days * _DAY_S))
    with ExitStack() as files:
        truth = files.enter_context(_writable(options.truth)) if options.truth else None
        scenario = load_scenario(options.scenario)
        course_of = course(options.site, options.seed, start, start + options.days * _DAY_S, scenario, options.devices)
        for said in course_of:
            if not isinstance(said, Fault):
                topic, payload, ts = said
                sys.stdout.write(encode({"ts": ts, "topic": topic, "payload": payload.decode()}) + "\n")
            elif truth:
                truth.write(said.line() + "\n")
    return 0


def _writable(name: str) -> TextIO:
    try:
        return Path(name).open("w", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {name}: {error.strerror}") from error


def _time(text: str) -> float:
    found = moment(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' should be like 2026-11-22T00:00:00Z")
    return found


def _days(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3660:  # ten years
        raise argparse.ArgumentTypeError(f"'{text}' should be a number of days above 0")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators history",
        description="A simulated past as JSON lines: what the devices would have published, without a broker.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--site", default="nong-son", help="a shipped site or a TOML file (default: %(default)s)")
    add("--devices", type=int, metavar="N", help="scale the site to N devices")
    add("--start", type=_time, metavar="TIME", help="its first moment, RFC 3339 (default: so that it ends now)")
    add("--days", type=_days, default=30.0, metavar="N", help="how long (%(default)g days)")
    add("--scenario", default="demo", metavar="FILE", help="as for the simulators (default: %(default)s)")
    add("--seed", type=int, default=1, metavar="N", help="another seed, another district's luck (default: 1)")
    add("--truth", metavar="FILE", help="write what was really wrong, as JSON lines")
    return parser
