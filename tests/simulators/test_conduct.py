"""What the centre measures of simulated devices: the troubles that show in nothing they say, and no others."""

import tomllib

import pytest

from ingest.adapter import Source, adapters, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.conduct import MEASURES
from ingest.model import Message
from ingest.presence import Hearing
from ingest.reader import MemoryReader
from ingest.registry import Registry
from ingest.service import IngestService
from ingest.store import MemoryStore
from simulators.device import ANY, APART, POWER_OFF, REBOOT_LOOP, find_kinds
from simulators.dialect import can_be_known, find_dialects
from simulators.tables import SHIPPED
from simulators.wire import Join
from simulators.wire import Message as Said

RULES = {rule["name"]: rule for rule in tomllib.loads(
    (SHIPPED.parent / "alerts/default_rules.toml").read_text("utf-8"))["rule"]}  # fmt: skip
LIMITS = {name: rule for name, rule in RULES.items() if rule.get("metric") in MEASURES and rule["kind"] == "threshold"}
ILLS = [ill for ill in ANY if any(rule in LIMITS for rule in ill.rules)]
SPEAKERS = [("camera", "frigate"), ("camera", "onvif"), ("wifi", "collectd"), ("loudspeaker", "pub6"),
            ("videoconference", "cisco")]  # fmt: skip


class Watched:
    """One device and the ingest that hears it, in memory; `broken` are the rules whose limit was passed since."""

    def __init__(self, machine, noon):
        self.machine, self.at, self.will, self.broken = machine, noon, None, set()
        self.away, self.kept = False, []
        self.reader, store = MemoryReader(Hearing(0)), MemoryStore()
        site = machine.identity.address.partition("/")[0]
        judge = Judge(choose(None), {name: Source(site) for name in adapters()}, Gate())
        self.service = IngestService(
            self.reader, store, judge, Registry(Hearing(0)), store.admit, now=lambda: round(self.at * 1000),
            listener=self._look,
        )  # fmt: skip
        self._say(machine.announce(noon))

    def live(self, seconds):
        until = self.at + seconds
        while self.at < until:
            self.at += 5
            self._say(self.machine.step(self.at))
        broken, self.broken = self.broken, set()
        return broken

    def suffer(self, ill):
        self._say(self.machine.suffer(ill, self.at))

    def recover(self, ill):
        self._say(self.machine.recover(ill, self.at))

    def _say(self, actions):
        for action in actions:
            if isinstance(action, Join):
                self.will = action.will
            said = action if isinstance(action, Said) else None if isinstance(action, Join) else self.will
            if said is not None:
                self.kept.append(said)
        if not self.away:
            self.reader.put(*(Message(said.topic, said.payload, round(self.at * 1000)) for said in self.kept))
            self.kept.clear()
            self.service.step()

    def come_back(self):
        self.away, self.reader.hearing = False, Hearing(round(self.at * 1000))

    def _look(self, heard):
        for measured in heard.measures:
            for name, rule in LIMITS.items():
                value = measured.metrics.get(rule["metric"])
                if value is not None and not rule.get("below", value) <= value <= rule.get("above", value):
                    self.broken.add(name)


@pytest.mark.parametrize("family", [family for family in find_kinds() if family != "indicator"])
def test_a_healthy_device_keeps_all_its_promises(machine, noon, family):
    assert Watched(machine(family), noon).live(3600) == set()


@pytest.mark.parametrize(
    ("family", "ill"),
    [(family, ill) for family, kind in find_kinds().items() for ill in kind.ills if ill in ILLS],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_shows_in_nothing_it_says_goes_past_a_limit_in_time_and_comes_back(machine, noon, family, ill):
    watched = Watched(machine(family), noon)
    watched.live(60)
    watched.suffer(ill)
    assert watched.live(ill.lasts[0]) == set(ill.rules)
    watched.recover(ill)
    watched.live(720)
    assert watched.live(1200) == set()


@pytest.mark.parametrize(("family", "dialect"), SPEAKERS)
@pytest.mark.parametrize("ill", ILLS, ids=lambda ill: ill.name)
def test_the_truth_expects_of_foreign_equipment_what_the_centre_can_measure_of_it(machine, noon, family, dialect, ill):
    assert {dialect for _, dialect in SPEAKERS} == set(find_dialects())
    watched = Watched(machine(family, dialect), noon)
    assert watched.live(600) == set()
    watched.suffer(ill)
    assert (watched.live(600) == set(ill.rules)) == can_be_known(ill, watched.machine.identity)


def test_a_device_that_was_cut_off_for_an_hour_and_tells_late_what_it_kept_breaks_no_promise(machine, noon):
    watched = Watched(machine("camera"), noon)
    watched.live(60)
    watched.suffer(APART)
    watched.live(3600)
    watched.recover(APART)
    assert watched.live(1200) == set()


@pytest.mark.parametrize("ill", [POWER_OFF, REBOOT_LOOP], ids=lambda ill: ill.name)
def test_what_the_broker_kept_for_two_hours_while_the_centre_was_away_breaks_no_promise(machine, noon, ill):
    watched = Watched(machine("camera"), noon)
    watched.live(60)
    watched.away = True
    watched.suffer(ill)
    watched.live(1200)
    watched.recover(ill)
    watched.live(7200)
    watched.come_back()
    assert watched.live(1200) == set()
