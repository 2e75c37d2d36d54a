"""The spool: what was synced comes back in order, whatever a crash left behind, and it never grows beyond its bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import Judged, refuse
from ingest.errors import SpoolFullError
from ingest.ledger import Outcome
from ingest.model import Ack, Birth, Event, Message, Sample, Status
from ingest.spool import Spool

NOW = 1_795_319_000_000
DEVICE = "demo/camera/c1"


def judged(seq):
    sample = Sample(DEVICE, NOW + seq, {"fps": seq, "on": None}, NOW, "s", seq, "s")
    return Judged(Message("t", b"payload", NOW), Outcome.STORED, (sample,))


def batches(spool):
    return [[report.seq for one in record.batch for report in one.reports] for _, record in spool.records()]


def test_what_was_put_in_comes_out_in_order_also_after_a_restart(tmp_path):
    spool = Spool(tmp_path, 10**6)
    spool.append([judged(1), judged(2)], NOW)
    spool.append([judged(3)], NOW)
    assert batches(spool) == [[1, 2], [3]]
    again = Spool(tmp_path, 10**6)
    assert batches(again) == [[1, 2], [3]]
    assert (again.messages, again.id) == (3, spool.id)


def test_every_kind_of_report_and_refusal_comes_back_as_it_was(tmp_path):
    reports = (
        Birth(DEVICE, NOW, "s", name="Cổng", metrics={"fps": {"type": "number"}}, commands=("rebirth",)),
        Status(DEVICE, NOW, "offline", "s", "lwt", will=True),
        Event(DEVICE, NOW, "e", "x", "start", NOW, data={"zones": ["a"], "n": {"m": 1}}),
        Ack(DEVICE, NOW, "order", "done"),
    )
    put = [Judged(Message("t", b"", NOW), Outcome.STORED, list(reports)), refuse(Message("t", b"\xff", NOW), "r", "d")]
    spool = Spool(tmp_path, 10**6)
    spool.append(put, NOW, {DEVICE: 7})
    [(_, record)] = Spool(tmp_path, 10**6).records()
    assert [list(one.reports) for one in record.batch] == [list(reports), []]
    assert record.batch[1].message.payload == b"\xff"
    assert (record.shed, record.messages) == ({DEVICE: 7}, 9)


@given(cut=st.integers(1, 400), garbage=st.binary(max_size=30))
def test_a_torn_tail_is_cut_and_what_was_whole_stays(tmp_path_factory, cut, garbage):
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, 10**6)
    spool.append([judged(1)], NOW)
    spool.append([judged(2)], NOW)
    [segment] = folder.glob("*.seg")
    whole = segment.read_bytes()
    segment.write_bytes(whole[: max(0, len(whole) - cut)] + garbage)
    again = Spool(folder, 10**6)
    found = batches(again)
    assert found in ([], [[1]], [[1], [2]])
    again.append([judged(3)], NOW)
    assert batches(Spool(folder, 10**6)) == [*found, [3]]


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path):
    spool = Spool(tmp_path, 400)
    spool.append([judged(1)], NOW)
    too_much = [judged(number) for number in range(2, 50)]
    with pytest.raises(SpoolFullError):
        spool.append(too_much, NOW)
    assert spool.filling <= 1
    assert batches(spool)[0] == [1]


def test_a_disk_that_takes_half_a_record_leaves_no_half_record(tmp_path, monkeypatch):
    spool = Spool(tmp_path, 10**6)
    spool.append([judged(1)], NOW)

    def half(_fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", half)
        with pytest.raises(SpoolFullError, match="No space"):
            spool.append([judged(2)], NOW)
    spool.append([judged(3)], NOW)
    assert batches(Spool(tmp_path, 10**6)) == [[1], [3]]


def test_what_is_done_is_forgotten_and_its_files_go(tmp_path):
    spool = Spool(tmp_path, 10**6)
    for number in (1, 2, 3):
        spool.append([judged(number)], NOW)
    numbers = [number for number, _ in spool.records()]
    spool.done(numbers[1])
    assert batches(spool) == [[3]]
    spool.done(numbers[2])
    assert not spool
    assert list(tmp_path.glob("*.seg")) == []
    spool.append([judged(4)], NOW)
    assert [number for number, _ in spool.records()] == [4]
