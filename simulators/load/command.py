"""`python -m simulators load`: reads options, drives the lines, says what came of it."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import inf

from simulators.arguments import above_zero, whole
from simulators.link import read_broker
from simulators.load.line import Line
from simulators.load.packets import Crowd
from simulators.load.plan import shares
from simulators.load.run import Driver, Stock

_EXAMPLES = """
examples:
  python -m simulators load --devices 1000 --count 200000                     # as fast as the broker takes it
  python -m simulators load --devices 100000 --rate 5000 --duration 60 --births --connections 4
  python -m simulators load --rate 2000 --duration 30 --json                  # latencies, counted from when due

exit status: 0 all was acknowledged, 1 some was not, 2 wrongly called or no broker
"""


def run(arguments: Sequence[str]) -> int:
    """Load the broker and return the exit status."""
    options = _parser().parse_args(arguments)
    crowd = Crowd(options.devices, options.site, options.boot, options.rounds_before)
    order, broker = crowd.order(), read_broker(options.broker)
    many = min(options.connections, options.devices)
    members = [order[at::many] for at in range(many)]
    count = inf if options.count is None else options.count
    with ExitStack() as stops:
        lines: list[Line] = []
        for each in members:
            plan = shares(count, options.rate, len(each), options.devices)
            lines.append(Line(broker, crowd, each, plan, options.window))
            stops.callback(lines[-1].close)
        stock = _drive(lines, options)
    print(json.dumps(stock.document()) if options.json else "\n".join(_sentences(stock)), flush=True)
    return 0 if stock.acknowledged == stock.sent else 1


def _drive(lines: Sequence[Line], options: argparse.Namespace) -> Stock:
    driver = Driver(lines, _say, _allowances() if options.led else None)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: setattr(driver, "stopped", True))
    for line in lines if options.births else ():
        line.introduce()
    if options.waits:
        print("ready", flush=True)
        if not options.led:
            sys.stdin.readline()
    return driver.run(options.duration)


def _sentences(stock: Stock) -> list[str]:
    told = [
        f"{stock.sent:,} messages sent, {stock.acknowledged:,} acknowledged in {stock.seconds:.1f} s",
        f"{stock.rate:,.0f} a second over {stock.connections} connections",
    ]
    if stock.latency:
        each = ", ".join(f"{name.removesuffix('_ms')} {value:.1f}" for name, value in stock.latency.items())
        told.append(f"acknowledged after, in ms from when a message was due: {each}")
    effort = stock.effort
    own = f"CPU {effort.cpu_share:.0%} of a core, {effort.behind_s * 1e3:.0f} ms behind at the 99th percentile"
    told.append(
        {
            "broker": f"the broker was the bottleneck: {effort.waited_share:.0%} of the time it was not ready for more",
            "generator": f"THE GENERATOR ITSELF WAS THE BOTTLENECK ({own}): this says little about the broker",
            None: f"the rate was kept ({own})",
        }[stock.bottleneck]
    )
    return told


def _allowances() -> Callable[[], float]:
    """How many messages may have been sent by now, told line by line on stdin."""
    told = [0.0]

    def listen() -> None:
        for row in sys.stdin:
            told[0] = float(row)
        told[0] = inf  # whoever led us is gone

    threading.Thread(target=listen, daemon=True).start()
    return lambda: told[0]


def _say(sentence: str) -> None:
    print(f"simulators: {sentence}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators load",
        description="Load for brokers and centres: prepared QoS 1 messages of many devices, as fast as they are taken "
        "or at an even rate. Latency counts from the moment a message was due, so that a stall is not hidden.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--broker", default="mqtt://127.0.0.1:1883", help="mqtt://, with user:password@ (%(default)s)")
    add("--devices", type=whole(1, 100_000), default=1000, metavar="N", help="who speaks (%(default)s)")
    add(
        "--rate",
        type=above_zero,
        metavar="X",
        help="messages a second in all; otherwise as fast as the broker takes them",
    )
    add("--count", type=whole(0, 10**12), metavar="N", help="end after N messages in all")
    add("--duration", type=above_zero, metavar="S", help="end after S seconds")
    add(
        "--connections",
        type=whole(1, 1000),
        default=1,
        metavar="N",
        help="share the devices out to N connections (%(default)s)",
    )
    add(
        "--window",
        type=whole(1, 60_000),
        default=2000,
        metavar="N",
        help="unacknowledged messages a connection (%(default)s)",
    )
    add("--births", action="store_true", help="let every device introduce itself first")
    add("--site", default="bench", metavar="SLUG", help="the site in the topics (%(default)s)")
    add("--boot", type=whole(1, 99), default=1, metavar="N", help="which boot of the devices this is: their session")
    add(
        "--rounds-before",
        type=whole(0, 10**6),
        default=0,
        metavar="N",
        help="samples that every device has sent before",
    )
    add("--waits", action="store_true", help="print `ready` when prepared, and begin at a line on stdin")
    add("--led", action="store_true", help="read on stdin, line by line, how many messages may have been sent by now")
    add("--json", action="store_true", help="all figures as one line of JSON")
    return parser
