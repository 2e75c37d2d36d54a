"""The fault table: whatever fails under load, nothing that the broker kept is lost, and nothing is there twice.

Each case is a row: published by the devices and acknowledged by the broker, stored, doubled, lost, seconds from the end
of the fault until all that had waited was in the database. docs/faults.md says what each fault is and holds the table.
"""

import json
import os
import random
import shutil
from contextlib import ExitStack

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
from tests.faults.misfortunes import CASES, LONG, Case, Stage


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
