"""The time machine's frames: at every moment the picture is what the notes of that moment say."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Alert, Condition, Severity, Transition
from alerts.store import entry_of
from ingest.model import Admission, Device
from maps.model import Reach
from maps.past import Stood, replay, steps_of
from maps.works import Work

DEVICES = [Device(f"ns/camera/c{n}", Admission.ADMITTED, area="a", lat=15.0, lon=108.0) for n in range(3)]
ADDRESSES = [device.address for device in DEVICES]
CODE = {"in": 0, "out": 3, "unknown": 5}
BEGIN, END = 100_000, 200_000


def alert(number=0, since=50_000, **facts):
    made = Alert(
        id=f"A{number}", key=f"r@{ADDRESSES[number]}", rule="r", device=ADDRESSES[number], severity=Severity.MAJOR,
        peak_severity=Severity.MAJOR, condition=Condition.FIRING, since=since, last_observed=since, area="a", version=1,
    )  # fmt: skip
    return replace(made, **facts)


def folded(frames, until):
    """The states by index and the alerts shown, as a browser folds the frames up to a moment."""
    states, shown, at_seq = {}, {}, None
    for each in frames:
        if each.at > until:
            break
        frame = json.loads(bytes(each.frame))
        assert frame["type"] == "snapshot" if at_seq is None else frame["from"] == at_seq
        at_seq = frame["seq"]
        part = frame["layers"].get("devices", {"i": [], "state": []})
        states.update(zip(part["i"], part["state"], strict=True))
        told = frame["layers"].get("alerts", {})
        for row in [*told.get("open", ()), *(step["alert"] for step in told.get("steps", ()))]:
            shown.pop(row["id"], None)
            if row["shown"]:
                shown[row["id"]] = row
    return states, shown


def run(stood=(), steps=(), step_ms=1, works=()):
    return list(replay("Nông Sơn", DEVICES, stood, steps, begin=BEGIN, end=END, step_ms=step_ms, works=works))


NOTES = st.lists(
    st.builds(Stood, st.sampled_from(ADDRESSES), st.integers(0, END + 50_000), st.sampled_from(sorted(CODE))),
    max_size=30,
    unique_by=lambda note: (note.device, note.ts),
)


@given(NOTES, st.integers(BEGIN, END), st.integers(1, 20_000))
def test_at_every_moment_each_device_stands_as_last_noted(notes, moment, step_ms):
    frames = run(notes, step_ms=step_ms)
    states, _ = folded(frames, moment)
    slot = BEGIN + (moment - BEGIN) // step_ms * step_ms  # what is closer together than a step comes at its end
    for index, address in enumerate(ADDRESSES):
        mine = [note for note in notes if note.device == address and note.ts <= max(slot, BEGIN)]
        last = max(mine, key=lambda note: note.ts, default=None)
        assert states[index] == CODE[last.state if last else "unknown"]


WORKS = st.lists(
    st.builds(
        lambda since, length, number: Work(since, since + length, devices=frozenset({ADDRESSES[number]})),
        st.integers(0, END + 50_000), st.integers(1, END), st.integers(0, 2),
    ),
    max_size=8,
)  # fmt: skip


@given(WORKS, st.integers(BEGIN, END), st.integers(1, 20_000))
def test_at_every_moment_who_was_worked_on_is_in_maintenance_and_nobody_else(works, moment, step_ms):
    states, _ = folded(run(works=works, step_ms=step_ms), moment)
    slot = BEGIN + (moment - BEGIN) // step_ms * step_ms
    for index, address in enumerate(ADDRESSES):
        mine = [work for work in works if address in work.devices and work.since <= slot < work.until]
        assert states[index] == (4 if mine else CODE["unknown"])


def test_a_device_of_which_nothing_was_noted_is_unknown_and_a_degraded_one_warns():
    [frame] = run([Stood(ADDRESSES[0], 1, "in", "degraded"), Stood(ADDRESSES[1], 1, "in", "sleeping")])
    states, _ = folded([frame], BEGIN)
    assert states == {0: 1, 1: 0, 2: 5}
    assert frame.figures["states"] == [1, 1, 0, 0, 0, 1, 0]


def test_an_alert_is_shown_from_its_rise_to_its_end_and_its_acknowledgement_with_it():
    raised = alert(since=BEGIN + 10)
    acked = replace(raised, acked=True, acked_by="lan", version=2)
    closed = replace(raised, condition=Condition.CLOSED, version=3)
    story = [
        Transition(raised, None, "ripe", BEGIN + 10, "open"),
        Transition(acked, Condition.FIRING, "ack", BEGIN + 20, None, "lan"),
        Transition(closed, Condition.FIRING, "settled", BEGIN + 30, "clear"),
    ]
    last = replace(raised, condition=Condition.CLOSED, acked=True, acked_by="lan", closed_at=BEGIN + 30)
    steps = list(steps_of(last, [entry_of(step) for step in story]))
    frames = run([Stood(ADDRESSES[0], 1, "in")], steps)
    assert folded(frames, BEGIN + 5)[1] == {}
    at_rise = folded(frames, BEGIN + 10)
    assert (at_rise[0][0], at_rise[1]["A0"]["acked"]) == (2, False)
    assert folded(frames, BEGIN + 20)[1]["A0"]["acked_by"] == "lan"
    assert folded(frames, BEGIN + 30) == ({0: 0, 1: 5, 2: 5}, {})


def test_an_alert_that_began_before_is_in_the_first_picture():
    raised = alert()
    [frame] = run([Stood(ADDRESSES[0], 1, "in")], [Transition(raised, None, "ripe", 50_000, "open")])
    assert list(folded([frame], BEGIN)[1]) == ["A0"]


def test_the_past_shows_what_cameras_saw_too():
    reaches = {ADDRESSES[1]: Reach(80, 135, 84)}
    [frame] = replay("Nông Sơn", DEVICES, (), (), begin=BEGIN, end=END, step_ms=1, reaches=reaches)
    part = json.loads(bytes(frame.frame))["layers"]["reaches"]
    assert part == {"i": [1], "range_m": [80], "bearing_deg": [135], "angle_deg": [84]}


def test_what_happened_after_the_end_is_not_told():
    frames = run([Stood(ADDRESSES[0], END + 1, "out")])
    assert len(frames) == 1
