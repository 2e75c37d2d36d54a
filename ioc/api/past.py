"""The time machine: the wall as it was, in the frames of the live stream, from any moment on."""

from datetime import timedelta
from typing import Annotated, Final

import msgspec
from fastapi import Query, Response

from alerts.suppression import Maintenance
from ioc import past, planned
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, millis, moment, written
from maps.past import replay

routes = router("/api/v1", "history")

LONGEST: Final = timedelta(hours=24)
MOST_FRAMES: Final = 600


@routes.get("/past", dependencies=[requires(Role.VIEWER)], response_class=Response)
def get_past(
    parts: Has,
    since: Annotated[Asked, Query(alias="from", description="the moment to begin at")],
    until: Annotated[Asked | None, Query(alias="to", description="else an hour later; at most a day")] = None,
) -> Response:
    """A snapshot and the steps that followed it: `{"from", "to", "first", "frames": [{"at", "frame", "figures"}]}`.

    `at` is epoch milliseconds; `first`, the oldest moment of which anything is known. Steps close together are one.
    """
    now = moment(parts.now())
    end = min(until or since + timedelta(hours=1), now)
    if not since < end <= since + LONGEST:
        raise Problem(422, "`from` lies before now and before `to`, and both at most a day apart")
    span, begin = {"begin": since, "end": end}, millis(since)
    windows = parts.alerts.list_quiets(Maintenance, limit=planned.MOST)
    with parts.pool.connection() as connection:
        first = past.first_note(connection)
        facts = past.devices(connection, span), past.stood(connection, span), past.steps(connection, span)
        works = past.works(connection, windows, span)
    step_ms = max(1000, (millis(end) - begin) // MOST_FRAMES)
    frames = list(replay(parts.site, *facts, begin=begin, end=millis(end), step_ms=step_ms, reaches=parts.reaches,
                         works=works))  # fmt: skip
    told = {"from": written(since), "to": written(end), "first": first and written(first), "frames": frames}
    return Response(msgspec.json.encode(told), media_type="application/json")
