"""A site file for the centre, drawn from a simulated site: `python -m simulators.survey cai-be` prints it.

Decides what the centre should know beforehand: its areas with shapes, what became of them, those devices that do not
introduce themselves, and what cameras see and loudspeakers cover. It writes the form of docs/settings.md and knows
nothing of who reads it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from simulators.cells import Ring, cells, union
from simulators.device import find_kinds, peculiarity
from simulators.errors import UnusableError
from simulators.population import Identity, populate
from simulators.site import Area, Domain, Site, load_site
from simulators.wire import encode


def main(arguments: Sequence[str]) -> int:
    """Print the site file; 2 when it is not known which."""
    if len(arguments) != 1:
        print("usage: python -m simulators.survey SITE", file=sys.stderr)
        return 2
    kinds = find_kinds()
    try:
        site = load_site(arguments[0], kinds)
        print("\n".join(lines(site, populate(site, kinds))))
    except UnusableError as error:
        print(f"survey: {error}", file=sys.stderr)
        return 2
    return 0


def lines(site: Site, identities: Sequence[Identity]) -> Iterator[str]:
    """The lines of the centre's site file."""
    slugs = {area.slug for area in site.areas}
    root = f"huyen-{site.slug}" if site.slug in slugs else site.slug
    rings = dict(zip(slugs_of(site.areas), cells([(area.lon, area.lat) for area in site.areas]), strict=True))
    yield f"# {site.name}: drawn by `python -m simulators.survey {site.slug}` from the simulated site; draw it again"
    yield "# rather than edit it. Shapes are stand-ins: each point belongs to the nearest commune's centre."
    yield from _entries({"slug": site.slug, "name": site.name, "admit": "all"})
    lat, lon = (sum(getattr(area, way) for area in site.areas) / len(site.areas) for way in ("lat", "lon"))
    yield from _table("areas", {"slug": root, "name": site.name, "lat": round(lat, 4), "lon": round(lon, 4)})
    for unit in site.units:
        yield from _table("areas", _unit(unit, site, root, rings))
    for area in site.areas:
        yield from _table("areas", _area(area, root, rings))
    for gone in site.former:
        # without a place: a map of today has no room for its name
        facts = {"slug": gone.slug, "name": gone.name, "parent": root, "valid_to": gone.until, "becomes": gone.now}
        yield from _table("areas", facts)
    for each in identities:
        if each.speaks:
            yield from _table("devices", _device(each, site))
    yield from ("", "[reaches]")
    for each in identities:
        if each.kind.range_m:
            yield f"{encode(each.address)} = {{ {', '.join(_entries(_reach(each, each.kind.range_m)))} }}"


def slugs_of(areas: Iterable[Area]) -> list[str]:
    """The areas' slugs, in order."""
    return [area.slug for area in areas]


def _unit(unit: Domain, site: Site, root: str, rings: Mapping[str, Ring]) -> Mapping[str, object]:
    """A commune since the merger: its parts taken together."""
    parts = [area for area in site.areas if area.unit == unit.slug]
    lat, lon = (round(sum(getattr(part, way) for part in parts) / len(parts), 4) for way in ("lat", "lon"))
    facts = {"slug": unit.slug, "name": unit.name, "parent": root, "lat": lat, "lon": lon}
    return {**facts, "valid_from": site.abolished, "shape": union(rings[part.slug] for part in parts)}


def _area(area: Area, root: str, rings: Mapping[str, Ring]) -> Mapping[str, object]:
    """A commune as the district knew it; since the merger it goes on as a part of the new one, known by its name."""
    facts = {"slug": area.slug, "name": area.name, "parent": area.unit or root, "lat": area.lat, "lon": area.lon}
    hangs = {"feeder": area.feeder, "uplink": area.uplink}
    return {**facts, "valid_from": area.since, **hangs, "shape": [rings[area.slug]]}


def _device(device: Identity, site: Site) -> Mapping[str, object]:
    gateway = f"{site.slug}/gateway/{device.gateway}" if device.gateway else None
    facts = {"address": device.address, "name": device.name, "area": device.area, "lat": device.lat, "lon": device.lon}
    return {**facts, "gateway": gateway}


def _reach(device: Identity, range_m: float) -> Mapping[str, object]:
    """As it was put up: some see further than others, and each looks its own way."""
    far = round(range_m * (0.7 + 0.6 * peculiarity(device.address, "range")) / 5) * 5
    angle = device.kind.angle_deg
    bearing = None if angle is None else int(360 * peculiarity(device.address, "bearing"))
    return {"range_m": far, "bearing_deg": bearing, "angle_deg": angle}


def _table(key: str, facts: Mapping[str, object]) -> Iterator[str]:
    yield ""
    yield f"[[{key}]]"
    yield from _entries(facts)


def _entries(facts: Mapping[str, object]) -> Iterator[str]:
    """`key = value`; JSON of texts, numbers and lists is TOML too."""
    return (f"{key} = {encode(value)}" for key, value in facts.items() if value is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
