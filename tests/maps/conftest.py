"""Fixtures of the pages' tests: a served stage, and a browser that looks at it."""

import json

import pytest

from tests.maps.stage import WIDE, Stage, serve_stage


@pytest.fixture
def make_stage():
    """Served stages of your making: `make_stage(count=…, role=…)`; their address is `stage.url`."""
    stops = []

    def make(**facts):
        stage = Stage(**facts)
        stage.url, stop = serve_stage(stage)
        stops.append(stop)
        return stage

    yield make
    for stop in reversed(stops):
        stop()


@pytest.fixture
def stage(make_stage):
    """The usual site: 105 devices in six communes, seen by an operator."""
    return make_stage()


@pytest.fixture
def hello():
    """The text of a hello."""
    return lambda **wishes: json.dumps({"type": "hello", **wishes})


@pytest.fixture
def look(browser, stage):
    """Opens a page; fails the test if it asked anything of another host, broke its policy or logged an error."""
    faults, contexts = [], []

    def note(page, url):
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda said: said.type == "error" and faults.append(f"console: {said.text}"))
        page.on(
            "request", lambda asked: asked.url.startswith((url, "data:")) or faults.append(f"off host: {asked.url}")
        )

    def open_page(path="/", *, on=stage, size=WIDE, expected=(), **wishes):
        context = browser.new_context(viewport=size, **wishes)
        contexts.append(context)
        page = context.new_page()
        note(page, on.url)
        look.expected = expected
        page.goto(on.url + path)
        return page

    look = open_page
    look.expected = ()
    yield open_page
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not any(word in fault for word in look.expected)] == []
