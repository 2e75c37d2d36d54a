"""Who lives at a site: every device with its name, place and gateway, for any number of devices.

Decides identities from the site's data alone, so that a device keeps its name and its place whatever the seed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, pi, radians, sin, sqrt

from simulators.device import Kind, Model, peculiarity
from simulators.errors import UnusableError
from simulators.site import Area, Named, Site

_REACH_DEG = 0.014  # about a kilometre and a half: devices stand around their commune's centre
_SHARE = 0.45  # of the way to the nearest other centre: nobody stands in the neighbour's land
_GOLDEN_ANGLE = pi * (3 - sqrt(5))


@dataclass(frozen=True, slots=True)
class Identity:
    """One device as its birth will tell it."""

    address: str
    kind: Kind
    name: str
    model: Model
    area: str
    lat: float
    lon: float
    gateway: str | None
    """The id of the gateway it stands behind; None for a gateway, and where there is none."""
    feeder: str
    uplink: str
    market: frozenset[int] = frozenset()
    """Weekdays of the market where it stands, Monday is 0."""
    speaks: str | None = None
    """Its dialect; None speaks the native wire."""

    @property
    def wear(self) -> float:
        """How worn it is: 0 as new, 1 at the end of its life."""
        return peculiarity(self.address, "wear")

    @property
    def id(self) -> str:
        """The last part of its address."""
        return self.address.rpartition("/")[2]


def populate(site: Site, kinds: Mapping[str, Kind], devices: int | None = None) -> list[Identity]:
    """The devices of a site, gateways of an area first; scaled in proportion when a number is asked for."""
    groups = [group for area in site.areas for group in _groups(site, area, kinds)]
    counts = [group.count for group in groups]
    if not sum(counts):
        raise UnusableError(f"{site.name} has no devices: give its areas some, like devices = {{ camera = 3 }}")
    if devices is not None:
        counts = share_out(counts, devices)
    scaled = [replace(group, count=count) for group, count in zip(groups, counts, strict=True)]
    identities: dict[str, Identity] = {}
    for area in site.areas:
        for each in _inhabit(site, area, [group for group in scaled if group.area is area]):
            if each.address in identities:
                raise UnusableError(f"{each.address} is there twice: give the [[device]] of that id another one")
            identities[each.address] = each
    return list(identities.values())


def share_out(counts: Sequence[int], total: int) -> list[int]:
    """`total` in proportion to the counts, whole numbers, by the largest remainder."""
    everything = sum(counts) or 1
    shares = [count * total / everything for count in counts]
    whole = [int(share) for share in shares]
    neediest = sorted(range(len(counts)), key=lambda at: (whole[at] - shares[at], at))
    for at in neediest[: total - sum(whole)]:
        whole[at] += 1
    return whole


@dataclass(frozen=True, slots=True)
class _Group:
    """Devices of one kind in one area: counted ones, or a single named one."""

    area: Area
    kind: Kind
    named: Named | None
    count: int


def _groups(site: Site, area: Area, kinds: Mapping[str, Kind]) -> Iterator[_Group]:
    for family in sorted(kinds, key=lambda family: (family != "gateway", family)):
        yield _Group(area, kinds[family], None, area.counts.get(family, 0))
    for named in site.named:
        if named.area == area.slug:
            yield _Group(area, kinds[named.family], named, 1)


def _inhabit(site: Site, area: Area, groups: Sequence[_Group]) -> list[Identity]:
    """The devices of one area, each at a place of its own on a spiral around the centre."""
    calls = [(group, *_call(site, group, at)) for group in groups for at in range(group.count)]
    gateways = [own_id for group, own_id, _ in calls if group.kind.family == "gateway"]
    reach = _reach(site, area)
    inhabitants: list[Identity] = []
    for here, (group, own_id, name) in enumerate(calls):
        kind, speaks = group.kind, group.named.speaks if group.named else area.speaks.get(group.kind.family)
        lat, lon = _spot(area, reach, (here + 0.5) / len(calls), here)
        inhabitants.append(
            Identity(
                address=f"{site.slug}/{kind.family}/{own_id}",
                kind=kind,
                name=name,
                model=kind.models[(here + len(area.slug)) % len(kind.models)],
                area=area.slug,
                lat=lat,
                lon=lon,
                gateway=gateways[here % len(gateways)] if gateways and kind.family != "gateway" else None,
                feeder=area.feeder,
                uplink=area.uplink,
                market=area.market,
                speaks=speaks,
            )
        )
    return inhabitants


def _call(site: Site, group: _Group, at: int) -> tuple[str, str]:
    """The id and the name of the device number `at` of its group."""
    area, kind, named = group.area, group.kind, group.named
    if named:
        return f"{named.id}{_suffix(at)}", f"{named.name} {at + 1}" if at else named.name
    ending = _suffix(at) if kind.solitary else f"-{at + 1:02d}"
    title = site.titles.get(kind.family)
    name = f"{title} {area.name} {at + 1}" if title else kind.title(area.name, area.villages, at)
    return f"{kind.prefix}-{area.slug}{ending}", name


def _suffix(at: int) -> str:
    return f"-{at + 1:02d}" if at else ""


def _reach(site: Site, area: Area) -> float:
    """How far from its centre devices of an area stand, in degrees of latitude."""
    shrink = cos(radians(area.lat))
    others = (hypot(each.lat - area.lat, (each.lon - area.lon) * shrink) for each in site.areas if each is not area)
    return min(_REACH_DEG, _SHARE * min(others, default=1.0))


def _spot(area: Area, reach: float, share: float, at: int) -> tuple[float, float]:
    """A sunflower's seeds: evenly spread, none upon another; `share` of the area lies within."""
    distance, turn = reach * sqrt(share), at * _GOLDEN_ANGLE
    return round(area.lat + distance * sin(turn), 5), round(area.lon + distance * cos(turn) / cos(radians(area.lat)), 5)
