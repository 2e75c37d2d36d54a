"""A district's database to keep: something of every kind in it, and what it holds in numbers."""

import datetime as dt
import json

import psycopg
import pytest
from psycopg import sql

from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.ledger import Ledger
from ingest.model import Admission, Message
from ingest.store import Mark
from ingest.timescale import TimescaleStore
from ioc import site
from ioc.backup.container import Reading
from ioc.backup.dump import dump
from ioc.backup.load import restore
from ioc.backup.relations import relations
from ioc.clock import now_ms

NOW = dt.datetime(2026, 11, 25, 3, 0, tzinfo=dt.UTC)
MORE = """
INSERT INTO account (name, role, password) VALUES ('lan', 'admin', 'hash');
INSERT INTO audit (at, actor, action)
SELECT now(), 'lan', 'tab' || chr(9) || 'line' || chr(10) || 'back\\slash' FROM generate_series(1, 3);
INSERT INTO alert (id, key, rule, device, severity, peak_severity, condition, verdict, since, last_observed, version)
VALUES ('a1', 'hot@d', 'hot', 'd', 'major', 'major', 'firing', 'bad', now(), now(), 1);
INSERT INTO alert_timeline (alert_id, version, at, cause, after, severity, episode, reason)
VALUES ('a1', 1, now(), 'bad', 'firing', 'major', 1, '');
INSERT INTO incident (id, title, opened_at, opened_by, closed_at, closed_by, summary, merged_into) VALUES
    ('i1', 'Cáp đứt', now(), 'lan', now(), 'lan', '', 'i2'), ('i2', 'Mất điện', now(), 'lan', NULL, NULL, NULL, NULL);
INSERT INTO incident_alert VALUES ('a1', 'i2', now(), 'lan', '{"rule": "hot"}');
INSERT INTO incident_note (incident_id, at, actor, deed, text, reason, alerts)
VALUES ('i1', now(), 'lan', 'merged', '', '', '[]');
"""


def no_progress(*_):
    """Nobody looks on."""


def telemetry(seq, device="demo/camera/c1", **m):
    at = now_ms() - 60_000 + seq
    body = {"v": 1, "session": "s1", "seq": seq, "ts": at, "m": m or {"fps": seq, "model_note": "Cổng\tchợ\\"}}
    return Message(f"ioc/v1/{device}/telemetry", json.dumps(body).encode(), at)


def judged(*messages):
    judge = Judge(choose(["native"]), {"native": Source("demo")}, Gate())
    return [judge.judge(message) for message in messages]


def keep(dsn, batch, mark=None):
    """What a running ingest does with a batch; its outcomes."""
    store = TimescaleStore(dsn, lambda _: Admission.ADMITTED)
    try:
        return [
            outcome.value
            for outcome in store.write(batch, Ledger(now_ms(), received=len(batch)), {}, hearing=True, mark=mark)
        ]
    finally:
        store.close()


def fill(dsn):
    """Something of every kind; the messages whose readings are in it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        site.store(connection, site.shipped("nong-son"))
        connection.execute(MORE)
    said = [telemetry(seq) for seq in range(1, 40)]
    said += [telemetry(seq, "demo/loudspeaker/l1", playing=True, volume_pct=None) for seq in range(1, 10)]
    odd = Message("ioc/v1/demo/camera/c1/telemetry", b"nonsense", now_ms())
    old = {"v": 1, "session": "s0", "seq": 1, "ts": 0, "m": {"fps": 1}}
    broken_clock = Message("ioc/v1/demo/camera/c2/telemetry", json.dumps(old).encode(), now_ms())
    keep(dsn, judged(*said, odd, broken_clock), Mark("spool-1", 7))
    return said


def contents(dsn):
    """Rows and a checksum of each table, whatever the order of its rows."""
    question = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} t"
    with psycopg.connect(dsn) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {
            name: connection.execute(sql.SQL(question).format(place.target)).fetchone()
            for name, place in relations(connection).items()
        }


def bring_back(file, dsn, **how):
    with Reading(file) as reading:
        restore(dsn, reading, no_progress, no_progress, **how)


@pytest.fixture
def back_up(tmp_path):
    """A function that makes a backup of a database."""

    def make(dsn, name="d.iocbackup"):
        dump(dsn, tmp_path / name, [("site.toml", b"slug = 'demo'\n")], NOW, no_progress)
        return tmp_path / name

    return make
