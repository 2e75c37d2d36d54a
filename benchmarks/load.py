"""How fast the load generator is beside `mosquitto_pub -l`, at QoS 1, and whether its latencies tell of a stall.

Both send lines of the same length into a real Mosquitto that nobody listens to, in turns, and the broker's own counter
says what arrived. `mosquitto_pub -l` of Debian's 2.0.11 ends early beyond 65,535 lines, when its 16-bit message numbers
begin anew: it then takes an old answer for the last one. So it gets fewer, and one longer run shows what becomes of it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "provision")]

from realparts import places  # noqa: E402 - found by the path above
from realparts.mosquitto import Mosquitto  # noqa: E402
from realparts.processes import dies_with_us  # noqa: E402
from stage.costs import cpu_seconds  # noqa: E402
from stage.processes import Generator  # noqa: E402

from simulators.load.packets import Crowd  # noqa: E402

_LINES, _LONG, _AIM = 60_000, 300_000, 0.6
_SYS = "$SYS/broker/publish/messages/received"
_QUIET_S = 2.2  # the broker tells its counters once a second


def arrived(broker: Mosquitto) -> int:
    """How many messages the broker has taken since its start, as it says itself."""
    threading.Event().wait(_QUIET_S)
    tool = str(places.mosquitto_client("mosquitto_sub"))
    words = [tool, "-p", str(broker.port), "-t", _SYS, "-C", "1"]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def pub(broker: Mosquitto, lines: Path) -> float:
    """Seconds that `mosquitto_pub -l` took for a file of lines."""
    tool, topic = str(places.mosquitto_client("mosquitto_pub")), Crowd(1).topic(0, "telemetry").decode()
    words = [*dies_with_us("KILL"), tool, "-p", str(broker.port), "-q", "1", "-t", topic, "-l"]
    began = time.perf_counter()
    with lines.open("rb") as given:
        subprocess.run(words, stdin=given, check=True)
    return time.perf_counter() - began


def load(broker: Mosquitto, *options: str) -> dict:
    """What `python -m simulators load` tells of one run."""
    generator = Generator(broker.port, "--waits", *options)
    generator.go()
    return dict(generator.result())


def compare(broker: Mosquitto, folder: Path, rounds: int) -> float:
    """Both in turns; the ratio of the medians."""
    line = Crowd(1).telemetry(0).replace(b"S" * 7, b"1000001").replace(b"T" * 13, b"1795323600000") + b"\n"
    lines, many = folder / "lines", folder / "many"
    lines.write_bytes(line * _LINES)
    many.write_bytes(line * _LONG)
    assert broker.process is not None
    found: dict[str, list[tuple[float, float]]] = {"mosquitto_pub -l": [], "simulators load": []}
    before = arrived(broker)
    for _ in range(rounds):
        cpu = cpu_seconds(broker.process.pid)
        rate = _LINES / pub(broker, lines)
        middle = cpu_seconds(broker.process.pid)
        found["mosquitto_pub -l"].append((rate, middle - cpu))
        found["simulators load"].append(
            (load(broker, "--count", str(_LINES))["rate"], cpu_seconds(broker.process.pid) - middle)
        )
    took = arrived(broker) - before
    print(f"{2 * rounds * _LINES:,} messages sent by both, {took:,} arrived")
    for name, runs in found.items():
        rates, cpu = [rate for rate, _ in runs], statistics.median(each for _, each in runs) / _LINES * 1e6
        print(
            f"{name:18}{statistics.median(rates):>10,.0f} messages/s ({min(rates):,.0f}-{max(rates):,.0f}); "
            f"broker {cpu:.1f} CPU-s/M"
        )
    before, seconds = arrived(broker), pub(broker, many)
    came = arrived(broker) - before
    print(f"mosquitto_pub -l with {_LONG:,} lines ended after {seconds:.1f} s: {came:,} arrived")
    ours, theirs = (
        statistics.median(rate for rate, _ in found[name]) for name in ("simulators load", "mosquitto_pub -l")
    )
    return ours / theirs


def sweep(broker: Mosquitto, ceiling: float) -> None:
    """How it does with more devices and connections, at half the ceiling, and when asked for too much."""
    cases = {
        "1 device": ("--devices", "1", "--count", "200000"),
        "100,000 devices": ("--devices", "100000", "--count", "200000"),
        "4 connections": ("--connections", "4", "--count", "200000"),
        "a tenth of the ceiling, even": ("--rate", str(int(ceiling / 10)), "--duration", "3"),
        "half the ceiling, even": ("--rate", str(int(ceiling / 2)), "--duration", "3"),
        "three times the ceiling, even": ("--rate", str(int(ceiling * 3)), "--duration", "2"),
        "200 connections, too much": ("--rate", str(int(ceiling * 3)), "--duration", "2", "--connections", "200"),
    }
    print(f"\n{'':32}{'messages/s':>11}{'own CPU-s/M':>13}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>10}  held back by")
    for name, options in cases.items():
        told = load(broker, *options)
        latency = told["latency"] or {}
        each = "".join(f"{latency[key]:>{width}.1f}" if latency else f"{'-':>{width}}"
                       for key, width in (("p50_ms", 9), ("p99_ms", 9), ("p999_ms", 10)))  # fmt: skip
        cost = told["cpu_s"] / told["sent"] * 1e6
        print(
            f"{name:32}{told['rate']:>11,.0f}{cost:>13.2f}{each}  {told['bottleneck'] or 'nobody: the rate was kept'}"
        )


def stall(broker: Mosquitto) -> None:
    """The broker stands still for half a second: an honest latency says so."""
    generator = Generator(broker.port, "--waits", "--rate", "2000", "--duration", "3")
    generator.go()
    threading.Event().wait(1)
    broker.freeze()
    threading.Event().wait(0.5)
    broker.thaw()
    told = generator.result()["latency"]
    print(f"\nthe broker frozen for 500 ms of 3 s at 2,000/s: p50 {told['p50_ms']:.1f}, p90 {told['p90_ms']:.0f}, "
          f"p99 {told['p99_ms']:.0f}, most {told['max_ms']:.0f} ms; 17% were due meanwhile")  # fmt: skip


def main() -> int:
    """Measure all; 1 where a part is missing. A missed aim is told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if not places.PARTS["mosquitto"].present():
        print(places.PARTS["mosquitto"].lacking())
        return 1
    print(f"measured on {os.cpu_count()} cores; compare only within this run")
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        broker = Mosquitto(Path(folder), "sys_interval 1\n")
        broker.start()
        try:
            ratio = compare(broker, Path(folder), args.rounds)
            sweep(broker, load(broker, "--count", "200000")["rate"])
            stall(broker)
        finally:
            broker.stop()
    print(f"\naim: at least {_AIM:.0%} of mosquitto_pub -l: {ratio:.0%}, {'met' if ratio >= _AIM else 'MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
