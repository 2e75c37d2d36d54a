"""The simulated district beside a demo: `python -m simulators` as a child process that knows only the wire.

Decides nothing of what is simulated; it only starts the process and ends it.
"""

import sys
from pathlib import Path

from ioc.embedded.child import Child, sole_owner
from ioc.embedded.part import Part


def start_simulators(data_dir: Path, site: str, broker: str, scenario: str | None = None) -> Part:
    """Start the devices of a site; they publish to `broker` within seconds. Without a scenario, the usual troubles."""
    data_dir.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "simulators", "--site", site, "--broker", broker]
    words += ["--scenario", scenario] if scenario else []
    with sole_owner(data_dir / "simulators.lock") as lock:
        child = Child(["run", "", str(lock), *words], data_dir / "simulators.log", lock)
    return Part("simulators", broker, child.stop)
