"""A good pipeline with the usual parts: paho, batches of 1000, COPY, acknowledged after the commit.

It judges nothing: no admission, no adapters, no account, no identity. What comes twice is kept twice.
"""

import os
import socket
import time

import msgspec
import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

_MOST, _LINGER_S = 1000, 0.05
_COPY = "COPY peer_reading (ts, device, seq, m) FROM STDIN"


class Telemetry(msgspec.Struct, gc=False):
    """What is taken from a message."""

    ts: int
    seq: int
    m: msgspec.Raw


decode = msgspec.json.Decoder(Telemetry).decode
database = psycopg.connect(os.environ["BENCH_DSN"])
batch: list[paho.MQTTMessage] = []
began = [0.0]


def keep(client: paho.Client) -> None:
    """One transaction for the batch, then the acknowledgements."""
    with database.cursor() as cursor, cursor.copy(_COPY) as copy:
        for message in batch:
            said = decode(message.payload)
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(said.ts // 1000))
            copy.write_row((f"{stamp}.{said.ts % 1000:03d}+00", message.topic, said.seq, bytes(said.m).decode()))
    database.commit()
    for message in batch:
        client.ack(message.mid, message.qos)
    batch.clear()


def on_message(client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
    if not batch:
        began[0] = time.monotonic()
    batch.append(message)
    if len(batch) >= _MOST:
        keep(client)


def no_delay(_: paho.Client, __: object, sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


client = paho.Client(CallbackAPIVersion.VERSION2, "bench-paho-copy", clean_session=False, manual_ack=True)
client.on_socket_open = no_delay
client.on_message = on_message
client.on_connect = lambda client, *_: client.subscribe("ioc/v1/+/+/+/telemetry", 1)
client.connect(os.environ["BENCH_HOST"], int(os.environ["BENCH_PORT"]))
while client.loop(timeout=_LINGER_S) == paho.MQTT_ERR_SUCCESS:
    if batch and time.monotonic() - began[0] >= _LINGER_S:
        keep(client)
