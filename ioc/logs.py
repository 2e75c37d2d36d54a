"""The only place that formats logs: a constant sentence, facts from `extra`, for people or for machines."""

import json
import logging
import sys
from typing import Literal

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items() if name != "action")
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} {record.getMessage()}"
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{line}  {facts}{trace}" if facts else line + trace


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"at": record.created, "level": record.levelname.lower(), "logger": record.name}
        more = {"trace": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps({**line, "message": record.getMessage(), **_facts(record), **more}, default=str)


class _Refusals(logging.Filter):
    """Drops an error of uvicorn's that is none.

    It takes a websocket refused with an answer of ours (`websocket.http.response`: 401, 403, 503) for one forgotten,
    and says so at every such visit. A part that breaks is told as "Exception in ASGI application" all the same.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "ASGI callable returned without completing handshake."


_refusals = _Refusals()  # one, so that setting up again adds no second


def set_up(level: str, form: Literal["text", "json"]) -> None:
    """Send all logs to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Text() if form == "text" else _Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.error").addFilter(_refusals)
    for chatty in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # httpx would log URLs, which are secrets
    for telling in ("uvicorn.error", "websockets"):
        logging.getLogger(telling).setLevel(max(logging.INFO, root.level))  # their debug lines hold cookies and tokens
