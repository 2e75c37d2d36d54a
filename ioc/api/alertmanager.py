"""Hears Prometheus users' alerts: Alertmanager's webhook (version 4), and the alerts of its API v2.

They are written into the inbox; the engine makes alerts of our own of them. A token of an operator's role is needed.
"""

from typing import Any

from fastapi import Body
from typing_extensions import TypedDict

from alerts.alertmanager import Unreadable, read
from alerts.outside import PostgresInbox
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router

routes = router("/api/v1/alertmanager", "alertmanager")


class Heard(TypedDict):
    """How many alerts were written down."""

    alerts: int


@routes.post("", dependencies=[requires(Role.OPERATOR)])
def receive(parts: Has, body: Any = Body()) -> Heard:  # noqa: ANN401, B008 - somebody else's JSON, whatever it is
    """Take a webhook of Alertmanager, or a list of alerts."""
    return _put(parts, body)


@routes.post("/api/v2/alerts", dependencies=[requires(Role.OPERATOR)])
def receive_alerts(parts: Has, body: Any = Body()) -> Heard:  # noqa: ANN401, B008
    """Take alerts as Prometheus posts them (`path_prefix: /api/v1/alertmanager`)."""
    return _put(parts, body)


def _put(parts: Parts, body: object) -> Heard:
    now = parts.now()
    found = read(body, now)
    if isinstance(found, Unreadable):
        raise Problem(422, found.en, title=found.vi)
    PostgresInbox(parts.pool).put(found, now)
    return {"alerts": len(found)}
