"""A site: its areas and how many devices of each kind stand there, read from one TOML file.

Decides what a site file may say; a new district is a new file in `sites/` and no code.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulators.tables import Table, find_file, nearest, read_table


@dataclass(frozen=True, slots=True)
class Area:
    """A commune: its centre in degrees, its villages, how many devices of each family."""

    slug: str
    name: str
    lat: float
    lon: float
    villages: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Named:
    """A single device with an id and a name of its own."""

    family: str
    id: str
    name: str
    area: str


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the site file says."""

    slug: str
    name: str
    areas: tuple[Area, ...]
    named: tuple[Named, ...]


def load_site(name: str, families: Collection[str]) -> Site:
    """The site of that name or file; UnusableError tells what is wrong with it."""
    table = read_table(find_file(name, "sites"), ("site", "name", "province", "area", "device"))
    areas = tuple(_area(row, families) for row in table.tables("area", (*Area.__slots__[:-1], "devices")))
    if not areas:
        raise table.wrong("a site needs at least one [[area]]")
    slugs = [area.slug for area in areas]
    named = tuple(_named(row, families, slugs) for row in table.tables("device", Named.__slots__))
    for names in (slugs, [each.id for each in named]):
        if twice := next((each for each in names if names.count(each) > 1), None):
            raise table.wrong(f"'{twice}' stands there twice; each area and device needs a name of its own")
    return Site(table.slug("site"), table.text("name"), areas, named)


def _area(row: Table, families: Collection[str]) -> Area:
    counts = row.table("devices", families)
    return Area(
        slug=row.slug("slug"),
        name=row.text("name"),
        lat=row.number("lat", -90, 90),
        lon=row.number("lon", -180, 180),
        villages=row.texts("villages"),
        counts={family: int(counts.number(family, 0, 10_000, 0)) for family in families},
    )


def _named(row: Table, families: Collection[str], areas: Collection[str]) -> Named:
    named = Named(row.slug("family"), row.slug("id"), row.text("name"), row.slug("area"))
    for value, known in ((named.family, families), (named.area, areas)):
        if value not in known:
            raise row.wrong(f"'{value}' is not known{nearest(value, known)}")
    return named
