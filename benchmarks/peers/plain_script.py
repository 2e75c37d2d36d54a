"""The script that tutorials show: paho as it comes, one INSERT a message. `--persistent` keeps its session."""

import json
import os
import sys

import paho.mqtt.client as mqtt
import psycopg

INSERT = "INSERT INTO peer_reading (ts, device, seq, m) VALUES (to_timestamp(%s / 1000.0), %s, %s, %s)"
database = psycopg.connect(os.environ["BENCH_DSN"], autocommit=True)


def on_connect(client, userdata, flags, reason, properties):  # noqa: ANN001, ANN201, ARG001 - as tutorials have it
    client.subscribe("ioc/v1/+/+/+/telemetry", qos=1)


def on_message(client, userdata, message):  # noqa: ANN001, ANN201, ARG001
    said = json.loads(message.payload)
    database.execute(INSERT, (said["ts"], message.topic, said["seq"], json.dumps(said["m"])))


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "bench-plain", clean_session="--persistent" not in sys.argv)
client.on_connect = on_connect
client.on_message = on_message
client.connect(os.environ["BENCH_HOST"], int(os.environ["BENCH_PORT"]))
client.loop_forever()
