"""Settings and site files: where they come from, and sentences for what is wrong in them."""

import pytest

from ioc import settings, site
from ioc.errors import SettingsError


def test_the_environment_overrides_the_file(tmp_path):
    file = tmp_path / "ioc.toml"
    file.write_text('data_dir = "/a"\n[web]\nport = 1\nhost = "0.0.0.0"\n')
    found = settings.load(file, {"IOC_WEB__PORT": "2", "IOC_DATA_DIR": "/b", "PATH": "/bin"})
    assert (found.web.port, found.web.host, found.data_dir) == (2, "0.0.0.0", "/b")


def test_lists_in_the_environment_are_words_or_json():
    assert settings.load(None, {"IOC_INGEST__ADAPTERS": "native, frigate"}).ingest.adapters == ["native", "frigate"]
    webhooks = settings.load(None, {"IOC_ALERTS__WEBHOOKS": '["http://a/,b"]'}).alerts.webhooks
    assert webhooks == ["http://a/,b"]


def test_channels_in_the_environment_are_a_json_array_of_tables():
    told = '[{"name": "lan-mail", "kind": "apprise", "url": "mailto://s3cret"}]'
    found = settings.load(None, {"IOC_ALERTS__CHANNELS": told}).alerts
    assert [each["name"] for each in found.channels] == ["lan-mail"]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"IOC_ALERTS__CHANNELS": "lan-mail"}, "IOC_ALERTS__CHANNELS"),
        ({"IOC_ALERTS__HEARTBEAT_FORM": "morse"}, "alerts.heartbeat_form"),
        ({"IOC_WEB__PROT": "1"}, "web.'port'"),
        ({"IOC_WBE__PORT": "1"}, "'web'"),
        ({"IOC_SITE__ADMIT": "some"}, "site.admit"),
        ({"IOC_WEB__PORT": "70000"}, "web.port"),
        ({"IOC_WEB_PORT": "8080"}, "IOC_WEB__PORT"),
        ({"IOC_PROBE__EVERY_S": "-1"}, "probe.every_s"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest_known_one(environment, named):
    with pytest.raises(SettingsError, match=named.replace(".", r"\.")):
        settings.load(None, environment)


def test_a_file_that_is_not_there_or_not_toml_is_said_so(tmp_path):
    with pytest.raises(SettingsError, match="no such settings file"):
        settings.load(tmp_path / "none.toml", {})
    (tmp_path / "bad.toml").write_text("[web")
    with pytest.raises(SettingsError, match="cannot read"):
        settings.load(tmp_path / "bad.toml", {})


def test_secrets_do_not_show_in_representations():
    secrets = {"IOC_DATABASE__DSN": "postgresql://u:geheim@h/d", "IOC_MQTT__URL": "mqtt://u:geheim@h",
               "IOC_WEB__ADMIN_PASSWORD": "geheim", "IOC_ALERTS__WEBHOOKS": "http://h/geheim"}  # fmt: skip
    assert "geheim" not in repr(settings.load(None, secrets))


def test_the_shipped_site_has_six_communes_below_the_two_they_became():
    here = site.shipped("nong-son")
    today = {area.slug for area in here.areas if area.parent == "nong-son" and area.valid_to is None}
    assert today == {"xa-nong-son", "xa-que-phuoc"}
    assert {area.slug for area in here.areas if area.parent in today} == {
        "que-trung", "que-loc", "son-vien", "ninh-phuoc", "phuoc-ninh", "que-lam",
    }  # fmt: skip


def test_a_shipped_site_is_found_by_its_name_and_any_other_by_its_path(tmp_path):
    assert site.find("cai-be").name == "Cái Bè"
    (tmp_path / "x.toml").write_text('slug = "x"\nname = "X"')
    assert site.find(str(tmp_path / "x.toml")).slug == "x"
    with pytest.raises(SettingsError, match="cai-be"):
        site.find("atlantis")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('slug = "A"\nname = "x"', "slug"),
        ('slug = "a"\nname = "x"\n[[areas]]\nslug = "b"\nname = "b"\nparent = "c"', r"b\.parent = 'c'"),
        ('slug = "a"\nname = "x"\nnaem = 1', "naem"),
        ('slug = "a"\nname = "x"\n[reaches]\n"a/camera/c" = { rangem = 80 }', "a/camera/c.*rangem.*range_m"),
        ('slug = "a"\nname = "x"\n[reaches]\n"a/camera/c" = { range_m = 80, angle_deg = 84 }', "go together"),
        ("slug =", "sai"),
    ],
)
def test_what_is_wrong_in_a_site_file_is_named(tmp_path, text, named):
    (tmp_path / "site.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        site.read(tmp_path / "site.toml")


@pytest.mark.parametrize(
    ("days", "fits"),
    [({}, True), ({"raw": 0}, False), ({"raw": 0, "hours": 0}, True), ({"hours": 60}, False), ({"days": 500}, False)],
)
def test_what_is_computed_is_kept_no_shorter_than_what_it_is_computed_from(days, fits):
    environment = {f"IOC_STORE__KEEP_{name.upper()}_DAYS": str(number) for name, number in days.items()}
    if fits:
        settings.load(None, environment)
        return
    with pytest.raises(SettingsError, match="must not be kept longer"):
        settings.load(None, environment)


def test_a_zone_is_a_name_and_nothing_else():
    with pytest.raises(SettingsError, match="zone"):
        settings.load(None, {"IOC_STORE__ZONE": "Asia/Ho_Chi_Minh'; DROP TABLE device; --"})
