"""A real Mosquitto takes `deploy/mosquitto.conf` as it is, and its accounts and rights hold."""

import subprocess
from pathlib import Path

import pytest
from realparts import places
from realparts.processes import Server, dies_with_us, free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCOUNTS = {"centre": "c", "loa-1": "l", "loa-2": "m"}


@pytest.fixture
def production(mosquitto, tmp_path):
    """A broker with the production files; only places, port and user are changed."""
    passwords = tmp_path / "passwd"
    passwords.touch(mode=0o600)
    tool = mosquitto_program("mosquitto_passwd")
    for name, password in ACCOUNTS.items():
        subprocess.run([tool, "-b", str(passwords), name, password], check=True, capture_output=True)
    port = free_port()
    text = (DEPLOY / "mosquitto.conf").read_text()
    for here, there in {
        "listener 1883": f"listener {port}",
        "/etc/mosquitto/passwd": str(passwords),
        "/etc/mosquitto/conf.d/mosquitto.acl": str(DEPLOY / "mosquitto.acl"),
        "/var/lib/mosquitto/": f"{tmp_path}/",
    }.items():
        assert here in text
        text = text.replace(here, there)
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(f"{text}\nuser root\nlog_type information\n")
    command = [*dies_with_us("KILL"), str(places.mosquitto()), "-c", str(configuration)]
    server = Server("production", command, tmp_path, ready=" running\n", stop=15)
    server.start()
    yield port
    server.stop()


def mosquitto_program(name):
    return str(places.mosquitto_client(name))


def client(name, port, user, *words):
    who = ["-u", user, "-P", ACCOUNTS[user]] if user else []
    return [mosquitto_program(name), "-h", "127.0.0.1", "-p", str(port), "-q", "1", *who, *words]


def say(port, user, topic, message):
    command = client("mosquitto_pub", port, user, "-t", topic, "-m", message, "-r")
    return subprocess.run(command, check=False, capture_output=True, timeout=20).returncode


def test_a_stranger_is_refused(production):
    assert say(production, None, "ioc/v1/demo/loudspeaker/loa-1/status", "x") != 0


def test_a_device_speaks_for_itself_alone(production):
    assert say(production, "loa-1", "ioc/v1/demo/loudspeaker/loa-2/status", "forged") == 0  # not told
    assert say(production, "loa-1", "ioc/v1/demo/loudspeaker/loa-1/command", "forged") == 0
    assert say(production, "loa-2", "ioc/v1/demo/loudspeaker/loa-2/telemetry", "own") == 0
    assert say(production, "loa-1", "ioc/v1/demo/loudspeaker/loa-1/status", "own") == 0
    command = client("mosquitto_sub", production, "centre", "-t", "ioc/v1/#", "-C", "2", "-W", "10")
    heard = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    assert heard.stdout.split() == ["own", "own"]


def test_a_device_hears_its_own_orders_alone(production):
    for device in ("loa-1", "loa-2"):
        say(production, "centre", f"ioc/v1/demo/loudspeaker/{device}/command", device)
    command = client("mosquitto_sub", production, "loa-1", "-t", "ioc/v1/+/+/+/command", "-C", "1", "-W", "10")
    heard = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    assert heard.stdout.split() == ["loa-1"]
