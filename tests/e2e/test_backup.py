"""The drill on whole processes: a running centre is backed up, comes back on an empty machine, and hears on."""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from realparts.centre import Centre, ask, wait_for

from ioc.migrate import migrate

pytestmark = pytest.mark.timeout(240)
READINGS = "SELECT count(*) FROM reading"
TWICE = "SELECT count(*) FROM (SELECT FROM reading GROUP BY device_id, ts, seq, origin HAVING count(*) > 1) x"
UNSETTLED = "SELECT sum(received - stored - duplicate - ignored - quarantined - shed) FROM ledger_hour"


def test_a_centre_backed_up_while_it_hears_goes_on_elsewhere_where_it_was(make_mosquitto, dsn, plain_dsn, tmp_path):
    broker = make_mosquitto()
    settings = {"IOC_MQTT__URL": broker.url, "IOC_SITE__ADMIT": "all"}
    there = {**settings, "IOC_DATABASE__DSN": dsn, "IOC_DATA_DIR": str(tmp_path / "there")}
    here = {**settings, "IOC_DATABASE__DSN": plain_dsn, "IOC_DATA_DIR": str(tmp_path / "here")}
    file = str(tmp_path / "centre.iocbackup")
    migrate(dsn)
    with Centre(["ingest"], there, tmp_path / "first.log") as first:
        wait_for(lambda: ask(dsn, "SELECT FROM ingest_run WHERE hearing"))
        with simulated(broker):
            wait_for(lambda: ask(dsn, READINGS)[0][0] > 500)
            assert Centre(["backup", file], there, tmp_path / "backup.log").start().wait() == 0
            kept = ask(dsn, READINGS)[0][0]
            wait_for(lambda: ask(dsn, READINGS)[0][0] > kept + 200)  # it heard on
        first.kill()  # the machine is lost, and what it heard since the backup
    restored = Centre(["restore", file], here, tmp_path / "restore.log").start()
    assert restored.wait() == 0, restored.said
    before = ask(plain_dsn, READINGS)[0][0]
    assert 500 < before <= kept
    with Centre(["ingest"], here, tmp_path / "second.log"):
        wait_for(lambda: ask(plain_dsn, "SELECT FROM ingest_run WHERE hearing AND kept_at > now() - interval '5 s'"))
        with simulated(broker):
            wait_for(lambda: ask(plain_dsn, READINGS)[0][0] > before + 500)
    assert ask(plain_dsn, TWICE) == [(0,)]
    assert ask(plain_dsn, UNSETTLED) == [(0,)]


@contextmanager
def simulated(broker):
    """Devices of a district that speak while the context lasts."""
    words = ["--site", "nong-son", "--broker", broker.url, "--rate", "400", "--duration", "200", "--scenario", "calm"]
    devices = subprocess.Popen([sys.executable, "-m", "simulators", *words], start_new_session=True)
    try:
        yield
    finally:
        devices.kill()
        devices.wait()
