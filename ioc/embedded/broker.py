"""The broker of one machine: rumqttd, as the package `iotcore` carries it.

Decides its port, which stays the same for a data folder because devices are set to it, and its limits. It
listens on 127.0.0.1 only and lets anybody there in. Nothing of it outlives its end: devices say their birth
again when they connect. A site of more than one machine runs Mosquitto (`deploy/mosquitto.conf`).

A reader must know three ways of rumqttd. It hands out 100 messages and waits for their acknowledgement,
whatever its configuration says. An acknowledgement out of order ends the connection and loses the oldest
message, so they go out in the order of arrival. A retained message comes at the first subscription of a
session, not at a repeated one.
"""

import importlib.util
import json
import logging
import socket
from contextlib import suppress
from pathlib import Path

from ioc.embedded.child import Child, sole_owner
from ioc.embedded.part import CannotStart, Part, folder_refused, not_installed

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 1883, 1983
MEMORY = "broker.json"
START_S = 20

# rumqttd speaks one version of MQTT on one port. It keeps the newest messages of each subscribed filter in
# memory, read or not, and drops the oldest: 8 segments of 32 MiB are a minute of absence at 10,000 messages
# a second.
CONFIGURATION = """\
id = 0

[router]
id = 0
max_connections = 4000
max_outgoing_packet_count = 1000
max_segment_size = 33554432
max_segment_count = 8
"""
LISTENER = """
[{version}.1]
name = "{version}"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


def start_broker(data_dir: Path, port: int | None = None) -> Part:
    """Start the broker of `data_dir` and return once it listens; `CannotStart` says what to do.

    `port` is for MQTT 3.1.1; without one it is the folder's own, chosen at the first start: 1883 or the
    next free one. MQTT 5 listens on a port above it, written beside it in `broker.json`.
    """
    if importlib.util.find_spec("iotcore") is None:
        raise not_installed("iotcore", "IOC_MQTT__URL")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with sole_owner(data_dir / "broker.lock") as lock:
            chosen = _port(data_dir / MEMORY, port)
            return _start(data_dir.resolve(), chosen, _next_free(chosen + 1), lock)
    except OSError as error:
        raise folder_refused(data_dir, error) from error


def _start(data_dir: Path, port: int, port_v5: int, lock: int) -> Part:
    configuration = data_dir / "broker.toml"
    listeners = (("v4", port), ("v5", port_v5))
    text = [LISTENER.format(version=version, host=HOST, port=listen) for version, listen in listeners]
    configuration.write_text(CONFIGURATION + "".join(text))
    child = Child(["broker", str(configuration)], data_dir / "broker.log", lock)
    with child.stopped_on_error():
        if not child.wait_until(lambda: _listens(port) and _listens(port_v5), START_S):
            raise CannotStart(
                f"Trình môi giới MQTT không khởi động được ({child.last_words()}): xem {data_dir / 'broker.log'}.",
                f"The MQTT broker did not start ({child.last_words()}): see {data_dir / 'broker.log'}.",
            )
    (data_dir / MEMORY).write_text(json.dumps({"port": port, "port_mqtt5": port_v5}) + "\n")
    logger.info("embedded broker listens", extra={"action": "start", "port": port, "port_mqtt5": port_v5})
    return Part(name="broker", url=f"mqtt://{HOST}:{port}", stop=child.stop)


def _port(memory: Path, wanted: int | None) -> int:
    """The port asked for, else the folder's own, else the first free one."""
    fixed = wanted or _remembered(memory)
    if fixed is None:
        return _next_free(FIRST_PORT)
    if _free(fixed):
        return fixed
    raise CannotStart(
        f"Cổng {fixed} đang có chương trình khác dùng: dừng chương trình đó, hoặc dùng chính nó nếu là trình môi giới "
        f"MQTT (IOC_MQTT__URL=mqtt://{HOST}:{fixed})" + ("." if wanted else f", hoặc xoá {memory} để chọn cổng khác."),
        f"Port {fixed} is taken by another program: stop that program, or use it if it is an MQTT broker "
        f"(IOC_MQTT__URL=mqtt://{HOST}:{fixed})"
        + ("." if wanted else f", or delete {memory} to have another port chosen."),
    )


def _remembered(memory: Path) -> int | None:
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return int(json.loads(memory.read_text())["port"])
    return None  # a first start, or a file cut short by a crash


def _next_free(first: int) -> int:
    for port in range(first, max(first, LAST_PORT) + 100):
        if port < 65_536 and _free(port):
            return port
    raise CannotStart(
        f"Không còn cổng trống từ {first} trở lên: dừng bớt chương trình, "
        "hoặc đặt IOC_MQTT__URL tới trình môi giới có sẵn.",
        f"No free port from {first} up: stop some programs, or point IOC_MQTT__URL at a broker you have.",
    )


def _free(port: int) -> bool:
    """Whether we could listen there."""
    with socket.socket() as probe:
        # As the broker does: yesterday's closed connections do not hold a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False
