"""The fault table: whatever fails under load, nothing that the broker kept is lost, and nothing is there twice.

Each case is a row: published by the devices and acknowledged by the broker, stored, doubled, lost, seconds from the end
of the fault until all that had waited was in the database. docs/faults.md says what each fault is and holds the table.
"""

import json
import os
import random
import shutil
import threading
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
import pytest
from realparts import places
from realparts.centre import ask
from realparts.certificates import lay_certificates
from realparts.district import District, until
from realparts.processes import free_port
from realparts.proxy import Proxy
from realparts.raw_publisher import RawPublisher
from realparts.small_disk import small_disk
from realparts.timescale import Timescale, fresh_database

from ioc.clock import now_ms
from ioc.migrate import migrate

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


# -- the test ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A TimescaleDB for this file alone, to be killed as often as it takes."""
    if places.timescale_tree() is None:
        if places.in_ci() and places.timescale_dsn() is None:
            pytest.fail(places.PARTS["timescale"].lacking(), pytrace=False)
        pytest.skip("no TimescaleDB here that is ours to kill")
    with ExitStack() as stops:
        ours = Timescale(tmp_path_factory.mktemp("timescale"))
        stops.callback(ours.close)
        ours.start()
        yield ours


@pytest.fixture
def record(record_property):
    """Note a row of the table."""

    def note(name, order, published, stored, shed, doubled, lost, recoveries):
        seconds = f"{max(recoveries):.1f}"
        row = {"fault": name, "published": published, "stored": stored, "shed": shed, "doubled": doubled, "lost": lost}
        record_property("fault row", {**row, "seconds to recover": seconds, "order": order})

    return note


@pytest.mark.timeout(1800 if LONG else 200)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_fault_under_load_loses_and_doubles_nothing(case, make_mosquitto, server, tmp_path, record):
    with ExitStack() as stops:
        stage = set_up(case, make_mosquitto, server, tmp_path, stops)
        stage.load()
        case.happens(stage)
        published = stage.district.published()
        stage.recover()
        stage.district.recoveries.pop()
        settle(case, stage.district, published)
        account(case, stage.district, published, record)
        assert stage.ingest.end() == 0
        assert "Traceback" not in stage.ingest.said


def settle(case, district, published):
    """Wait until all that can come is stored."""

    def there():
        told = district.hours()
        return district.distinct() + told["shed"] + (told["seq_gaps"] if case.forgets else 0) >= published

    try:
        until(there, 60)
    except AssertionError:
        raise AssertionError(f"published {published}, stored {district.distinct()}, {district.hours()}") from None


def account(case, district, published, record, order=None):
    stored, doubled, told = district.distinct(), district.doubled(), district.hours()
    lost = published - stored - told["shed"]
    record(
        case.name,
        CASES.index(case) if order is None else order,
        published,
        stored,
        told["shed"],
        doubled,
        lost,
        district.recoveries,
    )
    assert doubled == 0
    assert lost == told["seq_gaps"], "what was lost before it came to us is counted, number by number"
    assert case.forgets or lost == 0
    assert case.sheds == (told["shed"] > 0)
    assert told["quarantined"] == 0
    assert told["received"] == sum(told[name] for name in ("stored", "duplicate", "ignored", "shed"))
    assert told["stored"] >= stored


def set_up(case, make_mosquitto, server, folder, stops):
    """The district of a case, with an ingest that hears."""
    certificates = lay_certificates(folder) if case.tls else None
    secure = free_port()
    broker = make_mosquitto(tls_listener(secure, certificates) if certificates else "")
    server.start()
    dsn = stops.enter_context(fresh_database(server.dsn))
    stops.callback(server.start)  # else the database could not be dropped
    disk = small_base(case.base_disk, server, dsn, stops) if case.base_disk else None
    settings = {"IOC_INGEST__SPOOL_MB": str(case.spool_mb)}
    if case.spool_disk:
        place = stops.enter_context(small_disk(folder / "small", case.spool_disk))
        if place is None:
            pytest.skip("a small disk needs the right to mount one (root)")
        settings["IOC_DATA_DIR"] = str(place.folder)
    migrate(dsn)
    stage = Stage(District(broker, dsn, folder), server, disk=disk, load_s=case.load_s)
    stops.callback(stage.district.close)
    if case.broker_proxy:
        stage.broker_proxy = stops.enter_context(Proxy(secure if case.tls else broker.port))
        scheme, host = ("mqtts", "localhost") if case.tls else ("mqtt", "127.0.0.1")
        settings["IOC_MQTT__URL"] = f"{scheme}://{host}:{stage.broker_proxy.port}"
    if certificates:
        settings["IOC_MQTT__CA_FILE"] = str(certificates / "ca.crt")
    if case.base_proxy:
        stage.base_proxy = stops.enter_context(Proxy(server.port))
        settings["IOC_DATABASE__DSN"] = dsn.replace(f":{server.port}/", f":{stage.base_proxy.port}/")
        if certificates:
            speak_tls(server, certificates)
            settings["IOC_DATABASE__DSN"] += "?sslmode=require"
    stage.district.open(settings)
    return stage


def tls_listener(port, folder):
    files = f"cafile {folder}/ca.crt\ncertfile {folder}/server.crt\nkeyfile {folder}/server.key\n"
    return f"listener {port} 127.0.0.1\n{files}"


def speak_tls(server, certificates):
    """Have the database speak TLS from now on to who asks for it."""
    for name in ("server.crt", "server.key"):
        copy = server.data / name
        shutil.copyfile(certificates / name, copy)
        owner = server.data.stat()
        os.chown(copy, owner.st_uid, owner.st_gid)
        copy.chmod(0o600)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
    until(lambda: ask(server.dsn, "SHOW ssl") == [("on",)], 10)


def small_base(megabytes, server, dsn, stops):
    """Make an empty database again, on a small disk of its own."""
    owner = server.data.stat()
    folder = server.data.with_name(f"{server.data.name}-small")
    stops.callback(shutil.rmtree, folder, ignore_errors=True)
    disk = stops.enter_context(small_disk(folder, megabytes, (owner.st_uid, owner.st_gid)))
    if disk is None:
        pytest.skip("a small disk needs the right to mount one (root)")
    name = dsn.rpartition("/")[2]
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{server._inside(folder)}'")
        stops.callback(drop_small, server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 TABLESPACE small")
    return disk


def drop_small(server, name):
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute("DROP TABLESPACE small")


# -- devices that misbehave --------------------------------------------------------------------------------------------

DEVICES, EACH = 20, 3000 if LONG else 150
DAY_MS = 24 * 3_600_000 + 60_000


def say(broker, messages):
    """Publish each (device number, body), QoS 1, in this order over one connection, and have all acknowledged."""
    with RawPublisher(broker.host, broker.port) as raw:
        raw.send(
            (f"ioc/v1/odd/camera/c{n:02}/telemetry".encode(), json.dumps(body).encode(), False) for n, body in messages
        )


def body(seq, ts):
    return {"v": 1, "session": "s", "seq": seq, "ts": ts, "m": {"fps": seq}}


@pytest.fixture
def district(make_mosquitto, server, tmp_path):
    """A district with nothing special."""
    with ExitStack() as stops:
        yield set_up(Case("", None), make_mosquitto, server, tmp_path, stops).district


def test_clocks_that_jump_a_day_ahead_and_back_cost_no_reading_and_move_no_latest_value(district, record):
    now = now_ms()
    jumps = [0, DAY_MS, 0, -DAY_MS, 0]
    stretch = EACH // len(jumps)
    bodies = [(n, body(at + 1, now + at + jumps[at // stretch])) for at in range(EACH) for n in range(DEVICES)]
    say(district.broker, bodies)
    district.recover()
    case = Case("devices' clocks jump by a day, both ways", None)
    settle(case, district, len(bodies))
    account(case, district, len(bodies), record, order=len(CASES))
    [(suspect,)] = ask(district.asks, "SELECT count(*) FROM reading WHERE suspect")
    assert suspect == DEVICES * stretch * 2
    assert district.ingest.end() == 0
    latest = ask(district.asks, "SELECT (latest->'fps'->>0)::int FROM device WHERE address LIKE 'odd/%'")
    assert latest == [(EACH,)] * DEVICES


def test_repeats_and_reordering_are_counted_and_stored_once_in_place(district, record):
    chance, now = random.Random(7), now_ms()
    bodies = [(n, body(at + 1, now + at)) for at in range(EACH) for n in range(DEVICES)]
    repeats = [(at, one) for at, one in enumerate(bodies) for _ in range(chance.choice([0, 0, 1, 2]))]
    places_at = [(at + chance.uniform(0, 40 * DEVICES), one) for at, one in [*enumerate(bodies), *repeats]]
    say(district.broker, [one for _, one in sorted(places_at, key=lambda place: place[0])])
    district.recover()
    case = Case("devices repeat and reorder", None)
    settle(case, district, len(bodies))
    account(case, district, len(bodies), record, order=len(CASES) + 1)
    assert district.hours()["duplicate"] == len(repeats)
    assert district.ingest.end() == 0
