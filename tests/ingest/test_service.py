"""The loop: acknowledged after it is kept, culprits isolated, listeners told; time is an argument."""

import json

import pytest
from msgspec.structs import replace

from ingest.adapter import Source, adapters, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.ledger import Outcome
from ingest.model import Admission, Message
from ingest.presence import Hearing
from ingest.reader import MemoryReader
from ingest.registry import Registry
from ingest.service import IngestService
from ingest.spool import Spool
from ingest.store import MemoryStore

NOW = 1_795_319_000_000


class Line(MemoryReader):
    """A line in memory that tells when the ingest waits."""

    waits = staticmethod(lambda: None)

    def tend(self):
        self.waits()


class Bench:
    """A whole ingest in memory with a clock in the hand."""

    def __init__(self, store=None, spool=None):
        self.now = NOW
        self.reader = Line(Hearing(0))
        self.store = store or MemoryStore()
        self.told = []
        judge = Judge(choose(None), {name: Source("demo") for name in adapters()}, Gate())
        self.service = IngestService(
            self.reader, self.store, judge, Registry(Hearing(0)), self.store.admit,
            now=lambda: self.now, listener=self.told.append, spool=spool,
        )  # fmt: skip
        self.service.take_up(self.store.load())

    def hear(self, *messages):
        self.reader.put(*messages)
        self.service.step()

    def views(self):
        return {view.device.address: view for view in self.service.views()}


class Counting(MemoryStore):
    """A memory that refuses one number for good and is away once, after so many commits."""

    poison = away_after = 0

    def refuse(self, judged):
        if judged.outcome is Outcome.STORED and any(report.seq == self.poison for report in judged.reports):
            return StoreRefusedError("no")
        return None

    def write(self, batch, *rest, **more):
        outcomes = super().write(batch, *rest, **more)
        if self.refuses == self.refuse and self.away_after:
            self.away_after -= 1
            if not self.away_after:
                self.refuses = self.once_away
        return outcomes

    def once_away(self, judged):
        self.refuses = self.refuse
        return StoreUnavailableError("away")


def message(channel, device="demo/camera/c1", retained=False, **body):
    raw = json.dumps({"v": 1, **body}).encode()
    return Message(f"ioc/v1/{device}/{channel}", raw, NOW, retained=retained)


def sample(seq, **m):
    return message("telemetry", session="s", seq=seq, ts=NOW + seq, m=m or {"fps": seq})


def test_messages_are_acknowledged_after_they_are_kept_and_the_account_balances():
    bench = Bench()
    bench.hear(sample(1), sample(1), Message("ioc/v1/x", b"", NOW), message("command"))
    assert len(bench.reader.acked) == 4
    assert bench.service.ledger.facts() == {
        "received": 4, "stored": 1, "duplicate": 1, "ignored": 1, "quarantined": 1, "shed": 0,
        "in_flight": 0, "spooled": 0, "seq_gaps": 0,
    }  # fmt: skip


def test_the_listener_hears_new_samples_in_order_and_the_device_as_it_is_now():
    bench = Bench()
    bench.hear(sample(1), sample(2), sample(2))
    heard = next(heard for heard in bench.told if heard.samples)
    assert [s.seq for s in heard.samples] == [1, 2]
    view = bench.views()["demo/camera/c1"]
    assert view.latest["fps"].value == 2
    assert view.presence.fresh


def test_a_message_the_database_refuses_goes_to_quarantine_and_stops_nobody():
    store = MemoryStore()
    store.refuses = lambda judged: (
        StoreRefusedError("no") if judged.outcome is Outcome.STORED and b"poison" in judged.message.payload else None
    )
    bench = Bench(store)
    bench.hear(sample(1), sample(2, text="poison"), sample(3), sample(4))
    assert [judged.reason for judged in store.quarantined] == ["store_refused"]
    assert len(store.rows) == 3
    assert len(bench.reader.acked) == 4


def test_while_the_database_is_away_nothing_is_acknowledged_and_stopping_loses_nothing():
    store = MemoryStore()
    bench = Bench(store)

    def away(_judged):
        bench.service.stopping.set()
        return StoreUnavailableError("away")

    store.refuses = away
    bench.hear(sample(1))
    assert bench.reader.acked == []
    assert bench.service.ledger.in_flight == 1


def test_when_the_database_is_back_the_batch_is_kept_once():
    store = MemoryStore()
    bench = Bench(store)
    answers = [StoreUnavailableError("away"), None]
    store.refuses = lambda _judged: answers.pop(0) if answers else None
    bench.reader.waits = lambda: setattr(bench, "now", bench.now + 1000)  # by the next attempt
    bench.hear(sample(1))
    assert (len(store.rows), len(bench.reader.acked)) == (1, 1)


def test_with_a_spool_nothing_waits_for_the_database(tmp_path):
    store = MemoryStore()
    bench = Bench(store, Spool(tmp_path, 10**6))
    store.refuses = lambda _judged: StoreUnavailableError("away")
    bench.hear(sample(1), sample(2), sample(2))
    assert len(bench.reader.acked) == 3
    assert bench.views()["demo/camera/c1"].latest["fps"].value == 2
    facts = bench.service.ledger.facts()
    assert (facts["in_flight"], facts["spooled"]) == (3, 3)
    store.refuses = lambda _judged: None
    bench.now += 60_000
    bench.service.step()
    facts = bench.service.ledger.facts()
    assert (facts["stored"], facts["duplicate"], facts["in_flight"], facts["spooled"]) == (2, 1, 0, 0)
    assert list(tmp_path.glob("*.seg")) == []


def test_live_messages_pass_those_that_are_still_on_disk(tmp_path):
    store = MemoryStore()
    bench = Bench(store, Spool(tmp_path, 10**6))
    store.refuses = lambda _judged: StoreUnavailableError("away")
    bench.hear(sample(1))
    order = []

    def watch(judged):
        order.extend(report.seq for report in judged.reports)

    store.refuses = watch
    bench.now += 60_000
    bench.hear(sample(2))
    assert order == [2, 1]


def test_a_restart_takes_up_what_is_still_on_disk(tmp_path):
    store = MemoryStore()
    bench = Bench(store, Spool(tmp_path, 10**6))
    store.refuses = lambda _judged: StoreUnavailableError("away")
    bench.hear(sample(1), sample(2))
    again = Bench(store, Spool(tmp_path, 10**6))
    assert again.views()["demo/camera/c1"].latest["fps"].value == 2
    again.hear(sample(2))
    assert again.service.ledger.facts()["in_flight"] == 3
    store.refuses = lambda _judged: None
    again.now += 60_000
    again.service.step()
    facts = again.service.ledger.facts()
    assert (facts["stored"], facts["duplicate"], facts["in_flight"], facts["spooled"]) == (2, 1, 0, 0)
    assert len(store.rows) == 2


def test_a_second_outage_after_a_restart_loses_nothing_though_numbers_of_records_begin_again(tmp_path):
    store = MemoryStore()
    for boot in range(3):
        bench = Bench(store, Spool(tmp_path, 10**6))
        store.refuses = lambda _judged: StoreUnavailableError("away")
        bench.hear(sample(10 * boot + 1))
        bench.hear(sample(10 * boot + 2))
        store.refuses = lambda _judged: None
        bench.now += 60_000
        bench.service.step()
        assert len(store.rows) == 2 * boot + 2


@pytest.mark.parametrize("spooled", [False, True])
def test_a_database_lost_in_the_midst_of_isolating_enters_no_message_twice(tmp_path, spooled):
    store = Counting()
    bench = Bench(store, Spool(tmp_path, 10**6))
    if spooled:
        store.refuses = lambda _judged: StoreUnavailableError("away")
        bench.hear(*(sample(n) for n in range(1, 9)))
        bench.now += 60_000
    store.poison, store.away_after = 2, 3
    store.refuses = store.refuse
    if spooled:
        bench.service.step()
    else:
        bench.hear(*(sample(n) for n in range(1, 9)))
    assert store.away_after == 0
    bench.now += 60_000
    bench.service.step()
    facts = bench.service.ledger.facts()
    assert (facts["stored"], facts["quarantined"], facts["duplicate"], facts["in_flight"]) == (7, 1, 0, 0)
    assert len(store.quarantined) == 1


@pytest.mark.parametrize("missing", [0, 5])
def test_missing_numbers_are_counted_once_also_across_a_restart_with_a_spool(tmp_path, missing):
    store = MemoryStore()
    bench = Bench(store, Spool(tmp_path, 10**6))
    bench.hear(sample(1))
    store.refuses = lambda _judged: StoreUnavailableError("away")
    bench.hear(sample(2), sample(3 + missing))
    store.refuses = lambda _judged: None
    bench.now += 60_000
    bench.service.keeper.drain = lambda: None  # killed when live messages had passed what was on disk
    bench.hear(sample(4 + missing))
    again = Bench(store, Spool(tmp_path, 10**6))
    again.now = bench.now
    again.hear(sample(5 + missing))
    again.service.step()
    assert len(store.rows) == 5
    assert bench.service.ledger.seq_gaps + again.service.ledger.seq_gaps == missing


def test_a_clock_set_back_does_not_keep_the_database_away(tmp_path):
    store = MemoryStore()
    bench = Bench(store, Spool(tmp_path, 10**6))
    store.refuses = lambda _judged: StoreUnavailableError("away")
    bench.hear(sample(1))
    store.refuses = lambda _judged: None
    bench.now -= 24 * 3_600_000
    bench.service.step()
    assert len(store.rows) == 1
    assert not bench.service.keeper.away


def test_a_device_that_shouts_is_held_back_and_its_neighbours_are_not():
    bench = Bench()
    bench.service._throttle.burst = 50
    shouting = [sample(n) for n in range(1, 301)]
    neighbour = message("telemetry", device="demo/camera/c2", session="n", seq=1, m={"fps": 1})
    event = message("event", session="s", seq=301, id="e", type="x")
    bench.hear(*shouting, neighbour, event)
    facts = bench.service.ledger.facts()
    assert (facts["shed"], facts["stored"], facts["in_flight"]) == (250, 52, 0)
    assert "demo/camera/c2" in bench.views()


def test_what_the_centre_measures_of_a_device_is_told_and_not_stored():
    bench = Bench()
    bench.hear(message("birth", session="s", interval_s=60))
    for second in (0, 30, 60):
        bench.now = NOW + second * 1000
        said = {"session": "s", "seq": second, "ts": bench.now + 90_000, "m": {"fps": 25}}
        bench.hear(replace(message("telemetry", **said), received_at=bench.now))
    bench.hear(message("birth", session="s2"))
    measured = [dict(each.metrics) for heard in bench.told for each in heard.measures]
    assert measured == [
        {"wire_clock_ahead_s": 90, "wire_pace": 2, "wire_starts_10m": 0},
        {"wire_starts_10m": 1},
    ]  # fmt: skip
    assert len(bench.store.rows) == 3


def test_a_gap_asks_the_device_for_a_new_birth():
    bench = Bench()
    bench.hear(message("birth", session="s", commands=["rebirth"]), sample(1), sample(5))
    [(topic, payload)] = bench.reader.sent
    assert topic == "ioc/v1/demo/camera/c1/command"
    assert json.loads(payload)["name"] == "rebirth"
    assert bench.service.ledger.seq_gaps == 3


def test_retained_status_sets_state_but_does_not_make_a_device_fresh():
    bench = Bench()
    bench.hear(message("status", retained=True, session="s", state="online"))
    view = bench.views()["demo/camera/c1"]
    assert view.presence.connected
    assert not view.presence.fresh


def test_a_dead_gateway_makes_its_children_unknown_at_the_next_second():
    bench = Bench()
    bench.hear(
        message("birth", device="demo/gateway/gw", session="g"),
        message("status", device="demo/gateway/gw", session="g", state="online"),
        message("birth", session="s", gateway="gw"),
        sample(1),
    )
    assert not bench.views()["demo/camera/c1"].presence.unknown
    bench.hear(message("status", device="demo/gateway/gw", session="g", state="offline", reason="lwt"))
    bench.now += 1000
    bench.service.step()
    assert bench.views()["demo/camera/c1"].presence.reason == "gateway_lost"


def test_silence_is_told_when_time_makes_it_so():
    bench = Bench()
    bench.hear(message("birth", session="s", interval_s=10), sample(1))
    bench.now += 30_001
    bench.service.step()
    assert bench.views()["demo/camera/c1"].presence.reason == "silent"


def test_a_late_batch_is_kept_but_moves_no_latest_value_back():
    bench = Bench()
    bench.hear(sample(9))
    bench.hear(message("telemetry", session="s", batch=[{"seq": 1, "ts": NOW - 5000, "m": {"fps": 1}}]))
    assert bench.views()["demo/camera/c1"].latest["fps"].value == 9
    assert len(bench.store.rows) == 2


def test_one_frigate_message_makes_its_cameras_children_of_the_recorder():
    bench = Bench()
    stats = {"cameras": {"cong": {"camera_fps": 5.0}}, "service": {"last_updated": NOW // 1000}}
    message = Message("frigate/stats", json.dumps(stats).encode(), NOW)
    bench.hear(message)
    bench.hear(message)
    assert bench.views()["demo/camera/cong"].device.gateway == "demo/camera/frigate"
    assert bench.service.ledger.counts[Outcome.DUPLICATE] == 1


def test_a_restart_takes_up_what_was_heard():
    bench = Bench()
    bench.hear(sample(1), sample(2))
    again = Bench(bench.store)
    again.hear(sample(2), sample(3))
    assert again.service.ledger.counts[Outcome.DUPLICATE] == 1
    assert again.views()["demo/camera/c1"].latest["fps"].value == 3


def test_a_delivery_without_identity_that_comes_again_after_a_crash_is_known():
    def motion(token, repeated=False, payload=b"ON"):
        return Message("frigate/cong/motion", payload, NOW + 1000 * repeated, 1, False, repeated, token)

    bench = Bench()
    bench.hear(motion(7), motion(8, payload=b"OFF"))
    again = Bench(bench.store)
    again.hear(motion(7, repeated=True), motion(8, repeated=True, payload=b"ON"), motion(9, repeated=True))
    facts = again.service.ledger.facts()
    assert (facts["duplicate"], facts["stored"]) == (1, 2)


def test_a_new_session_of_the_broker_makes_old_packet_ids_mean_nothing():
    bench = Bench()
    bench.hear(Message("frigate/cong/motion", b"ON", NOW, token=7))
    bench.reader.hearing, bench.reader.session_present = Hearing(NOW), False
    bench.hear(Message("frigate/cong/motion", b"ON", NOW + 1, repeated=True, token=7))
    assert bench.service.ledger.facts()["stored"] == 2


def test_a_pending_device_stays_pending():
    bench = Bench(MemoryStore(lambda _address: Admission.PENDING))
    bench.hear(sample(1))
    assert bench.views()["demo/camera/c1"].device.admission is Admission.PENDING


def test_a_topic_that_nobody_reads_is_shown_once_and_then_only_counted():
    bench = Bench()
    bench.hear(*[Message(topic, b"{}", NOW) for topic in ("others/a", "others/a", "others/b", "others/a")])
    facts = bench.service.ledger.facts()
    assert (facts["quarantined"], facts["ignored"]) == (2, 2)
    assert [judged.message.topic for judged in bench.store.quarantined] == ["others/a", "others/b"]
