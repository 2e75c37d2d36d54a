"""How fast the alert engine judges: readings a second and core, delay, memory; beside a plain loop and Prometheus.

    python benchmarks/alerts.py [--quick] [--without-prometheus]

A reading is one sample of one device with six metrics. Times are CPU seconds of this process: neighbours do not count.
"""

import argparse
import gc
import http.server
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import stage  # noqa: F401 - makes `realparts` importable
from realparts import places
from realparts.processes import free_port

from alerts.engine import Engine
from alerts.model import Verdict
from alerts.rule import Rule
from alerts.rulebook import read_rules
from alerts.rulefile import default_rules
from ingest.model import Admission, Device, Heard, Presence, Sample, View

DEVICES, RULES, BATCH, INTERVAL_S = 20_000, 200, 2_000, 60
THERE = Presence(connected=True, fresh=True, working=True)
METRICS: Mapping[str, Mapping[str, tuple[float, float]]] = {  # what is usual, by family
    "camera": {"fps": (20, 25), "temperature_c": (30, 60), "storage_used_pct": (30, 80), "cpu_pct": (5, 60),
               "bitrate_bps": (1e6, 4e6), "reconnects_1h": (0, 2)},
    "wifi": {"clients": (0, 60), "signal_dbm": (-70, -40), "channel_util_pct": (5, 60), "loss_pct": (0, 1),
             "rx_bps": (1e4, 1e7), "tx_bps": (1e4, 1e7)},
    "loudspeaker": {"volume_pct": (50, 80), "amp_temperature_c": (30, 60), "mains_v": (215, 228), "plays_total": (0, 9),
                    "cpu_pct": (1, 20), "light_lux": (0, 900)},
    "videoconference": {"participants": (0, 9), "audio_rx_loss_pct": (0, 0.5), "video_rx_loss_pct": (0, 0.5),
                        "rtt_ms": (5, 60), "mos": (3.9, 4.4), "audio_rx_jitter_ms": (0, 9)},
    "gateway": {"mains_v": (215, 228), "battery_pct": (90, 100), "cpu_pct": (5, 60), "temperature_c": (30, 50),
                "rx_bps": (1e4, 1e7), "loss_pct": (0, 1)},
}  # fmt: skip


def make_rules(number: int) -> tuple[Rule, ...]:
    """The shipped rules for single devices, and thresholds over every metric until there are so many."""
    shipped = [rule for rule in default_rules() if rule.outage is None and rule.subject in ("metric", "presence")]
    places_ = [(family, metric, limits) for family, each in METRICS.items() for metric, limits in each.items()]
    tables = []
    for count in range(max(0, number - len(shipped))):
        family, metric, (low, high) = places_[count % len(places_)]
        level = high + (high - low) * (0.5 + count // len(places_) / 10)
        tables.append({"name": f"b{count}", "kind": "threshold", "family": family, "metric": metric, "above": level,
                       "clear_below": (level + high) / 2, "for": f"{count % 3}m", "severity": "minor"})  # fmt: skip
    return (*shipped, *read_rules(tables))[:number]


class Load:
    """Devices that speak once a minute; `bad` of their readings have one metric beyond every limit."""

    def __init__(self, devices: int, bad: float, *, rounds: int) -> None:
        dice = random.Random(1)
        families = list(METRICS)
        names = [f"demo/{families[number % len(families)]}/d{number}" for number in range(devices)]
        self.views = tuple(View(Device(name, Admission.ADMITTED, area=f"xa-{i % 40}", interval_s=60), THERE)
                           for i, name in enumerate(names))  # fmt: skip
        samples = [self._sample(name, at, dice, bad) for at in range(rounds) for name in names]
        self.batches = [
            Heard(60_000 + number * INTERVAL_S * 1000 * BATCH // devices, (), tuple(samples[number * BATCH:][:BATCH]))
            for number in range(len(samples) // BATCH)
        ]  # fmt: skip
        self.readings = len(self.batches) * BATCH

    def _sample(self, name: str, round_: int, dice: random.Random, bad: float) -> Sample:
        usual = METRICS[name.split("/")[1]]
        metrics = {metric: dice.uniform(low, high) for metric, (low, high) in usual.items()}
        if dice.random() < bad:
            metric = dice.choice(list(usual))
            metrics[metric] = usual[metric][1] * 3 + 1
        at = 60_000 + round_ * INTERVAL_S * 1000
        return Sample(name, at, metrics, received_at=at)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process that the work took."""
    gc.collect()
    gc.freeze()
    began = time.process_time()
    work()
    return time.process_time() - began


def with_engine(load: Load, rules: Sequence[Rule]) -> Callable[[], object]:
    """This engine: a tick with every batch."""
    engine = Engine(rules)
    engine.observe(Heard(0, load.views))

    def run() -> None:
        for heard in load.batches:
            engine.observe(heard)
            engine.tick(heard.now)

    return run


def with_loop(load: Load, rules: Sequence[Rule]) -> Callable[[], object]:
    """The straightforward way: every rule is asked about every reading, and keeps when it began to be bad."""
    since: dict[tuple[str, str], int] = {}
    firing: set[tuple[str, str]] = set()
    thresholds = [rule for rule in rules if rule.metric is not None]

    def judge(sample: Sample) -> None:
        family = sample.device.split("/")[1]
        for rule in thresholds:
            if rule.family not in (None, family) or rule.metric not in sample.metrics:
                continue
            key = (rule.name, sample.device)
            if rule.test.judge(sample.metrics[rule.metric]).verdict is Verdict.BAD:
                if sample.received_at - since.setdefault(key, sample.received_at) >= rule.for_ms:
                    firing.add(key)
            else:
                since.pop(key, None)
                firing.discard(key)

    def run() -> None:
        for heard in load.batches:
            for sample in heard.samples:
                judge(sample)

    return run


def speed(make: Callable[[Load, Sequence[Rule]], Callable[[], object]], load: Load, rules: int, times: int) -> float:
    """The median readings a CPU second."""
    return statistics.median(load.readings / cpu(make(load, make_rules(rules))) for _ in range(times))


def delays(load: Load, rules: Sequence[Rule], rate: float) -> tuple[float, float]:
    """Median and p99 of the milliseconds from a reading's arrival to its steps, at so many readings a second.

    Arrivals are reckoned (a batch closes 50 ms after its first reading), the work is measured.
    """
    engine = Engine(rules)
    engine.observe(Heard(0, load.views))
    samples = [sample for heard in load.batches for sample in heard.samples]
    size = max(1, int(rate * 0.05))
    free, waited = 0.0, list[float]()
    for number, first in enumerate(range(0, len(samples), size)):
        chosen, closed = samples[first : first + size], (number + 1) * 0.05
        began = time.perf_counter()
        steps = engine.observe(Heard(chosen[-1].received_at, (), tuple(chosen)))
        took = time.perf_counter() - began
        free = max(free, closed) + took
        waited += [(free - number * 0.05) * 1000] * len(steps)
    waited.sort()
    return waited[len(waited) // 2], waited[int(len(waited) * 0.99)]


def resident_mb() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(load: Load, rules: Sequence[Rule]) -> tuple[float, int]:
    """MiB that the engine adds for these devices after all readings, and its open alerts."""
    gc.collect()
    before = resident_mb()
    run = with_engine(load, rules)
    run()
    gc.collect()
    engine: Engine = run.__closure__[0].cell_contents  # type: ignore[index]
    return resident_mb() - before, len(engine.alerts)


def prometheus(load: Load, rules: Sequence[Rule], seconds: int) -> SimpleNamespace | None:
    """Prometheus scraping the same series every 15 s and evaluating the same thresholds; None where it is not here."""
    program = places.prometheus()
    if program is None:
        return None
    first = load.batches[: DEVICES // BATCH]
    samples = [sample for heard in first for sample in heard.samples]
    text = "\n".join(f'{metric}{{family="{sample.device.split("/")[1]}",device="{sample.device}"}} {value}'
                     for sample in samples for metric, value in sample.metrics.items())  # fmt: skip
    chosen = [rule for rule in rules if rule.metric is not None and getattr(rule.test, "above", None) is not None]
    with tempfile.TemporaryDirectory() as name, _serve(text.encode() + b"\n") as source:
        folder, port = Path(name), free_port()
        folder.joinpath("rules.yaml").write_text(json.dumps({"groups": [{"name": "all", "rules": [
            {"alert": rule.name, "expr": f'{rule.metric}{{family="{rule.family}"}} > {rule.test.above}',
             "for": f"{rule.for_ms // 1000}s"} for rule in chosen]}]}))  # fmt: skip
        folder.joinpath("p.yaml").write_text(json.dumps({
            "global": {"scrape_interval": "15s", "evaluation_interval": "15s"}, "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "b", "honor_labels": True, "scrape_timeout": "14s",
                                "static_configs": [{"targets": [f"127.0.0.1:{source}"]}]}]}))  # fmt: skip
        args = [program, f"--config.file={folder / 'p.yaml'}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
        process = subprocess.Popen(args)
        try:
            threading.Event().wait(seconds)
            ask = f"http://127.0.0.1:{port}/metrics"
            told = urllib.request.urlopen(ask, timeout=10).read().decode()
            return _figures(told, len(chosen), load)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _figures(told: str, rules: int, load: Load) -> SimpleNamespace:
    def value(name: str) -> float:
        lines = [line for line in told.splitlines() if line.startswith(name)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    rounds = value("prometheus_rule_evaluations_total") / max(rules, 1)
    spent = value("prometheus_rule_evaluation_duration_seconds_sum")
    return SimpleNamespace(
        rules=rules, rounds=rounds, evaluation_s=spent / max(rounds, 1), readings=len(load.views),
        cpu_s=value("process_cpu_seconds_total"), memory_mb=value("process_resident_memory_bytes") / 2**20,
    )  # fmt: skip


class _serve:  # noqa: N801 - used as a function
    """A page of metrics on a port of its own."""

    def __init__(self, page: bytes) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> int:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return int(self._server.server_address[1])

    def __exit__(self, *_why: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def main() -> int:
    """Print the figures, and whether the aims are met."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round of each")
    options.add_argument("--without-prometheus", action="store_true")
    known = options.parse_args()
    times = 1 if known.quick else 3
    usual = Load(DEVICES, 0.001, rounds=5)
    engine, loop = speed(with_engine, usual, RULES, times), speed(with_loop, usual, RULES, times)
    print(f"{RULES} rules, {DEVICES:,} devices, one reading in a thousand bad; readings (of six metrics) a CPU second:")
    print(f"  this engine        {engine:12,.0f}   ({engine * 6:,.0f} values)")
    print(f"  a plain loop       {loop:12,.0f}   ratio {engine / loop:.1f}")
    print("What the cost grows with (readings a CPU second):")
    for rules in (20, 200, 1000):
        print(f"  {rules:5} rules          {speed(with_engine, usual, rules, times):12,.0f}")
    for devices in (2_000, 20_000):
        few = Load(devices, 0.001, rounds=100_000 // devices)
        print(f"  {devices:6,} devices      {speed(with_engine, few, RULES, times):12,.0f}")
    for bad in (0.0, 0.01, 0.1):
        worse = Load(DEVICES, bad, rounds=5)
        print(f"  {bad:6.1%} bad          {speed(with_engine, worse, RULES, times):12,.0f}")
    middle, late = delays(Load(DEVICES, 0.01, rounds=5), make_rules(RULES), 5000)
    print(f"Arrival to step at 5,000 readings/s, 1 % bad: median {middle:.0f} ms, p99 {late:.0f} ms")
    added, alerts = memory(Load(DEVICES, 0.01, rounds=5), make_rules(RULES))
    print(f"Memory: {added:.0f} MiB for {DEVICES:,} devices and {alerts:,} open alerts")
    if not known.without_prometheus and (peer := prometheus(usual, make_rules(RULES), 80)):
        each = peer.rounds * peer.readings / peer.cpu_s
        print(f"Prometheus: {peer.rules} of the rules over the same series: {peer.rounds:.0f} evaluations, "
              f"{peer.cpu_s:.0f} CPU-s with scraping and storing = {each:,.0f} readings a CPU second; "
              f"{peer.evaluation_s:.1f} s each by its own clock, {peer.memory_mb:.0f} MiB")  # fmt: skip
    print(f"Aim 200,000 readings/s and core: {'met' if engine >= 200_000 else 'NOT met'}; "
          f"p99 under 1 s: {'met' if late < 1000 else 'NOT met'}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
