"""The site file: the centre's name, its areas, its listed devices. Reads and checks; storing is a few upserts."""

import tomllib
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import psycopg

from ingest.family import families
from ingest.queries import load
from ioc.errors import SettingsError

_SQL = load("ioc", "site.sql")
_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")]


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place devices stand in, from the day `valid_from` until before the day `valid_to`, when it `becomes` another.

    Communes merge; a device goes on telling the name it was set up with, and stands in what that became.
    """

    slug: _Slug
    name: str
    parent: _Slug | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    becomes: _Slug | None = None


class ListedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device the officer expects: it is admitted before it first speaks."""

    address: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}/[a-z]+/[a-z0-9-]{1,63}$")]
    name: str | None = None
    area: _Slug | None = None
    lat: float | None = None
    lon: float | None = None
    gateway: str | None = None


class OpenData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What anybody may have without signing in; nothing unless `publish` says so. `private` counts above the others."""

    publish: bool = False
    families: list[str] = []  # all admitted devices of these are public
    devices: list[str] = []  # and these, by address
    private: list[str] = []  # but never these
    publisher: str | None = None  # who is responsible; else the centre's name
    licence: str = "https://creativecommons.org/licenses/by/4.0/"


NOTHING_OPEN = OpenData()


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One centre. `admit`: `ask` keeps unknown devices pending, `all` admits them (the demo)."""

    slug: _Slug
    name: str
    admit: Literal["ask", "all"] = "ask"
    areas: list[Area] = []
    devices: list[ListedDevice] = []
    open_data: OpenData = NOTHING_OPEN


NOBODY = SiteFile("site", "Trung tâm điều hành")


def shipped(name: str) -> SiteFile:
    """A site that comes with the package, by slug."""
    return _parse(files("ioc").joinpath("sites", f"{name}.toml").read_text("utf-8"), name)


def read(path: Path) -> SiteFile:
    """A site file; raises `SettingsError` that names what is wrong in it."""
    try:
        return _parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Không đọc được tệp địa bàn {path} (cannot read the site file): {error}") from error


def _parse(text: str, where: str) -> SiteFile:
    try:
        site = msgspec.convert(tomllib.loads(text), SiteFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"Tệp địa bàn {where} sai (the site file is wrong): {error}") from error
    _check_areas(site, where)
    for family in site.open_data.families:
        if family not in families():
            raise SettingsError(f"Tệp địa bàn {where}: open_data.families có {family!r}, không phải một trong "
                                f"{', '.join(families())} (no such family)")  # fmt: skip
    return site


def _check_areas(site: SiteFile, where: str) -> None:
    """Refuse areas that name others which are not there, and mergers without a day."""
    known = {area.slug for area in site.areas}
    for area in site.areas:
        for key, named in (("parent", area.parent), ("becomes", area.becomes)):
            if named is not None and named not in known:
                raise SettingsError(f"Tệp địa bàn {where}: {area.slug}.{key} = {named!r} không có trong areas "
                                    f"(names an area that is not listed)")  # fmt: skip
        if area.becomes is not None and (area.valid_to is None or area.becomes == area.slug):
            raise SettingsError(f"Tệp địa bàn {where}: {area.slug}.becomes cần valid_to và một khu vực khác "
                                f"(needs valid_to, the day of the merger, and another area)")  # fmt: skip


def store(connection: psycopg.Connection, site: SiteFile) -> None:
    """Bring the database's areas and listed devices to the file's state; nothing is ever deleted."""
    with connection.transaction(), connection.cursor() as cursor:
        for area in _parents_first(site.areas):
            cursor.execute(_SQL["upsert_area"], msgspec.structs.asdict(area))
        for area in site.areas:  # once all are there: an area may become one that stands below it in the file
            cursor.execute(_SQL["set_becomes"], {"slug": area.slug, "becomes": area.becomes})
        cursor.execute(_SQL["merge_areas"])
        for device in site.devices:
            cursor.execute(_SQL["list_device"], msgspec.structs.asdict(device))


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
