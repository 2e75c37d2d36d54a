"""paho as fast as its supported settings make it: receives and counts, keeps nothing, ends after BENCH_COUNT.

Measured alternatives, all slower or the same: acknowledging each message by itself, `loop_start`, MQTT 5.
"""

import os
import socket

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

_BURST = 200
wanted = int(os.environ["BENCH_COUNT"])
heard: list[tuple[int, int]] = []
count = 0


def no_delay(_: paho.Client, __: object, sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def on_message(client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
    global count  # noqa: PLW0603 - the fastest there is
    count += 1
    heard.append((message.mid, message.qos))
    if len(heard) >= _BURST or count >= wanted:
        for mid, qos in heard:
            client.ack(mid, qos)
        heard.clear()
        if count >= wanted:
            client.disconnect()


client = paho.Client(CallbackAPIVersion.VERSION2, "bench-paho-count", clean_session=False, manual_ack=True)
client.on_socket_open = no_delay
client.on_message = on_message
client.on_connect = lambda client, *_: client.subscribe("ioc/v1/+/+/+/telemetry", 1)
client.connect(os.environ["BENCH_HOST"], int(os.environ["BENCH_PORT"]))
client.loop_forever()
