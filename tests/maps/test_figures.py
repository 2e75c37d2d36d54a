"""The figures an operator looks at first."""

from ingest.model import Admission, Device, Heard, Presence, View
from maps.figures import Flow, picture_figures
from maps.scene import Scene
from maps.works import Work


def view(number, admission=Admission.ADMITTED, **facts):
    presence = Presence(**{"connected": True, "fresh": True, **facts})
    return View(Device(f"s/camera/c{number}", admission), presence)


def test_pending_devices_are_counted_but_not_expected_to_serve():
    scene = Scene("s")
    scene.apply(Heard(1, (view(0), view(1, connected=False), view(2, unknown=True), view(3, Admission.PENDING))))
    figures = picture_figures(scene)
    assert (figures["devices"], figures["expected"], figures["in_service"], figures["offline"]) == (4, 3, 1, 1)
    assert figures["states"] == [1, 0, 0, 1, 0, 1, 1]


def test_what_is_worked_on_is_neither_expected_to_serve_nor_counted_as_offline():
    scene = Scene("s")
    scene.apply(Heard(1, (view(0), view(1, connected=False), view(2))))
    scene.apply_works([Work(5, 9, devices=frozenset({"s/camera/c0", "s/camera/c1"}))])
    figures = picture_figures(scene)
    assert (figures["devices"], figures["expected"], figures["in_service"], figures["offline"]) == (3, 1, 1, 0)
    assert figures["states"] == [1, 0, 0, 0, 2, 0, 0]


def test_the_rate_is_that_of_the_last_minute():
    flow = Flow()
    for second in range(121):
        received = second * 10 if second < 60 else 600 + (second - 60) * 30
        said = flow.note(second * 1000, {"received": received, "stored": received})
    assert said == {"per_minute": 1800, "lost": 0}


def test_what_was_shed_or_is_not_accounted_for_is_lost():
    ledger = {"received": 100, "stored": 80, "duplicate": 5, "quarantined": 4, "shed": 6, "in_flight": 3}
    assert Flow().note(0, ledger)["lost"] == 6 + 2


def test_a_ledger_that_begins_anew_does_not_make_a_negative_rate():
    flow = Flow()
    flow.note(0, {"received": 900, "stored": 900})
    assert flow.note(1000, {"received": 5, "stored": 5})["per_minute"] == 0


def test_without_a_ledger_there_is_no_rate():
    assert Flow().note(0, {}) == {}
