"""A site: its areas, how many devices of each kind stand there, and what they hang on, read from one TOML file.

Decides what a site file may say; a new district is a new file in `sites/` and no code.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulators.tables import Table, find_file, nearest, read_table

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SITE = ("site", "name", "province", "village", "abolished", "titles", "unit", "feeder", "uplink", "former", "area",
         "device")  # fmt: skip
_AREA = ("slug", "name", "lat", "lon", "unit", "since", "feeder", "uplink", "villages", "market", "devices", "speaks")


@dataclass(frozen=True, slots=True)
class Domain:
    """What several areas share: a power feeder, an uplink, or the commune that they became."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Former:
    """An area that ended on the day `until` (YYYY-MM-DD); `now` is the area of this file that took it over."""

    slug: str
    name: str
    lat: float
    lon: float
    until: str
    now: str | None


@dataclass(frozen=True, slots=True)
class Area:
    """A commune: its centre in degrees, its villages, how many devices of each family, what fails with it."""

    slug: str
    name: str
    lat: float
    lon: float
    villages: tuple[str, ...]
    """As people say them, with the word for a village: `thôn Trung Hạ`."""
    counts: Mapping[str, int]
    feeder: str
    """Who shares it loses mains together."""
    uplink: str
    """Who shares it loses the way to the centre together."""
    unit: str | None
    """The commune it became; None where nothing changed."""
    since: str | None
    market: frozenset[int]
    """Weekdays of its market, Monday is 0."""
    speaks: Mapping[str, str]
    """The dialect of a family's devices here; what is not named speaks the native wire."""


@dataclass(frozen=True, slots=True)
class Named:
    """A single device with an id and a name of its own."""

    family: str
    id: str
    name: str
    area: str
    speaks: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the site file says."""

    slug: str
    name: str
    areas: tuple[Area, ...]
    named: tuple[Named, ...]
    feeders: tuple[Domain, ...]
    uplinks: tuple[Domain, ...]
    units: tuple[Domain, ...]
    former: tuple[Former, ...]
    abolished: str | None
    """The day from which `units` stand where the areas stood (YYYY-MM-DD)."""
    titles: Mapping[str, str]
    """What devices of a family are called here, where the kind's own name does not fit."""


def load_site(name: str, families: Collection[str]) -> Site:
    """The site of that name or file; UnusableError tells what is wrong with it."""
    table = read_table(find_file(name, "sites"), _SITE)
    feeders, uplinks, units = (_domains(table, key) for key in ("feeder", "uplink", "unit"))
    word = table.text("village", "thôn")
    areas = tuple(_area(row, families, word) for row in table.tables("area", _AREA))
    if not areas:
        raise table.wrong("a site needs at least one [[area]]")
    slugs = [area.slug for area in areas]
    named = tuple(_named(row, families, slugs) for row in table.tables("device", Named.__slots__))
    for names in (slugs, [each.id for each in named]):
        if twice := next((each for each in names if names.count(each) > 1), None):
            raise table.wrong(f"'{twice}' stands there twice; each area and device needs a name of its own")
    for key, known in (("feeder", feeders), ("uplink", uplinks), ("unit", units)):
        _check_domains(table, key, known)
    former = tuple(_former(row, slugs) for row in table.tables("former", Former.__slots__))
    titles = table.table("titles", families)
    return Site(
        slug=table.slug("site"),
        name=table.text("name"),
        areas=areas,
        named=named,
        feeders=feeders or tuple(Domain(area.feeder, area.name) for area in areas),
        uplinks=uplinks or tuple(Domain(area.uplink, area.name) for area in areas),
        units=units,
        former=former,
        abolished=table.perhaps("abolished"),
        titles={family: titles.text(family) for family in titles.values},
    )


def _domains(table: Table, key: str) -> tuple[Domain, ...]:
    return tuple(Domain(row.slug("slug"), row.text("name")) for row in table.tables(key, Domain.__slots__))


def _check_domains(table: Table, key: str, domains: Collection[Domain]) -> None:
    """Every area names a domain of the list, where there is one; without a list each area is its own."""
    known = [each.slug for each in domains]
    for row in table.tables("area", _AREA):
        value = row.values.get(key)
        if (known or value is not None) and value not in known:
            raise row.wrong(f"{key} '{value}' is not known{nearest(str(value), known or [f'a [[{key}]] to list it'])}")


def _area(row: Table, families: Collection[str], word: str) -> Area:
    counts, speaks = row.table("devices", families), row.table("speaks", families)
    slug = row.slug("slug")
    return Area(
        slug=slug,
        name=row.text("name"),
        lat=row.number("lat", -90, 90),
        lon=row.number("lon", -180, 180),
        villages=tuple(f"{word} {village}" for village in _villages(row)),
        counts={family: int(counts.number(family, 0, 10_000, 0)) for family in families},
        feeder=row.perhaps("feeder") or f"fd-{slug}"[:63],
        uplink=row.perhaps("uplink") or f"ul-{slug}"[:63],
        unit=row.perhaps("unit"),
        since=row.perhaps("since"),
        market=_weekdays(row),
        speaks={family: speaks.text(family) for family in speaks.values},
    )


def _villages(row: Table) -> tuple[str, ...]:
    """Names, or how many there are: then they are numbered, as hamlets in the delta are."""
    if isinstance(row.values.get("villages"), int):
        return tuple(map(str, range(1, int(row.number("villages", 1, 200)) + 1)))
    return row.texts("villages")


def _weekdays(row: Table) -> frozenset[int]:
    days = row.texts("market") if "market" in row.values else ()
    for day in days:
        if day not in WEEKDAYS:
            raise row.wrong(f"market day '{day}' is not known{nearest(day, WEEKDAYS)}")
    return frozenset(map(WEEKDAYS.index, days))


def _former(row: Table, areas: Collection[str]) -> Former:
    now = row.perhaps("now")
    if now is not None and now not in areas:
        raise row.wrong(f"'{now}' is not known{nearest(now, areas)}")
    place = row.number("lat", -90, 90), row.number("lon", -180, 180)
    return Former(row.slug("slug"), row.text("name"), *place, row.text("until"), now)


def _named(row: Table, families: Collection[str], areas: Collection[str]) -> Named:
    named = Named(row.slug("family"), row.slug("id"), row.text("name"), row.slug("area"), row.perhaps("speaks"))
    for value, known in ((named.family, families), (named.area, areas)):
        if value not in known:
            raise row.wrong(f"'{value}' is not known{nearest(value, known)}")
    return named
