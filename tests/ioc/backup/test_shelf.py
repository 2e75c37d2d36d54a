"""Which nightly backups are let go, and what stands beside the database in each."""

import datetime as dt
import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ioc.backup import shelf
from ioc.backup.extras import extras
from ioc.settings import Alerts, Database, Mqtt, Settings, Site, Web

DAY = dt.datetime(2026, 11, 25, 2, 30, tzinfo=dt.UTC)
SETTINGS_PAGE = Path(__file__).parents[3] / "docs/settings.md"


@given(st.sets(st.integers(0, 400), max_size=30), st.integers(1, 20))
def test_the_newest_are_kept_and_nothing_else_in_the_folder_is_touched(days, keep):
    ours = [shelf.name("nong-son", DAY + dt.timedelta(day)) for day in sorted(days)]
    others = [shelf.name("nong-son-2", DAY), "nong-son.iocbackup", "letter.txt", ours[0] + ".part" if ours else "x"]
    assert shelf.let_go([*reversed(ours), *others], "nong-son", keep) == ours[:-keep]


def test_no_setting_that_is_a_secret_is_in_a_backup_and_the_site_file_is(tmp_path):
    (tmp_path / "site.toml").write_text("slug = 'demo'")
    settings = replace(
        Settings(), database=Database("postgresql://ioc:hush@h/d"), mqtt=Mqtt(url="mqtt://u:hush@h"),
        web=Web(admin_password="hush"), alerts=Alerts(webhooks=["https://h/hush"]),
        adapters={"unifi": {"api_key": "hush", "site": "default"}}, site=Site(file=str(tmp_path / "site.toml")),
    )  # fmt: skip
    found = dict(extras(settings))
    assert found["site.toml"] == b"slug = 'demo'"
    assert b"hush" not in b"".join(found.values())
    assert json.loads(found["settings.json"])["adapters"] == {"unifi": {"api_key": "***", "site": "default"}}


def test_every_setting_that_the_page_calls_a_secret_is_masked():
    named = re.findall(r"^\| `(\w+)\.(\w+)` \| [^|]*secret", SETTINGS_PAGE.read_text("utf-8"), re.MULTILINE)
    from ioc.backup.extras import _SECRET

    assert set(named) == _SECRET
