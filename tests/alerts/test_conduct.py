"""The shipped rules over what the centre itself measures: clocks, restarts, shouting; one cause is one alert."""

from alerts.engine import Engine
from alerts.rulefile import default_rules
from ingest.model import Admission, Device, Heard, Presence, Sample, View
from tests.alerts.conftest import CAMERA, THERE, WILL

Told = list[tuple[int, str, str]]


class Watched:
    """Devices under the shipped rules; times in seconds."""

    def __init__(self, *devices: str) -> None:
        self.engine, self.told = Engine(default_rules()), Told()
        for device in devices or (CAMERA,):
            self.see(0, THERE, device)

    def measure(self, at: int, device: str = CAMERA, **metrics: float) -> None:
        measured = Sample(device, at * 1000, {f"wire_{name}": value for name, value in metrics.items()}, at * 1000)
        self._take(Heard(at * 1000, measures=(measured,)))

    def see(self, at: int, presence: Presence, device: str = CAMERA) -> None:
        self._take(Heard(at * 1000, (View(Device(device, Admission.ADMITTED, interval_s=30), presence),)))

    def tick(self, until: int) -> Told:
        due = self.engine.due
        while due is not None and due <= until * 1000:
            self._say(self.engine.tick(due))
            due = self.engine.due
        return self.told

    def _take(self, heard: Heard) -> None:
        self.tick(heard.now // 1000)
        self._say(self.engine.observe(heard))

    def _say(self, steps) -> None:
        self.told += [(step.at // 1000, step.alert.key, str(step.announce)) for step in steps if step.announce]


def test_a_clock_that_runs_ahead_is_one_alert_until_it_is_set_right() -> None:
    watched = Watched()
    for minute in range(1, 11):
        watched.measure(minute * 60, clock_ahead_s=minute * 30)
    watched.measure(660, clock_ahead_s=0)
    key = f"device-clock-ahead@{CAMERA}"
    assert watched.tick(1000) == [(180, key, "open"), (720, key, "clear")]


def test_a_clock_behind_is_believed_after_ten_minutes() -> None:
    watched = Watched()
    for minute in range(1, 13):
        watched.measure(minute * 60, clock_ahead_s=-3600)
    assert watched.tick(720) == [(660, f"device-clock-behind@{CAMERA}", "open")]


def test_when_most_clocks_disagree_with_ours_it_is_one_alert_of_the_centre() -> None:
    devices = [f"demo/camera/c{number}" for number in range(12)]
    watched = Watched(*devices)
    for minute in range(1, 20):
        for number, device in enumerate(devices):
            watched.measure(minute * 60 + number, device, clock_ahead_s=0 if minute == 1 else 600)
    assert [(key, what) for _, key, what in watched.tick(1200)] == [("centre-clock-off@centre:all", "open")]


def test_a_device_that_shouts_for_more_than_a_minute_is_one_alert_until_it_is_quiet() -> None:
    watched = Watched()
    watched.measure(60, pace=400)
    watched.measure(90, pace=1)
    for at in range(120, 600, 60):
        watched.measure(at, pace=100)
    watched.measure(600, pace=1)
    key = f"device-shouting@{CAMERA}"
    assert watched.tick(900) == [(180, key, "open"), (600, key, "clear")]


def test_a_device_that_dies_and_comes_back_again_and_again_is_one_alert() -> None:
    watched = Watched()
    for start in range(1, 13):
        watched.see(start * 200 - 150, WILL)  # away for two minutes and a half: longer than an absence waits
        watched.measure(start * 200, starts_10m=min(start, 3))
        watched.see(start * 200, THERE)
    for left in (2, 1, 0):
        watched.measure(3000 - 200 * left, starts_10m=left)
    restarts = [(at, what) for at, key, what in watched.tick(4000) if key == f"device-restarts@{CAMERA}"]
    absences = [(at, what) for at, key, what in watched.told if key == f"camera-absent@{CAMERA}"]
    assert restarts == [(600, "open"), (2800, "clear")]
    assert all(at <= 600 for at, _ in absences)


def test_a_device_that_stays_away_after_its_restarts_is_told_when_they_no_longer_explain_it() -> None:
    watched = Watched()
    for start in (1, 2, 3):
        watched.measure(start * 30, starts_10m=start)
        watched.see(start * 30, THERE)
    watched.see(100, WILL)
    watched.measure(660, starts_10m=1)
    told = [(key.partition("@")[0], what) for _, key, what in watched.tick(1200)]
    assert told == [("device-restarts", "open"), ("device-restarts", "clear"), ("camera-absent", "open")]


def test_one_restart_is_nothing_to_tell() -> None:
    watched = Watched()
    watched.measure(60, starts_10m=1)
    watched.measure(300, starts_10m=2)
    assert watched.tick(900) == []
