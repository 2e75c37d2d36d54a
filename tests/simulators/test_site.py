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


@pytest.mark.parametrize(
    ("site", "areas", "figures"),
    [
        ("cai-be", 25, {"gateway": 25, "videoconference": 26}),
        ("van-chan", 24, {"gateway": 151, "loudspeaker": 213, "videoconference": 23}),
        ("tan-hung", 12, {"gateway": 12, "videoconference": 13}),
        ("tam-duong", 13, {"gateway": 13}),
    ],
)
def test_the_other_districts_have_the_figures_of_their_reports(population, site, areas, figures):
    here = population(site)
    assert len({each.area for each in here}) == areas
    assert figures.items() <= census(here).items()


def test_cai_be_has_nine_clusters_of_wifi_and_five_of_cameras(population):
    def clusters(family):
        return {each.area for each in population("cai-be") if each.kind.family == family}

    assert len(clusters("wifi")) == 9
    assert len(clusters("camera")) == 5


def test_van_chan_has_rooms_in_all_communes_but_two(population):
    rooms = {each.area for each in population("van-chan") if each.kind.family == "videoconference"}
    assert len(rooms) == 22


@pytest.mark.parametrize("site", ["nong-son", "cai-be", "van-chan", "tan-hung", "tam-duong"])
def test_every_device_hangs_on_a_feeder_and_an_uplink_of_its_site(kinds, population, site):
    known = load_site(site, kinds)
    assert {each.feeder for each in population(site)} == {each.slug for each in known.feeders}
    assert {each.uplink for each in population(site)} == {each.slug for each in known.uplinks}


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


def test_every_device_has_an_address_a_name_and_a_place_of_its_own(everybody):
    for facts in ("address", "name"):
        assert len({(getattr(each, facts), each.address.split("/")[0]) for each in everybody}) == len(everybody)
    assert len({(each.lat, each.lon) for each in everybody}) == len(everybody)
    assert all(SLUG.fullmatch(part) for each in everybody for part in each.address.split("/"))


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
        ('site="x"\nname="X"\n' + AREA + 'feeder="f"', "feeder 'f' is not known"),
        ('site="x"\nname="X"\nuplink=[{slug="u",name="U"}]\n' + AREA, "uplink 'None' is not known; known are: u"),
        ('site="x"\nname="X"\n' + AREA + 'market=["sunday"]', "did you mean 'sun'?"),
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
