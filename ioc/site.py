"""The site file: the centre's name, its areas, its listed devices. Reads and checks; storing is a few upserts."""

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import psycopg

from alerts.cap_story import Issuer
from ingest.queries import load
from ioc.errors import SettingsError
from ioc.people import Contact, Duty, People, Route

_SQL = load("ioc", "site.sql")
_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")]


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place devices stand in; `valid_from` and `valid_to` are dates (YYYY-MM-DD), for communes merge."""

    slug: _Slug
    name: str
    parent: _Slug | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    valid_from: str | None = None
    valid_to: str | None = None


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


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One centre. `admit`: `ask` keeps unknown devices pending, `all` admits them (the demo)."""

    slug: _Slug
    name: str
    admit: Literal["ask", "all"] = "ask"
    areas: list[Area] = []
    devices: list[ListedDevice] = []
    contacts: list[Contact] = []
    duties: list[Duty] = []
    routes: list[Route] = []
    cap: Cap | None = None

    @property
    def people(self) -> People:
        """Who is told."""
        return People(self.contacts, self.duties, self.routes)


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
        raw = tomllib.loads(text)
        _refuse_unknown(raw, SiteFile, where)
        site = msgspec.convert(raw, SiteFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"Tệp địa bàn {where} sai (the site file is wrong): {error}") from error
    known = {area.slug for area in site.areas}
    for area in site.areas:
        if area.parent is not None and area.parent not in known:
            raise SettingsError(f"Tệp địa bàn {where}: {area.slug}.parent = {area.parent!r} không có trong areas "
                                f"(names an area that is not listed)")  # fmt: skip
    return site


def _refuse_unknown(table: object, shape: Any, where: str, path: str = "") -> None:  # noqa: ANN401 - a type's form
    """Raise for a key that the shape does not know, naming the nearest that it does."""
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
            cursor.execute(_SQL["upsert_area"], msgspec.structs.asdict(area))
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
