"""What the generator itself costs: into a real broker that nobody listens to."""

import os
import tempfile
from pathlib import Path

from realparts.mosquitto import Mosquitto

from stage.costs import cpu_seconds
from stage.processes import Generator

_COUNT = 500_000


def measure() -> None:
    """Print its rate and CPU for a few numbers of devices, the broker's beside it."""
    print(f"measured on {os.cpu_count()} cores; compare only within this run")
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        broker = Mosquitto(Path(folder))
        broker.start()
        try:
            for devices in (100, 1000, 20_000):
                generator = Generator(
                    broker.port, "--devices", str(devices), "--count", str(_COUNT), "--waits"
                )  # fmt: skip
                assert broker.process is not None
                before = cpu_seconds(broker.process.pid)
                generator.go()
                found = generator.result()
                spent = (cpu_seconds(broker.process.pid) - before) * 1e6 / _COUNT
                rate, own = _COUNT / found["seconds"], found["cpu_s"] * 1e6 / _COUNT
                print(
                    f"{devices:>7,} devices {rate:>9,.0f} messages/s; CPU-s/M: generator {own:.2f}, broker {spent:.2f}"
                )
        finally:
            broker.stop()
