"""How routes are gathered, and what each of them asks for: its least role, or a place on the list of open ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from ioc.api.auth import Least
from ioc.api.problems import SCHEMA

OPEN: Final = frozenset((
    "GET /healthz",
    "GET /readyz",
    "GET /api/v1/cap/feed.atom",
    "GET /api/v1/cap/{identifier}.cap",
    "GET /sign-in",
    "POST /api/v1/session",
    "GET /open/catalog.jsonld",
    "GET /open/{data_set}.{form}",
    "MOUNT /static",
))  # fmt: skip
"""The routes that ask for nobody. Each is here for a reason told in docs/security.md."""

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "Problem details (RFC 9457)",
        "content": {"application/problem+json": {"schema": SCHEMA}},
    }
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One route as the list of routes tells it. `least` is None for an open one."""

    method: str  # GET, …, WEBSOCKET, MOUNT
    path: str
    least: Least | None
    summary: str = ""

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def router(prefix: str, tag: str) -> APIRouter:
    """A group of routes whose errors are told as problems."""
    return APIRouter(prefix=prefix, tags=[tag], responses=_PROBLEMS)


def rules(routes: Iterable[BaseRoute]) -> Iterator[Rule]:
    """Every route with what it asks for."""
    for route in routes:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield Rule(method, route.path, _least(route.dependant), route.summary or _first_line(route.endpoint))
        elif isinstance(route, APIWebSocketRoute):
            yield Rule("WEBSOCKET", route.path, _least(route.dependant), _first_line(route.endpoint))
        else:
            yield Rule("MOUNT", getattr(route, "path", "?"), None)


def _least(dependant: Dependant) -> Least | None:
    if isinstance(dependant.call, Least):
        return dependant.call
    return next((found for below in dependant.dependencies if (found := _least(below))), None)


def _first_line(endpoint: object) -> str:
    return (endpoint.__doc__ or "").strip().split("\n", 1)[0]
