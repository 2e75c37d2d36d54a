"""How the centre itself fares: alive, ready; and the families it knows."""

from fastapi import Response
from typing_extensions import TypedDict

from ingest.family import families
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.parts import Has
from ioc.api.routing import router

routes = router("", "operations")


class Alive(TypedDict):
    """We answer."""

    status: str


class Part(TypedDict):
    """One part: ready, or what is wrong with it."""

    ready: bool
    problem: str | None


class Ready(TypedDict):
    """Every part; `ready` when all are."""

    ready: bool
    parts: dict[str, Part]


class FamilyName(TypedDict):
    """A kind of equipment, and how people call it."""

    slug: str
    vi: str
    en: str
    interval_s: float
    figures: list[str]


class FamilyNames(TypedDict):
    """All kinds."""

    items: list[FamilyName]


@routes.get("/healthz")
async def healthz() -> Alive:
    """Whether this process answers at all."""
    return {"status": "ok"}


@routes.get("/readyz", responses={503: {"description": "Some part is not ready", "model": Ready}})
def readyz(parts: Has, response: Response) -> Ready:
    """Whether every part is ready; 503 where one is not."""
    problems = {name: probe() for name, probe in parts.readiness.items()}
    ready = not any(problems.values())
    response.status_code = 200 if ready else 503
    told: dict[str, Part] = {name: {"ready": not bad, "problem": bad or None} for name, bad in problems.items()}
    return {"ready": ready, "parts": told}


@routes.get("/api/v1/families", dependencies=[requires(Role.VIEWER)])
def list_families() -> FamilyNames:
    """The kinds of equipment, with their names."""
    return {
        "items": [
            {"slug": kind.slug, "vi": kind.vi, "en": kind.en, "interval_s": kind.interval_s, "figures": [*kind.figures]}
            for kind in families().values()
        ]
    }
