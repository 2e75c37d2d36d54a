"""Boundaries from authorities' files: every form, Viet Nam's own coordinates, names as people write them."""

import json
import math

import numpy as np
import psycopg
import pyogrio.raw
import pyproj
import pytest
import shapely

from ioc import boundaries, site
from ioc.cli import main
from ioc.errors import CommandError
from ioc.migrate import migrate

SQUARE = shapely.box(108.0, 15.66, 108.05, 15.72)


def write(path, driver, shapes, crs="EPSG:4326", column="TEN_XA"):
    names = np.array([name for name, _ in shapes], dtype=object)
    wkb = np.array([shapely.to_wkb(shape) for _, shape in shapes], dtype=object)
    pyogrio.raw.write(path, wkb, [names], [column], geometry_type="Polygon", crs=crs, driver=driver, encoding="UTF-8")
    return path


def around(geometry):
    return shapely.geometry.shape(geometry).bounds


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.geojson", "GeoJSON"),
        ("a.shp", "ESRI Shapefile"),
        ("a.gpkg", "GPKG"),
        ("a.kml", "KML"),
        ("a.tab", "MapInfo File"),
    ],
)
def test_every_usual_form_of_file_is_read(tmp_path, name, driver):
    column = "Name" if driver == "KML" else "TEN_XA"
    [found] = boundaries.read(write(tmp_path / name, driver, [("Xã Quế Trung", SQUARE)], column=column))
    assert found.name == "Xã Quế Trung"
    assert around(found.geometry) == pytest.approx(SQUARE.bounds, abs=1e-5)


def helmert_to_wgs84(lon, lat):
    """VN-2000 to WGS 84 by the seven official parameters (EPSG 6960), reckoned without PROJ. Degrees in and out."""
    a, f = 6_378_137.0, 1 / 298.257223563
    e2, phi, lam = f * (2 - f), math.radians(lat), math.radians(lon)
    n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    xyz = np.array([n * math.cos(phi) * math.cos(lam), n * math.cos(phi) * math.sin(lam), n * (1 - e2) * math.sin(phi)])
    rx, ry, rz = (math.radians(s / 3600) for s in (-0.00928836, 0.01975479, -0.00427372))
    turn = np.array([[1, rz, -ry], [-rz, 1, rx], [ry, -rx, 1]])  # coordinate frame
    x, y, z = np.array([-191.90441429, -39.30318279, -111.45032835]) + (1 + 0.252906278e-6) * turn @ xyz
    p = math.hypot(x, y)
    phi = math.atan2(z, p * (1 - e2))
    for _ in range(5):
        n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + e2 * n * math.sin(phi), p)
    return math.degrees(math.atan2(y, x)), math.degrees(phi)


def test_vn_2000_is_shifted_as_the_official_parameters_say(tmp_path):
    to_grid = pyproj.Transformer.from_crs(4756, 9217, always_xy=True).transform  # VN-2000 degrees to its 108°15' zone
    corner = (108.0, 15.66)
    grid = shapely.transform(SQUARE, lambda xy: np.column_stack(to_grid(xy[:, 0], xy[:, 1])))
    [found] = boundaries.read(write(tmp_path / "a.shp", "ESRI Shapefile", [("Quế Trung", grid)], crs="EPSG:9217"))
    west, south, *_ = around(found.geometry)
    lon, lat = helmert_to_wgs84(*corner)
    assert math.hypot((west - lon) * 107_000, (south - lat) * 110_600) < 3  # metres; the shift itself is some 220
    assert math.hypot((west - corner[0]) * 107_000, (south - corner[1]) * 110_600) > 150


def test_a_file_without_a_coordinate_system_is_refused_with_what_to_do(tmp_path):
    path = write(tmp_path / "a.shp", "ESRI Shapefile", [("Quế Trung", SQUARE)])
    (tmp_path / "a.prj").unlink()
    with pytest.raises(CommandError, match="--crs EPSG:9217"):
        boundaries.read(path)
    assert boundaries.read(path, crs="EPSG:4326")


def test_a_file_without_a_column_of_names_names_the_columns_it_has(tmp_path):
    path = write(tmp_path / "a.geojson", "GeoJSON", [("x", SQUARE)], column="MA_SO")
    with pytest.raises(CommandError, match="MA_SO"):
        boundaries.read(path)


def test_a_shape_that_crosses_itself_is_mended(tmp_path):
    bow = shapely.Polygon([(108, 15), (108.1, 15.1), (108.1, 15), (108, 15.1)])
    [found] = boundaries.read(write(tmp_path / "a.geojson", "GeoJSON", [("Quế Lộc", bow)], column="name"))
    assert shapely.geometry.shape(found.geometry).is_valid


def test_a_file_that_is_none_is_refused_in_words(tmp_path):
    (tmp_path / "a.shp").write_bytes(b"nonsense")
    with pytest.raises(CommandError, match="cannot read"):
        boundaries.read(tmp_path / "a.shp")


@pytest.mark.parametrize("name", ["Xã Quế Trung", "QUẾ TRUNG", "que trung", "Phường  Quế Trung"])
def test_names_are_compared_as_people_write_them(name):
    found, strange = boundaries.matched(
        [boundaries.Boundary(name, {}), boundaries.Boundary("Hà Nội", {})], {"qt": "Quế Trung"}
    )
    assert list(found) == ["qt"]
    assert strange == ["Hà Nội"]


def test_an_import_wins_over_the_site_files_sketch_and_says_where_it_is_from(tmp_path, plain_dsn, monkeypatch, capsys):
    migrate(plain_dsn)
    nong_son = site.shipped("nong-son")
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        site.store(connection, nong_son)
    monkeypatch.setenv("IOC_DATABASE__DSN", plain_dsn)
    path = write(tmp_path / "xa.gpkg", "GPKG", [("Xã Quế Trung", SQUARE), ("Xã Lạ", SQUARE)])
    assert main(["boundaries", str(path), "--licence", "Sở TN&MT", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["unknown"]) == (["que-trung"], ["Xã Lạ"])
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        site.store(connection, nong_son)  # the next start
        [(boundary, source)] = connection.execute(
            "SELECT boundary, boundary_source FROM area WHERE slug = 'que-trung'"
        ).fetchall()
    assert source == "xa.gpkg (Sở TN&MT)"
    assert around(boundary) == pytest.approx(SQUARE.bounds, abs=1e-5)
