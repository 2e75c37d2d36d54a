import re

import pytest

from simulators.__main__ import main
from simulators.device import find_kinds
from simulators.tables import SHIPPED
from simulators.trouble import find_troubles

KINDS = find_kinds()
PAGE = (SHIPPED.parent / "docs" / "simulators.md").read_text("utf-8")


def test_every_file_in_devices_is_a_kind_named_after_its_family():
    assert set(KINDS) == {path.stem for path in (SHIPPED / "devices").glob("[!_]*.py")}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_can_be_reborn_and_its_ills_name_metrics_it_has(kind):
    assert "rebirth" in kind.orders
    assert set(kind.edges) <= set(kind.metrics)
    for ill in kind.ills:
        assert (ill.metric in kind.metrics) == (ill.effect == "bend")
        assert ill.blocks <= set(kind.orders)
        assert ill.event is None or ill.metric


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_full_sample_has_every_metric_the_birth_declares(machine, live, noon, kind):
    told = live(machine(kind.family), noon + 10)
    assert set(told.on("telemetry")[0]["m"]) == set(
        told.on("birth")[0]["metrics"] if told.on("birth") else kind.metrics
    )


def test_loudspeakers_play_the_bulletins_of_the_morning_and_the_evening(machine, live, noon):
    day = live(machine("loudspeaker"), noon + 86_400)
    bulletins = [each for each in day.on("event") if each["type"] == "bulletin"]
    assert [each["phase"] for each in bulletins] == ["start", "end", "start", "end"]
    assert {each["ts"][11:13] for each in bulletins} == {"10", "22"}  # 17:00 and 5:00 in Viet Nam


def test_a_camera_is_cooler_and_quieter_at_night(machine, live, noon):
    day = [each["m"] for each in live(machine("camera"), noon + 43_200).on("telemetry")]
    first, last = day[:60], day[-60:]
    for metric in ("temperature_c", "light_lux", "count_person", "bitrate_bps"):
        assert sum(each[metric] for each in last) < sum(each[metric] for each in first)


@pytest.mark.parametrize("folder", ["scenarios", "sites"])
def test_the_simulators_page_lists_every_shipped_scenario_and_site(folder):
    assert {path.stem for path in (SHIPPED / folder).glob("*.toml")} <= set(
        re.findall(r"^\| `([a-z-]+)`", PAGE, re.MULTILINE)
    )


def test_the_simulators_page_lists_every_trouble():
    assert set(find_troubles()) <= set(re.findall(r"^\| `([a-z_]+)`", PAGE, re.MULTILINE))


def test_the_simulators_page_explains_every_option(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"^  (--[a-z]+)", capsys.readouterr().out, re.MULTILINE))
    assert options == set(re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE))
