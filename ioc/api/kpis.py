"""The ISA-18.2 figures of alarms, live: how much operators are asked, by which rules, and what to mend."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import Query
from typing_extensions import TypedDict

from alerts import kpi, kpi_advice
from alerts.model import Announce, Severity
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, areas_below, rows
from ioc.api.parts import Has
from ioc.api.routing import router
from ioc.api.times import Time, maybe_ms, millis, moment, written_ms

routes = router("/api/v1/kpis", "kpis")


class FloodTold(TypedDict):
    """More than ten alarms in ten minutes; `until` is null while it lasts."""

    since: Time
    until: Time | None
    alarms: int


class Source(TypedDict):
    """A rule and what it judged, with its alarms; `name` is what people call that, where it has a name."""

    rule: str
    subject: str
    name: str | None
    count: int


class Stale(TypedDict):
    """An alarm that has been active for more than a day."""

    rule: str
    subject: str
    name: str | None
    since: Time


class Count(TypedDict):
    """How many alarms an hour or a day had, from its beginning on."""

    since: Time
    alarms: int


class Bounds(TypedDict):
    """At most `good` is right, and `most` the most that can be managed."""

    good: float
    most: float


class Advice(TypedDict):
    """What to mend; `rule` where one is to blame."""

    figure: str
    rule: str | None
    text: dict[str, str]


class Alarms(TypedDict):
    """The figures; rates are per operator, shares 0 to 1, `verdicts` are `good`, `fair`, `poor` or `few`."""

    since: Time
    until: Time
    operators: int
    alarms: int
    per_hour: float
    per_ten_minutes: float
    per_day: float
    most_in_ten_minutes: int
    busy_windows_share: float
    flood_now: bool
    floods: list[FloodTold]
    flood_share: float
    top: list[Source]
    top_share: float
    chattering: list[Source]
    fleeting: list[Source]
    stale: list[Stale]
    suppressed: int
    mix: Mapping[Severity, float]
    course: list[Count]
    limits: Mapping[str, Bounds]
    verdicts: Mapping[str, str]
    advice: list[Advice]


@routes.get("/alarms", dependencies=[requires(Role.VIEWER)])
def alarms(
    parts: Has,
    hours: Annotated[int, Query(ge=1, le=24 * 92, description="how far back; ISA asks for 30 days")] = 24,
    operators: Annotated[int, Query(ge=1, le=100, description="who share the alarms")] = 1,
    area: Annotated[str | None, Query(max_length=63, description="with the areas below it")] = None,
) -> Alarms:
    """The figures of the last hours, and the advice which rule to mend."""
    until = parts.now()
    since = millis(moment(until) - timedelta(hours=hours))
    with parts.pool.connection() as connection:
        wanted = {"since": moment(since), "areas": areas_below(connection, area)}
        told = [_told(each) for each in rows(connection, "alarms_told", wanted)]
        standing = [_standing(each) for each in rows(connection, "alarms_standing", wanted)]
        found = kpi.figures(told, standing, since, until, operators=operators)
        listed = {each.subject for some in (found.top, found.chattering, found.fleeting, found.stale) for each in some}
        names = {each["subject"]: each["name"] for each in rows(connection, "names_of", {"subjects": [*listed]})}
    return written(found, names)


def _told(each: Row) -> kpi.Told:
    announce, severity = Announce(each["announce"]), Severity(each["severity"])
    return kpi.Told(millis(each["at"]), each["alert_id"], each["rule"], each["device"], severity, announce)


def _standing(each: Row) -> kpi.Standing:
    return kpi.Standing(each["rule"], each["device"], millis(each["firing_since"]), each["suppressed"])


def written(found: kpi.Figures, names: Mapping[str, str]) -> Alarms:
    """The figures as the API tells them; `names` are what people call the subjects that have a name."""
    return Alarms(
        since=written_ms(found.since),
        until=written_ms(found.until),
        flood_now=found.flooded,
        floods=[
            {"since": written_ms(each.since), "until": maybe_ms(each.until), "alarms": each.alarms}
            for each in found.floods
        ],
        flood_share=found.flood_share,
        top=[_source(each, names) for each in found.top],
        top_share=found.top_share,
        chattering=[_source(each, names) for each in found.chattering],
        fleeting=[_source(each, names) for each in found.fleeting],
        stale=[
            {
                "rule": each.rule,
                "subject": each.subject,
                "name": names.get(each.subject),
                "since": written_ms(each.since),
            }
            for each in found.stale
        ],
        course=[{"since": written_ms(at), "alarms": many} for at, many in found.course],
        limits={name: {"good": limit.good, "most": limit.most} for name, limit in kpi_advice.LIMITS.items()},
        verdicts=kpi_advice.verdicts(found),
        advice=[
            {"figure": each.figure, "rule": each.rule, "text": {"vi": each.vi, "en": each.en}}
            for each in kpi_advice.advise(found)
        ],
        operators=found.operators,
        alarms=found.alarms,
        per_hour=round(found.per_hour, 3),
        per_ten_minutes=round(found.per_ten_minutes, 3),
        per_day=round(found.per_day, 3),
        most_in_ten_minutes=found.most_in_ten_minutes,
        busy_windows_share=found.busy_windows_share,
        suppressed=found.suppressed,
        mix=found.mix,
    )


def _source(each: kpi.Busy, names: Mapping[str, str]) -> Source:
    return {"rule": each.rule, "subject": each.subject, "name": names.get(each.subject), "count": each.count}
