"""The command line of the simulators: reads options, starts a fleet, and says what happened.

Exit status: 0 done, 1 the broker did not acknowledge everything, 2 wrongly called.
"""

import argparse
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from simulators.arguments import above_zero, whole
from simulators.device import find_kinds
from simulators.errors import UnusableError
from simulators.fleet import Fleet
from simulators.link import read_broker
from simulators.load.command import run as run_load
from simulators.past.command import run as run_history
from simulators.population import Identity, populate
from simulators.scenario import load_scenario
from simulators.score.command import run as run_score
from simulators.site import load_site
from simulators.truth import Fault
from simulators.wire import Message, moment, stamp
from simulators.world import Pace, World

_EXAMPLES = """
examples:
  python -m simulators --site nong-son --broker mqtt://127.0.0.1:1883
  python -m simulators --broker mqtts://sim:secret@broker.example:8883 --devices 1000 --scenario calm
  python -m simulators --rate 2000 --devices 200 --duration 60 --seed 7 --report report.json
  python -m simulators --dry --duration 60 --start 2026-11-22T00:00:00Z     # the messages as text, no broker
  python -m simulators load --help                     # a load of prepared messages, for measuring
  python -m simulators history --help                  # a past in bulk, without a broker
  python -m simulators score --help                    # how well alerts told the truth

Each device has a connection and a Will of its own, up to 2,000 of them (or as many as the system lets one process
open). Beyond that fifty devices share a connection: then the broker holds no Will for them, and the simulators publish
it themselves when a device is to vanish.

exit status: 0 done, 1 the broker did not acknowledge everything, 2 wrongly called
"""
_OWN_LINKS, _SHARED = 2_000, 50
_COMMANDS = {"history": run_history, "load": run_load, "score": run_score}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] in _COMMANDS:
            return _COMMANDS[words[0]](words[1:])
        return _simulate(_parser().parse_args(words))
    except UnusableError as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `--dry | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _simulate(options: argparse.Namespace) -> int:
    site = load_site(options.site, find_kinds())
    scenario = load_scenario(options.scenario or ("calm" if options.rate else "demo"))
    identities = populate(site, find_kinds(), options.devices)
    start = _start(options)
    pace = Pace(options.rate, options.speed)
    world = World(identities, scenario, seed=options.seed, start=start, pace=pace)
    with ExitStack() as files:
        truth = files.enter_context(_writable(options.truth)) if options.truth else None
        if options.dry:
            if options.duration is None:
                raise UnusableError("--dry needs --duration S: how many seconds of messages to print")
            return _print_messages(world, start + options.duration * options.speed, truth)
        report = files.enter_context(_writable(options.report)) if options.report else None
        fleet = Fleet(
            world,
            read_broker(options.broker),
            shared=options.share or _devices_a_link(len(identities)),
            start=start,
            speed=options.speed,
            say=_say,
            record=lambda fault: _record(fault, truth),
        )
        _say(f"{site.name}: {_census(identities)} at {read_broker(options.broker)}, seed {options.seed}")
        return _drive(fleet, world, options, report)


def _drive(fleet: Fleet, world: World, options: argparse.Namespace, report: TextIO | None) -> int:
    def stop(_signal: int, _frame: object) -> None:
        fleet.stopped = True

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    fleet.run(options.duration)
    fleet.finish(vanish=options.vanish)
    tally = fleet.tally
    if report:
        facts = {
            "published": tally.published,
            "acknowledged": tally.acknowledged,
            "telemetry": tally.telemetry,
            "events": tally.events,
            "connections": tally.connections,
            "lived_to": stamp(fleet.lived_to),
            "worst_behind_s": round(fleet.strain.worst_s, 3),
            "bottleneck": fleet.strain.bottleneck,
            "last_seq": world.last_seq(),
            "session": world.sessions(),
        }
        json.dump(facts, report, indent=1)
    _say(f"{tally.published:,} messages published, {tally.acknowledged:,} acknowledged")
    if fleet.strain.bottleneck:
        _say(f"at worst {fleet.strain.worst_s:.1f} s behind; the bottleneck was the {fleet.strain.bottleneck}")
    if tally.missing:
        _say(f"{tally.missing:,} were never acknowledged: was the broker away, or too slow for this rate?")
    return 1 if tally.missing else 0


def _print_messages(world: World, until: float, truth: TextIO | None) -> int:
    """What would be published, one message a line: its topic, a space, its payload."""
    for action in world.step(until):
        if isinstance(action, Message):
            print(action.topic, action.payload.decode())
        elif isinstance(action, Fault):
            _record(action, truth)
    return 0


def _devices_a_link(devices: int) -> int:
    """1 where the system allows that many open files; its soft limit is often 1,024 and ours to raise."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = devices + 64
    if devices > _OWN_LINKS or (hard != resource.RLIM_INFINITY and hard < enough):
        return _SHARED
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
    return 1


def _start(options: argparse.Namespace) -> float:
    """The time the world begins; by default early enough that a fast run of known length ends now."""
    if options.start is not None:
        given = moment(options.start)
        if given is None:
            raise UnusableError(f"--start '{options.start}' should be like 2026-11-22T00:00:00Z")
        return given
    now: float = time.time()  # noqa: TID251 - the shell's one reading of the wall clock
    ahead: float = (options.duration or 0) * (options.speed - 1)
    return round(now - ahead, 3)


def _writable(name: str) -> TextIO:
    try:
        return Path(name).open("w", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {name}: {error.strerror}") from error


def _record(fault: Fault, truth: TextIO | None) -> None:
    if truth:
        print(fault.line(), file=truth, flush=True)


def _census(identities: Sequence[Identity]) -> str:
    counts = Counter(each.kind.family for each in identities)
    return f"{len(identities)} devices ({', '.join(f'{n} {family}' for family, n in sorted(counts.items()))})"


def _say(sentence: str) -> None:
    print(f"simulators: {sentence}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators",
        description="A simulated district that behaves like real equipment on MQTT. The same seed and start give the "
        "same messages, byte for byte.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--site", default="nong-son", help="a shipped site or a TOML file (default: %(default)s)")
    add(
        "--broker",
        default="mqtt://127.0.0.1:1883",
        help="mqtt:// or mqtts://, with user:password@ (%(default)s); SSL_CERT_FILE names a CA of your own",
    )
    add("--devices", type=whole(1, 100_000), metavar="N", help="scale the site to N devices")
    add("--rate", type=above_zero, metavar="X", help="telemetry messages a second in all; implies --scenario calm")
    add(
        "--speed",
        type=above_zero,
        default=1.0,
        metavar="X",
        help="time X times as fast as life; with --duration it ends now, else stamps run ahead of the clock",
    )
    add("--seed", type=int, default=1, metavar="N", help="another seed, another district's luck (default: 1)")
    add("--scenario", metavar="FILE", help="a shipped scenario (docs/simulators.md) or a TOML file (default: demo)")
    add("--duration", type=above_zero, metavar="S", help="end after S seconds (default: at Ctrl-C)")
    add("--start", metavar="TIME", help="the world's first moment, RFC 3339 (default: now)")
    add("--truth", metavar="FILE", help="write what is really wrong, as JSON lines")
    add("--report", metavar="FILE", help="write at the end what was published and acknowledged, as JSON")
    add(
        "--share",
        type=whole(1, 100_000),
        metavar="N",
        help="up to N devices share a connection (1: each its own, with a Will)",
    )
    add("--vanish", action="store_true", help="end like a power cut: no goodbye, the broker publishes the Wills")
    add("--dry", action="store_true", help="print the messages of --duration seconds at once, without a broker")
    return parser


if __name__ == "__main__":
    sys.exit(main())
