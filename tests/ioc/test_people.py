"""Who is told, in the site file: read, checked, and refused with the nearest name that there is."""

from pathlib import Path

import msgspec
import pytest

from alerts.model import Severity
from alerts.roster import on_duty
from ioc import people, site
from ioc.commands.check import Line, look
from ioc.errors import SettingsError
from ioc.settings import Settings

SITE = """
slug = "nong-son"
name = "Nông Sơn"

[[areas]]
slug = "nong-son"
name = "Nông Sơn"

[[areas]]
slug = "que-trung"
name = "Quế Trung"
parent = "nong-son"

[[contacts]]
name = "lan"
display = "Nguyễn Thị Lan"
ways = ["lan-telegram", "lan-mail"]
quiet = { from = "22:00", to = "06:00", at_least = "major" }
limit = { messages = 4, per = "5m" }

[[contacts]]
name = "minh"
ways = ["minh-mail"]
account = "minh.tran"

[[duties]]
name = "truc"
holidays = [2026-09-02]
shifts = [
  { from = "07:00", to = "17:00", crews = [["lan"]], days = ["mon", "tue", "wed", "thu", "fri"] },
  { from = "17:00", to = "07:00", crews = [["minh"], ["lan"]], since = 2026-11-23, every_days = 7 },
]
covers = [{ from = 2026-11-25T08:00:00, to = 2026-11-25T12:00:00, who = ["minh"], instead_of = "lan" }]

[[routes]]
name = "que-trung"
areas = ["que-trung"]
families = ["loudspeaker"]
at_least = "minor"
steps = [{ to = ["duty:truc"] }, { to = ["minh"], after = "15m" }]
repeat = "1h"
rounds = 2
"""
CHANNELS = ("lan-telegram", "lan-mail", "minh-mail")


def read(tmp_path: Path, text: str) -> site.SiteFile:
    file = tmp_path / "site.toml"
    file.write_text(text, "utf-8")
    return site.read(file)


def plan(tmp_path: Path, text: str = SITE):
    found = read(tmp_path, text)
    return people.plan(found.people, found.areas, channels=CHANNELS, rules=["camera-hot"])


def test_a_site_file_says_who_is_told_when_and_how(tmp_path) -> None:
    found = plan(tmp_path)
    lan, route = found.contacts["lan"], found.routes["que-trung"]
    assert (lan.ways, lan.limit.messages, lan.limit.per_ms) == (("lan-telegram", "lan-mail"), 4, 300_000)
    assert (lan.quiet.begins, lan.quiet.ends, lan.quiet.at_least) == (22 * 60, 6 * 60, Severity.MAJOR)
    assert (route.steps[1].after_ms, route.repeat_ms, route.rounds) == (900_000, 3_600_000, 2)
    assert found.contact_of("minh.tran") == "minh"
    assert found.parents == {"que-trung": "nong-son"}
    covered, after = 1_795_662_000_000, 1_795_669_200_000  # 2026-11-26 in Viet Nam: 10:00 (no cover), 12:00
    assert on_duty(found.duties["truc"], covered - 24 * 3_600_000) == ("minh",)
    assert on_duty(found.duties["truc"], after) == ("lan",)


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ('ways = ["minh-mail"]', 'ways = ["minh-mial"]', "minh-mail"),
        ('to = ["minh"]', 'to = ["mihn"]', "minh"),
        ('to = ["duty:truc"]', 'to = ["duty:trucc"]', "duty:truc"),
        ('crews = [["lan"]]', 'crews = [["lann"]]', "lan"),
        ('areas = ["que-trung"]', 'areas = ["que-tung"]', "que-trung"),
        ('families = ["loudspeaker"]', 'families = ["loudspeakers"]', "loudspeaker"),
        ('at_least = "minor"', 'rules = ["camera-hott"]', "camera-hot"),
        ("repeat =", "repaet =", "repeat"),
        ("[[contacts]]", "[[contact]]", "contacts"),
        ("instead_of", "insted_of", "instead_of"),
        ("per = ", "pr = ", "per"),
        ('name = "minh"', 'name = "lan"', "lan"),
        ("holidays", 'zone = "Asia/Hanoi"\nholidays', "Asia/Ho_Chi_Minh"),
    ],
)
def test_what_is_wrong_is_refused_with_the_nearest_that_is_right(tmp_path, was, becomes, named) -> None:
    assert was in SITE
    with pytest.raises(SettingsError) as refused:
        plan(tmp_path, SITE.replace(was, becomes, 1) if was != "[[contacts]]" else SITE.replace(was, becomes))
    assert named in str(refused.value)


@pytest.mark.parametrize("wrong", ['from = "25:00"', 'from = "7"', 'per = "soon"'])
def test_a_time_that_is_none_is_refused(tmp_path, wrong) -> None:
    key = wrong.split(" ", 1)[0]
    text = SITE.replace('from = "07:00"', wrong) if key == "from" else SITE.replace('per = "5m"', wrong)
    with pytest.raises(SettingsError):
        plan(tmp_path, text)


def test_a_site_without_people_tells_nobody(tmp_path) -> None:
    found = plan(tmp_path, 'slug = "a"\nname = "A"\n')
    assert (found.contacts, found.routes) == ({}, {})


def test_a_process_that_carries_nothing_needs_no_channels(tmp_path) -> None:
    found = read(tmp_path, SITE)
    assert people.plan(found.people, found.areas, channels=None, rules=[]).contacts["minh"].ways == ("minh-mail",)


def check(tmp_path, text: str) -> Line:
    (tmp_path / "site.toml").write_text(text, "utf-8")
    channels = [{"name": name, "kind": "apprise"} for name in CHANNELS]
    told = {"site": {"file": str(tmp_path / "site.toml")}, "alerts": {"channels": channels}}
    lines = look(msgspec.convert(told, Settings))
    return next(line for line in lines if line.what.endswith("(people)"))


def test_the_check_counts_people_and_warns_of_hours_without_anybody(tmp_path) -> None:
    gap = check(tmp_path, SITE)  # nobody is there on Saturdays and Sundays by day
    assert (gap.ok, "truc" in gap.mend) == (False, True)
    whole = check(tmp_path, SITE.replace(', days = ["mon", "tue", "wed", "thu", "fri"]', ""))
    assert (whole.ok, whole.fact) == (True, "2 người (contacts), 1 lịch trực (duties), 1 tuyến (routes)")


def test_the_check_says_when_contacts_are_on_no_route_and_when_a_name_is_wrong(tmp_path) -> None:
    alone = SITE[: SITE.index("[[duties]]")]
    assert "[[routes]]" in check(tmp_path, alone).mend
    assert "minh-mail" in check(tmp_path, SITE.replace("minh-mail", "minh-mial")).mend
