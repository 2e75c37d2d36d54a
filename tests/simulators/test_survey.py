"""What the centre knows of a shipped site is what the simulators have there."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.topics import slug
from ioc import site as centre
from simulators import survey
from simulators.cells import area_of, cells, union
from simulators.device import find_kinds
from simulators.site import load_site
from simulators.tables import SHIPPED

SITES = sorted(path.stem for path in (SHIPPED / "sites").glob("*.toml"))
CENTRES = st.lists(
    st.tuples(st.integers(10500, 10600), st.integers(1500, 1600)), min_size=2, max_size=12, unique=True
).map(lambda points: [(x / 100, y / 100) for x, y in points])


@pytest.mark.parametrize("name", SITES)
def test_the_centres_file_is_the_one_that_the_survey_draws(name, capsys):
    assert survey.main([name]) == 0
    path = SHIPPED.parent / "ioc" / "sites" / f"{name}.toml"
    assert path.read_text("utf-8") == capsys.readouterr().out


@pytest.mark.parametrize("name", SITES)
def test_the_centre_reads_it_and_knows_every_area_that_a_device_stands_in(name, population):
    known = centre.shipped(name)
    areas = {area.slug: area for area in known.areas}
    assert len(areas) == len(known.areas)
    for device in population(name):
        assert areas[device.area].shape
        assert (areas[device.area].feeder, areas[device.area].uplink) == (device.feeder, device.uplink)
        assert not device.speaks or device.address in {each.address for each in known.devices}


@pytest.mark.parametrize("name", SITES)
def test_every_commune_goes_on_as_a_part_of_one_that_began_with_the_merger(name):
    areas = {area.slug: area for area in centre.shipped(name).areas}
    communes = [areas[area.slug] for area in load_site(name, find_kinds()).areas]
    assert {areas[area.parent].valid_from for area in communes} == {date(2025, 7, 1)}
    assert all(area.valid_to is None for area in communes)


def test_a_commune_of_an_earlier_merger_became_one_that_is_still_there():
    areas = {area.slug: area for area in centre.shipped("nong-son").areas}
    gone = [area for area in areas.values() if area.valid_to is not None]
    assert {areas[area.becomes].name for area in gone} == {"Ninh Phước"}


@pytest.mark.parametrize("name", SITES)
def test_devices_stand_within_the_shape_of_their_area(name, population):
    shapes = {area.slug: area.shape for area in centre.shipped(name).areas}
    for device in population(name):
        assert any(within(ring, device.lon, device.lat) for ring in shapes[device.area]), device.address


def test_a_foreign_device_is_listed_under_the_name_that_its_messages_give_it():
    for name in SITES:
        for device in centre.shipped(name).devices:
            own = device.address.rpartition("/")[2]
            assert slug(own.replace("-", "_")) == own


@pytest.mark.parametrize("name", SITES)
def test_it_says_what_every_camera_sees_and_every_loudspeaker_covers_and_of_nothing_else(name, population):
    reaches = centre.shipped(name).reaches
    told = {device.address for device in population(name) if device.kind.family in ("camera", "loudspeaker")}
    assert reaches.keys() == told
    assert all((reach.angle_deg is None) == ("/loudspeaker/" in address) for address, reach in reaches.items())


@given(CENTRES)
def test_cells_cover_each_other_nowhere_and_fill_their_union(centres):
    rings = cells(centres)
    whole = union(rings)
    assert sum(map(area_of, whole)) == pytest.approx(sum(map(area_of, rings)), abs=1e-9)
    assert all(area_of(ring) > 0 for ring in rings)
    for (x, y), ring in zip(centres, rings, strict=True):
        assert within(ring, x, y)


def test_a_survey_of_nothing_says_how(capsys):
    assert survey.main([]) == 2
    assert "SITE" in capsys.readouterr().err
    assert survey.main(["atlantis"]) == 2
    assert "nong-son" in capsys.readouterr().err


def within(ring, x, y):
    """Whether a point lies in a ring (even and odd crossings)."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1
