"""Admission: repeats, gaps, sessions, clocks, retained messages, private data."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import Gate, Repeat
from ingest.model import Birth, Event, Ignored, Sample, Status
from ingest.seen import MOST, Seen

NOW = 1_795_319_000_000
DEVICE = "demo/camera/c1"


def sample(seq=None, ts=NOW, session="s1", stamped=True, late=False, origin="", m=None):
    session = session if seq is not None else None
    return Sample(DEVICE, ts, m or {"fps": 5}, NOW, session, seq, session or origin, stamped, late)


def admit(gate, report, retained=False):
    return gate.admit(report, retained=retained)


def test_the_same_number_of_a_session_is_a_repeat_even_without_a_time_of_its_own():
    gate = Gate()
    assert isinstance(admit(gate, sample(1, stamped=False)), Sample)
    assert admit(gate, sample(1, ts=NOW + 9, stamped=False)) == Repeat()


def test_a_reboot_begins_numbering_anew():
    gate = Gate()
    admit(gate, sample(1))
    assert isinstance(admit(gate, sample(1, session="s2")), Sample)


def test_equipment_without_numbers_is_known_by_its_stamp_and_the_part_that_spoke():
    gate = Gate()
    assert isinstance(admit(gate, sample(origin="load")), Sample)
    assert isinstance(admit(gate, sample(origin="memory")), Sample)
    assert admit(gate, sample(origin="load")) == Repeat()


def test_what_has_neither_number_nor_stamp_is_always_kept_and_told_apart_by_its_time():
    gate = Gate()
    assert [admit(gate, sample(stamped=False)).ts for _ in range(3)] == [NOW, NOW + 1, NOW + 2]
    assert admit(gate, sample(ts=NOW + 60_000, stamped=False)).ts == NOW + 60_000


def test_a_gap_is_counted_and_closed_by_the_late_message():
    gate = Gate()
    admit(gate, sample(1))
    admit(gate, sample(4))
    assert gate.gaps == 2
    admit(gate, sample(2, late=True))
    assert gate.gaps == 1


def test_a_gap_asks_for_a_new_birth_once_a_minute_of_devices_that_know_the_order():
    gate = Gate()
    admit(gate, sample(1))
    admit(gate, sample(4))
    assert gate.missed(NOW, lambda _: True) == [DEVICE]
    admit(gate, sample(9))
    assert gate.missed(NOW + 59_999, lambda _: True) == []
    admit(gate, sample(19))
    assert gate.missed(NOW + 60_000, lambda _: False) == []
    admit(gate, sample(29))
    assert gate.missed(NOW + 60_000, lambda _: True) == [DEVICE]


def test_a_session_never_heard_of_after_another_is_a_new_beginning():
    gate = Gate()
    admit(gate, Birth(DEVICE, NOW, "s1"))
    admit(gate, sample(1))
    assert gate.take_begun() == []
    admit(gate, Birth(DEVICE, NOW, "s2"))
    admit(gate, Status(DEVICE, NOW, "online", "s2"))
    admit(gate, sample(1, session="s2"))
    admit(gate, Birth(DEVICE, NOW, "s1"))
    assert gate.take_begun() == [DEVICE]
    assert gate.take_begun() == []


def test_what_the_store_knows_of_a_device_is_no_new_beginning():
    gate = Gate()
    gate.remember(DEVICE, "s1", ((1, 9),))
    admit(gate, Birth(DEVICE, NOW, "s1"))
    assert gate.take_begun() == []


def test_a_device_without_sessions_begins_anew_when_it_comes_back_from_being_offline():
    gate = Gate()
    for state in ("online", "offline", "offline", "online", "degraded", "offline", "online"):
        admit(gate, Status(DEVICE, NOW, state))
    assert gate.take_begun() == [DEVICE, DEVICE]


def test_a_will_of_an_old_session_is_ignored():
    gate = Gate()
    admit(gate, Birth(DEVICE, NOW, "s1"))
    admit(gate, Birth(DEVICE, NOW, "s2"))
    will = Status(DEVICE, NOW, "offline", "s1", "lwt", will=True)
    assert admit(gate, will) == Ignored("old_session")
    assert admit(gate, Status(DEVICE, NOW, "offline", "s2", "lwt", will=True)).state == "offline"


def test_a_will_of_a_session_never_heard_of_is_not_the_current_one_either():
    gate = Gate()
    admit(gate, Birth(DEVICE, NOW, "s2"))
    assert admit(gate, Status(DEVICE, NOW, "offline", "s0", "lwt", will=True)) == Ignored("old_session")


def test_a_late_sample_of_the_old_session_does_not_bring_it_back():
    gate = Gate()
    admit(gate, sample(1, session="s1"))
    admit(gate, sample(1, session="s2"))
    admit(gate, sample(2, session="s1"))
    assert admit(gate, Status(DEVICE, NOW, "offline", "s1", "lwt", will=True)) == Ignored("old_session")


def test_retained_data_is_no_sample_and_no_event():
    gate = Gate()
    assert admit(gate, sample(1), retained=True) == Ignored("retained")
    assert admit(gate, Event(DEVICE, NOW, "e", "x", "start", NOW), retained=True) == Ignored("retained")


def test_a_clock_a_minute_ahead_or_a_day_behind_is_suspect_unless_in_a_batch():
    gate = Gate()
    assert not admit(gate, sample(1, ts=NOW + 60_000)).suspect
    assert admit(gate, sample(2, ts=NOW + 60_001)).suspect
    assert not admit(gate, sample(3, ts=NOW - 86_400_000)).suspect
    assert admit(gate, sample(4, ts=NOW - 86_400_001)).suspect
    assert not admit(gate, sample(5, ts=NOW - 86_400_001, late=True)).suspect


def test_private_data_never_passes():
    data = {"license_plate": "92A-123.45", "zones": ["gate"], "sub": {"face": "An", "text": "xe 92A-123.45"}}
    event = admit(Gate(), Event(DEVICE, NOW, "e", "x", "start", NOW, data=data))
    assert event.data == {"zones": ["gate"], "sub": {"text": "xe ***"}}


def test_after_a_restart_what_the_store_knows_is_a_repeat():
    gate = Gate()
    gate.remember(DEVICE, "s1", [(1, 10)])
    gate.remember(DEVICE, None, (), [(NOW, "load")])
    assert admit(gate, sample(10)) == Repeat()
    assert admit(gate, sample(origin="load")) == Repeat()
    assert isinstance(admit(gate, sample(11)), Sample)
    assert gate.gaps == 0


@given(st.lists(st.integers(0, 60)))
def test_seen_answers_like_a_set_and_counts_what_is_missing(numbers):
    seen, model = Seen(), set()
    for number in numbers:
        assert seen.add(number) == (number not in model)
        model.add(number)
    assert seen.count == len(model)
    assert seen.missing == (max(model) - min(model) + 1 - len(model) if model else 0)


def test_seen_stays_bounded_whatever_is_lost():
    seen = Seen()
    for number in range(0, 10 * MOST, 2):
        seen.add(number)
    assert len(seen.lows) == MOST


@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6"]),
            st.sampled_from([0, 10**9, -(10**9)]),
        ),
        max_size=12,
    )
)
def test_a_sample_that_is_expected_is_one_that_would_be_admitted_as_it_is(said):
    quick, slow = Gate(), Gate()
    for seq, session, ahead in said:
        report = sample(seq, ts=NOW + ahead, session=session)
        verdict = admit(slow, report)
        if quick.expect([report]) == [report]:
            assert verdict is report
        else:
            assert admit(quick, report) == verdict
    assert (quick.gaps, quick.owed) == (slow.gaps, slow.owed)
