"""Which devices a question is about, and which part of their time: areas as they were then, or as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg import Connection

from ioc.history.asking import ask


class Areas(StrEnum):
    """How areas are meant: `then`, where a device stood counts; `now`, where it stands today, with its whole past."""

    THEN = "then"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; what is None is no condition. An area means also the areas below it.

    `pending`: also devices that nobody admitted yet.
    """

    devices: tuple[str, ...] | None = None
    family: str | None = None
    area: str | None = None
    maker: str | None = None
    areas: Areas = Areas.NOW
    pending: bool = True


@dataclass(frozen=True, slots=True)
class Stay:
    """A device in one area for a while. `since` and `until` are None where nothing bounds them."""

    device_id: int
    address: str
    maker: str | None
    area: str | None
    interval_s: float | None
    since: datetime | None
    until: datetime | None
    enrolled_at: datetime
    retired_at: datetime | None

    @property
    def family(self) -> str:
        """What kind of device it is."""
        return self.address.split("/", 2)[1]


def stays(connection: Connection[Any], wanted: Wanted, *, by_area: bool = False) -> Sequence[Stay]:
    """The devices asked for, by address; with areas as then (asked for or told apart) once for each area stood in."""
    then = wanted.areas is Areas.THEN and (by_area or wanted.area is not None)
    below = None
    if wanted.area is not None:
        below = [slug for (slug,) in ask(connection, "areas_below", {"area": wanted.area})]
    values = {
        "devices": None if wanted.devices is None else list(wanted.devices),
        "family": wanted.family, "areas": below, "maker": wanted.maker, "pending": wanted.pending,
    }  # fmt: skip
    return [Stay(*row) for row in ask(connection, "stays_then" if then else "stays_now", values)]
