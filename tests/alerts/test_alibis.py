"""Who is not to blame, what outages of other rules' alerts are, and that we ourselves may be deaf."""

from dataclasses import replace

from alerts.domains import Grounds
from alerts.model import Mute
from ingest.model import Admission, Device, Heard, Sample, View
from tests.alerts.conftest import SILENT, THERE
from tests.alerts.test_rootcause import ALONE, AREA, BLIND, CENTRE, Commune

GATEWAY = "demo/gateway/gw-a"
SIDE = {**AREA, "name": "side-out", "over": "gateway", "alibi": "mains-low", "for": "30s"}
UPLINK = {**AREA, "name": "uplink-out", "over": "uplink", "alibi": "mains-low", "for": "30s"}
MAINS = {
    "name": "mains-low", "kind": "threshold", "family": "gateway", "metric": "mains_v", "below": 190, "for": "1m",
    "severity": "major", "explained_by": ["area-out"],
}  # fmt: skip
AREA_OUT = {**AREA, "for": "30s"}
BLURRED = {"name": "blurred", "kind": "threshold", "metric": "fps", "below": 2, "for": "1m", "severity": "minor"}
BAD_BATCH = {**AREA, "name": "batch-bad", "over": "batch", "of": ["blurred"], "for": "30s"}
DEAF = {"name": "deaf", "kind": "deafness", "for": "20s", "severity": "critical"}


def behind_a_gateway(size: int, *rules: dict[str, object], grounds: Grounds | None = None) -> Commune:
    """An area with a gateway and `size` cameras behind it, all heard at 0."""
    commune = Commune({"a": size}, *rules, **({} if grounds is None else {"grounds": grounds}))
    commune.devices = {name: replace(each, gateway=GATEWAY) for name, each in commune.devices.items()}
    commune.devices[GATEWAY] = Device(GATEWAY, Admission.ADMITTED, area="a", metrics=("mains_v",))
    commune.hear(0, commune.devices)
    return commune


def measure(commune: Commune, at_s: int, metric: str, value: float, *devices: str) -> None:
    now = at_s * 1000
    views = tuple(View(commune.devices[name], replace(THERE, since=0)) for name in devices)
    samples = tuple(Sample(name, now, {metric: value}, received_at=now) for name in devices)
    commune.said += commune.engine.observe(Heard(now, views, samples))


def cameras(commune: Commune) -> list[str]:
    return [name for name in commune.devices if name != GATEWAY]


def test_a_gateway_on_battery_is_not_blamed_for_the_dark_around_it() -> None:
    commune = behind_a_gateway(15, AREA_OUT, SIDE, MAINS, ALONE)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(105, cameras(commune), SILENT)
    commune.pass_until(600, start_s=105)
    assert commune.told == [("open", "area-out@area:a")]
    (mains,) = commune.firing("mains-low")
    assert mains.muted_by(Mute.PARENT)


def test_that_also_holds_where_its_battery_is_heard_of_only_later() -> None:
    commune = behind_a_gateway(15, AREA_OUT, SIDE, MAINS, ALONE)
    commune.hear(100, cameras(commune), SILENT)
    commune.pass_until(110, start_s=100)
    measure(commune, 111, "mains_v", 0.0, GATEWAY)
    commune.hear(112, [GATEWAY])
    commune.pass_until(600, start_s=112)
    assert commune.told == [("open", "area-out@area:a")]


def test_a_gateway_without_mains_waits_for_the_dark_that_is_falling_around_it() -> None:
    commune = behind_a_gateway(15, AREA_OUT, SIDE, MAINS, ALONE)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(150, cameras(commune)[:5], SILENT)  # far from an outage's share
    commune.pass_until(240, start_s=150)
    commune.hear(240, cameras(commune)[5:], SILENT)
    commune.pass_until(600, start_s=240)
    assert commune.told == [("open", "area-out@area:a")]


def test_a_gateway_alone_without_mains_waits_no_longer_than_for_its_own_time() -> None:
    commune = behind_a_gateway(15, AREA_OUT, SIDE, MAINS, ALONE)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.pass_until(160, start_s=100)
    assert commune.told == [("open", f"mains-low@{GATEWAY}")]


def test_what_a_rule_remembers_of_a_trouble_that_is_over_is_not_told_as_news() -> None:
    drain = {
        "name": "draining", "kind": "rate", "family": "gateway", "metric": "battery_pct", "below": -0.5,
        "clear_above": -0.1, "per": "1m", "over": "4m", "for": "2m", "severity": "major", "explained_by": ["mains-low"],
    }  # fmt: skip
    commune = behind_a_gateway(15, AREA_OUT, MAINS, drain)
    battery, told = 90.0, []
    for at_s in range(0, 2400, 30):
        dark = 300 <= at_s < 1200
        battery -= 0.5 if dark else 0.0  # what is over shows for four minutes more
        measure(commune, at_s, "mains_v", 0.0 if dark else 225.0, GATEWAY)
        measure(commune, at_s, "battery_pct", battery, GATEWAY)
        commune.pass_until(at_s + 29, start_s=at_s)
        told += [alert.rule for alert in commune.firing("draining") if not alert.suppressed]
    assert commune.told == [("open", f"mains-low@{GATEWAY}"), ("clear", f"mains-low@{GATEWAY}")]
    assert told == [], "nor does it stand on the wall"


def test_a_gateway_with_its_mains_is_blamed_for_the_dark_behind_it() -> None:
    commune = behind_a_gateway(15, AREA_OUT, SIDE, MAINS, ALONE)
    commune.hear(100, cameras(commune), SILENT)
    commune.pass_until(600, start_s=100)
    assert commune.told == [("open", f"side-out@gateway:{GATEWAY}")]


def test_an_uplink_over_which_a_gateway_tells_of_its_mains_is_not_cut() -> None:
    grounds = Grounds(uplinks={"a": "ul-a"})
    commune = behind_a_gateway(15, AREA_OUT, UPLINK, MAINS, ALONE, grounds=grounds)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(105, cameras(commune), SILENT)
    commune.pass_until(600, start_s=105)
    assert commune.told == [("open", "area-out@area:a")]


def test_without_a_larger_cause_an_alibi_leaves_the_domain_to_tell() -> None:
    commune = behind_a_gateway(15, SIDE, MAINS, ALONE)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(105, cameras(commune), SILENT)
    commune.pass_until(600, start_s=105)
    assert sorted(commune.told) == [("open", f"mains-low@{GATEWAY}"), ("open", f"side-out@gateway:{GATEWAY}")]


def test_a_firmware_that_spoils_one_device_after_another_is_one_message_after_the_first() -> None:
    commune = Commune({"a": 9}, BLURRED, BAD_BATCH)
    commune.devices = {name: replace(each, maker="Acme", fw="2-rc1") for name, each in commune.devices.items()}
    commune.hear(1, commune.devices)
    for number, name in enumerate(commune.devices):
        measure(commune, 100 + 40 * number, "fps", 0.0, name)
        commune.pass_until(139 + 40 * number, start_s=100 + 40 * number)
    commune.pass_until(900, start_s=461)
    assert commune.told == [("open", "blurred@demo/camera/a-0"), ("open", "batch-bad@batch:Acme 2-rc1")]
    (batch,), first = commune.firing("batch-bad"), commune.firing("blurred")[0]
    assert batch.thread == first.id
    measure(commune, 1000, "fps", 25.0, *commune.devices)
    measure(commune, 1001, "fps", 25.0, *commune.devices)
    commune.pass_until(2000, start_s=1001)
    assert commune.told[2:] == [("clear", "batch-bad@batch:Acme 2-rc1")]


def test_alerts_that_were_open_before_a_restart_are_counted_after_it() -> None:
    commune = Commune({"a": 4}, BLURRED, BAD_BATCH)
    commune.devices = {name: replace(each, maker="Acme", fw="2") for name, each in commune.devices.items()}
    commune.hear(1, commune.devices)
    measure(commune, 100, "fps", 0.0, *commune.devices)
    open_now = list(commune.engine.alerts.values())
    after = Commune({}, BLURRED, {**BAD_BATCH, "at_least": 4}, alerts=open_now, now=110_000, evaluated_at=100_000)
    after.devices = commune.devices
    after.hear(110, after.devices)
    after.pass_until(400, start_s=111)
    assert ("open", "batch-bad@batch:Acme 2") in after.told


def test_when_we_are_deaf_that_alone_is_told_and_over_when_we_hear_again() -> None:
    commune = Commune({"a": 30}, AREA, CENTRE, ALONE, DEAF)
    commune.hear(100, commune.devices, BLIND)
    commune.pass_until(400, start_s=100)
    assert commune.told == [("open", "deaf@centre:all")]
    commune.hear(401, commune.devices)
    commune.pass_until(600, start_s=401)
    assert commune.told[1:] == [("clear", "deaf@centre:all")]


def test_a_small_commune_is_dark_though_its_gateway_lives_on() -> None:
    area = {**AREA_OUT, "all_of": 3}
    commune = behind_a_gateway(3, area, {**SIDE, "all_of": 3}, MAINS, ALONE)
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(105, cameras(commune), SILENT)
    commune.pass_until(600, start_s=105)
    assert commune.told == [("open", "area-out@area:a")]
    measure(commune, 700, "mains_v", 225.0, GATEWAY)
    commune.hear(705, commune.devices)
    commune.pass_until(1500, start_s=705)
    assert ("clear", "area-out@area:a") in commune.told


def test_a_gateway_whose_battery_is_empty_does_not_make_its_uplink_cut() -> None:
    grounds = Grounds(uplinks={"a": "ul-a"})
    commune = behind_a_gateway(15, {**AREA_OUT, "window": "5m"}, {**UPLINK, "all_of": 1, "window": "5m"}, MAINS, ALONE,
                               grounds=grounds)  # fmt: skip
    measure(commune, 100, "mains_v", 0.0, GATEWAY)
    commune.hear(105, cameras(commune), SILENT)
    commune.pass_until(3600, start_s=105)
    commune.hear(3600, [GATEWAY], SILENT)
    commune.pass_until(4200, start_s=3600)
    assert commune.told == [("open", "area-out@area:a")]


def test_those_that_only_fall_silent_are_waited_for_where_others_are_gone_already() -> None:
    commune = Commune({"a": 8}, AREA_OUT, ALONE)
    names = commune.of("a")
    commune.hear(100, names[:3], SILENT)  # the broker told of these at once
    commune.pass_until(230, start_s=100)
    assert commune.told == []
    commune.hear(231, names[3:], SILENT)  # three intervals later
    commune.pass_until(600, start_s=231)
    assert commune.told == [("open", "area-out@area:a")]


def test_an_uplink_is_not_cut_while_a_gateway_on_it_is_heard() -> None:
    grounds = Grounds(uplinks={"a": "ul-a"})
    cut = {**AREA, "name": "uplink-out", "over": "uplink", "witness": "gateway"}
    commune = behind_a_gateway(15, cut, ALONE, grounds=grounds)
    commune.hear(100, cameras(commune), SILENT)
    commune.pass_until(600, start_s=100)
    assert ("open", "uplink-out@uplink:ul-a") not in commune.told
    commune.hear(700, [GATEWAY], SILENT)
    commune.pass_until(1300, start_s=700)
    assert ("open", "uplink-out@uplink:ul-a") in commune.told


def test_a_rule_may_be_called_what_a_fault_is_called() -> None:
    commune = Commune({"a": 6}, AREA_OUT, {**BLURRED, "name": "absence"})
    first, *others = commune.of("a")
    commune.hear(100, commune.devices, SILENT)
    last_words = Sample(first, 101_000, {"fps": 0.0}, received_at=101_000)
    commune.said += commune.engine.observe(Heard(101_000, (), (last_words,)))
    commune.hear(102, others)
    commune.hear(103, others, SILENT)
    commune.pass_until(300, start_s=103)
    (outage,) = commune.firing("area-out")
    assert outage.value == 6
