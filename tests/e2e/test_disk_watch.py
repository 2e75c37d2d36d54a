"""A running ingest tells of its own disk as any device tells of itself: stored, admitted, ready to be judged."""

import pytest
from realparts.centre import Centre, ask, wait_for

from ioc.migrate import migrate

pytestmark = pytest.mark.timeout(120)
TOLD = "SELECT m FROM reading JOIN device d ON d.id = device_id WHERE address = 'site/indicator/centre'"


def test_a_running_centre_tells_how_full_its_disk_is(make_mosquitto, dsn, tmp_path):
    migrate(dsn)
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": make_mosquitto().url, "IOC_DATA_DIR": str(tmp_path / "data"),
                "IOC_STORE__WATCH_S": "0.5", "IOC_STORE__DISK_GB": "100"}  # fmt: skip
    with Centre(["ingest"], settings, tmp_path / "ingest.log") as ingest:
        found = wait_for(lambda: ask(dsn, TOLD))
        assert ingest.end() == 0
    assert 0 <= found[0][0]["disk_used_pct"] < 1
    about = ask(dsn, "SELECT admission, name FROM device WHERE address = 'site/indicator/centre'")
    assert about == [("admitted", "Trung tâm (máy chủ)")]
