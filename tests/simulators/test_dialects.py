"""What simulated foreign equipment says is understood by the product's adapters, which it was not written from."""

import tomllib
from collections import Counter
from dataclasses import replace

import pytest

from ingest.adapter import Source, adapters
from ingest.model import Ignored, Rejected, Sample, Status
from ingest.model import Message as Heard
from ioc import site
from simulators.device import APART
from simulators.dialect import can_be_known, find_dialects, find_voice
from simulators.errors import UnusableError
from simulators.history import history
from simulators.tables import SHIPPED
from simulators.wire import Join, Message

RULES = {rule["name"]: rule for rule in tomllib.loads(
    (SHIPPED.parent / "alerts/default_rules.toml").read_text("utf-8"))["rule"]}  # fmt: skip
NOON = 1_795_323_600.0
SPEAKERS = [("camera", "frigate"), ("camera", "onvif"), ("wifi", "collectd"), ("loudspeaker", "pub6"),
            ("videoconference", "cisco")]  # fmt: skip


def ill_of(device, name):
    return next(ill for ill in device.identity.kind.ills if ill.name == name)


class Centre:
    """The product's adapters, in the order in which they are asked; keeps what they report."""

    def __init__(self, site):
        self.readers = [(adapter, adapter.open(Source(site))) for adapter in adapters().values()]
        self.reports, self.refused = [], []

    def hear(self, messages, at):
        for said in messages:
            heard = Heard(said.topic, said.payload, round(at * 1000), retained=False)
            for adapter, read in self.readers:
                parsed = read(heard) if adapter.takes(said.topic) else None
                if parsed is not None:
                    break
            if isinstance(parsed, Rejected) or parsed is None:
                self.refused.append((said.topic, said.payload, parsed))
            elif not isinstance(parsed, Ignored):
                self.reports += parsed
        return self

    def latest(self, device):
        known = {}
        for report in self.reports:
            if isinstance(report, Sample) and report.device == device:
                known |= report.metrics
        return known


def heard_of(device, live, until):
    site = device.identity.address.partition("/")[0]
    return Centre(site).hear(live(device, until).messages, until)


def test_every_file_in_dialects_is_spoken_by_somebody(everybody):
    assert {path.stem for path in (SHIPPED / "dialects").glob("[!_]*.py")} == set(find_dialects())
    assert {each.speaks for each in everybody if each.speaks} == set(find_dialects())
    assert set(find_dialects()) == {dialect for _, dialect in SPEAKERS}


@pytest.mark.parametrize(("family", "dialect"), SPEAKERS)
def test_every_word_of_a_dialect_is_understood_and_of_the_right_device(machine, live, family, dialect):
    device = machine(family, dialect)
    centre = heard_of(device, live, NOON + 3600)
    assert not centre.refused
    own = {report.device for report in centre.reports} - {f"{device.identity.address.partition('/')[0]}/camera/frigate"}
    assert own == {device.identity.address}


@pytest.mark.parametrize(
    ("family", "dialect", "metrics"),
    [
        ("camera", "frigate", {"fps", "expected_fps", "reconnects_1h", "motion", "count_person", "count_motorcycle"}),
        ("camera", "onvif", {"motion", "occupancy"}),
        ("wifi", "collectd", {"clients", "signal_dbm", "noise_dbm", "rx_bps", "tx_bps", "loss_pct", "uptime_s"}),
        ("loudspeaker", "pub6", {"busy"}),
        ("videoconference", "cisco", {"in_call", "people_count", "sip_registered"}),
    ],
)
def test_what_is_measured_arrives_in_the_words_of_the_wire(machine, live, family, dialect, metrics):
    device = machine(family, dialect)
    assert metrics <= set(heard_of(device, live, NOON + 7200).latest(device.identity.address))


def test_collectds_figures_are_those_that_were_measured(machine, live, everybody):
    device = machine("wifi", "collectd")
    live(device, NOON + 4)
    taken = []
    centre = Centre(device.identity.address.partition("/")[0])
    for at in range(65, 600, 60):
        centre.hear(live(device, NOON + at).messages, NOON + at)
        taken.append(centre.latest(device.identity.address))
    assert all(each["loss_pct"] <= 3.6 and 0 <= each["clients"] <= 120 for each in taken)
    assert all(each["tx_bps"] == pytest.approx(each["clients"] * 340_000, rel=0.6) for each in taken if each["clients"])


def test_a_pub6_terminal_says_what_it_is_when_it_is_asked_or_boots(machine, told):
    speaker = machine("loudspeaker", "pub6")
    centre = Centre("van-chan").hear(told(speaker.announce(NOON + 5)).messages, NOON + 5)
    assert centre.latest(speaker.identity.address)["volume_pct"] == pytest.approx(71.0)


@pytest.mark.parametrize(
    ("family", "dialect", "ill", "metric", "bad"),
    [
        ("camera", "frigate", "fps_stall", "fps", 0.0),
        ("wifi", "collectd", "wifi_loss", "loss_pct", 45.0),
        ("loudspeaker", "pub6", "amp_dead", "fault", True),
        ("videoconference", "cisco", "sip_lost", "sip_registered", False),
        ("camera", "onvif", "overheating", "temperature_c", 85.0),
    ],
)
def test_a_trouble_is_heard_through_the_dialect(machine, live, family, dialect, ill, metric, bad):
    device = machine(family, dialect)
    device.suffer(ill_of(device, ill), NOON + 10)
    assert heard_of(device, live, NOON + 900).latest(device.identity.address)[metric] == pytest.approx(bad, abs=4)


@pytest.mark.parametrize(("family", "dialect"), SPEAKERS)
def test_the_truth_expects_a_rule_only_where_the_dialect_tells_what_it_looks_at(machine, live, family, dialect):
    device = machine(family, dialect)
    for ill in device.identity.kind.ills:
        if not (ill.metric and ill.rules):
            continue
        device.suffer(ill, NOON + 10)
        told = heard_of(device, live, NOON + 10 + 900).latest(device.identity.address)
        device.recover(ill, NOON + 910)
        looked_at = {RULES[rule]["metric"] for rule in ill.rules if "metric" in RULES[rule]}
        assert bool(looked_at & set(told)) == can_be_known(ill, device.identity), ill.name
        device = machine(family, dialect)


def test_a_cameras_death_is_told_by_its_recorder_and_a_pub6_terminals_by_its_will(machine, live, told):
    camera, speaker = machine("camera", "frigate"), machine("loudspeaker", "pub6")
    gone = told(camera.suffer(ill_of(camera, "power_off"), NOON + 10))
    centre = Centre("cai-be").hear(gone.messages, NOON + 10)
    assert [(each.device, each.state) for each in centre.reports if isinstance(each, Status)] == [
        (camera.identity.address, "offline")
    ]
    speaker.suffer(ill_of(speaker, "power_off"), NOON + 10)
    speaker.recover(ill_of(speaker, "power_off"), NOON + 100)
    joins = [each for each in live(speaker, NOON + 130).actions if isinstance(each, Join)]
    will = Centre("van-chan").hear([joins[0].will], NOON + 130)
    assert [each.state for each in will.reports if isinstance(each, Status)] == ["offline"]


def test_foreign_equipment_keeps_nothing_for_later(machine, live, told):
    point = machine("wifi", "collectd")
    live(point, NOON + 10)
    point.suffer(APART, NOON + 11)
    live(point, NOON + 400)
    assert not [each for each in point.recover(APART, NOON + 401) if isinstance(each, Message)]


def test_an_unknown_dialect_is_named_with_the_known_ones(everybody):
    with pytest.raises(UnusableError, match="did you mean 'frigate'"):
        find_voice(replace(everybody[0], speaks="frigat"), 1)


def test_foreign_messages_stand_apart_in_the_count(machine, live):
    said = Counter(each.channel for each in live(machine("videoconference", "cisco"), NOON + 600).messages)
    assert set(said) == {"foreign"}


@pytest.mark.parametrize("path", sorted((SHIPPED / "sites").glob("*.toml")), ids=lambda path: path.stem)
def test_nothing_that_a_shipped_site_says_in_ten_minutes_of_trouble_is_refused(path):
    centre = Centre(path.stem)
    for topic, payload, at in history(path.stem, 1, NOON, NOON + 600, scenario="power-cut"):
        centre.hear([Message("", "", payload, path=topic)], at / 1000)
    assert not centre.refused
    listed = {each.address for each in site.shipped(path.stem).devices}
    assert listed <= {report.device for report in centre.reports}
