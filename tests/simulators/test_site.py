from collections import Counter

import pytest

from simulators.errors import UnusableError
from simulators.population import populate, share_out
from simulators.site import load_site
from simulators.tables import SLUG

AREA = '[[area]]\nslug="a"\nname="A"\nlat=15.7\nlon=108.0\nvillages=["Một"]\n'


def census(identities):
    return Counter(each.kind.family for each in identities)


def test_nong_son_has_the_figures_of_its_programme(identities):
    of_five = Counter(each.area for each in identities if each.kind.family == "camera" and each.area != "que-trung")
    assert sum(of_five.values()) == 46
    assert len(of_five) == 5
    assert any(each.kind.family == "camera" and each.area == "que-trung" for each in identities)
    assert census(identities)["videoconference"] == 7
    assert census(identities)["gateway"] == 6


def test_every_commune_has_loudspeakers_wifi_a_room_and_a_gateway(identities):
    areas = {each.area for each in identities}
    assert len(areas) == 6
    for area in areas:
        assert {each.kind.family for each in identities if each.area == area} == {
            "camera",
            "gateway",
            "loudspeaker",
            "videoconference",
            "wifi",
        }


def test_every_device_has_an_address_a_name_and_a_place_of_its_own(identities):
    for facts in ("address", "name"):
        assert len({getattr(each, facts) for each in identities}) == len(identities)
    assert len({(each.lat, each.lon) for each in identities}) == len(identities)
    assert all(SLUG.fullmatch(part) for each in identities for part in each.address.split("/"))


def test_a_loudspeaker_is_named_after_its_village(identities):
    assert "Loa thôn Trung Hạ – Quế Trung" in {each.name for each in identities}


def test_everything_but_a_gateway_stands_behind_a_gateway_of_its_own_commune(identities):
    gateways = {each.id: each.area for each in identities if each.kind.family == "gateway"}
    for each in identities:
        assert (each.gateway is None) == (each.kind.family == "gateway")
        assert each.gateway is None or gateways[each.gateway] == each.area


@pytest.mark.parametrize("devices", [1, 7, 50, 112, 400, 3000])
def test_a_site_scales_to_the_number_asked_for(kinds, devices):
    identities = populate(load_site("nong-son", kinds), kinds, devices)
    assert len(identities) == devices == len({each.address for each in identities})


def test_shares_are_whole_and_add_up():
    assert share_out([1, 1, 1], 10) == [4, 3, 3]
    assert share_out([3, 0, 1], 4) == [3, 0, 1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site = ", "is not TOML"),
        ('site="x"\nname="X"\n', "at least one [[area]]"),
        ('site="x"\nname="X"\n' + AREA.replace("villages", "vilages"), "did you mean 'villages'?"),
        ('site="x"\nname="X"\n' + AREA.replace("15.7", "157"), "'lat' is 157; it should be a number from -90 to 90"),
        ('site="x"\nname="X"\n' + AREA + "devices={camra=2}", "did you mean 'camera'?"),
        ('site="X y"\nname="X"\n' + AREA, "'site' is 'X y'; it should be 1 to 63 of a–z"),
        ('site="x"\nname="X"\n' + AREA + AREA, "'a' stands there twice"),
        (
            'site="x"\nname="X"\n' + AREA + '[[device]]\nfamily="camera"\nid="c"\nname="C"\narea="b"\n',
            "'b' is not known; known are: a",
        ),
        ('site="x"\narea=3\nname="X"\n', "tables headed [[area]]"),
    ],
)
def test_a_mistake_in_a_site_file_is_named_with_its_mend(tmp_path, kinds, text, says):
    file = tmp_path / "x.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(UnusableError) as caught:
        load_site(str(file), kinds)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", "B has no devices"),
        (
            'devices={camera=2}\n[[device]]\nfamily="camera"\nid="cam-a-02"\nname="C"\narea="a"',
            "cam-a-02 is there twice",
        ),
    ],
)
def test_a_site_without_devices_or_with_one_twice_is_refused(tmp_path, kinds, more, says):
    file = tmp_path / "b.toml"
    file.write_text('site="b"\nname="B"\n' + AREA + more, "utf-8")
    with pytest.raises(UnusableError, match=says):
        populate(load_site(str(file), kinds), kinds)


def test_an_unknown_site_names_the_shipped_ones(kinds):
    with pytest.raises(UnusableError, match=r"one of: .*nong-son"):
        load_site("atlantis", kinds)


def test_a_new_site_is_one_file(tmp_path, kinds):
    file = tmp_path / "b.toml"
    file.write_text('site="b"\nname="B"\n' + AREA + "devices={camera=2, gateway=1}", "utf-8")
    identities = populate(load_site(str(file), kinds), kinds)
    assert [each.address for each in identities] == ["b/gateway/gw-a", "b/camera/cam-a-01", "b/camera/cam-a-02"]
