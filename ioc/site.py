"""The site file: the centre's name, its areas, its listed devices. Reads and checks; storing is a few upserts."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import psycopg

from ingest.queries import load
from ioc.errors import SettingsError

_SQL = load("ioc", "site.sql")
_Point = tuple[Annotated[float, msgspec.Meta(ge=-180, le=180)], Annotated[float, msgspec.Meta(ge=-90, le=90)]]
_Ring = Annotated[list[_Point], msgspec.Meta(min_length=3)]
_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")]


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place devices stand in; `valid_from` and `valid_to` are dates (YYYY-MM-DD), for communes merge.

    `feeder` and `uplink` name what its devices hang on for power and for the way here; a device's own count before.
    `shape`: outer rings of (longitude, latitude) in degrees, open and counter-clockwise; one, or several for exclaves.
    """

    slug: _Slug
    name: str
    parent: _Slug | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    feeder: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    uplink: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    shape: list[_Ring] = []


class ListedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device the officer expects: it is admitted before it first speaks.

    `feeder` is what gives it power, `uplink` what carries its traffic: names of the site's own, for common causes.
    """

    address: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}/[a-z]+/[a-z0-9-]{1,63}$")]
    name: str | None = None
    area: _Slug | None = None
    lat: float | None = None
    lon: float | None = None
    gateway: str | None = None
    feeder: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    uplink: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One centre. `admit`: `ask` keeps unknown devices pending, `all` admits them (the demo)."""

    slug: _Slug
    name: str
    admit: Literal["ask", "all"] = "ask"
    areas: list[Area] = []
    devices: list[ListedDevice] = []


NOBODY = SiteFile("site", "Trung tâm điều hành")


def shipped_names() -> list[str]:
    """The sites that come with the package."""
    return sorted(each.name.removesuffix(".toml") for each in files("ioc").joinpath("sites").iterdir())


def find(name: str) -> SiteFile:
    """The site file of that path, or the shipped site of that name (`cai-be`)."""
    if name in shipped_names() and not Path(name).exists():
        return shipped(name)
    return read(Path(name))


def shipped(name: str) -> SiteFile:
    """A site that comes with the package, by slug."""
    return _parse(files("ioc").joinpath("sites", f"{name}.toml").read_text("utf-8"), name)


def read(path: Path) -> SiteFile:
    """A site file; raises `SettingsError` that names what is wrong in it."""
    try:
        return _parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Không đọc được tệp địa bàn {path} (cannot read the site file): {error}. "
            f"Có sẵn (shipped): {', '.join(shipped_names())}"
        ) from error


def _parse(text: str, where: str) -> SiteFile:
    try:
        site = msgspec.convert(tomllib.loads(text), SiteFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"Tệp địa bàn {where} sai (the site file is wrong): {error}") from error
    known = {area.slug for area in site.areas}
    for area in site.areas:
        if area.parent is not None and area.parent not in known:
            raise SettingsError(f"Tệp địa bàn {where}: {area.slug}.parent = {area.parent!r} không có trong areas "
                                f"(names an area that is not listed)")  # fmt: skip
    return site


def store(connection: psycopg.Connection, site: SiteFile) -> None:
    """Bring the database's areas and listed devices to the file's state; nothing is ever deleted."""
    with connection.transaction(), connection.cursor() as cursor:
        for area in _parents_first(site.areas):
            cursor.execute(_SQL["upsert_area"], {**msgspec.structs.asdict(area), "boundary": _boundary(area)})
        for device in site.devices:
            cursor.execute(_SQL["list_device"], msgspec.structs.asdict(device))


def _boundary(area: Area) -> str | None:
    """The shape as GeoJSON (RFC 7946: rings closed); None leaves what was imported."""
    if not area.shape:
        return None
    polygons = [[[*ring, ring[0]]] for ring in area.shape]
    geometry = (
        {"type": "Polygon", "coordinates": polygons[0]}
        if len(polygons) == 1
        else {"type": "MultiPolygon", "coordinates": polygons}
    )
    return msgspec.json.encode(geometry).decode()


def _parents_first(areas: Sequence[Area]) -> list[Area]:
    """Roots, then their children, and so on; a ring of parents ends as it stands."""
    done: set[str | None] = {None}
    ordered: list[Area] = []
    rest = list(areas)
    while rest:
        ready = [area for area in rest if area.parent in done] or rest
        ordered += ready
        done |= {area.slug for area in ready}
        rest = [area for area in rest if area.slug not in done]
    return ordered
