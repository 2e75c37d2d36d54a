"""The site's own base map: found where it lies, in ranges or tile by tile, and never without signing in."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ioc.accounts.model import Role

PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def viewer(web: Any, tmp_path: Path) -> Any:
    web.change(maps=tmp_path)
    return web.signed_in(Role.VIEWER)


def test_without_a_file_there_is_no_base_map(viewer: Any) -> None:
    assert viewer.get("/api/v1/map/base").json() == {"kind": None, "attribution": None}
    assert viewer.get("/tiles/base.pmtiles", headers={"Range": "bytes=0-9"}).status_code == 404
    assert viewer.get("/tiles/5/1/1").status_code == 404


def test_a_file_dropped_in_is_there_at_once_and_read_in_ranges(viewer: Any, tmp_path: Path) -> None:
    (tmp_path / "base.pmtiles").write_bytes(b"PMTiles" + bytes(1000))
    (tmp_path / "base.txt").write_text("© OpenStreetMap\n")
    assert viewer.get("/api/v1/map/base").json() == {"kind": "vector", "attribution": "© OpenStreetMap"}
    answer = viewer.get("/tiles/base.pmtiles", headers={"Range": "bytes=0-6"})
    assert (answer.status_code, answer.content) == (206, b"PMTiles")
    assert viewer.get("/tiles/base.pmtiles").status_code == 416


def test_a_tile_is_taken_from_its_row_counted_from_the_south(viewer: Any, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "base.mbtiles")) as tiles:
        tiles.execute("CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)")
        tiles.execute("INSERT INTO tiles VALUES (3, 2, 6, ?)", (PNG,))
        tiles.commit()
    assert viewer.get("/api/v1/map/base").json()["kind"] == "raster"
    answer = viewer.get("/tiles/3/2/1")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG)
    assert viewer.get("/tiles/3/2/2").status_code == 204
    assert viewer.get("/tiles/99/0/0").status_code == 422


def test_who_is_not_signed_in_sees_no_tile(web: Any, tmp_path: Path) -> None:
    web.change(maps=tmp_path)
    assert web.client().get("/api/v1/map/base").status_code == 401
    assert web.client().get("/tiles/1/0/0").status_code == 401
