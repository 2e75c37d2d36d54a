"""Open data: what is private is never in it, whatever a record holds."""

import io
import json
from typing import Any

from arro3.io import read_parquet
from hypothesis import given
from hypothesis import strategies as st

from ioc.open_data import AREAS, DATA_SETS, DEVICES, FIGURES, WRITERS, as_csv, as_geojson, catalogue, is_public, told
from ioc.site import OpenData

RULES = OpenData(publish=True, families=["wifi"], devices=["ns/camera/c1"], private=["ns/wifi/w9"])
PRIVATE = ("maker", "model", "fw", "gateway", "session", "metrics", "commands", "latest", "state", "held", "admission")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
DEGREES = st.none() | st.floats(-90, 90)
SECRETS = st.fixed_dictionaries(
    {name: st.integers(10**8, 10**9).map(lambda n, name=name: f"{name}-{n}") for name in PRIVATE}
)
PUBLIC = st.fixed_dictionaries(
    {"device": WORDS, "area": WORDS, "name": st.none() | WORDS, "lat": DEGREES, "lon": DEGREES,
     "family": st.just("wifi"), "month": st.just("2026-11"), "devices": st.integers(0, 9),
     "share": st.none() | st.floats(0, 1), "known_share": st.none()}
)  # fmt: skip
ROWS = st.lists(st.tuples(PUBLIC, SECRETS), max_size=5)


@given(ROWS, st.sampled_from(list(DATA_SETS.values())), st.sampled_from(sorted(WRITERS)))
def test_no_field_leaves_that_the_data_set_does_not_name(rows: Any, data_set: Any, form: str) -> None:
    body = WRITERS[form](data_set, [{**secret, **public} for public, secret in rows])
    for _, secret in rows:
        for text in secret.values():
            assert text.encode() not in body


@given(
    st.tuples(st.sampled_from(["ns", "x"]), st.sampled_from(["wifi", "camera"]), st.sampled_from(["c1", "w1", "w9"])),
    st.sampled_from(["admitted", "pending", "retired"]), st.booleans(),
)  # fmt: skip
def test_a_device_is_public_only_where_it_is_named_admitted_not_private_and_anything_is(
    parts: Any, admission: str, publish: bool
) -> None:
    address = "/".join(parts)
    rules = OpenData(publish=publish, families=RULES.families, devices=RULES.devices, private=RULES.private)
    wanted = (
        publish
        and admission == "admitted"
        and address != "ns/wifi/w9"
        and (parts[1] == "wifi" or address == "ns/camera/c1")
    )
    assert is_public(rules, address, admission) == wanted


def test_nothing_is_public_unless_the_site_file_says_so() -> None:
    assert not is_public(OpenData(families=["wifi"]), "ns/wifi/w1", "admitted")


def test_the_forms_tell_the_same_and_positions_to_a_metre() -> None:
    row = {
        "device": "ns/wifi/w1",
        "family": "wifi",
        "name": 'Chợ, "cổng"',
        "area": None,
        "lat": 15.123456789,
        "lon": 108.0,
    }
    [feature] = json.loads(as_geojson(DEVICES, [row]))["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [108.0, 15.12346]}
    assert feature["properties"] == {"device": "ns/wifi/w1", "family": "wifi", "name": 'Chợ, "cổng"', "area": None}
    assert as_csv(DEVICES, [row]).decode().splitlines()[1] == 'ns/wifi/w1,wifi,"Chợ, ""cổng""",,15.12346,108.0'
    table = read_parquet(io.BytesIO(WRITERS["parquet"](DEVICES, [row]))).read_all()
    assert {name: table[name].to_pylist() for name in table.column_names} == {
        name: [value] for name, value in told(DEVICES, row).items()
    }


def test_areas_and_figures_are_drawn_by_their_boundary_and_devices_never() -> None:
    shape = {"type": "Polygon", "coordinates": [[[108, 15], [109, 15], [109, 16], [108, 15]]]}
    drawn = {
        one.name: json.loads(as_geojson(one, [{"boundary": shape}]))["features"][0]["geometry"]
        for one in DATA_SETS.values()
    }
    assert drawn == {AREAS.name: shape, FIGURES.name: shape, DEVICES.name: None}


def test_the_catalogue_names_each_file_with_its_licence() -> None:
    told = catalogue(RULES, "Nông Sơn", "https://ioc.example.vn")
    files = [file for one in told["dcat:dataset"] for file in one["dcat:distribution"]]
    assert len(files) == len(DATA_SETS) * len(WRITERS)
    assert all(file["dct:license"]["@id"].startswith("https://creativecommons.org/") for file in files)
    assert "https://ioc.example.vn/open/devices.csv" in {file["dcat:downloadURL"]["@id"] for file in files}
