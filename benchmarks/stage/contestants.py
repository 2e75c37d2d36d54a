"""Who is measured: how each is started, where its rows are, how many messages it gets.

A contestant that keeps rows is done when the last message's row is there and their number is right; one that only
counts ends by itself after so many.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from realparts import places

from simulators.load.packets import Crowd
from stage import HERE, nodered
from stage.parts import Parts

Command = tuple[list[str], Mapping[str, str]]
PEERS = HERE / "peers"
TELEMETRY = "ioc/v1/+/+/+/telemetry"

# The peers' table asks less of the database than ours: no identity is kept unique.
_PEER_TABLE = """
CREATE TABLE peer_reading (ts timestamptz NOT NULL, device text NOT NULL, seq bigint NOT NULL, m jsonb NOT NULL);
SELECT create_hypertable('peer_reading', 'ts', chunk_time_interval => interval '1 day',
                         create_default_indexes => false);
CREATE INDEX ON peer_reading (device, ts DESC);
"""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where rows go: `prepare` makes the place, `rows` counts all and distinct ones, `last` looks for one message."""

    prepare: Callable[[Parts], None]
    rows: str
    last: str
    who: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One line of the table. `share` is the part of the messages it gets: the slow ones would take for ever."""

    name: str
    client_id: str
    command: Callable[[Parts, int], Command]
    share: float = 1.0
    keeping: Keeping | None = None
    births: bool = False
    kill_rate: int = 0


def _make_ours(parts: Parts) -> None:
    known = {**os.environ, "IOC_DATABASE__DSN": parts.dsn}
    words = [sys.executable, "-m", "ioc.cli", "migrate"]
    subprocess.run(words, env=known, cwd=HERE.parent, check=True, capture_output=True)


def _make_peers(parts: Parts) -> None:
    parts.tell("CREATE EXTENSION IF NOT EXISTS timescaledb")
    parts.tell(_PEER_TABLE)


OURS = Keeping(
    _make_ours,
    "SELECT count(*), count(DISTINCT (device_id, origin, seq)) FROM reading",
    "SELECT 1 FROM reading r JOIN device d ON d.id = r.device_id WHERE d.address = %s AND r.seq = %s",
    lambda device: "/".join(Crowd(1).topic(device, "").decode().split("/")[2:5]),
)
THEIRS = Keeping(
    _make_peers,
    "SELECT count(*), count(DISTINCT (device, seq)) FROM peer_reading",
    "SELECT 1 FROM peer_reading WHERE device = %s AND seq = %s",
    lambda device: Crowd(1).topic(device, "telemetry").decode(),
)


def last_message(keeping: Keeping, count: int, devices: int) -> tuple[str, int]:
    """Whom and which number the last of so many messages is from."""
    device, seq = Crowd(devices).nth(count - 1)
    return keeping.who(device), seq


def _ours(parts: Parts, _: int) -> Command:
    return [sys.executable, "-m", "ioc.cli", "ingest"], _settings(parts)


def _ours_on_paho(parts: Parts, _: int) -> Command:
    command, environment = _ours(parts, 0)
    return command, {**environment, "IOC_INGEST__READER": "paho"}


def _without_alerts(parts: Parts, _: int) -> Command:
    return [sys.executable, str(PEERS / "ingest_without_alerts.py")], _settings(parts)


def _settings(parts: Parts) -> Mapping[str, str]:
    """As an officer sets them; but no device is held back as shouting, for here a hundred speak for thousands.

    And the disk watch is silent, for rows are counted.
    """
    return {"IOC_DATABASE__DSN": parts.dsn, "IOC_MQTT__URL": parts.broker.url, "IOC_SITE__ADMIT": "all",
            "IOC_MQTT__CLIENT_ID": "bench-ingest", "IOC_LOG__LEVEL": "warning",
            "IOC_DATA_DIR": str(parts.folder / "data"),
            "IOC_INGEST__DEVICE_RATE": "100000", "IOC_STORE__WATCH_S": "0"}  # fmt: skip


def _script(name: str, *words: str) -> Callable[[Parts, int], Command]:
    def command(parts: Parts, count: int) -> Command:
        known = {"BENCH_HOST": parts.broker.host, "BENCH_PORT": str(parts.broker.port), "BENCH_DSN": parts.dsn}
        return [sys.executable, str(PEERS / name), *words], {**known, "BENCH_COUNT": str(count)}

    return command


def _mosquitto_sub(parts: Parts, count: int) -> Command:
    words = ["-h", parts.broker.host, "-p", str(parts.broker.port), "-i", "bench-mosquitto-sub", "-c", "-q", "1"]
    return [str(places.mosquitto_client("mosquitto_sub")), *words, "-t", TELEMETRY, "-C", str(count)], {}


def _nodered(parts: Parts, _: int) -> Command:
    folder = parts.folder / "nodered"
    folder.mkdir(exist_ok=True)
    known = {"BENCH_HOST": parts.broker.host, "BENCH_PORT": str(parts.broker.port), "BENCH_DSN": parts.dsn}
    return nodered.command(folder, "nodered"), {**known, "NODE_PATH": str(nodered.installed("nodered"))}


INGEST = Contestant("this ingest", "bench-ingest", _ours, keeping=OURS, births=True, kill_rate=10_000)
WITHOUT_ALERTS = Contestant(
    "this ingest, alert engine off", "bench-ingest", _without_alerts, keeping=OURS, births=True
)  # fmt: skip
INGEST_PAHO = Contestant("this ingest, reading with paho", "bench-ingest", _ours_on_paho, keeping=OURS, births=True)
PAHO_COUNT = Contestant("paho, receives and counts only", "bench-paho-count", _script("paho_count.py"))
PAHO_COPY = Contestant(
    "paho, COPY of 1000, ack after commit", "bench-paho-copy", _script("paho_copy.py"), keeping=THEIRS, kill_rate=10_000
)
NODERED = Contestant(
    "Node-RED, batches of 1000 on pg", "bench-nodered", _nodered, share=0.4, keeping=THEIRS, kill_rate=8000
)
PLAIN = Contestant(
    "plain script, one INSERT a message", "bench-plain", _script("plain_script.py"), share=0.06, keeping=THEIRS,
    kill_rate=2000,
)  # fmt: skip
PLAIN_PERSISTENT = Contestant(
    "the same, persistent session", "bench-plain", _script("plain_script.py", "--persistent"), keeping=THEIRS,
    kill_rate=2000,
)  # fmt: skip
MOSQUITTO_SUB = Contestant("mosquitto_sub, prints only", "bench-mosquitto-sub", _mosquitto_sub)
