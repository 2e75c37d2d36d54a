"""Who is told, as the site file says it: contacts, duties and routes. Reads and checks; decides nobody's turn.

Everything that is named must exist, and an error names the nearest thing that does. Channels are the settings' (their
addresses are secrets), so whether a contact's ways exist is checked when both are known.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from alerts import people, roster, routing
from alerts.model import Severity
from alerts.options import duration
from ingest.model import FAMILIES
from ioc.errors import SettingsError

_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
_Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Span = Annotated[str, msgspec.Meta(pattern=r"^(\d+(ms|s|m|h|d))+$")]
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """Hours in which only what is at least this severe disturbs."""

    begins: _Clock
    ends: _Clock
    at_least: Severity = Severity.CRITICAL
    zone: str = "Asia/Ho_Chi_Minh"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many messages within a span."""

    messages: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 6
    per: _Span = "10m"


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Someone who is told; `ways` are channels of the settings, the preferred one first."""

    name: _Slug
    ways: Annotated[list[str], msgspec.Meta(min_length=1)]
    display: str = ""
    language: Literal["vi", "en"] = "vi"
    quiet: Quiet | None = None
    limit: Limit = Limit()
    account: str | None = None


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """When, on which days (every day where none is said), and who: crews that take turns."""

    begins: _Clock
    ends: _Clock
    crews: Annotated[list[list[_Slug]], msgspec.Meta(min_length=1)]
    days: list[_Day] = []
    since: date = date(2026, 1, 5)
    every_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7


class Cover(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """Someone stands in, for one or for all; times without an offset are the roster's own."""

    begins: datetime
    ends: datetime
    who: list[_Slug]
    instead_of: _Slug | None = None


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A roster."""

    name: _Slug
    shifts: list[Shift]
    covers: list[Cover] = []
    holidays: list[date] = []
    zone: str = "Asia/Ho_Chi_Minh"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One level: contacts, and rosters as `duty:name`."""

    to: Annotated[list[str], msgspec.Meta(min_length=1)]
    after: _Span = "0s"


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts go to whom, and in which steps."""

    name: _Slug
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    areas: list[str] = []
    families: list[str] = []
    rules: list[str] = []
    at_least: Severity = Severity.WARNING
    wait: _Span = "30s"
    interval: _Span = "1m"
    repeat: _Span = "0s"
    rounds: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    tells_end: bool = True
    tells_taken: bool = True
    goes_on: bool = False


class People(msgspec.Struct, frozen=True):
    """The part of a site file that says who is told."""

    contacts: list[Contact] = []
    duties: list[Duty] = []
    routes: list[Route] = []


def plan(
    found: People, areas: Iterable[Any], *, channels: Collection[str] | None, rules: Collection[str]
) -> routing.Plan:
    """The plan that a site's people make; raises `SettingsError` for a name that is nobody's, with the nearest.

    `channels` are those that the contacts' ways may name; None where this process carries nothing.
    """
    parents = {area.slug: area.parent for area in areas}
    ways = [way for contact in found.contacts for way in contact.ways]
    _check(found, parents, ways if channels is None else channels, rules)
    return routing.Plan(
        contacts={each.name: _contact(each) for each in found.contacts},
        duties={each.name: _duty(each) for each in found.duties},
        routes={each.name: _route(each) for each in found.routes},
        parents={slug: parent for slug, parent in parents.items() if parent is not None},
    )


def _check(found: People, areas: Collection[str], channels: Collection[str], rules: Collection[str]) -> None:
    contacts, duties = [each.name for each in found.contacts], [each.name for each in found.duties]
    for what, names in (("contacts", contacts), ("duties", duties), ("routes", [each.name for each in found.routes])):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise SettingsError(f"Tệp địa bàn: {what} có hai {twice!r} (stands twice: give one another name)")
    for contact in found.contacts:
        _known(f"contacts.{contact.name}.ways", contact.ways, channels, "alerts.channels")
    for duty in found.duties:
        _zone(f"duties.{duty.name}.zone", duty.zone)
        _known(f"duties.{duty.name}", _named(duty), contacts, "contacts")
    targets = [*contacts, *(f"{routing.DUTY}{name}" for name in duties)]
    for route in found.routes:
        where = f"routes.{route.name}"
        _known(f"{where}.steps.to", [name for step in route.steps for name in step.to], targets, "contacts, duty:…")
        _known(f"{where}.areas", route.areas, areas, "areas")
        _known(f"{where}.families", route.families, FAMILIES, "families")
        _known(f"{where}.rules", route.rules, rules, "rules")


def _known(where: str, names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.0)
            hint = f"có phải {near[0]!r}? (did you mean {near[0]!r}?)" if near else f"(there are no {what})"
            raise SettingsError(f"Tệp địa bàn: {where} nêu {name!r} không có trong {what}, {hint}")


def _named(duty: Duty) -> Iterator[str]:
    for shift in duty.shifts:
        for crew in shift.crews:
            yield from crew
    for cover in duty.covers:
        yield from cover.who
        yield from () if cover.instead_of is None else (cover.instead_of,)


def _contact(contact: Contact) -> people.Contact:
    quiet = contact.quiet
    hours = None
    if quiet is not None:
        zone = _zone(f"contacts.{contact.name}.quiet.zone", quiet.zone)
        hours = people.Quiet(_minutes(quiet.begins), _minutes(quiet.ends), quiet.at_least, zone)
    return people.Contact(
        name=contact.name,
        ways=tuple(contact.ways),
        display=contact.display or contact.name,
        language=contact.language,
        quiet=hours,
        limit=people.Limit(contact.limit.messages, duration(contact.limit.per)),
        account=contact.account,
    )


def _duty(duty: Duty) -> roster.Duty:
    zone = _zone(f"duties.{duty.name}.zone", duty.zone)
    return roster.Duty(
        name=duty.name,
        shifts=tuple(_shift(each) for each in duty.shifts),
        covers=tuple(
            roster.Cover(_moment(each.begins, zone), _moment(each.ends, zone), tuple(each.who), each.instead_of)
            for each in duty.covers
        ),
        holidays=frozenset(duty.holidays),
        zone=zone,
    )


def _shift(shift: Shift) -> roster.Shift:
    days = frozenset(_DAYS.index(day) for day in shift.days) or frozenset(range(7))
    crews = tuple(tuple(crew) for crew in shift.crews)
    return roster.Shift(days, _minutes(shift.begins), _minutes(shift.ends), crews, shift.since, shift.every_days)


def _route(route: Route) -> routing.Route:
    return routing.Route(
        name=route.name,
        steps=tuple(routing.Step(tuple(step.to), duration(step.after)) for step in route.steps),
        areas=frozenset(route.areas),
        families=frozenset(route.families),
        rules=frozenset(route.rules),
        at_least=route.at_least,
        wait_ms=duration(route.wait),
        interval_ms=duration(route.interval),
        repeat_ms=duration(route.repeat),
        rounds=route.rounds,
        tells_end=route.tells_end,
        tells_taken=route.tells_taken,
        goes_on=route.goes_on,
    )


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _moment(at: datetime, zone: tzinfo) -> int:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return round(aware.astimezone(UTC).timestamp() * 1000)


def _zone(where: str, name: str) -> tzinfo:
    if name == str(people.ZONE):
        return people.ZONE
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise SettingsError(
            f"Tệp địa bàn: {where} = {name!r} không phải múi giờ (no time zone; as Asia/Ho_Chi_Minh)"
        ) from error
