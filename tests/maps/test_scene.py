"""The picture: what state a device is in on the wall, and that steps add up to the whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import Alert, Condition, Mute, Severity, Suppression, Transition
from ingest.model import Admission, Device, Heard, Presence, View
from maps.model import Reach, State, fold, shown
from maps.scene import KEPT_STEPS, Scene, judge
from maps.works import Work

WELL = Presence(connected=True, fresh=True, working=True, since=5)


def view(number=0, *, admission=Admission.ADMITTED, presence=WELL, area="que-trung", name=None):
    device = Device(f"nong-son/camera/c{number}", admission=admission, area=area, name=name, lat=15.7, lon=108.0)
    return View(device, presence)


def alert(number=0, *, device=0, severity=Severity.MAJOR, condition=Condition.FIRING, acked=False, since=7):
    address = f"nong-son/camera/c{device}"
    return Alert(
        id=f"A{number}", key=f"r@{address}", rule="r", device=address, severity=severity, peak_severity=severity,
        condition=condition, since=since, last_observed=since, area="que-trung", acked=acked,
    )  # fmt: skip


def step(number=0, **facts):
    return Transition(alert(number, **facts), None, "bad", 9)


@pytest.mark.parametrize(
    ("presence", "severities", "state"),
    [
        (WELL, [], State.OK),
        (WELL, [Severity.WARNING], State.WARNING),
        (WELL, [Severity.MINOR, Severity.CRITICAL], State.CRITICAL),
        (WELL, [Severity.MAJOR], State.CRITICAL),
        (replace(WELL, working=False), [], State.WARNING),
        (replace(WELL, connected=None), [], State.OK),
        (replace(WELL, connected=False), [Severity.CRITICAL], State.OFFLINE),
        (replace(WELL, fresh=False), [], State.OFFLINE),
        (replace(WELL, connected=False, unknown=True), [], State.UNKNOWN),
    ],
)
def test_a_devices_state_follows_its_presence_and_its_worst_active_alert(presence, severities, state):
    active = [alert(n, severity=severity) for n, severity in enumerate(severities)]
    assert judge(view(presence=presence), active)[0] is state


def test_a_device_nobody_admitted_is_pending_whatever_else_is_wrong():
    pending = view(admission=Admission.PENDING, presence=Presence(connected=False))
    assert judge(pending, [alert()])[0] is State.PENDING


def test_a_device_that_is_worked_on_is_in_maintenance_whatever_else_is_so_unless_nobody_admitted_it():
    blind = replace(WELL, connected=False, unknown=True)
    assert judge(view(presence=blind), [alert()], 40) == (State.MAINTENANCE, 40)
    assert judge(view(admission=Admission.PENDING), [], 40)[0] is State.PENDING


def test_planned_work_is_drawn_while_it_goes_on_and_what_was_so_before_comes_back():
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(0), view(1, area="que-loc"))))
    scene.apply_alerts([step()])
    scene.apply_works([Work(60, 90, areas=frozenset({"que-trung"}))])
    assert [(dot.state, dot.since) for dot in scene.snapshot().dots.values()] == [
        (State.MAINTENANCE, 60), (State.OK, 5),
    ]  # fmt: skip
    assert (scene.counts()[State.MAINTENANCE.code], scene.snapshot().areas["que-trung"][State.MAINTENANCE.code]) == (
        1,
        1,
    )
    scene.apply_works([])
    assert scene.snapshot().dots[0].state is State.CRITICAL


def test_who_comes_into_an_area_that_is_worked_on_is_in_maintenance_and_who_leaves_it_is_not():
    scene = Scene("Nông Sơn")
    scene.apply_works([Work(60, 90, areas=frozenset({"que-loc"}))])
    states = []
    for area in ("que-trung", "que-loc", None):
        scene.apply(Heard(1, (view(area=area),)))
        states.append(scene.snapshot().dots[0].state)
    assert states == [State.OK, State.MAINTENANCE, State.OK]


def test_the_same_work_told_again_and_work_on_nothing_of_ours_make_no_step():
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(),)))
    first = scene.apply_works([Work(60, 90, families=frozenset({"camera"}))])
    assert scene.apply_works([Work(60, 90, families=frozenset({"camera"}))]) == first
    elsewhere = Work(60, 90, areas=frozenset({"que-loc"}))
    assert scene.apply_works([Work(60, 90, families=frozenset({"camera"})), elsewhere]) == first


def test_an_alert_that_came_before_its_device_colours_it_when_it_appears():
    scene = Scene("Nông Sơn")
    scene.apply_alerts([step()])
    scene.apply(Heard(1, (view(),)))
    assert scene.snapshot().dots[0].state is State.CRITICAL


def test_a_cleared_alert_stays_on_the_wall_until_someone_has_seen_it_but_colours_nothing():
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(),)))
    scene.apply_alerts([step(), step(condition=Condition.CLEARED)])
    picture = scene.snapshot()
    assert picture.dots[0].state is State.OK
    assert [each.id for each in scene.unacknowledged()] == ["A0"]
    scene.apply_alerts([step(condition=Condition.CLEARED, acked=True)])
    assert not scene.snapshot().alerts


def test_what_an_outage_explains_leaves_the_list_and_comes_back_when_it_stands_alone():
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(),)))
    absorbed = replace(alert(), suppressions=(Suppression(Mute.PARENT, "outage"),))
    scene.apply_alerts([step(), Transition(absorbed, Condition.FIRING, "absorbed", 8)])
    assert not scene.snapshot().alerts
    scene.apply_alerts([step()])
    assert list(scene.snapshot().alerts) == ["A0"]
    over = replace(absorbed, condition=Condition.CLOSED)
    scene.apply_alerts([Transition(absorbed, Condition.FIRING, "absorbed", 9)])
    scene.apply_alerts([Transition(over, Condition.FIRING, "explained", 10)])
    assert scene.snapshot().dots[0].state is State.OK


@pytest.mark.parametrize("kind", [Mute.HELD, Mute.SHELVED, Mute.SILENCE, Mute.MAINTENANCE])
def test_what_people_are_not_told_for_now_is_in_no_list_and_its_device_shows_its_state(kind):
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(),)))
    quiet = replace(alert(), suppressions=(Suppression(kind, ""),))
    scene.apply_alerts([Transition(quiet, Condition.PENDING, "ripe", 7)])
    assert not scene.snapshot().alerts
    assert scene.snapshot().dots[0].state is State.CRITICAL
    scene.apply_alerts([step()])
    assert list(scene.snapshot().alerts) == ["A0"]


def test_what_flaps_stays_in_the_list_for_people_were_told_that_it_does():
    scene = Scene("Nông Sơn")
    flapping = replace(alert(), suppressions=(Suppression(Mute.FLAPPING, ""),))
    scene.apply_alerts([step(), Transition(flapping, Condition.FIRING, "flapping", 8)])
    assert list(scene.snapshot().alerts) == ["A0"]


def test_a_pending_condition_is_never_shown():
    scene = Scene("Nông Sơn", first=40)
    assert scene.apply_alerts([step(condition=Condition.PENDING)]) == 40


def test_a_retired_device_leaves_the_picture_and_its_areas_count():
    scene = Scene("Nông Sơn")
    scene.apply(Heard(1, (view(0), view(1))))
    before = scene.snapshot()
    scene.apply(Heard(2, (view(0, admission=Admission.RETIRED),)))
    delta = scene.delta_since(before.seq)
    assert delta is not None
    assert delta.dots == {0: None}
    assert sum(scene.snapshot().areas["que-trung"]) == 1


def test_what_changes_nothing_on_the_wall_makes_no_step():
    scene = Scene("Nông Sơn")
    first = scene.apply(Heard(1, (view(),)))
    assert scene.apply(Heard(2, (replace(view(), last_heard=2),))) == first


def test_an_older_stamp_of_the_probe_makes_no_step():
    scene = Scene("Nông Sơn")
    seq = scene.apply_probe(70)
    assert (scene.apply_probe(70), scene.apply_probe(60)) == (seq, seq)
    assert scene.snapshot().probe == 70


def test_only_the_state_that_changed_is_told_again():
    scene = Scene("Nông Sơn")
    seq = scene.apply(Heard(1, (view(0), view(1))))
    scene.apply(Heard(2, (view(1, presence=replace(WELL, connected=False)),)))
    delta = scene.delta_since(seq)
    assert delta is not None
    assert (list(delta.dots), delta.about) == ([1], frozenset())


@pytest.mark.parametrize("half", [{"bearing_deg": 10}, {"angle_deg": 84}])
def test_what_looks_one_way_says_which_and_how_widely(half):
    with pytest.raises(ValueError, match="go together"):
        Reach(80, **half)


def test_a_number_from_before_a_restart_or_from_the_future_asks_for_a_snapshot():
    scene = Scene("Nông Sơn", first=1000)
    seq = scene.apply(Heard(1, (view(),)))
    assert scene.delta_since(999) is None
    assert scene.delta_since(seq + 1) is None
    assert scene.delta_since(1000) is not None


def test_who_lags_more_steps_of_alerts_than_are_kept_asks_for_a_snapshot():
    scene = Scene("Nông Sơn")
    seqs = [scene.apply_alerts([step(n)]) for n in range(KEPT_STEPS + 1)]
    assert scene.delta_since(0) is None
    delta = scene.delta_since(seqs[0])
    assert delta is not None
    assert len(delta.steps) == KEPT_STEPS


presences = st.builds(
    Presence, connected=st.sampled_from([True, False, None]), fresh=st.booleans(),
    working=st.sampled_from([True, False]), unknown=st.booleans(), since=st.integers(0, 3),
)  # fmt: skip
heard = st.lists(
    st.builds(
        view, st.integers(0, 5), admission=st.sampled_from(Admission), presence=presences,
        area=st.sampled_from(["a", "b", None]), name=st.sampled_from([None, "Cổng", "Chợ"]),
    ),
    max_size=4,
).map(lambda views: Heard(1, tuple(views)))  # fmt: skip
judged = st.lists(
    st.builds(
        step, st.integers(0, 6), device=st.integers(0, 6), severity=st.sampled_from(Severity),
        condition=st.sampled_from(Condition), acked=st.booleans(),
    ),
    max_size=3,
)  # fmt: skip


some = st.frozensets
going = st.sets(
    st.builds(
        Work, st.integers(0, 3), st.just(9), areas=some(st.sampled_from(["a", "b"])),
        families=some(st.sampled_from(["camera", "wifi"])),
        devices=some(st.integers(0, 5).map("nong-son/camera/c{}".format), max_size=2),
    ),
    max_size=3,
)  # fmt: skip


def tell(scene, happening):
    match happening:
        case set():
            scene.apply_works(happening)
        case Heard():
            scene.apply(happening)
        case int():
            scene.apply_probe(happening)
        case _:
            scene.apply_alerts(happening)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(heard, judged, going, st.integers(1, 9)), max_size=14))
def test_the_picture_at_every_number_plus_the_step_from_it_is_the_picture_now(happenings):
    scene = Scene("Nông Sơn", first=3, reaches={"nong-son/camera/c1": Reach(80, 135, 84)})
    pictures, works = [scene.snapshot()], set()
    for happening in happenings:
        tell(scene, happening)
        now = scene.snapshot()
        for picture in pictures:
            delta = scene.delta_since(picture.seq)
            assert delta is not None
            assert fold(picture, delta) == now
        assert sum(scene.counts()) == len(now.dots)
        assert all(shown(each) for each in now.alerts.values())
        works = happening if isinstance(happening, set) else works
        for dot in now.dots.values():
            covered = any(work.covers(Device(dot.address, area=dot.area)) for work in works)
            assert covered == (dot.state is State.MAINTENANCE) or dot.state is State.PENDING
        pictures.append(now)
