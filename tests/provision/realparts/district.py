"""A whole centre under load: a broker, a database, an ingest, simulated devices; and the account of it afterwards."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar

import paho.mqtt.client as paho
import psycopg
from realparts.centre import Centre, ask
from realparts.mosquitto import Mosquitto

T = TypeVar("T")
FLAG = "faults/gateway/flag"
NUMBERED = ("(SELECT device_id, origin, seq FROM reading UNION ALL SELECT device_id, origin, seq FROM event) x "
            f"JOIN device d ON d.id = device_id AND address <> '{FLAG}'")  # fmt: skip


def until(condition: Callable[[], T], seconds: float) -> T:
    """What the condition gives once it holds, looked at five times a second; a database that is away is a no."""
    idle, end = threading.Event(), monotonic() + seconds
    while monotonic() < end:
        with suppress(psycopg.Error):
            if found := condition():
                return found
        idle.wait(0.2)
    raise AssertionError(f"not within {seconds} s")


class District:
    """The parts of one case. `asks` is a DSN that leads straight to the database, whatever the ingest goes through."""

    def __init__(self, broker: Mosquitto, asks: str, folder: Path) -> None:
        self.broker, self.asks, self.folder, self.data = broker, asks, folder, folder / "data"
        self.ingest = Centre(["ingest"], {}, folder / "ingest.log")
        self.recoveries: list[float] = []
        self._report = folder / "report.json"
        self._load: subprocess.Popen[bytes] | None = None
        self._flags = 0

    def open(self, settings: dict[str, str]) -> None:
        """Start the ingest with these settings beside the usual ones, and wait until it hears."""
        known = {"IOC_DATABASE__DSN": self.asks, "IOC_MQTT__URL": self.broker.url, "IOC_SITE__ADMIT": "all",
                 "IOC_DATA_DIR": str(self.data), **settings}  # fmt: skip
        self.data = Path(known["IOC_DATA_DIR"])
        self.ingest = Centre(["ingest"], known, self.folder / "ingest.log").start()
        until(lambda: ask(self.asks, "SELECT count(*) FROM ingest_run WHERE hearing")[0][0], 60)

    def close(self) -> None:
        """End what still runs."""
        if self._load is not None and self._load.poll() is None:
            self._load.kill()
            self._load.wait()
        self.ingest.kill()

    def load(self, rate: int, seconds: float) -> None:
        """Let simulated devices speak, QoS 1; returns when the first rows are stored."""
        words = ["--site", "nong-son", "--broker", self.broker.url, "--rate", str(rate), "--duration", str(seconds)]
        more = ["--seed", "7", "--share", "10", "--report", str(self._report), "--scenario", "calm"]
        self._load = subprocess.Popen([sys.executable, "-m", "simulators", *words, *more])
        until(lambda: self._count(NUMBERED), 60)

    def published(self) -> int:
        """Wait for the end of the load; how many readings and events the broker took over."""
        assert self._load is not None
        assert self._load.wait(900) == 0
        told = json.loads(self._report.read_text())
        assert told["acknowledged"] == told["published"]
        numbered = int(told["telemetry"] + told["events"])
        assert numbered == sum(told["last_seq"].values())
        return numbered

    def recover(self, within: float = 90) -> float:
        """Publish a flag now; how long until it, and all that waited on disk, is in the database."""
        began = monotonic()
        self._flags += 1
        self._fly(self._flags)
        there = f"SELECT count(*) FROM event JOIN device d ON d.id = device_id WHERE address = '{FLAG}' AND seq = "
        until(lambda: ask(self.asks, f"{there}{self._flags}")[0][0] and not self.spooled(), within)
        self.recoveries.append(monotonic() - began)
        return self.recoveries[-1]

    def spooled(self) -> bool:
        """Whether anything waits on disk."""
        return any((self.data / "spool").glob("*.seg"))

    def distinct(self) -> int:
        """How many readings and events of the devices are stored, each counted once."""
        return self._count(f"(SELECT DISTINCT device_id, origin, seq FROM {NUMBERED}) y")

    def doubled(self) -> int:
        """Rows beyond the first of each identity."""
        return self._count(NUMBERED) - self.distinct()

    def hours(self) -> dict[str, int]:
        """The account over all hours."""
        names = ("received", "stored", "duplicate", "ignored", "quarantined", "shed", "seq_gaps")
        sums = ask(self.asks, f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in names)} FROM ledger_hour")[0]
        return {name: int(str(value)) for name, value in zip(names, sums, strict=True)}

    def _count(self, source: str) -> int:
        return int(str(ask(self.asks, f"SELECT count(*) FROM {source}")[0][0]))

    def _fly(self, number: int) -> None:
        """Publish one numbered event (never shed) and have it acknowledged, however long the broker is away."""
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.reconnect_delay_set(1, 1)
        client.connect_async(self.broker.host, self.broker.port)
        client.loop_start()
        body = {"v": 1, "session": "flag", "seq": number, "id": f"flag-{number}", "type": "flag", "phase": "start"}
        try:
            until(client.is_connected, 30)
            client.publish(f"ioc/v1/{FLAG}/event", json.dumps(body), qos=1).wait_for_publish(30)
        finally:
            client.disconnect()
            client.loop_stop()
