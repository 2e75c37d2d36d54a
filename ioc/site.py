"""The site file: the centre's name, its areas, its listed devices. Reads and checks; storing is a few upserts."""

import tomllib
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import psycopg

from alerts.cap_story import Issuer
from ingest.family import families
from ingest.queries import load
from ioc.errors import SettingsError
from ioc.people import Contact, Duty, People, Route
from maps.model import Reach

_SQL = load("ioc", "site.sql")
_Point = tuple[Annotated[float, msgspec.Meta(ge=-180, le=180)], Annotated[float, msgspec.Meta(ge=-90, le=90)]]
_Ring = Annotated[list[_Point], msgspec.Meta(min_length=3)]
_Address = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}/[a-z]+/[a-z0-9-]{1,63}$")]
_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")]


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place devices stand in, from the day `valid_from` until before the day `valid_to`, when it `becomes` another.

    Communes merge; a device goes on telling the name it was set up with, and stands in what that became.
    `feeder` and `uplink` name what its devices hang on for power and for the way here; a device's own count before.
    `shape`: outer rings of (longitude, latitude) in degrees, open and counter-clockwise; one, or several for exclaves.
    """

    slug: _Slug
    name: str
    parent: _Slug | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    becomes: _Slug | None = None
    feeder: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    uplink: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    shape: list[_Ring] = []


class ListedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device the officer expects: it is admitted before it first speaks.

    `feeder` is what gives it power, `uplink` what carries its traffic: names of the site's own, for common causes.
    `snapshot` is where a camera gives its newest picture (http, https; may hold a password): operators may look at it.
    """

    address: _Address
    name: str | None = None
    area: _Slug | None = None
    lat: float | None = None
    lon: float | None = None
    gateway: str | None = None
    feeder: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    uplink: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    snapshot: Annotated[str, msgspec.Meta(pattern=r"^https?://")] | None = None

    def __repr__(self) -> str:
        return f"ListedDevice({self.address!r})"  # the rest may hold a password


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The alerts of `rules` are public, as CAP 1.2. `sender` never changes, since references name it."""

    sender: Annotated[str, msgspec.Meta(pattern=r"^[^\s,<&]+$")]
    sender_name: str
    rules: list[str]
    category: Literal[
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
    ] = "Infra"
    contact: str | None = None
    web: str | None = None
    expires_h: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    status: Literal["Actual", "Exercise", "System", "Test", "Draft"] = "Actual"

    def issuer(self) -> Issuer:
        """As the messages name it."""
        expires_ms = self.expires_h * 3_600_000
        return Issuer(self.sender, self.sender_name, self.category, self.contact, self.web, expires_ms, self.status)


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
    """One centre. `admit`: `ask` keeps unknown devices pending, `all` admits them (the demo).

    `reaches`: by address, what a camera sees and a loudspeaker covers; not whether that device is expected.
    """

    slug: _Slug
    name: str
    admit: Literal["ask", "all"] = "ask"
    areas: list[Area] = []
    devices: list[ListedDevice] = []
    reaches: dict[_Address, Reach] = {}
    contacts: list[Contact] = []
    duties: list[Duty] = []
    routes: list[Route] = []
    cap: Cap | None = None
    open_data: OpenData = NOTHING_OPEN

    @property
    def people(self) -> People:
        """Who is told."""
        return People(self.contacts, self.duties, self.routes)


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
        raw = tomllib.loads(text)
        _refuse_unknown(raw, SiteFile, where)
        site = msgspec.convert(raw, SiteFile)
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


def _refuse_unknown(table: object, shape: Any, where: str, path: str = "") -> None:  # noqa: ANN401 - a type's form
    """Raise for a key that the shape does not know, naming the nearest that it does."""
    if get_origin(shape) is dict and isinstance(table, dict):
        for key, each in table.items():
            _refuse_unknown(each, get_args(shape)[1], where, f"{path}.{key}")
        return
    for inner in get_args(shape):
        _refuse_unknown(table, inner, where, path)
    if get_origin(shape) is list and isinstance(table, list):
        for number, each in enumerate(table):
            _refuse_unknown(each, get_args(shape)[0], where, f"{path}[{number}]")
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct) and isinstance(table, dict)):
        return
    known = {field.encode_name: field.type for field in msgspec.structs.fields(shape)}
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise SettingsError(f"Tệp địa bàn {where}: {path or 'tệp'} không có khoá {key!r}, có phải {near!r}? "
                                f"(no key {key!r} here; did you mean {near!r}?)")  # fmt: skip
        _refuse_unknown(value, known[key], where, f"{path}.{key}".lstrip("."))


def store(connection: psycopg.Connection, site: SiteFile) -> None:
    """Bring the database's areas and listed devices to the file's state; nothing is ever deleted."""
    with connection.transaction(), connection.cursor() as cursor:
        for area in _parents_first(site.areas):
            cursor.execute(_SQL["upsert_area"], {**msgspec.structs.asdict(area), "boundary": _boundary(area)})
        for area in site.areas:  # once all are there: an area may become one that stands below it in the file
            cursor.execute(_SQL["set_becomes"], {"slug": area.slug, "becomes": area.becomes})
        cursor.execute(_SQL["merge_areas"])
        for device in site.devices:
            listed = {name: value for name, value in msgspec.structs.asdict(device).items() if name != "snapshot"}
            cursor.execute(_SQL["list_device"], listed)


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
