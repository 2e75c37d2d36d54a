"""What one client gets: the newest picture in few steps, every alert's step, and never a queue."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Admission, Device, Heard, Presence, View
from maps.frames import Press
from maps.layer import find_layers
from maps.model import Reach, Sight
from maps.outbox import PATIENCE, WINDOW, Outbox
from maps.scene import KEPT_STEPS, Scene

LAYERS = list(find_layers().values())
WELL = Presence(connected=True, fresh=True)


def view(number, *, well=True, area="que-trung", lat=15.7, admission=Admission.ADMITTED):
    device = Device(f"nong-son/camera/c{number}", admission, area=area, lat=lat, lon=108.0)
    return View(device, replace(WELL, connected=well))


def raised(number, *, acked=False, area="que-trung"):
    alert = Alert(
        f"A{number}", "k", "r", f"nong-son/camera/c{number}", Severity.MAJOR, Severity.MAJOR, Condition.FIRING,
        since=1, last_observed=1, area=area, acked=acked,
    )  # fmt: skip
    return Transition(alert, None, "ack" if acked else "bad", 2)


class Reader:
    """A client after the book: folds frames as docs/live.md says."""

    def __init__(self):
        self.seq, self.dots, self.areas, self.open, self.seen = None, {}, {}, {}, []

    def take(self, text):
        frame = json.loads(text)
        if frame["type"] == "snapshot":
            self.dots, self.areas, self.open = {}, {}, {}
        else:
            assert frame["from"] == self.seq
        self.seq = frame["seq"]
        self._devices(frame["layers"].get("devices", {}))
        areas = frame["layers"].get("areas", {"area": [], "counts": []})
        self.areas.update(zip(areas["area"], areas["counts"], strict=True))
        alerts = frame["layers"].get("alerts", {})
        self.open.update({alert["id"]: alert for alert in alerts.get("open", [])})
        for step in alerts.get("steps", []):
            self.seen.append((step["alert"]["id"], step["cause"]))
            self.open[step["alert"]["id"]] = step["alert"]
            if not step["alert"]["shown"]:
                del self.open[step["alert"]["id"]]
        return frame

    def _devices(self, part):
        about = part.get("about", {"i": []})
        for at, index in enumerate(about["i"]):
            self.dots[index] = {name: about[name][at] for name in about if name != "i"}
        for index in part.get("gone", []):
            self.dots.pop(index, None)  # it may have come and gone unseen
        for at, index in enumerate(part.get("i", [])):
            self.dots[index] |= {"state": part["state"][at], "since": part["since"][at]}


def client(scene, *, since=None, layers=LAYERS, **wishes):
    press = Press(scene)
    return Outbox(press.look(layers, Sight(**wishes)), since), press


def tick(outbox, press, *, beating=False):
    """What it is sent at a tick."""
    return outbox.take(press) if outbox.ready(beating=beating) else None


def pass_by(scene, outbox, press, ticks):
    """So many changes and ticks, every fifth with a beat; gives the frames sent."""
    frames = []
    for turn in range(ticks):
        scene.apply(Heard(turn, (view(0, well=turn % 2 == 0), view(turn))))
        frames += [frame] if (frame := tick(outbox, press, beating=turn % 5 == 0)) else []
    return frames


def test_a_client_that_says_nothing_gets_a_window_of_frames_and_then_the_newest_picture():
    scene = Scene("s")
    outbox, press = client(scene)
    assert len(pass_by(scene, outbox, press, 20)) == WINDOW
    outbox.ack(scene.seq)
    catch_up = json.loads(tick(outbox, press))
    assert len(catch_up["layers"]["devices"]["i"]) == 18
    assert tick(outbox, press) is None


def test_who_lags_is_served_with_the_beat_until_it_has_caught_up():
    scene = Scene("s")
    outbox, press = client(scene)
    sent = [json.loads(frame)["seq"] for frame in pass_by(scene, outbox, press, 10)]
    outbox.ack(sent[1])  # it draws one and two, and has the third before it
    assert [outbox.ready(beating=beating) for beating in (False, True)] == [False, True]
    outbox.take(press)
    assert not outbox.ready(beating=True)  # two under way are enough for one that is slow
    outbox.ack(scene.seq)
    assert outbox.ready(beating=False)


def test_a_short_stall_is_not_yet_lagging():
    scene = Scene("s")
    outbox, press = client(scene)
    for _ in range(5):
        frames = pass_by(scene, outbox, press, WINDOW + PATIENCE - 1)
        assert len(frames) == WINDOW
        outbox.ack(scene.seq)


def test_those_who_lag_come_to_share_their_frames():
    scene = Scene("s")
    press = Press(scene)
    outboxes = [Outbox(press.look(LAYERS, Sight())) for _ in range(6)]
    for number in range(len(outboxes)):
        pass_by(scene, outboxes[number], press, WINDOW + PATIENCE + number)  # each is stuck at another picture
    printed = []
    for _ in range(2):
        scene.apply(Heard(1, (view(len(printed) + 90),)))
        for outbox in outboxes:
            outbox.ack(outbox.at - 1)  # it draws as fast as it can, and is never through
        before = press.printed
        assert all(tick(outbox, press) is None for outbox in outboxes)
        assert all(tick(outbox, press, beating=True) for outbox in outboxes)
        printed.append(press.printed - before)
    assert printed[0] > printed[1] == 1


def test_every_step_of_an_alert_reaches_a_slow_client_in_order():
    scene = Scene("s")
    outbox, press = client(scene)
    reader = Reader()
    reader.take(outbox.take(press))
    for number in range(50):
        scene.apply_alerts([raised(number)])
        scene.apply_alerts([raised(number, acked=True)])
    reader.take(outbox.take(press))
    assert reader.seen == [(f"A{n}", cause) for n in range(50) for cause in ("bad", "ack")]


def test_who_lags_more_steps_than_are_kept_gets_a_snapshot_with_all_open_alerts():
    scene = Scene("s")
    outbox, press = client(scene)
    outbox.take(press)
    for number in range(KEPT_STEPS + 5):
        scene.apply_alerts([raised(number)])
    frame = json.loads(outbox.take(press))
    assert frame["type"] == "snapshot"
    assert len(frame["layers"]["alerts"]["open"]) == KEPT_STEPS + 5


@pytest.mark.parametrize("since", [0, 10**9])
def test_a_number_the_scene_does_not_know_is_answered_with_a_snapshot(since):
    scene = Scene("s", first=1000)
    scene.apply(Heard(1, (view(0),)))
    outbox, press = client(scene, since=since)
    assert json.loads(outbox.take(press))["type"] == "snapshot"


def test_asking_again_with_since_mends_a_gap():
    scene = Scene("s")
    outbox, press = client(scene)
    reader = Reader()
    reader.take(outbox.take(press))
    scene.apply(Heard(1, (view(0),)))
    outbox.take(press)  # lost on the way
    scene.apply(Heard(2, (view(1),)))
    outbox.ask(outbox.look, reader.seq)
    assert reader.take(outbox.take(press))["type"] == "delta"
    assert set(reader.dots) == {0, 1}


def test_clients_in_step_share_one_printed_frame():
    scene = Scene("s")
    press = Press(scene)
    outboxes = [Outbox(press.look(LAYERS, Sight())) for _ in range(50)]
    for turn in range(2):
        scene.apply(Heard(turn, (view(turn),)))
        assert len({outbox.take(press) for outbox in outboxes}) == 1
    assert press.printed == 2


def test_only_the_layers_asked_for_are_sent():
    scene = Scene("s")
    scene.apply(Heard(1, (view(0),)))
    outbox, press = client(scene, layers=[layer for layer in LAYERS if layer.name == "areas"])
    assert list(json.loads(outbox.take(press))["layers"]) == ["areas"]


def test_a_device_that_leaves_the_box_is_told_as_gone_and_areas_count_it_still():
    scene = Scene("s")
    scene.apply(Heard(1, (view(0), view(1, lat=16.5))))
    outbox, press = client(scene, bbox=(107, 15, 109, 16))
    reader = Reader()
    reader.take(outbox.take(press))
    assert set(reader.dots) == {0}
    scene.apply(Heard(2, (view(0, lat=16.6),)))
    frame = json.loads(outbox.take(press))
    assert frame["layers"]["devices"]["gone"] == [0]
    assert sum(reader.areas["que-trung"]) == 2


def test_what_may_not_be_seen_is_in_no_part_of_any_frame():
    scene = Scene("s")
    outbox, press = client(scene, may_see=lambda area: area != "que-loc")
    outbox.take(press)
    scene.apply(Heard(1, (view(0), view(1, area="que-loc"))))
    scene.apply_alerts([raised(1, area="que-loc")])
    assert "que-loc" not in outbox.take(press)
    assert "que-loc" not in Press(scene).snapshot(outbox.look)


heard = st.lists(
    st.builds(
        view, st.integers(0, 4), well=st.booleans(), area=st.sampled_from(["a", "b"]),
        lat=st.sampled_from([15.7, None]), admission=st.sampled_from(Admission),
    ),
    max_size=3,
)  # fmt: skip
moves = st.one_of(
    heard.map(lambda views: ("hear", views)),
    st.builds(lambda n, acked: ("judge", [raised(n, acked=acked)]), st.integers(0, 4), st.booleans()),
    st.sampled_from([("take", False), ("take", True), ("ack", None), ("lose", False), ("lose", True)]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=30))
def test_whatever_is_lost_or_late_the_client_ends_with_the_servers_picture(script):
    scene = Scene("s", first=7)
    outbox, press = client(scene)
    reader = Reader()
    for what, facts in script:
        if what == "hear":
            scene.apply(Heard(1, tuple(facts)))
        elif what == "judge":
            scene.apply_alerts(facts)
        elif what == "ack":
            outbox.ack(scene.seq)
        elif frame := tick(outbox, press, beating=facts):
            if what == "take":
                reader.take(frame)
            else:
                outbox.ask(outbox.look, reader.seq)
    outbox.ack(scene.seq)
    if frame := tick(outbox, press):
        reader.take(frame)
    whole = Reader()
    whole.take(Press(scene).snapshot(outbox.look))
    assert (reader.seq, reader.dots, reader.open) == (whole.seq, whole.dots, whole.open)
    assert {k: v for k, v in reader.areas.items() if sum(v)} == {k: v for k, v in whole.areas.items() if sum(v)}


def test_what_a_camera_sees_is_told_with_the_camera_to_those_who_may_see_it():
    scene = Scene("s", reaches={"nong-son/camera/c1": Reach(80, 135, 84), "nong-son/camera/c2": Reach(350)})
    elsewhere, press = client(scene, may_see=lambda area: area == "que-loc")
    outbox = Outbox(press.look(LAYERS, Sight()))
    scene.apply(Heard(1, (view(0), view(1))))
    first = json.loads(outbox.take(press))["layers"]
    assert first["reaches"] == {"i": [1], "range_m": [80.0], "bearing_deg": [135.0], "angle_deg": [84.0]}
    scene.apply(Heard(2, (view(1, well=False), view(2))))
    then = json.loads(outbox.take(press))["layers"]
    assert then["reaches"] == {"i": [2], "range_m": [350.0], "bearing_deg": [None], "angle_deg": [None]}
    assert json.loads(elsewhere.take(press))["layers"]["reaches"]["i"] == []
    scene.apply(Heard(3, (view(1),)))
    assert "reaches" not in json.loads(outbox.take(press))["layers"]
