"""The pages: wall, device, way in, account, desks; the files they load, and the readable list of routes at `/docs`.

Decides who sees which page and under which policy; the HTML is `maps`'. A wall's token in an address becomes a cookie
and leaves the address at once.
"""

import html
import mimetypes
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.requests import HTTPConnection
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from ioc.accounts import access
from ioc.accounts.model import Person, Role, Via
from ioc.api.auth import WALL_COOKIE, YEAR_S, Least, cookie, identify
from ioc.api.devices import Slug
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import Rule, router, rules

routes = router("", "pages")
mimetypes.add_type("font/woff2", ".woff2")  # Python's own table lacks it


@dataclass(frozen=True, slots=True)
class Visitor(Least):
    """A page's least role: who is nobody is shown the way in instead of a problem."""

    def __call__(self, connection: HTTPConnection) -> Person:
        """The person looking; else a redirection, told as a `Problem` with a `Location`."""
        if "token" in connection.query_params:
            raise _token_taken(connection)
        person = identify(connection)
        if person is None:
            here = _path(connection)
            raise Problem(303, "sign in first", headers={"Location": f"/sign-in?next={quote(here, safe='')}"})
        self.admit(person, "GET")
        return person


def visits(role: Role) -> Any:  # noqa: ANN401 - as `fastapi.Depends` itself
    """The dependency that a page declares its least role with."""
    return Depends(Visitor(role))


class Files(StaticFiles):
    """Files by name: a browser asks each time whether they changed, unless the address carries a version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with its caching."""
        response = await super().get_response(path, scope)
        versioned = any(name == "v" for name, _ in parse_qsl(scope["query_string"].decode("latin-1")))
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


@routes.get("/", dependencies=[visits(Role.VIEWER)], response_class=HTMLResponse)
def wall(request: Request, parts: Has) -> HTMLResponse:
    """The wall."""
    nonce = secrets.token_urlsafe(16)
    page = parts.pages.wall(_language(request, parts), nonce, parts.site)
    response = _page(parts, page, nonce)
    if secret := request.cookies.get(WALL_COOKIE):  # so that a wall in use never has to sign in again
        response.headers.append("Set-Cookie", cookie(WALL_COOKIE, secret, https=parts.https, max_age=YEAR_S))
    return response


@routes.get("/devices/{site}/{family}/{device}", dependencies=[visits(Role.VIEWER)], response_class=HTMLResponse)
def device_page(site: Slug, family: Slug, device: Slug, request: Request, parts: Has) -> HTMLResponse:
    """The page of one device."""
    nonce = secrets.token_urlsafe(16)
    address = f"{site}/{family}/{device}"
    return _page(parts, parts.pages.device(_language(request, parts), nonce, address, site=parts.site), nonce)


@routes.get("/sign-in", response_class=HTMLResponse)
def sign_in_page(request: Request, parts: Has) -> HTMLResponse:
    """The way in."""
    return _plain("sign-in", request, parts)


def _desk(name: str) -> Callable[[Request, Parts], HTMLResponse]:
    def desk(request: Request, parts: Has) -> HTMLResponse:
        return _plain(name, request, parts)

    return desk


for _name, _what in {
    "account": "One's account.", "alerts": "The alerts' desk.", "incidents": "The incidents' desk.",
    "devices": "The devices' desk.",
    "quiets": "The desk of silences and maintenance.", "history": "The history desk.", "areas": "The areas' desk.",
    "people": "Who is on duty, and what was sent to whom.", "kpis": "The figures of alarms.",
    "ledger": "The account of messages, and what could not be used.",
}.items():  # fmt: skip
    routes.get(
        f"/{_name}", dependencies=[visits(Role.VIEWER)], response_class=HTMLResponse, name=_name, description=_what
    )(_desk(_name))


@routes.get("/docs", dependencies=[visits(Role.VIEWER)], response_class=HTMLResponse)
def docs(request: Request, parts: Has) -> HTMLResponse:
    """Every route with its least role, on a page that loads nothing."""
    app: FastAPI = request.app
    nonce = secrets.token_urlsafe(16)
    return _page(parts, _listing(sorted(rules(app.routes), key=lambda rule: rule.path), nonce), nonce)


@routes.get("/openapi.json", dependencies=[visits(Role.VIEWER)])
def openapi(request: Request) -> JSONResponse:
    """The OpenAPI description."""
    app: FastAPI = request.app
    return JSONResponse(app.openapi())


def _plain(name: str, request: Request, parts: Parts) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    return _page(parts, parts.pages.plain(name, _language(request, parts), nonce, site=parts.site), nonce)


def _page(parts: Parts, text: str, nonce: str) -> HTMLResponse:
    return HTMLResponse(text, headers={"Content-Security-Policy": parts.pages.policy(nonce)})


def _language(request: Request, parts: Parts) -> str:
    return parts.pages.language(request.query_params.get("lang"), request.cookies.get("lang"))


def _path(connection: HTTPConnection) -> str:
    """This address without its token, as a path here."""
    kept = [(name, value) for name, value in connection.query_params.multi_items() if name != "token"]
    path = "/" + connection.url.path.lstrip("/\\")  # `//elsewhere` would lead there
    return f"{path}?{urlencode(kept)}" if kept else path


def _token_taken(connection: HTTPConnection) -> Problem:
    """To the same address without its token, with the cookie where the token is a wall's."""
    parts: Parts = connection.app.state.parts
    secret = connection.query_params["token"]
    headers = {"Location": _path(connection), "Referrer-Policy": "no-referrer"}
    person = access.by_token(parts.pool, secret, parts.now())
    if person is not None and person.via is Via.WALL:
        headers["Set-Cookie"] = cookie(WALL_COOKIE, secret, https=parts.https, max_age=YEAR_S)
    return Problem(303, "the token was taken out of the address", headers=headers)


_DOCS = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="{nonce}">
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #8884; vertical-align: top }}
code {{ font: .95em ui-monospace, monospace }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} a {{ color: #8cf }} }}
</style></head><body>
<h1>API</h1>
<p>Mô tả đầy đủ / the whole description: <a href="/openapi.json">OpenAPI</a>.
Lỗi theo / errors are RFC 9457 problem details; thời gian / times are RFC 3339, UTC.</p>
<table><thead><tr><th></th><th>Đường dẫn / path</th><th>Vai trò tối thiểu / least role</th><th></th></tr></thead>
<tbody>{rows}</tbody></table></body></html>
"""


def _listing(found: Sequence[Rule], nonce: str) -> str:
    rows = "".join(
        f"<tr><td><code>{rule.method}</code></td><td><code>{html.escape(rule.path)}</code></td>"
        f"<td>{rule.least.role if rule.least else '–'}</td><td>{html.escape(rule.summary)}</td></tr>"
        for rule in found
    )
    return _DOCS.format(nonce=nonce, rows=rows)
