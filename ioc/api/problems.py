"""Errors as RFC 9457 problem details: a Vietnamese title for the person, an English detail for who mends it.

Decides the wording and the shape of every error. What went wrong inside (traces, SQL, values) is logged, never told.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from fastapi import FastAPI, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse
from psycopg import DataError, OperationalError
from psycopg.errors import QueryCanceled
from starlette.exceptions import HTTPException

from alerts.errors import StoreDownError, StoreRefusedError
from ioc.accounts.model import Denied
from ioc.accounts.passwords import BusyError

_Handler = Callable[[HTTPConnection, Exception], Awaitable[Response | None]]

_log = logging.getLogger(__name__)

_TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "Yêu cầu không hợp lệ"),
    401: ("not_signed_in", "Chưa đăng nhập"),
    403: ("forbidden", "Không có quyền"),
    404: ("not_found", "Không tìm thấy"),
    405: ("method_not_allowed", "Không hỗ trợ thao tác này"),
    409: ("conflict", "Xung đột với trạng thái hiện tại"),
    413: ("too_large", "Nội dung quá lớn"),
    414: ("uri_too_long", "Địa chỉ quá dài"),
    422: ("invalid", "Dữ liệu không hợp lệ"),
    429: ("slow_down", "Thử lại sau"),
    500: ("internal", "Lỗi bên trong hệ thống"),
    503: ("unavailable", "Tạm thời không phục vụ được"),
}

SCHEMA: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


class Problem(HTTPException):
    """An answer that says no: `code` a word for programs, `title` Vietnamese, `detail` English; `extra` beside them."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        usual = _TITLES.get(status, ("error", "Có lỗi"))
        self.code, self.title = code or usual[0], title or usual[1]
        self.extra = extra or {}


def refused(denied: Denied, status: int = 422) -> Problem:
    """What a lower part would not do, as a problem."""
    return Problem(status, denied.en, code=denied.reason, title=denied.vi)


def respond(problem: Problem) -> JSONResponse:
    """The problem as it goes out."""
    body = {
        "type": f"urn:district-ioc:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status_code,
        "detail": problem.detail,
        **problem.extra,
    }
    return JSONResponse(body, problem.status_code, problem.headers, media_type="application/problem+json")


def catch_all(app: FastAPI) -> None:
    """Make every error of the app a problem; what nobody foresaw is `ioc.api.guard`'s."""
    handlers: dict[type[Exception], _Handler] = {
        HTTPException: _refused,
        RequestValidationError: _invalid,
        DataError: _out_of_range,
        StoreRefusedError: _out_of_range,
        BusyError: _busy,
        QueryCanceled: _too_slow,
        OperationalError: _database,
        StoreDownError: _database,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, cast("Any", handler))  # it takes websockets too, which the signature denies


async def _refused(connection: HTTPConnection, error: Exception) -> Response | None:
    problem = error if isinstance(error, Problem) else _worded(error)
    if isinstance(connection, WebSocket):
        await connection.send_denial_response(respond(problem))
        return None
    return respond(problem)


def _worded(error: Exception) -> Problem:
    """A plain HTTP error of the framework in our words."""
    if not isinstance(error, HTTPException):
        return Problem(500, "something unforeseen happened")
    detail: object = error.detail
    return Problem(error.status_code, detail if isinstance(detail, str) else "see the status", headers=error.headers)


async def _invalid(_request: HTTPConnection, error: Exception) -> Response:
    told = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [{"where": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in told[:20]]
    detail = "; ".join(f"{each['where']}: {each['problem']}" for each in errors[:3])
    return respond(Problem(422, detail, extra={"errors": errors}))


async def _out_of_range(_request: HTTPConnection, _error: Exception) -> Response:
    return respond(Problem(422, "a value is out of the range that can be stored or compared"))


async def _busy(_request: HTTPConnection, error: Exception) -> Response:
    return respond(Problem(503, str(error), headers={"Retry-After": "5"}))


async def _too_slow(connection: HTTPConnection, _error: Exception) -> Response | None:
    _log.warning("the database was too slow and stopped", extra={"action": "api.too_slow", "path": connection.url.path})
    title, detail = "Câu hỏi quá nặng, hãy thu hẹp lại", "the answer took too long; ask for less, or try again"
    problem = Problem(503, detail, code="too_slow", title=title, headers={"Retry-After": "5"})
    return await _refused(connection, problem)


async def _database(connection: HTTPConnection, error: Exception) -> Response | None:
    facts = {"action": "api.database", "error": type(error).__name__}
    _log.error("the database does not answer", extra=facts)
    problem = Problem(503, "the database does not answer; try again shortly", headers={"Retry-After": "5"})
    return await _refused(connection, problem)


def unforeseen() -> JSONResponse:
    """The answer to what should not happen; the log has the rest."""
    return respond(Problem(500, "something unforeseen happened; the centre's log says more"))
