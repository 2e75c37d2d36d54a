"""Reads the boundaries of areas from the files that authorities hand out, and finds whose they are.

GeoJSON, Shapefile, GeoPackage, KML, MapInfo: whatever GDAL reads, by pyogrio. Coordinates in VN-2000 (EPSG 3405, 3406
and the 3-degree zones with a province's own meridian) or any other system are brought to WGS 84 by PROJ's official
shift. What is broken is mended, detail under ten metres is left out. Decides nothing of the database.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ioc.errors import CommandError

_FINE_DEG: Final = 0.0001  # some ten metres: finer detail costs the wall and shows nothing
_NAMES: Final = ("ten_xa", "tenxa", "ten", "name", "ten_dvhc", "xa", "commune", "ward", "name_3", "varname_3")
_KINDS: Final = ("xa ", "phuong ", "thi tran ", "huyen ", "quan ", "dac khu ")
_LACKING: Final = (
    "Thiếu thư viện bản đồ; cài bằng `.venv/bin/pip install pyogrio pyproj shapely` rồi chạy lại. "
    "(the map libraries are missing: install them, then run again)"
)


@dataclass(frozen=True, slots=True)
class Boundary:
    """An area's shape as a file names it; `geometry` is GeoJSON (WGS 84)."""

    name: str
    geometry: Mapping[str, object]


def read(path: Path, *, name: str | None = None, crs: str | None = None, layer: str | None = None) -> list[Boundary]:
    """The polygons of a file.

    `name` is the column that names them, `crs` the system of coordinates where the file does not say or says it wrong.
    Raises `CommandError` where the file cannot be used, saying what to do.
    """
    pyogrio, pyproj, shapely = _libraries()
    try:
        meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise CommandError(f"Không đọc được {path} (cannot read it): {error}") from error
    given = crs or meta["crs"]
    if given is None:
        raise CommandError(
            f"{path} không cho biết hệ toạ độ; thêm --crs, ví dụ --crs EPSG:9217 cho VN-2000 kinh tuyến trục 108°15'. "
            "(the file does not name its coordinate system: add --crs)"
        )
    try:
        to_wgs84 = pyproj.Transformer.from_crs(given, 4326, always_xy=True).transform
    except pyproj.exceptions.CRSError as error:
        raise CommandError(f"--crs {given}: không biết hệ toạ độ này (unknown coordinate system)") from error
    names = _names(dict(zip(meta["fields"], columns, strict=True)), name, path)
    found = [
        Boundary(str(called).strip(), _geometry(shapely, shapely.from_wkb(shape), to_wgs84))
        for called, shape in zip(names, shapes, strict=True)
        if called and shape is not None
    ]
    return [each for each in found if each.geometry]


def matched(boundaries: Iterable[Boundary], areas: Mapping[str, str]) -> tuple[dict[str, Boundary], list[str]]:
    """Which area (slug) each boundary is of, by name without tone marks and without “xã”; and the names of no area.

    `areas` are names by slug. Of two boundaries of one area the first counts.
    """
    by_name = {plain(name): slug for slug, name in areas.items()}
    found: dict[str, Boundary] = {}
    strange: list[str] = []
    for boundary in boundaries:
        slug = by_name.get(plain(boundary.name))
        if slug is None:
            strange.append(boundary.name)
        else:
            found.setdefault(slug, boundary)
    return found, strange


def plain(name: str) -> str:
    """A name to compare by: no tone marks, đ as d, lower case, without the kind of unit before it."""
    decomposed = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    text = " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).lower().split())
    for kind in _KINDS:
        text = text.removeprefix(kind)
    return text


def _libraries() -> tuple[Any, Any, Any]:
    try:
        import pyogrio  # noqa: PLC0415 - an extra that only this command needs
        import pyogrio.errors  # noqa: PLC0415
        import pyogrio.raw  # noqa: PLC0415
        import pyproj  # noqa: PLC0415
        import pyproj.exceptions  # noqa: PLC0415
        import shapely  # noqa: PLC0415
    except ImportError as error:
        raise CommandError(_LACKING) from error
    return pyogrio, pyproj, shapely


def _names(columns: Mapping[str, Sequence[Any]], wanted: str | None, path: Path) -> Sequence[Any]:
    """The column that names the areas: the one wanted, else one that is usually called so."""
    by_plain = {plain(column): column for column in columns}
    usual = next((by_plain[word] for word in _NAMES if word in by_plain), None)
    chosen = wanted if wanted is not None else usual
    if chosen is None or chosen not in columns:
        there = ", ".join(columns) or "–"
        raise CommandError(
            f"{path}: không có cột tên{f' {wanted!r}' if wanted else ''}; chọn bằng --name một trong: {there}. "
            "(no column of names: choose one with --name)"
        )
    return columns[chosen]


def _geometry(shapely: Any, shape: Any, to_wgs84: Any) -> Mapping[str, object]:  # noqa: ANN401 - untyped libraries
    """One shape as GeoJSON in WGS 84, valid and simplified; empty where it is no polygon."""
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return {}
    moved = shapely.transform(shapely.force_2d(shape), lambda xy: _moved(xy, to_wgs84))
    simple = shapely.simplify(shapely.make_valid(moved), _FINE_DEG)
    parts = [part for part in shapely.get_parts(simple) if part.geom_type == "Polygon"]
    whole = shapely.orient_polygons(shapely.set_precision(shapely.multipolygons(parts), 1e-6))
    return dict(shapely.geometry.mapping(whole))


def _moved(xy: Any, to_wgs84: Any) -> Any:  # noqa: ANN401
    lon, lat = to_wgs84(xy[:, 0], xy[:, 1])
    moved = xy.copy()
    moved[:, 0], moved[:, 1] = lon, lat
    return moved
