"""Who lives at a site: every device with its name, place and gateway, for any number of devices.

Decides identities from the site's data alone, so that a device keeps its name and its place whatever the seed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, pi, radians, sin, sqrt

from simulators.device import Kind, Model
from simulators.errors import UnusableError
from simulators.site import Area, Named, Site

_REACH_DEG = 0.014  # about a kilometre and a half: devices stand around their commune's centre
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
        for each in _inhabit(site.slug, area, [group for group in scaled if group.area is area]):
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


def _inhabit(site: str, area: Area, groups: Sequence[_Group]) -> list[Identity]:
    """The devices of one area, each at a place of its own on a spiral around the centre."""
    calls = [(group.kind, *_call(group, at)) for group in groups for at in range(group.count)]
    gateways = [own_id for kind, own_id, _ in calls if kind.family == "gateway"]
    inhabitants: list[Identity] = []
    for here, (kind, own_id, name) in enumerate(calls):
        lat, lon = _spot(area, here, len(calls))
        behind = gateways[here % len(gateways)] if gateways and kind.family != "gateway" else None
        model = kind.models[(here + len(area.slug)) % len(kind.models)]
        address = f"{site}/{kind.family}/{own_id}"
        inhabitants.append(Identity(address, kind, name, model, area.slug, lat, lon, behind))
    return inhabitants


def _call(group: _Group, at: int) -> tuple[str, str]:
    """The id and the name of the device number `at` of its group."""
    area, kind, named = group.area, group.kind, group.named
    if named:
        return f"{named.id}{_suffix(at)}", f"{named.name} {at + 1}" if at else named.name
    ending = _suffix(at) if kind.solitary else f"-{at + 1:02d}"
    return f"{kind.prefix}-{area.slug}{ending}", kind.title(area.name, area.villages, at)


def _suffix(at: int) -> str:
    return f"-{at + 1:02d}" if at else ""


def _spot(area: Area, at: int, population: int) -> tuple[float, float]:
    """A sunflower's seeds: evenly spread, none upon another."""
    distance, turn = _REACH_DEG * sqrt((at + 0.5) / population), at * _GOLDEN_ANGLE
    return round(area.lat + distance * sin(turn), 5), round(area.lon + distance * cos(turn) / cos(radians(area.lat)), 5)
