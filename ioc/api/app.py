"""Puts the HTTP face together from its parts. Starts nothing and owns nothing: whoever made a part stops it."""

from fastapi import FastAPI

from ioc.api import (
    alertmanager,
    alerts,
    areas,
    availability,
    cap,
    devices,
    duty,
    exports,
    history,
    incidents,
    kpis,
    ledger,
    live,
    metrics,
    open_data,
    operations,
    pages,
    past,
    people,
    quiets,
    rules,
    session,
    snapshots,
    tiles,
)
from ioc.api.guard import Guard
from ioc.api.parts import Parts
from ioc.api.problems import catch_all

_ROUTES = (
    session,
    people,
    devices,
    history,
    availability,
    exports,
    areas,
    alerts,
    incidents,
    quiets,
    rules,
    alertmanager,
    cap,
    duty,
    kpis,
    past,
    snapshots,
    tiles,
    ledger,
    operations,
    metrics,
    open_data,
    pages,
    live,
)


def create_app(parts: Parts) -> FastAPI:
    """The app over these parts, ready for any ASGI server."""
    app = FastAPI(
        title=f"{parts.site} – district-ioc",
        version="1",
        docs_url=None,  # the framework's page loads from elsewhere; ours is in `pages`
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    for part in _ROUTES:
        app.router.routes.extend(part.routes.routes)
    app.mount("/static", pages.Files(directory=parts.pages.static), name="static")
    catch_all(app)
    app.add_middleware(Guard, https=parts.https)
    return app
