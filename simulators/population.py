"""Who lives at a site: every device with its name, place and gateway, for any number of devices.

Decides identities from the site's data alone, so that a device keeps its name and its place whatever the seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    slots: list[tuple[Area, str, Named | None]] = []
    counts: list[int] = []
    families = sorted(kinds, key=lambda family: (family != "gateway", family))
    for area in site.areas:
        for family in families:
            slots.append((area, family, None))
            counts.append(area.counts.get(family, 0))
        for named in (each for each in site.named if each.area == area.slug):
            slots.append((area, named.family, named))
            counts.append(1)
    if not sum(counts):
        raise UnusableError(f"{site.name} has no devices: give its areas some, like devices = {{ camera = 3 }}")
    wanted = counts if devices is None else share_out(counts, devices)
    identities = [
        identity
        for area in site.areas
        for identity in _inhabit(
            site.slug,
            area,
            [
                (kinds[family], named, n)
                for (there, family, named), n in zip(slots, wanted, strict=True)
                if there is area
            ],
        )
    ]
    seen: set[str] = set()
    for each in identities:
        if each.address in seen:
            raise UnusableError(f"{each.address} is there twice: give the [[device]] of that id another one")
        seen.add(each.address)
    return identities


def share_out(counts: Sequence[int], total: int) -> list[int]:
    """`total` in proportion to the counts, whole numbers, by the largest remainder."""
    everything = sum(counts) or 1
    shares = [count * total / everything for count in counts]
    whole = [int(share) for share in shares]
    neediest = sorted(range(len(counts)), key=lambda at: (whole[at] - shares[at], at))
    for at in neediest[: total - sum(whole)]:
        whole[at] += 1
    return whole


def _inhabit(site: str, area: Area, groups: list[tuple[Kind, Named | None, int]]) -> list[Identity]:
    """The devices of one area, each at a place of its own on a spiral around the centre."""
    calls = [(kind, *_call(area, kind, named, at)) for kind, named, n in groups for at in range(n)]
    gateways = [own_id for kind, own_id, _ in calls if kind.family == "gateway"]
    inhabitants: list[Identity] = []
    for here, (kind, own_id, name) in enumerate(calls):
        lat, lon = _spot(area, here, len(calls))
        behind = gateways[here % len(gateways)] if gateways and kind.family != "gateway" else None
        model = kind.models[(here + len(area.slug)) % len(kind.models)]
        address = f"{site}/{kind.family}/{own_id}"
        inhabitants.append(Identity(address, kind, name, model, area.slug, lat, lon, behind))
    return inhabitants


def _call(area: Area, kind: Kind, named: Named | None, at: int) -> tuple[str, str]:
    """The id and the name of the device number `at` of its group."""
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
