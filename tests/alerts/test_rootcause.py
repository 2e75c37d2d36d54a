"""One cause, one alert: areas, gateways, feeders and the centre; absorbing, late parents, and release one by one."""

from collections.abc import Iterable
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from alerts.domains import Grounds
from alerts.engine import Engine
from alerts.events import Policy
from alerts.model import Alert, Condition, Mute, Transition
from alerts.rulebook import read_rules
from ingest.model import Admission, Device, Heard, Presence, Sample, View
from tests.alerts.conftest import GONE, SILENT, THERE, tell

AREA = {"name": "area-out", "kind": "outage", "over": "area", "share": 0.8, "at_least": 5, "severity": "critical"}
FEEDER = {**AREA, "name": "feeder-out", "over": "feeder", "at_least": 3}
CENTRE = {**AREA, "name": "centre-out", "over": "centre", "share": 0.5, "at_least": 10}
ALONE = {**GONE, "for": "30s"}
BLIND = Presence(connected=True, unknown=True, reason="blind")


class Commune:
    """Devices by number in areas, heard together; times in seconds."""

    def __init__(self, sizes: dict[str, int], *rules: dict[str, object], **engine: object) -> None:
        self.engine = Engine(read_rules(rules), **engine)  # type: ignore[arg-type]
        self.said: list[Transition] = []
        self.devices = {
            f"demo/camera/{area}-{number}": Device(f"demo/camera/{area}-{number}", Admission.ADMITTED, area=area)
            for area, size in sizes.items()
            for number in range(size)
        }
        self.hear(0, self.devices)

    def of(self, area: str) -> list[str]:
        return [name for name, device in self.devices.items() if device.area == area]

    def hear(self, at_s: float, names: Iterable[str], presence: Presence = THERE) -> None:
        now = int(at_s * 1000)
        views = tuple(View(self.devices[name], replace(presence, since=now)) for name in names)
        self.said += self.engine.observe(Heard(now, views))

    def pass_until(self, end_s: int, *, start_s: int) -> None:
        for at in range(start_s, end_s + 1):
            self.said += self.engine.tick(at * 1000)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(str(step.announce), step.alert.key) for step in self.said if step.announce]

    def firing(self, rule: str) -> list[Alert]:
        return [a for a in self.engine.alerts.values() if a.rule == rule and a.condition is Condition.FIRING]


def test_a_commune_that_falls_silent_is_one_message_and_one_when_it_is_back() -> None:
    """AC-31: 30 of 30 silent within 60 s: one incident, no device message; all back: one resolve. Two in all."""
    commune = Commune({"a": 30}, AREA, ALONE)
    for number, name in enumerate(commune.of("a")):
        commune.hear(100 + number * 2, [name], SILENT)
        commune.pass_until(101 + number * 2, start_s=100 + number * 2)
    commune.pass_until(600, start_s=161)
    assert commune.told == [("open", "area-out@area:a")]
    assert len(commune.firing("gone")) == 30  # real alerts, each of them
    assert all(alert.muted_by(Mute.PARENT) for alert in commune.firing("gone"))
    commune.hear(601, commune.of("a"))
    commune.pass_until(2000, start_s=602)
    assert commune.told == [("open", "area-out@area:a"), ("clear", "area-out@area:a")]
    assert not commune.firing("gone")


def test_a_share_and_a_number_decide_between_one_incident_and_single_alerts() -> None:
    """AC-32: of >= 80 % and >= 5: A 6 of 6 is an incident; B 4 of 6 and C 4 of 4 are four alerts each."""
    commune = Commune({"a": 6, "b": 6, "c": 4}, AREA, ALONE)
    gone = commune.of("a") + commune.of("b")[:4] + commune.of("c")
    commune.hear(100, gone, SILENT)
    commune.pass_until(400, start_s=100)
    told = commune.told
    assert ("open", "area-out@area:a") in told
    assert sorted(key for _, key in told if key.startswith("gone")) == sorted(
        f"gone@{name}" for name in gone if "/a-" not in name
    )
    assert len(told) == 9


def test_after_power_returns_only_those_who_stay_away_are_told_and_in_their_own_time() -> None:
    """AC-34: 28 of 30 come back over three minutes, two never: no message for the 28, two after timeout and grace."""
    commune = Commune({"a": 30}, AREA, ALONE)
    names = commune.of("a")
    commune.hear(100, names, SILENT)
    commune.pass_until(1000, start_s=100)
    for number, name in enumerate(names[:28]):
        commune.hear(1001 + number * 6, [name])
        commune.pass_until(1006 + number * 6, start_s=1001 + number * 6)
    cleared = next(step.at for step in commune.said if step.announce == "clear")
    commune.pass_until(3000, start_s=1170)
    assert [what for what in commune.told if what[1].startswith("gone")] == [
        ("open", f"gone@{name}") for name in sorted(names[28:])
    ]
    times = [step.at for step in commune.said if step.announce == "open" and step.alert.rule == "gone"]
    assert times == [cleared + 240_000] * 2  # three intervals of a minute, and the grace
    assert len(commune.told) == 4


def test_two_communes_at_once_are_two_incidents_and_all_at_once_is_one() -> None:
    """AC-35."""
    sizes = dict.fromkeys("abcdef", 10)
    commune = Commune(sizes, AREA, CENTRE, ALONE)
    commune.hear(100, commune.of("a") + commune.of("b"), SILENT)
    commune.pass_until(400, start_s=100)
    assert sorted(commune.told) == [("open", "area-out@area:a"), ("open", "area-out@area:b")]
    everything = Commune(sizes, {**AREA, "for": "30s"}, {**CENTRE, "for": "20s"}, ALONE)
    everything.hear(100, everything.devices, SILENT)
    everything.pass_until(400, start_s=100)
    assert everything.told == [("open", "centre-out@centre:all")]


def test_what_died_for_a_reason_of_its_own_during_the_outage_is_told_after_it_with_its_true_beginning() -> None:
    """AC-37."""
    commune = Commune({"a": 30}, AREA, ALONE)
    names = commune.of("a")
    commune.hear(100, names, SILENT)
    commune.pass_until(1000, start_s=100)
    commune.hear(1001, names[1:])
    commune.pass_until(2000, start_s=1001)
    assert [key for what, key in commune.told if what == "open"] == ["area-out@area:a", f"gone@{names[0]}"]
    (alert,) = commune.firing("gone")
    assert alert.since == 100_000


def test_the_area_rule_alone_tells_devices_from_an_outage() -> None:
    commune = Commune({"a": 30}, AREA, ALONE)
    commune.hear(100, commune.of("a")[:1], SILENT)
    commune.pass_until(159, start_s=100)
    assert commune.told == []  # a cause of many might still come
    commune.pass_until(160, start_s=160)
    assert commune.told == [("open", "gone@demo/camera/a-0")]


def test_life_safety_is_never_held_back_nor_absorbed() -> None:
    commune = Commune({"a": 30}, AREA, {**GONE, "urgent": True})
    commune.hear(100, commune.of("a"), SILENT)
    assert len(commune.told) == 31


def test_an_outage_found_late_goes_on_in_the_thread_of_the_first_it_explains() -> None:
    commune = Commune({"a": 30}, {**AREA, "window": "1h"}, ALONE)
    names = commune.of("a")
    for number, name in enumerate(names):  # so slowly that the first cannot wait for the last
        commune.hear(100 + number * 30, [name], SILENT)
        commune.pass_until(129 + number * 30, start_s=100 + number * 30)
    early = [step.alert.id for step in commune.said if step.announce == "open" and step.alert.rule == "gone"]
    (outage,) = commune.firing("area-out")
    assert early
    assert outage.thread == early[0]
    assert all(alert.parent == outage.id for alert in commune.firing("gone"))
    before = len(commune.told)
    commune.hear(1100, names)
    commune.pass_until(1500, start_s=1100)
    assert commune.told[before:] == [("clear", "area-out@area:a")]  # the thread's end is the end of all


def test_who_failed_long_before_a_wave_is_not_taken_for_a_part_of_it() -> None:
    commune = Commune({"a": 30}, AREA, ALONE)
    names = commune.of("a")
    commune.hear(100, names[:1], SILENT)
    commune.pass_until(599, start_s=100)
    commune.hear(600, names[1:], SILENT)
    commune.pass_until(900, start_s=600)
    commune.hear(901, names[1:])
    commune.pass_until(2000, start_s=901)
    assert [key for what, key in commune.told if what == "open"] == [f"gone@{names[0]}", "area-out@area:a"]


def test_those_long_gone_neither_count_nor_are_absorbed() -> None:
    commune = Commune({"a": 10}, AREA, ALONE)
    names = commune.of("a")
    commune.hear(100, names[:4], SILENT)
    commune.pass_until(400, start_s=100)
    assert len(commune.told) == 4
    commune.hear(10_000, names[4:], SILENT)  # six of the six that were left
    commune.pass_until(10_300, start_s=10_000)
    assert commune.told[4:] == [("open", "area-out@area:a")]
    assert [alert.parent for alert in commune.firing("gone")].count(None) == 4


def test_the_smallest_domain_that_explains_it_is_the_cause() -> None:
    feeders = {f"demo/camera/a-{number}": "f1" for number in range(9)}
    grounds = Grounds(feeders=feeders)
    commune = Commune({"a": 10}, {**AREA, "for": "30s"}, {**FEEDER, "for": "30s"}, ALONE, grounds=grounds)
    commune.hear(100, list(feeders), SILENT)  # nine of nine on the feeder, nine of ten in the area
    commune.pass_until(400, start_s=100)
    assert commune.told == [("open", "feeder-out@feeder:f1")]


def test_a_smaller_outage_becomes_part_of_a_larger_one() -> None:
    feeders = {f"demo/camera/a-{number}": "f1" for number in range(5)}
    rules = (AREA, FEEDER, ALONE)
    commune = Commune({"a": 30}, *rules, grounds=Grounds(feeders=feeders))
    commune.hear(100, list(feeders), SILENT)
    commune.pass_until(200, start_s=100)
    assert commune.told == [("open", "feeder-out@feeder:f1")]
    commune.hear(201, [name for name in commune.devices if name not in feeders], SILENT)
    commune.pass_until(400, start_s=201)
    assert commune.told[1:] == [("open", "area-out@area:a")]
    (feeder,) = commune.firing("feeder-out")
    assert feeder.muted_by(Mute.PARENT)


def test_when_we_are_deaf_nobody_is_absent() -> None:
    commune = Commune({"a": 30}, AREA, CENTRE, ALONE)
    commune.hear(100, commune.devices, BLIND)
    commune.pass_until(1000, start_s=100)
    assert commune.told == []


def test_a_metric_can_be_out_over_an_area_too() -> None:
    low = {"name": "mains", "kind": "threshold", "metric": "mains_v", "below": 190, "severity": "minor"}
    out = {**AREA, "name": "power-out", "metric": "mains_v", "below": 190}
    commune = Commune({"a": 6}, low, out)

    def measure(at_s: int, volts: float) -> None:
        now = at_s * 1000
        samples = tuple(Sample(name, now, {"mains_v": volts}, received_at=now) for name in commune.devices)
        commune.said += commune.engine.observe(Heard(now, (), samples))

    measure(10, 220)
    measure(70, 20)
    commune.pass_until(200, start_s=71)
    assert commune.told == [("open", "power-out@area:a")]
    measure(250, 221)
    commune.pass_until(400, start_s=251)
    assert commune.told == [("open", "power-out@area:a"), ("clear", "power-out@area:a")]


def test_an_area_above_is_out_when_its_parts_are() -> None:
    grounds = Grounds(parents={"a": "d", "b": "d", "c": "d"})
    rules = ({**AREA, "for": "30s"}, ALONE)
    commune = Commune({"a": 6, "b": 6, "c": 6}, *rules, grounds=grounds)
    commune.hear(100, commune.devices, SILENT)
    commune.pass_until(400, start_s=100)
    opened = [key for what, key in commune.told if what == "open"]
    assert opened == ["area-out@area:d"]


def test_an_outage_survives_a_restart_and_its_devices_stay_explained() -> None:
    commune = Commune({"a": 30}, AREA, ALONE)
    commune.hear(100, commune.of("a"), SILENT)
    commune.pass_until(300, start_s=100)
    after = Commune({}, AREA, ALONE, alerts=list(commune.engine.alerts.values()), now=400_000, evaluated_at=300_000)
    after.devices = commune.devices
    now = 400_000
    views = tuple(View(device, replace(SILENT, since=100_000)) for device in commune.devices.values())
    after.said += after.engine.observe(Heard(now, views))
    after.pass_until(600, start_s=400)
    assert after.told == []
    after.hear(700, after.devices)
    after.pass_until(1500, start_s=700)
    assert after.told == [("clear", "area-out@area:a")]


def test_what_an_outage_explained_is_announced_anew_only_after_a_look_of_its_own() -> None:
    """AC-21, ours: two instances down, then their job, then the job is up again."""
    rule = {**AREA, "share": 0.5, "at_least": 3}
    commune = Commune({"a": 4}, rule, {**GONE, "for": "0s"}, policy=Policy(hold_ms=0, gather_ms=0, grace_ms=0))
    names = commune.of("a")
    commune.hear(100, names[:2], SILENT)
    commune.pass_until(219, start_s=100)
    assert [key for _, key in commune.told] == [f"gone@{names[0]}", f"gone@{names[1]}"]
    commune.hear(220, names[2:], SILENT)
    assert commune.told[2:] == [("open", "area-out@area:a")]
    commune.hear(360, names[1:])  # three are back: the outage is over, and one of the first two is not
    commune.pass_until(539, start_s=360)
    assert commune.told[3:] == [("clear", "area-out@area:a")]
    commune.pass_until(540, start_s=540)  # three intervals of silence since the outage ended
    assert commune.told[4:] == [("open", f"gone@{names[0]}")]


STORIES = st.lists(
    st.tuples(st.integers(1, 200), st.sets(st.integers(0, 11), min_size=1), st.booleans()), min_size=1, max_size=25
)


@given(STORIES)
def test_whatever_falls_silent_and_comes_back_nobody_is_left_believing_it_is_gone(
    story: list[tuple[int, set[int], bool]],
) -> None:
    feeders = {f"demo/camera/a-{number}": "f1" for number in range(3)}
    rules = ({**AREA, "at_least": 3, "for": "20s", "keep": "30s"}, FEEDER, {**CENTRE, "at_least": 7}, ALONE)
    commune = Commune({"a": 6, "b": 6}, *rules, grounds=Grounds(feeders=feeders, parents={"a": "d", "b": "d"}))
    names, now = list(commune.devices), 0
    for wait, which, silent in story:
        now += wait
        commune.hear(now, [names[number] for number in sorted(which)], SILENT if silent else THERE)
        commune.said += commune.engine.tick(now * 1000)
    commune.hear(now + 1, names)
    for at in range(now + 1, now + 3000, 30):
        commune.said += commune.engine.tick(at * 1000)
    believed = {alert.key for alert in commune.engine.alerts.values() if alert.believed}
    assert believed == set()
    told: dict[str, str] = {}
    for step in commune.said:
        tell(told, step)


def test_a_commune_that_is_coming_back_is_not_taken_for_a_part_of_the_next_one() -> None:
    """The first has nobody bad any more, but is not believed yet, when the second, larger one goes out."""
    commune = Commune({"a": 10, "b": 20}, {**AREA, "keep": "60s"}, ALONE)
    commune.hear(10, commune.of("a"), SILENT)
    commune.pass_until(60, start_s=11)
    commune.hear(61, commune.of("a"))
    commune.hear(62, commune.of("b"), SILENT)
    commune.pass_until(180, start_s=63)
    assert commune.told == [
        ("open", "area-out@area:a"), ("open", "area-out@area:b"), ("clear", "area-out@area:a"),
    ]  # fmt: skip
