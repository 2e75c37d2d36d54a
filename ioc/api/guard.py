"""Stands before every route: limits what comes in, refuses foreign sites, and sets the security headers.

A plain ASGI layer, so that it also covers what no route answers, and the errors nobody foresaw.
"""

import logging
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ioc.api.problems import Problem, respond, unforeseen

MAX_BODY: Final = 64 * 1024
MAX_QUERY: Final = 4096
SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}

_log = logging.getLogger(__name__)


def foreign(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this (CSRF).

    `Sec-Fetch-Site` decides where the browser sends it, else `Origin` against `Host`. With neither it is no browser
    (every browser since 2020 sends one with each unsafe request), and no other site can have lent it a cookie.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and not same_host(origin, headers)


def same_host(origin: str, headers: Headers) -> bool:
    """Whether the origin is the host that was asked."""
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


class Guard:
    """The layer; `https` adds the header that keeps browsers on it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {**_HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a counted body and dressed answers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dressed = _Dressing(send, self._headers)
        if (problem := _objection(scope)) is not None:
            await respond(problem)(scope, receive, dressed)
            return
        try:
            await self._app(scope, _counted(receive), dressed)
        except Exception:
            _log.exception(
                "a request failed in an unforeseen way", extra={"action": "api.failed", "path": scope["path"]}
            )
            if dressed.started:
                raise
            await unforeseen()(scope, receive, dressed)


class _Dressing:
    """Sends on, adding the headers an answer does not set itself."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send, self._headers = send, headers
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def _objection(scope: Scope) -> Problem | None:
    """What speaks against a request before anyone looks at what it wants."""
    headers = Headers(scope=scope)
    if len(scope["query_string"]) > MAX_QUERY:
        return Problem(414, f"a query has at most {MAX_QUERY} bytes")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > MAX_BODY:
        return _too_large()
    bearer = headers.get("authorization", "").lower().startswith("bearer ")
    if scope["method"] not in SAFE and not bearer and foreign(headers):
        return Problem(403, "this request came from a page of another site", code="foreign_origin")
    return None


def _counted(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise _too_large()
        return message

    return counted


def _too_large() -> Problem:
    return Problem(413, f"a body has at most {MAX_BODY} bytes")
