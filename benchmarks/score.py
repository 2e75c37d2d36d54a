"""Every scenario through the whole centre (Mosquitto, TimescaleDB), scored; writes the table of docs/scores.md.

Time goes as fast as the machine allows on one clock that simulators and centre share (realparts/lockstep.py), so that
the score does not depend on the machine. docs/scores.md says what that means.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from stage import HERE, parts
from stage.scenarios import Outcome, play
from stage.score_table import page_text, share, write_page

PAGE = HERE.parent / "docs" / "scores.md"
SCENARIOS = HERE.parent / "simulators" / "scenarios"


def main() -> int:
    """Score what is asked; 1 where the machine lacks a part."""
    every = sorted(file.stem for file in SCENARIOS.glob("*.toml"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="SCENARIO", default=every, help=f"of {', '.join(every)}")
    parser.add_argument("--site", default="nong-son")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=float, default=5.0, help="seconds a turn: how finely time goes (%(default)g)")
    parser.add_argument("--page", action="store_true", help="write the table into docs/scores.md")
    parser.add_argument("--json", type=Path, help="write all figures there")
    args = parser.parse_args()
    if lacking := parts.missing():
        print("\n".join(lacking), file=sys.stderr)
        return 1
    outcomes: list[Outcome] = []
    with parts.database_server() as server:
        for name in args.only:
            outcomes.append(play(name, args.site, args.seed, args.step, server))
            total = outcomes[-1].score["total"]
            told = f"recall {share(total['recall'])}, precision {share(total['precision'])}"
            print(f"{name:20} {told}; {outcomes[-1].speed:.0f} x life", file=sys.stderr, flush=True)
            if args.page:  # each time, so that a run that is broken off leaves what it has
                write_page(PAGE, page_text(outcomes, args.site, args.seed, args.step))
    print(page_text(outcomes, args.site, args.seed, args.step))
    if args.json:
        args.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
