"""A line of our own to the broker, for the self-probe and for messages to people: sends, hears nothing."""

import ssl
import threading

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.reader import BrokerUrl

_KEEPALIVE_S = 30
_WORD_S = 3.0


class Postman:
    """One connection with a session of its own, ended with it; goes on trying, 1 to 30 s apart."""

    def __init__(self, url: BrokerUrl, client_id: str, ca_file: str | None) -> None:
        self._url = url
        self._up = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv311)
        if url.user is not None:
            self._client.username_pw_set(url.user, url.password)
        if url.tls:
            self._client.tls_set(ca_certs=ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self._client.on_connect = self._on_connect

    def start(self) -> None:
        """Begin to connect, in a thread of paho's."""
        self._client.reconnect_delay_set(1, 10)
        self._client.connect_async(self._url.host, self._url.port, _KEEPALIVE_S)
        self._client.loop_start()

    def wait(self, seconds: float) -> None:
        """Until the first connection, at most so long."""
        self._up.wait(seconds)

    def send(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1; without a connection it is let go, for an old one would measure nothing."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=1)

    def deliver(self, topic: str, payload: bytes, retain: bool) -> bool:
        """Send one message, QoS 1, and wait a few seconds for the broker's word that it has it."""
        self._up.wait(_WORD_S)
        if not self._client.is_connected():
            return False
        told = self._client.publish(topic, payload, qos=1, retain=retain)
        try:
            told.wait_for_publish(_WORD_S)
        except (RuntimeError, ValueError):  # the line broke, or its queue is full
            return False
        return told.is_published()

    def stop(self) -> None:
        """Close the line."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, _: paho.Client, __: object, ___: paho.ConnectFlags, reason: ReasonCode, *____: object
    ) -> None:
        if not reason.is_failure:
            self._up.set()
