"""The self-probe end to end: `ioc up` measures its own way through a real broker and database to the websocket."""

import re
import urllib.request

import pytest
from realparts.centre import Centre, ask, wait_for

PASSWORD = "một-mật-khẩu-để-thử"
SITE = 'slug = "demo"\nname = "Thử Nghiệm"\nadmit = "all"\n'


@pytest.fixture
def broker(make_mosquitto):
    return make_mosquitto()


@pytest.fixture
def centre(broker, dsn, tmp_path):
    (tmp_path / "site.toml").write_text(SITE)
    settings = {
        "IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, "IOC_DATA_DIR": str(tmp_path), "IOC_WEB__PORT": "0",
        "IOC_WEB__ADMIN_PASSWORD": PASSWORD, "IOC_PROBE__EVERY_S": "1",
    }  # fmt: skip
    with Centre(["up", "--site", str(tmp_path / "site.toml")], settings, tmp_path / "up.log") as process:
        found = wait_for(lambda: re.search(r"http://\S+/", process.said) or not process.running, 60)
        assert process.running, process.said
        process.url = found[0].rstrip("/")
        yield process
        assert process.end() == 0
        assert "Traceback" not in process.said


def metrics(centre):
    """What Prometheus would read, from this machine."""
    with urllib.request.urlopen(centre.url + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def both_legs(found):
    return all(int(found.get(f'ioc_probe_seconds_count{{leg="{leg}"}}', 0)) >= 3 for leg in ("stored", "live"))


@pytest.mark.timeout(180)
def test_within_twenty_seconds_both_ways_are_measured_and_a_dead_broker_is_noticed(centre, broker, dsn):
    found = wait_for(lambda: both_legs(now := metrics(centre)) and now, 20)
    assert found['ioc_probe_health{health="ok"}'] == "1"
    assert found['ioc_ready{part="probe"}'] == "1"
    stored, live = (float(found[f'ioc_probe_seconds_sum{{leg="{leg}"}}']) for leg in ("stored", "live"))
    assert 0 < stored < live

    # It is stored like any sample, and is no device: not listed, not counted.
    devices = "SELECT address, admission FROM device"
    assert ask(dsn, devices) == [("demo/indicator/self-probe", "retired")]
    assert not [name for name in found if name.startswith("ioc_devices")]

    broker.stop()
    wait_for(lambda: metrics(centre)['ioc_probe_health{health="lost"}'] == "1", 30)
    assert metrics(centre)['ioc_ready{part="probe"}'] == "0"
    broker.start()
    wait_for(lambda: metrics(centre)['ioc_probe_health{health="ok"}'] == "1", 60)
    assert "the self-probe's samples come late or not at all" in centre.said
