"""A centre hears, keeps and shows on each of the three editions alike."""

import json
import subprocess
import sys
import urllib.request

import pytest
from realparts.centre import Centre, ask, wait_for

pytestmark = pytest.mark.timeout(180)
STORED = "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM event)"


def test_what_was_published_is_stored_once_on_every_edition(edition, make_mosquitto, tmp_path, free_port):
    broker, report, port = make_mosquitto(), tmp_path / "report.json", free_port()
    settings = {"IOC_DATABASE__DSN": edition.dsn, "IOC_MQTT__URL": broker.url, "IOC_SITE__ADMIT": "all",
                "IOC_DATA_DIR": str(tmp_path / "data"), "IOC_WEB__PORT": str(port)}  # fmt: skip
    words = ["--site", "nong-son", "--broker", broker.url, "--rate", "200", "--duration", "5", "--scenario", "calm"]
    with (
        Centre(["ingest"], settings, tmp_path / "ingest.log") as ingest,
        Centre(["web"], settings, tmp_path / "web.log") as web,
    ):
        wait_for(lambda: ask(edition.dsn, "SELECT FROM ingest_run WHERE hearing"))
        simulators = [sys.executable, "-m", "simulators", *words, "--seed", "7", "--report", str(report)]
        assert subprocess.run(simulators, check=False).returncode == 0
        told = json.loads(report.read_text())
        published = told["telemetry"] + told["events"]
        assert published > 500
        wait_for(lambda: ask(edition.dsn, STORED)[0][0] >= published)
        wait_for(lambda: "http" in web.said)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            assert json.load(answer)["ready"]
        assert ingest.end() == 0
        assert web.end() == 0
    assert ask(edition.dsn, STORED) == [(published,)]
    account = "SELECT sum(received) - sum(stored + duplicate + ignored + quarantined + shed) FROM ledger_hour"
    assert ask(edition.dsn, account) == [(0,)]
