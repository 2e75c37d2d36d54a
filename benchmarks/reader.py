"""What reads the line fastest, and at what cost: each reader alone, through a real Mosquitto, QoS 1.

The generator sends prepared packets with a window of unacknowledged ones; the reader takes batches as the ingest
does and acknowledges them, and keeps nothing. `mosquitto_sub`, written in C, is the limit. The contestants take
turns in the same run; figures are medians, as ratios to paho. The rate is also bounded by the broker and the
generator, which share the cores: the reader's own CPU says more.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic, perf_counter, process_time

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "provision")]

from realparts import places  # noqa: E402 - found by the path above
from realparts.mosquitto import Mosquitto  # noqa: E402
from realparts.processes import dies_with_us  # noqa: E402

from ingest.bulk import BulkReader  # noqa: E402
from ingest.model import Message  # noqa: E402
from ingest.mqtt import PahoReader  # noqa: E402
from ingest.packets.decoder import Decoder  # noqa: E402
from ingest.reader import BrokerUrl, Reader  # noqa: E402
from ioc.clock import now_ms  # noqa: E402
from simulators.load.packets import FAMILIES, Crowd, publish  # noqa: E402

READERS = {"paho": PahoReader, "bulk": BulkReader, "bulk-5": partial(BulkReader, five=True)}
LIMIT = "mosquitto_sub"
TOPICS = "ioc/v1/+/+/+/telemetry"
MOST, LINGER_S = 2000, 0.05  # as the ingest's defaults


def read(kind: str, port: int, count: int) -> None:
    """A contestant's process: hear `count` messages, then tell seconds and CPU from the first to the last."""
    url = BrokerUrl("127.0.0.1", port, tls=False)
    reader: Reader = READERS[kind](url, f"bench-{kind}", [TOPICS], now_ms)
    reader.start()
    while reader.hearing.deaf_since is not None:
        reader.take(1, 0, 0.05)
    print("hearing", flush=True)
    heard, began, cpu = 0, 0.0, process_time()
    while heard < count:
        messages = reader.take(MOST, LINGER_S, 1)
        began = began or (perf_counter() if messages else 0.0)
        reader.ack(messages)
        heard += len(messages)
    told = {"rate": heard / (perf_counter() - began), "cpu": (process_time() - cpu) / heard * 1e6}
    print(json.dumps(told), flush=True)
    reader.stop()


class Stage:
    """One run of one contestant on a broker of its own."""

    def __init__(self, count: int) -> None:
        self.count = count

    def run(self, kind: str) -> dict[str, float]:
        """Messages a second, and CPU seconds a million messages of the reader."""
        with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
            broker = Mosquitto(Path(folder), "log_type subscribe\n")
            broker.start()
            try:
                with self._generator(broker.port) as generator:
                    assert generator.stdout
                    generator.stdout.readline()  # ready
                    told = self._limit(broker, generator) if kind == LIMIT else self._reader(kind, broker, generator)
                    generator.communicate()
                    return told
            finally:
                broker.stop()

    def _generator(self, port: int) -> "subprocess.Popen[str]":
        words = ["--broker", f"mqtt://127.0.0.1:{port}", "--count", str(self.count), "--waits"]
        command = [*dies_with_us("KILL"), sys.executable, "-m", "simulators", "load", *words]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _reader(self, kind: str, broker: Mosquitto, generator: "subprocess.Popen[str]") -> dict[str, float]:
        words = ["--reader", kind, "--port", str(broker.port), "--count", str(self.count)]
        with subprocess.Popen(
            [*dies_with_us("KILL"), sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdout
            if reader.stdout.readline() != "hearing\n":
                raise RuntimeError(f"the reader {kind} did not start; see above")
            go(generator)
            told: dict[str, float] = json.loads(reader.stdout.readline())
            return told

    def _limit(self, broker: Mosquitto, generator: "subprocess.Popen[str]") -> dict[str, float]:
        tool = str(places.mosquitto_client(LIMIT))
        words = ["-p", str(broker.port), "-t", TOPICS, "-q", "1", "-c", "-i", "bench-limit", "-C", str(self.count)]
        reader = subprocess.Popen([*dies_with_us("KILL"), tool, *words], stdout=subprocess.DEVNULL)
        while "bench-limit 1 " not in broker.log.read_text(errors="replace"):
            broker.pause()
        began = go(generator)
        _, status, used = os.wait4(reader.pid, 0)
        reader.returncode = os.waitstatus_to_exitcode(status)
        seconds = monotonic() - began
        return {"rate": self.count / seconds, "cpu": (used.ru_utime + used.ru_stime) / self.count * 1e6}


def go(generator: "subprocess.Popen[str]") -> float:
    """Let the generator begin; when that was."""
    assert generator.stdin
    generator.stdin.write("\n")
    generator.stdin.flush()
    return monotonic()


def decode_alone(five: bool) -> float:
    """Microseconds a message, from bytes to `Message`, in pieces of 64 KiB: the best of some tries."""
    devices = len(FAMILIES) * 200
    crowd = Crowd(devices)
    packets = [publish(crowd.topic(n, "telemetry"), crowd.telemetry(n), packet=n + 1) for n in range(devices)]
    if five:  # as in 3.1.1, with no properties behind the packet identifier; the length takes two bytes in both
        packets = [with_no_properties(packet) for packet in packets]
    stream = b"".join(packets)
    pieces = [stream[at : at + 65_536] for at in range(0, len(stream), 65_536)]
    decoder, best = Decoder(five=five), float("inf")
    for _ in range(200):
        out: list[Message] = []
        began = perf_counter()
        for piece in pieces:
            decoder.feed(piece, 0, out)
        best = min(best, (perf_counter() - began) / len(out) * 1e6)
    return best


def with_no_properties(packet: bytes) -> bytes:
    """The same PUBLISH in version 5."""
    length = len(packet) - 3 + 1
    behind = 3 + 2 + int.from_bytes(packet[3:5], "big") + 2
    return packet[:1] + bytes((length & 127 | 128, length >> 7)) + packet[3:behind] + b"\0" + packet[behind:]


def compare(kinds: Sequence[str], count: int, rounds: int) -> None:
    """Let all take turns; print medians and ratios."""
    stage, found = Stage(count), {kind: [] for kind in kinds}  # type: dict[str, list[dict[str, float]]]
    for number in range(rounds):
        for kind in kinds:
            found[kind].append(stage.run(kind))
            print(f"  round {number + 1}: {kind:14} {found[kind][-1]['rate']:9,.0f} messages/s", flush=True)
    medians = {kind: {key: statistics.median(run[key] for run in runs) for key in ("rate", "cpu")}
               for kind, runs in found.items()}  # fmt: skip
    paho = medians["paho"]
    print(f"{'':14} {'messages/s':>11} {'to paho':>8} {'CPU s/million':>14} {'to paho':>8}")
    for kind, median in medians.items():
        print(f"{kind:14} {median['rate']:11,.0f} {median['rate'] / paho['rate']:8.2f}"
              f" {median['cpu']:14.2f} {median['cpu'] / paho['cpu']:8.2f}")  # fmt: skip
    print(f"decoder alone: {decode_alone(False):.2f} us a message in 3.1.1, {decode_alone(True):.2f} in 5")


def main() -> None:
    """Compare all, or be one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="messages of a run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reader", choices=READERS, help="be this contestant (used by the benchmark itself)")
    parser.add_argument("--port", type=int)
    args = parser.parse_args()
    if args.reader:
        read(args.reader, args.port, args.count)
    elif not places.PARTS["mosquitto"].present():
        print(places.PARTS["mosquitto"].lacking())
    else:
        compare([*READERS, LIMIT], args.count, args.rounds)


if __name__ == "__main__":
    main()
