"""The broker fixture is a real Mosquitto, and a message makes the round trip through its own clients."""

import subprocess

from realparts import places
from realparts.mosquitto import Mosquitto


def client(name: str, broker: Mosquitto, *words: str) -> list[str]:
    program = places.mosquitto_client(name)
    assert program is not None
    return [str(program), "-h", broker.host, "-p", str(broker.port), *words]


def publish(broker: Mosquitto, topic: str, message: str, *words: str) -> None:
    command = client("mosquitto_pub", broker, "-q", "1", "-t", topic, "-m", message, *words)
    subprocess.run(command, check=True, timeout=20)


def read_one(broker: Mosquitto, topic: str, *words: str) -> str:
    command = client("mosquitto_sub", broker, "-q", "1", "-t", topic, "-C", "1", "-W", "10", *words)
    return subprocess.run(command, check=True, timeout=20, capture_output=True, text=True).stdout.strip()


def test_a_retained_message_reaches_a_later_subscriber(mosquitto):
    publish(mosquitto, "parts/round-trip", "xin chào", "-r")
    assert read_one(mosquitto, "parts/round-trip") == "xin chào"


def test_a_persistent_session_outlives_a_restart_of_the_broker(make_mosquitto):
    broker = make_mosquitto()
    session = ("-i", "centre", "-c")
    subscribe = client("mosquitto_sub", broker, "-q", "1", "-t", "parts/queue", *session, "-E")
    subprocess.run(subscribe, check=True, timeout=20)
    publish(broker, "parts/queue", "while you were away")
    broker.restart()
    assert read_one(broker, "parts/queue", *session) == "while you were away"


def test_a_kill_loses_nothing_that_was_saved(make_mosquitto):
    broker = make_mosquitto()
    publish(broker, "parts/saved", "kept", "-r")
    broker.save()
    broker.kill()
    assert not broker.running
    broker.start()
    assert read_one(broker, "parts/saved") == "kept"


def test_two_brokers_never_share_a_port(make_mosquitto):
    assert make_mosquitto().url != make_mosquitto().url
