"""What befalls a district in the fault table, and what each case needs for it. docs/faults.md tells them in words."""

import os
import random
import threading
from dataclasses import dataclass

from realparts.centre import ask
from realparts.district import District, until
from realparts.proxy import Proxy
from realparts.timescale import Timescale

LONG = os.environ.get("IOC_FAULTS") == "long"
RATE = 2000 if LONG else 1200
LOAD_S = 60 if LONG else 5
AWAY_S = 600 if LONG else 3
TIMES = 8 if LONG else 2


def away_for(low, high=None):
    """Let a fault last: nothing ends this wait early."""
    threading.Event().wait(low if high is None else random.Random().uniform(low, high))


@dataclass
class Stage:
    """What a case acts on."""

    district: District
    server: Timescale
    broker_proxy: Proxy | None = None
    base_proxy: Proxy | None = None
    disk: object = None
    load_s: float = LOAD_S

    @property
    def broker(self):
        return self.district.broker

    @property
    def ingest(self):
        return self.district.ingest

    def load(self):
        self.district.load(RATE, self.load_s)

    def recover(self):
        self.district.recover(AWAY_S + 90)


# -- the faults -------------------------------------------------------------------------------------------------------


def ingest_killed(stage):
    for _ in range(TIMES):
        away_for(0.3, 1.2)
        stage.ingest.kill()
        stage.ingest.start()
        stage.recover()


def database_killed(stage):
    for _ in range(TIMES):
        away_for(0.3, 1.2)
        stage.server.kill()
        stage.server.start()
        stage.recover()


def database_away(stage):
    stage.server.stop()
    away_for(AWAY_S)
    stage.server.start()
    stage.recover()


def database_away_and_ingest_killed(stage):
    stage.server.stop()
    until(stage.district.spooled, 30)
    stage.ingest.kill()
    stage.ingest.start()
    away_for(1)
    stage.server.start()
    stage.recover()


def ingest_killed_while_draining(stage):
    stage.server.stop()
    until(stage.district.spooled, 30)
    away_for(AWAY_S / 20 if LONG else 2)
    stage.server.start()
    for back in range(1, TIMES + 1):
        until(lambda times=back: stage.ingest.said.count("hearing the broker") > times - 1, 60)
        away_for(0.1, 0.6)
        stage.ingest.kill()
        stage.ingest.start()
    stage.recover()


def database_hangs(stage):
    stage.base_proxy.hang()
    away_for(30 if LONG else 3)
    stage.base_proxy.flow()
    stage.recover()


def spool_disk_full(stage):
    stage.server.stop()
    until(lambda: "the disk is full too" in stage.ingest.said, 60)
    stage.server.start()
    stage.recover()


def spool_at_its_bound(stage):
    stage.server.stop()
    until(lambda: "the spool is nearly full" in stage.ingest.said, 60)
    away_for(1)
    stage.server.start()
    stage.recover()


def database_disk_full(stage):
    stage.disk.fill()
    until(stage.district.spooled, 60)
    assert "No space left" in stage.ingest.said
    away_for(2)
    stage.disk.free()
    stage.recover()


def broker_killed(stage):
    stage.broker.save()  # as it does by itself every minute, with the deployed configuration
    for _ in range(TIMES):
        away_for(0.3, 1.2)
        stage.broker.kill()
        stage.broker.start()
        stage.recover()
        stage.recover()  # what waited behind the first sign of life is out of the broker's memory too


def broker_restarted(stage):
    for _ in range(TIMES):
        away_for(0.3, 1.2)
        stage.broker.restart()
        stage.recover()


def broker_restarted_with_a_queue(stage):
    stage.ingest.kill()
    away_for(1)
    stage.broker.restart()
    stage.ingest.start()
    stage.recover()


def broker_forgets(stage):
    # What is missing before a device's first number nobody can know: each must have been heard.
    heard_of = "SELECT count(*) > 100 AND bool_and(id IN (SELECT device_id FROM reading)) FROM device"
    until(lambda: ask(stage.district.asks, heard_of)[0][0], 60)
    stage.ingest.kill()
    away_for(1)
    stage.broker.stop()
    (stage.broker.folder / "mosquitto.db").unlink()
    stage.broker.start()
    heard = stage.ingest.said.count("hearing the broker")
    stage.ingest.start()
    until(lambda: stage.ingest.said.count("hearing the broker") > heard, 60)
    stage.recover()


def _trouble(stage, proxy):
    proxy.delay_s = 0.1
    for _ in range(TIMES * 2):
        away_for(0.3, 0.8)
        proxy.cut()
    proxy.open = False
    proxy.cut()
    away_for(1)
    proxy.open, proxy.delay_s = True, 0.0
    stage.recover()


def broker_line_in_trouble(stage):
    _trouble(stage, stage.broker_proxy)


def broker_line_narrow(stage):
    stage.broker_proxy.bytes_per_s = 60_000  # a quarter of what the devices say
    away_for(30 if LONG else 3)
    stage.broker_proxy.bytes_per_s = None
    stage.recover()


def broker_line_one_way(stage):
    for way in ("there", "back"):
        stage.broker_proxy.hang(way)
        away_for(30 if LONG else 2)
        stage.broker_proxy.flow()
        stage.recover()


def database_line_one_way(stage):
    stage.base_proxy.hang("back")  # it commits, and nobody hears of it
    away_for(30 if LONG else 2)
    stage.base_proxy.cut()
    stage.base_proxy.flow()
    stage.recover()


def parts_frozen(stage):
    for part in (stage.ingest, stage.broker, stage.server):
        part.freeze()
        away_for(30 if LONG else 2)
        part.thaw()
        stage.recover()


def database_line_in_trouble(stage):
    _trouble(stage, stage.base_proxy)


def _corrupt(stage, proxy):
    proxy.flip_every = 50_000
    until(lambda: proxy.flipped >= TIMES * 2, 60)
    proxy.flip_every = None
    stage.recover()


def broker_line_corrupts(stage):
    _corrupt(stage, stage.broker_proxy)
    assert "no connection to the broker" in stage.ingest.said


def database_line_corrupts(stage):
    _corrupt(stage, stage.base_proxy)


@dataclass(frozen=True)
class Case:
    """A row: its name, what happens, and which parts it needs."""

    name: str
    happens: object
    broker_proxy: bool = False
    base_proxy: bool = False
    tls: bool = False
    spool_disk: int = 0
    base_disk: int = 0
    spool_mb: int = 1024
    forgets: bool = False  # the broker itself breaks its promise
    sheds: bool = False
    load_s: float = LOAD_S


CASES = [
    Case("ingest: kill -9, again and again", ingest_killed),
    Case("broker: kill -9, again and again", broker_killed, forgets=True),
    Case("database: kill -9, again and again", database_killed),
    Case(f"database away for {'10 minutes' if LONG else f'{AWAY_S} s'}", database_away, load_s=AWAY_S + LOAD_S),
    Case("database away, and ingest kill -9 meanwhile", database_away_and_ingest_killed),
    Case("ingest: kill -9 while the spool drains", ingest_killed_while_draining),
    Case("database hangs without a word", database_hangs, base_proxy=True),
    Case("database away and the spool's disk full", spool_disk_full, spool_disk=1, load_s=LOAD_S + 10),
    # However long the database takes to stop, there is load enough left to reach the bound.
    Case("database away and the spool at its bound", spool_at_its_bound, spool_mb=1, sheds=True, load_s=LOAD_S + 10),
    Case("database's disk full", database_disk_full, base_disk=96),
    Case("line to the broker late, cut, refused", broker_line_in_trouble, broker_proxy=True),
    Case("line to the database late, cut, refused", database_line_in_trouble, base_proxy=True),
    Case("line to the broker a quarter as wide as it must be", broker_line_narrow, broker_proxy=True),
    Case("line to the broker open one way only", broker_line_one_way, broker_proxy=True),
    Case("database commits, and its answer is lost", database_line_one_way, base_proxy=True),
    Case("ingest, broker, database frozen in turn", parts_frozen),
    Case("line to the broker corrupts (TLS)", broker_line_corrupts, broker_proxy=True, tls=True),
    Case("line to the database corrupts (TLS)", database_line_corrupts, base_proxy=True, tls=True),
    Case("broker restarts with its session store", broker_restarted),
    Case("the same, with a queue for an ingest that is away", broker_restarted_with_a_queue),
    Case("broker restarts without its session store", broker_forgets, forgets=True, load_s=LOAD_S + 7),
]
