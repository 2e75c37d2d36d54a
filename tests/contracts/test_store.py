"""The store's contract: the same promises from memory and from all three editions of the database."""

import json
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from msgspec.structs import replace as change
from realparts.proxy import Proxy

from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.answering import AnsweringConnection
from ingest.batch import Judge, Judged
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.ledger import Ledger, Outcome
from ingest.model import Admission, Latest, Message
from ingest.presence import Hearing, Note, Service
from ingest.registry import Checkpoint, Registry
from ingest.store import MemoryStore
from ingest.timescale import TimescaleStore
from ioc.clock import now_ms
from ioc.migrate import migrate

NOW = now_ms()  # of the test: the store judges what is recent by the database's clock
DEVICE = "demo/camera/c1"


@pytest.fixture(autouse=True)
def _present():
    """Each test has its own now."""
    global NOW  # noqa: PLW0603
    NOW = now_ms()


def admit(address):
    return Admission.PENDING if address.endswith("stranger") else Admission.ADMITTED


@pytest.fixture(params=["memory", "postgresql", "timescaledb-apache", "timescaledb-community"])
def store(request, migrated):
    if request.param == "memory":
        yield MemoryStore(admit)
        return
    store = TimescaleStore(migrated(request.param).dsn, admit)
    yield store
    store.close()


def judge_all(*said, gate=None):
    judge = Judge(choose(["native"]), {"native": Source("demo")}, gate or Gate())
    return [judge.judge(message) for message in said]


def message(channel, body, device=DEVICE, at=None):
    raw = body if isinstance(body, bytes) else json.dumps({"v": 1, **body}).encode()
    return Message(f"ioc/v1/{device}/{channel}", raw, NOW if at is None else at)


def telemetry(seq, device=DEVICE, **m):
    return message("telemetry", {"session": "s1", "seq": seq, "ts": NOW + seq, "m": m or {"fps": seq}}, device)


def birth_report(said):
    return judge_all(said)[0].reports[0]


def write(store, batch, ledger=None):
    return list(store.write(batch, ledger or Ledger(NOW, received=len(batch)), {}, hearing=True))


def test_a_batch_of_every_kind_is_kept_and_each_message_has_one_outcome(store):
    batch = judge_all(
        message("birth", {"session": "s1", "device": {"name": "Cổng chợ"}, "gateway": "gw", "commands": ["rebirth"]}),
        message("status", {"session": "s1", "state": "online", "ts": NOW}),
        telemetry(1),
        message("event", {"session": "s1", "seq": 2, "id": "e1", "type": "motion", "ts": NOW, "data": {"zone": "a"}}),
        message("ack", {"ref": "order", "state": "done"}),
        message("telemetry", b"nonsense"),
        message("command", {}),
    )
    assert write(store, batch) == [Outcome.STORED] * 5 + [Outcome.QUARANTINED, Outcome.IGNORED]


def test_what_was_kept_before_is_a_duplicate_though_admission_has_forgotten(store):
    write(store, judge_all(telemetry(1), telemetry(2)))
    again = judge_all(telemetry(2), telemetry(3))
    assert write(store, again) == [Outcome.DUPLICATE, Outcome.STORED]


def test_a_message_is_a_duplicate_only_when_all_its_readings_are(store):
    write(store, judge_all(telemetry(1)))
    samples = [{"seq": n, "ts": NOW + n, "m": {"fps": n}} for n in (1, 2)]
    half = judge_all(message("telemetry", {"session": "s1", "batch": samples}))
    assert write(store, half) == [Outcome.STORED]
    assert write(store, judge_all(half[0].message)) == [Outcome.DUPLICATE]


def test_a_repeated_event_is_a_duplicate(store):
    event = message("event", {"session": "s1", "seq": 2, "id": "e1", "type": "motion", "ts": NOW})
    write(store, judge_all(event))
    assert write(store, judge_all(event, telemetry(3))) == [Outcome.DUPLICATE, Outcome.STORED]


def test_a_restart_finds_devices_numbers_stamps_and_what_came_after_the_checkpoint(store):
    birth = message("birth", {"session": "s1", "device": {"name": "Cổng chợ"}, "gateway": "gw"})
    unnumbered = message("telemetry", {"ts": NOW, "m": {"fps": 9}}, "demo/camera/c2")
    write(store, judge_all(birth, telemetry(1), telemetry(2), telemetry(5), unnumbered))
    loaded = store.load()
    devices = {device.address: device for device, _ in loaded.devices}
    assert (devices[DEVICE].name, devices[DEVICE].gateway) == ("Cổng chợ", "demo/gateway/gw")
    gate = Gate()
    for known in loaded.known:
        gate.remember(known.device, known.session, known.seqs, known.stamps)
    outcomes = [judged.outcome for judged in judge_all(telemetry(2), telemetry(3), unnumbered, gate=gate)]
    assert outcomes == [Outcome.DUPLICATE, Outcome.STORED, Outcome.DUPLICATE]
    assert {(s.device, s.ts) for s in loaded.since} >= {(DEVICE, NOW + 5), ("demo/camera/c2", NOW)}


def test_an_unknown_device_is_enrolled_as_the_site_says(store):
    write(store, judge_all(telemetry(1), telemetry(1, "demo/camera/stranger")))
    found = {device.address: device.admission for device, _ in store.load().devices}
    assert found == {DEVICE: Admission.ADMITTED, "demo/camera/stranger": Admission.PENDING}


def test_what_an_operator_set_is_not_overwritten_by_a_birth(database):
    store, dsn = database
    birth = message("birth", {"session": "s1", "device": {"name": "Cam", "area": "a", "maker": "M"}})
    write(store, judge_all(birth))
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE device SET name = 'Cổng chợ', held = '{name}'")
    write(store, judge_all(birth))
    [(device, _)] = store.load().devices
    assert (device.name, device.area, device.held) == ("Cổng chợ", "a", ("name",))
    registry = Registry(Hearing(0), [(device, None)])
    registry.apply(birth_report(birth), NOW, retained=False, admission=Admission.ADMITTED)
    [view] = registry.settle(NOW)
    assert (view.device.name, view.device.maker) == ("Cổng chợ", "M")


def test_a_checkpoint_comes_back_as_it_was(store):
    write(store, judge_all(telemetry(1)))
    kept = Checkpoint(DEVICE, "online", None, "s1", NOW, {"fps": Latest(1, NOW), "on": Latest(value=None, ts=NOW)})
    store.checkpoint([kept], Ledger(NOW), NOW, hearing=True)
    [(_, found)] = store.load().devices
    assert found == kept


def test_presence_is_kept_for_known_devices_and_the_rest_given_back(store):
    write(store, judge_all(telemetry(1)))
    notes = [Note(DEVICE, NOW, Service.IN, ""), Note(DEVICE, NOW + 1, Service.OUT, "silent"),
             Note("demo/camera/unheard", NOW, Service.IN, "")]  # fmt: skip
    assert store.note_presence(notes) == notes[2:]
    assert store.note_presence(notes[:2]) == []


def test_a_suspect_clock_of_any_century_is_kept(store):
    batch = judge_all(
        message("telemetry", {"session": "s1", "seq": 1, "ts": 0, "m": {"fps": 1}}),
        message("telemetry", {"session": "s1", "seq": 2, "ts": "9999-12-31T23:59:59Z", "m": {"fps": 1}}),
    )
    assert write(store, batch) == [Outcome.STORED] * 2


@pytest.fixture
def database(edition):
    store = TimescaleStore(edition.dsn, admit)
    yield store, edition.dsn
    store.close()


def test_the_hour_and_the_run_are_written_in_the_same_commit(database):
    store, dsn = database
    ledger = Ledger(NOW, received=7)
    write(store, judge_all(telemetry(1), telemetry(2), message("telemetry", b"x")), ledger)
    write(store, judge_all(telemetry(2)), replace(ledger, counts={**ledger.counts, Outcome.STORED: 2}))
    with psycopg.connect(dsn) as connection:
        columns = "received, stored, duplicate, ignored, quarantined, shed"
        assert connection.execute(f"SELECT {columns} FROM ledger_hour").fetchall() == [(4, 2, 1, 0, 1, 0)]
        run = connection.execute("SELECT received, stored, duplicate, in_flight FROM ingest_run").fetchall()
        assert run == [(7, 2, 1, 4)]


def test_the_last_word_of_a_moment_counts_and_stands_beside_the_device(database):
    store, dsn = database
    write(store, judge_all(telemetry(1)))
    store.note_presence([Note(DEVICE, NOW, Service.OUT, "silent"), Note(DEVICE, NOW, Service.IN, "")])
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT state, reason FROM presence").fetchall() == [("in", "")]
        assert connection.execute("SELECT standing, standing_reason FROM device").fetchall() == [("in", "")]


def test_what_was_between_two_ingests_is_noted_as_unknown_once(database):
    store, dsn = database
    write(store, judge_all(telemetry(1)))
    store.note_presence([Note(DEVICE, NOW + 60_000, Service.IN, "")])  # a clock somewhat ahead of the database's
    for _ in range(2):
        store.load()
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT state, reason FROM presence ORDER BY ts").fetchall()
        standing = connection.execute("SELECT standing, standing_reason FROM device").fetchall()
    assert rows == [("in", ""), ("unknown", "down")]
    assert standing == [("unknown", "down")]


def test_what_went_wrong_is_written_to_the_account_of_the_device(database):
    store, dsn = database
    write(store, judge_all(telemetry(1)))
    batch = judge_all(telemetry(1), message("telemetry", b"x"), Message("odd/topic", b"", NOW), telemetry(2))
    store.write(batch, Ledger(NOW, received=4), {DEVICE: 3}, hearing=True)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT address, sum(duplicate), sum(quarantined), sum(shed), sum(seq_gaps) FROM ledger_device "
            "GROUP BY address ORDER BY address"
        ).fetchall()
    assert rows == [(DEVICE, 1, 1, 0, 3), ("odd/topic", 0, 1, 0, 0)]


def test_a_batch_the_database_refuses_leaves_nothing_behind(database):
    store, _ = database
    good, bad = judge_all(telemetry(1), telemetry(2))
    poison = change(bad, reports=(change(bad.reports[0], metrics={"text": "a\0b"}),))
    with pytest.raises(StoreRefusedError):
        write(store, [good, poison])
    assert write(store, [good]) == [Outcome.STORED]


@pytest.mark.parametrize("name", ["postgresql", "timescaledb-apache"])  # on the third, all clients are one session
def test_a_second_ingest_is_told_to_wait(migrated, name):
    dsn = migrated(name).dsn
    store = TimescaleStore(dsn, admit)
    write(store, judge_all(telemetry(1)))
    with pytest.raises(StoreUnavailableError, match="another ingest"):
        TimescaleStore(dsn, admit).load()
    store.close()


def test_a_backup_does_not_keep_the_ingest_from_its_work_when_partitions_are_due(migrated):
    dsn = migrated("postgresql").dsn
    store = TimescaleStore(dsn, admit)
    store.load()
    weeks = "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'"
    with psycopg.connect(dsn, autocommit=True) as other, psycopg.connect(dsn) as reader:
        [(all_of_them,)] = other.execute(weeks).fetchall()
        [(newest,)] = other.execute("SELECT max(relname) FROM pg_class WHERE relname LIKE 'status_2%w__'").fetchall()
        other.execute(f"DROP TABLE {newest}")
        reader.execute("SELECT count(*) FROM status")  # as a backup does, and holds it till its end
        store.ahead()
        assert write(store, judge_all(message("status", {"session": "s", "state": "online", "ts": NOW}))) == [
            Outcome.STORED
        ]
        assert other.execute(weeks).fetchall() == [(all_of_them - 1,)]
        reader.rollback()
        store.ahead()
        assert other.execute(weeks).fetchall() == [(all_of_them,)]
    store.close()


def test_a_database_that_is_not_there_is_unavailable_not_an_accident(free_port):
    store = TimescaleStore(f"host=127.0.0.1 port={free_port()} dbname=x", admit)
    with pytest.raises(StoreUnavailableError):
        store.load()


def test_a_quarantined_message_keeps_its_reason_and_masked_first_bytes(database):
    store, dsn = database
    write(store, judge_all(message("telemetry", b'{"v":1,"password":"abc","m":{"a":[1]}}')))
    with psycopg.connect(dsn) as connection:
        [(reason, head)] = connection.execute("SELECT reason, head FROM quarantine").fetchall()
    assert reason == "bad_shape"
    assert "abc" not in head


def test_repeats_within_one_batch_are_kept_once(database):
    store, _ = database
    twice: list[Judged] = judge_all(telemetry(1)) + judge_all(telemetry(1))
    assert sorted(write(store, twice)) == [Outcome.DUPLICATE, Outcome.STORED]


def test_a_database_that_says_nothing_on_an_open_line_is_away_after_a_time_and_then_found_again(dsn, monkeypatch):
    monkeypatch.setattr(AnsweringConnection, "silence_s", 0.5)
    migrate(dsn)
    before, _, name = dsn.rpartition("/")
    address, _, port = before.rpartition(":")
    with Proxy(int(port)) as proxy:
        store = TimescaleStore(f"{address}:{proxy.port}/{name}", admit)
        assert write(store, judge_all(telemetry(1))) == [Outcome.STORED]
        proxy.hang()
        with pytest.raises(StoreUnavailableError, match="no answer"):
            write(store, judge_all(telemetry(2)))
        proxy.cut()  # the server lets go of what the old connection held
        proxy.flow()
        assert found_again(store, judge_all(telemetry(2))) == [Outcome.STORED]
        store.close()


def found_again(store, batch):
    """Write as soon as the server has noticed that the old connection is gone."""
    for _ in range(100):
        with suppress(StoreUnavailableError):
            return write(store, batch)
    raise AssertionError("the database is not found again")
