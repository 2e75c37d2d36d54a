"""`python -m simulators score`: reads truth and alerts, prints the score."""

import argparse
import json
import os
from collections.abc import Sequence

from simulators.arguments import whole
from simulators.errors import UnusableError
from simulators.score.api import fetch_alerts
from simulators.score.figures import score
from simulators.score.files import read_documents
from simulators.score.matching import LATE_S, SLACK_S, match
from simulators.score.report import lines
from simulators.score.words import read_all_alerts, read_all_truth
from simulators.wire import moment

_EXAMPLES = """
examples:
  python -m simulators --scenario flood-night --truth truth.jsonl --duration 3600
  python -m simulators score --truth truth.jsonl --api http://127.0.0.1:8080 --token "$TOKEN"
  python -m simulators score --truth truth.jsonl --alerts alerts.json --json

docs/scoring.md says which alert tells which truth, and what the columns mean.
"""


def run(arguments: Sequence[str]) -> int:
    """Score and return the exit status: 0 scored, 2 (by UnusableError) something cannot be read."""
    options = _parser().parse_args(arguments)
    truths = read_all_truth(read_documents(options.truth))
    if options.alerts:
        alerts = read_all_alerts(read_documents(options.alerts))
    else:
        token = options.token or os.environ.get("SIMULATORS_TOKEN")
        if not token:
            raise UnusableError("--api needs --token T, or the token in SIMULATORS_TOKEN")
        alerts = read_all_alerts(fetch_alerts(options.api, token))
    verdict = match(truths, alerts, slack_s=options.slack, late_s=options.late)
    span = (options.begins, options.ends) if options.begins and options.ends else None
    found = score(verdict, truths, span=span, operators=options.operators)
    if options.json:
        print(json.dumps(found.document(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines(found)))
    return 0


def _time(text: str) -> float:
    found = moment(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' should be like 2026-11-22T00:00:00Z")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators score",
        description="Scores a centre's alerts against what was really wrong: recall, precision, time to detect, "
        "messages, and the operator's load after ISA-18.2.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--truth", required=True, metavar="FILE", help="what was wrong: JSON lines, as the simulators write")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--alerts", metavar="FILE", help="objects of GET /api/v1/alerts: JSON lines or one array")
    source.add_argument("--api", metavar="URL", help="the centre itself, such as http://127.0.0.1:8080")
    add("--token", metavar="T", help="for --api, from POST /api/v1/tokens (or in SIMULATORS_TOKEN)")
    add("--json", action="store_true", help="all figures as one JSON document")
    add("--slack", type=float, default=SLACK_S, metavar="S", help="clocks may differ by so much (%(default)g s)")
    add(
        "--late",
        type=float,
        default=LATE_S,
        metavar="S",
        help="so long after its end a truth is told late (%(default)g s)",
    )
    add("--operators", type=whole(1), default=1, metavar="N", help="how many people share the alerts (%(default)s)")
    add("--from", dest="begins", type=_time, metavar="TIME", help="the operator's load is measured from here …")
    add("--to", dest="ends", type=_time, metavar="TIME", help="… to here (default: all that is known)")
    return parser
