"""Availability: how long devices were in service, out of it, or not to be known, by whatever they have in common."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final

from typing_extensions import TypedDict

from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.history import Area, Devices, Meant, Since, Until, Word, span, wanted
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Time, moment, written
from ioc.history.availability import Figures, Span, availability, known_until
from ioc.history.scope import Areas, Stay, stays

routes = router("/api/v1", "history")

MOST_GROUPS: Final = 2000


class By(StrEnum):
    """What devices are put together by."""

    ALL = "all"
    DEVICE = "device"
    FAMILY = "family"
    AREA = "area"
    MAKER = "maker"


_GROUPS: Final[Mapping[By, Callable[[Stay], Hashable]]] = {
    By.ALL: lambda _stay: "all",
    By.DEVICE: lambda stay: stay.address,
    By.FAMILY: lambda stay: stay.family,
    By.AREA: lambda stay: stay.area,
    By.MAKER: lambda stay: stay.maker,
}


class Group(TypedDict):
    """Seconds of the group's devices together; `share` is in service of the time known, `known_share` the time known.

    `key` is null for devices in no area, or of no known maker. `outages`: how often one of them went out of service.
    """

    key: str | None
    devices: int
    in_s: float
    out_s: float
    unknown_s: float
    maintenance_s: float
    share: float | None
    known_share: float | None
    outages: int


Availability = TypedDict(
    "Availability", {"from": Time, "to": Time, "known_until": Time, "by": str, "areas": str, "items": list[Group]}
)
"""Groups in the order of their keys; nothing is known after `known_until`."""


@routes.get("/availability", dependencies=[requires(Role.VIEWER)])
def get_availability(
    parts: Has, by: By = By.ALL, devices: Devices = None, family: Word = None, area: Area = None, maker: Word = None,
    since: Since = None, until: Until = None, areas: Annotated[Areas, Meant] = Areas.THEN,
) -> Availability:  # fmt: skip
    """In service, out of it and unknown; time under maintenance is left out of all three."""
    begin, end = span(parts, since, until)
    now = moment(parts.now())
    end = max(begin, min(end, now))  # the future is neither
    with parts.pool.connection() as connection:
        asked = replace(wanted(devices, family, area, maker, areas), pending=False)
        found = stays(connection, asked, by_area=by is By.AREA)
        known = known_until(connection, now)
        windows = parts.maintenance(begin, end)
        made = availability(connection, Span(begin, end, known), found, windows, _GROUPS[by])
    if len(made) > MOST_GROUPS:
        raise Problem(422, f"{len(made)} groups; at most {MOST_GROUPS}: ask for an area or a family", code="too_many")
    items = sorted((_told(key, figures) for key, figures in made.items()), key=_order)
    return {
        "from": written(begin), "to": written(end), "known_until": written(min(known, end)), "by": by.value,
        "areas": areas.value, "items": items,
    }  # fmt: skip


def _told(key: Any, figures: Figures) -> Group:  # noqa: ANN401 - a group's key is text or null
    return {
        "key": key, "devices": figures.devices, "in_s": round(figures.in_s, 3), "out_s": round(figures.out_s, 3),
        "unknown_s": round(figures.unknown_s, 3), "maintenance_s": round(figures.maintenance_s, 3),
        "share": figures.share, "known_share": figures.known_share, "outages": figures.outages,
    }  # fmt: skip


def _order(group: Group) -> tuple[bool, str]:
    return group["key"] is None, group["key"] or ""
