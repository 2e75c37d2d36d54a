"""Every golden message through the real wire: in the database stands what its adapter says, and nothing else."""

import json
from collections import Counter
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from realparts.centre import Centre, ask, wait_for

from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.ledger import Outcome
from ingest.model import Event, Message, Sample
from ioc.clock import now_ms
from ioc.migrate import migrate

GOLDEN = Path(__file__).parent.parent / "golden"


def lines():
    """Messages that need no options and no earlier message, with what stands beside them."""
    for file in sorted(GOLDEN.glob("*.jsonl")):
        for text in file.read_text("utf-8").splitlines():
            line = json.loads(text)
            if not line.get("options") and not line.get("before") and line["expect"] is not None:
                yield line


def payload(line):
    return bytes.fromhex(line["payload_hex"]) if "payload_hex" in line else line["payload"].encode()


def publish(broker, messages):
    client = paho.Client(CallbackAPIVersion.VERSION2, "golden", protocol=paho.MQTTv311)
    client.max_inflight_messages_set(1000)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for line in messages:
        sent = client.publish(line["topic"], payload(line), qos=1)
        sent.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@pytest.mark.timeout(180)
def test_every_golden_message_reaches_the_database_as_its_adapter_reads_it(make_mosquitto, dsn, tmp_path):
    broker = make_mosquitto()
    migrate(dsn)
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, "IOC_SITE__ADMIT": "all",
                "IOC_DATA_DIR": str(tmp_path), "IOC_SITE__FILE": str(tmp_path / "site.toml")}  # fmt: skip
    (tmp_path / "site.toml").write_text('slug = "golden"\nname = "Golden"\n')
    messages = list(lines())
    with Centre(["ingest"], settings, tmp_path / "ingest.log") as ingest:
        wait_for(lambda: ask(dsn, "SELECT count(*) FROM ingest_run WHERE hearing") == [(1,)])
        publish(broker, messages)
        total = "SELECT coalesce(sum(received), 0) FROM ledger_hour"
        wait_for(lambda: ask(dsn, total)[0][0] >= len(messages))
        assert ingest.end() == 0
    assert "Traceback" not in ingest.said
    assert ask(dsn, total) == [(len(messages),)]

    verdicts = judged_here(messages)
    refused = Counter(reason for (reason,) in ask(dsn, "SELECT reason FROM quarantine"))
    assert refused == Counter(judged.reason for judged in verdicts if judged.outcome is Outcome.QUARANTINED)
    found = ask(dsn, "SELECT address, m FROM reading JOIN device ON device.id = device_id")
    told = [report for judged in verdicts for report in judged.reports]
    assert Counter(same(*row) for row in found) == Counter(
        same(report.device, report.metrics) for report in told if isinstance(report, Sample)
    )
    events = ask(dsn, "SELECT address, event.id, type, phase FROM event JOIN device ON device.id = device_id")
    assert Counter(events) == Counter(
        (report.device, report.id, report.type, report.phase) for report in told if isinstance(report, Event)
    )
    devices = {address for (address,) in ask(dsn, "SELECT address FROM device")}
    assert devices == {report.device for report in told}


def same(address, metrics):
    """A reading as one comparable value; the database knows no difference between 5 and 5.0."""
    plain = {k: float(v) if type(v) in (int, float) else v for k, v in metrics.items()}
    return address, json.dumps(plain, sort_keys=True)


def judged_here(messages):
    """The verdicts of the same adapters and the same admission, without any wire."""
    chosen = choose(None)
    judge = Judge(chosen, {adapter.name: Source("golden") for adapter in chosen}, Gate())
    return [judge.judge(Message(line["topic"], payload(line), now_ms())) for line in messages]
