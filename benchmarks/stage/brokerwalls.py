"""Clients of Mosquitto's websocket listener that only count what comes: what the broker's own fan-out costs."""

import asyncio
import math
from dataclasses import dataclass

from stage.costs import cpu_seconds
from stage.wallpages import fed_broker
from stage.walls import Load

_UPGRADE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: YmVuY2htYXJrLW9mLXdhbA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
)
_CONNECT = bytes([0x10, 12, 0, 4, *b"MQTT", 4, 2, 0, 0, 0, 0])
_SUBSCRIBE = bytes([0x82, 11, 0, 1, 0, 6, *b"wall/#", 0])
_MESSAGE = 105  # bytes, about


@dataclass(frozen=True, slots=True)
class BrokerFanOut:
    """What so many listeners cost the broker, and what each of them gets."""

    walls: int
    cpu_pct: float
    bytes_a_wall_s: float
    join_ms: float


def broker_fan_out(load: Load, walls: int, seconds: float) -> BrokerFanOut:
    """Measured once everybody has every retained message."""
    with fed_broker(load) as (broker, listener, _):
        return asyncio.run(_measure(broker, listener, load, walls, seconds))


async def _measure(broker: int, port: int, load: Load, walls: int, seconds: float) -> BrokerFanOut:
    got, before = [0] * walls, cpu_seconds(broker)
    tasks = [asyncio.create_task(_listen(port, got, number)) for number in range(walls)]
    usual, lately = 1.2 * load.updates * _MESSAGE * walls, math.inf
    while min(got) < load.devices * _MESSAGE or lately > usual:  # what was retained is still on its way
        before_that = sum(got)
        await asyncio.sleep(1)  # noqa: TID251 - nothing tells when the last of it has come
        lately = sum(got) - before_that
    began, had = cpu_seconds(broker), sum(got)
    await asyncio.sleep(seconds)  # noqa: TID251 - for so long it is measured
    cost, size = cpu_seconds(broker) - began, sum(got) - had
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return BrokerFanOut(walls, 100 * cost / seconds, size / walls / seconds, 1000 * (began - before) / walls)


async def _listen(port: int, got: list[int], number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_UPGRADE.encode())
    await reader.readuntil(b"\r\n\r\n")
    for packet in (_CONNECT, _SUBSCRIBE):
        writer.write(bytes([0x82, 0x80 | len(packet), 0, 0, 0, 0]) + packet)  # a mask of zeros changes nothing
    while data := await reader.read(65_536):
        got[number] += len(data)
