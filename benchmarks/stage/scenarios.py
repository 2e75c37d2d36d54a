"""One scenario through the whole centre: simulated, heard, stored, judged, asked for over HTTP, and scored."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from realparts.centre import Centre, ask, wait_for
from realparts.lockstep import Lockstep
from realparts.mosquitto import Mosquitto
from realparts.timescale import Timescale, fresh_database

from ioc import site as sites
from simulators.device import find_kinds
from simulators.population import populate
from simulators.scenario import Scenario, load_scenario
from simulators.site import load_site
from simulators.wire import stamp
from simulators.world import World
from stage import HERE

START = 1_795_305_600.0  # 2026-11-22T00:00:00Z: seven in the morning in Viet Nam
_AFTER_S, _QUIET_S = 900.0, 7200.0
_PASSWORD = "a password for one run only"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario: its score as `simulators score --json` tells it, and what it took."""

    name: str
    score: Mapping[str, Any]
    simulated_s: float
    took_s: float
    samples: int
    unused: int
    """Messages that the ingest could not use or let go: 0 where all is well."""

    @property
    def speed(self) -> float:
        """How many times as fast as life."""
        return self.simulated_s / self.took_s


def length(scenario: Scenario) -> float:
    """Seconds until the last fault is over and a quarter of an hour more; two hours where chance alone decides."""
    ends = [fault.at_s + fault.lasts_s for fault in scenario.written]
    ends += [each.ends for each in scenario.circumstances]
    return max(ends) + _AFTER_S if ends else _QUIET_S


def play(name: str, site: str, seed: int, step: float, server: Timescale) -> Outcome:
    """Run a scenario with an empty broker and an empty database, and have the centre's alerts scored."""
    kinds = find_kinds()
    scenario = load_scenario(name)
    seconds = length(scenario)
    world = World(populate(load_site(site, kinds), kinds), scenario, seed=seed, start=START)
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as place, fresh_database(server.dsn) as dsn:
        folder = Path(place)
        broker = Mosquitto(folder)
        broker.start()
        try:
            began = time.perf_counter()
            with Lockstep(world, broker, dsn, sites.shipped(site), {"IOC_DATA_DIR": str(folder / "data")}) as run:
                run.run(START + seconds, step)
            took = time.perf_counter() - began
        finally:
            broker.stop()
        truth = folder / "truth.jsonl"
        truth.write_text("".join(fault.line() + "\n" for fault in run.faults))
        [(unused,)] = ask(dsn, "SELECT coalesce(sum(quarantined + shed), 0) FROM ledger_hour")
        told = _score(dsn, folder, truth, START + seconds)
        return Outcome(name, told, seconds, took, run.sent.samples, int(str(unused)))


def _score(dsn: str, folder: Path, truth: Path, until: float) -> Mapping[str, Any]:
    """Start the web, make a token, and let the scorer ask."""
    known = {"IOC_DATABASE__DSN": dsn, "IOC_WEB__PORT": "0", "IOC_WEB__ADMIN_PASSWORD": _PASSWORD,
             "IOC_DATA_DIR": str(folder / "data")}  # fmt: skip
    with Centre(["web"], known, folder / "web.log") as web:
        found = wait_for(lambda: re.search(r"http://\S+?(?=/\s)", web.said) or not web.running)
        assert isinstance(found, re.Match), web.said
        words = ["--truth", str(truth), "--api", found[0], "--json", "--from", stamp(START), "--to", stamp(until)]
        done = subprocess.run(
            [sys.executable, "-m", "simulators", "score", *words], cwd=HERE.parent, check=False, text=True,
            env={**os.environ, "SIMULATORS_TOKEN": _token(found[0])}, capture_output=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        score: Mapping[str, Any] = json.loads(done.stdout)
        return score


def _token(url: str) -> str:
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30) as client:
        client.post("/api/v1/session", json={"name": "admin", "password": _PASSWORD}).raise_for_status()
        made = client.post("/api/v1/tokens", json={"kind": "script", "name": "score", "role": "viewer"})
        made.raise_for_status()
        return str(made.json()["token"])
