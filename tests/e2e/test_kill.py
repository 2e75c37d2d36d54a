"""`kill -9` of the ingest at random moments under load costs nothing: published = stored, no row twice."""

import json
import random
import subprocess
import sys
import threading

import pytest
from realparts.centre import Centre, ask, wait_for

from ioc.migrate import migrate

RATE, SECONDS, KILLS = 2000, 20, 5


@pytest.mark.timeout(240)
def test_killing_the_ingest_five_times_under_load_loses_and_doubles_nothing(make_mosquitto, dsn, tmp_path):
    broker = make_mosquitto()
    migrate(dsn)
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, "IOC_SITE__ADMIT": "all"}
    with Centre(["ingest"], settings, tmp_path / "ingest.log") as ingest:
        kill_under_load(ingest, broker, dsn, tmp_path)


def kill_under_load(ingest, broker, dsn, tmp_path):
    wait_for(lambda: ask(dsn, "SELECT count(*) FROM ingest_run WHERE hearing")[0][0], 30)
    report = tmp_path / "report.json"
    load = subprocess.Popen(
        [sys.executable, "-m", "simulators", "--site", "nong-son", "--broker", broker.url, "--rate", str(RATE),
         "--duration", str(SECONDS), "--seed", "7", "--report", str(report), "--scenario", "calm"]
    )  # fmt: skip
    chance, idle = random.Random(7), threading.Event()
    for _ in range(KILLS):
        idle.wait(chance.uniform(1.0, SECONDS / KILLS - 0.5))
        ingest.kill()
        ingest.start()
    assert load.wait(120) == 0
    told = json.loads(report.read_text())
    published = told["telemetry"] + told["events"]
    assert told["acknowledged"] == told["published"]
    assert published > RATE * SECONDS * 0.8, "the load was not the load this test is about"

    stored = "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM event)"
    wait_for(lambda: ask(dsn, stored)[0][0] >= published, 60)
    assert ingest.end() == 0
    assert ask(dsn, stored) == [(published,)]
    twice = "SELECT count(*) FROM (SELECT device_id, origin, seq FROM reading GROUP BY 1, 2, 3 HAVING count(*) > 1) x"
    assert ask(dsn, twice) == [(0,)]
    numbered = "(SELECT device_id, seq FROM reading UNION ALL SELECT device_id, seq FROM event)"
    newest = f"SELECT address, max(seq) FROM {numbered} s JOIN device d ON d.id = s.device_id GROUP BY 1"
    last = dict(ask(dsn, newest))
    assert last == told["last_seq"]
    [(received, settled, kept, gaps)] = ask(
        dsn, "SELECT sum(received), sum(stored + duplicate + ignored + quarantined + shed), sum(stored), sum(seq_gaps) "
             "FROM ledger_hour")  # fmt: skip
    others = ask(dsn, "SELECT (SELECT count(*) FROM status) + (SELECT count(*) FROM device WHERE name IS NOT NULL)")
    assert received == settled
    assert gaps == 0
    assert published <= kept <= published + others[0][0] * (KILLS + 2)
