"""Logs: what is said, and what uvicorn says wrongly."""

import asyncio
import logging
import threading

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ioc import logs
from ioc.serving import Server

FALSE_ALARM = "without completing handshake"
UVICORN = logging.getLogger("uvicorn.error")


@pytest.fixture
def said(capsys):
    """Sets up the logs, gives what they said since last asked, and leaves the loggers as they were."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.set_up("info", "text")
    yield lambda: capsys.readouterr().err
    root.handlers[:], level = before
    root.setLevel(level)
    UVICORN.removeFilter(logs._refusals)


async def refusing(scope, receive, send):
    """Refuses a websocket with an answer of its own; breaks at `/broken`."""
    if scope["path"] == "/broken":
        raise RuntimeError("a part broke")
    await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _until(ended):
    await ended.wait()


def knock(path):
    """Knocks with a websocket at a real server, and ends it; gives the status of the refusal."""
    server = Server("127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(refusing, _until)))
    thread.start()
    try:
        with pytest.raises(InvalidStatus) as refusal:
            connect(f"ws://127.0.0.1:{server.port}{path}")
    finally:
        server.stop()
        thread.join()
    return refusal.value.response.status_code


def test_a_refused_websocket_is_no_error_but_a_broken_part_is(said):
    assert knock("/") == 401
    assert FALSE_ALARM not in said()
    assert knock("/broken") == 500
    assert "a part broke" in said()


def test_uvicorn_still_says_what_we_leave_out(said):
    UVICORN.removeFilter(logs._refusals)
    assert knock("/") == 401
    assert FALSE_ALARM in said(), "uvicorn has mended it: the filter can go"


def test_setting_up_twice_says_nothing_twice(said):
    logs.set_up("info", "json")
    logging.getLogger("ioc").warning("once", extra={"action": "test"})
    assert said().count("once") == 1
    assert UVICORN.filters.count(logs._refusals) == 1
