"""A camera's picture over HTTP: for operators, audited, never kept by a browser."""

from typing import Any

import httpx
import pytest

from ioc.accounts.model import Role
from ioc.snapshots import Snapshots

PATH = "/api/v1/devices/ns/camera/c1/snapshot"


def camera(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "image/jpeg"}, content=b"\xff\xd8\xff picture")


@pytest.fixture
def web_with_camera(web: Any) -> Any:
    web.change(snapshots=Snapshots({"ns/camera/c1": "http://x/"}, web.clock, httpx.MockTransport(camera)))
    return web


def test_an_operator_looks_at_the_newest_picture_and_that_is_audited(web_with_camera: Any) -> None:
    operator = web_with_camera.signed_in(Role.OPERATOR)
    assert operator.get("/api/v1/snapshots").json() == {"items": ["ns/camera/c1"]}
    answer = operator.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    assert ("device.snapshot", "ns/camera/c1") in [line[1:] for line in web_with_camera.audit()]


def test_a_viewer_and_a_device_without_pictures_get_none(web_with_camera: Any) -> None:
    assert web_with_camera.signed_in(Role.VIEWER).get(PATH).status_code == 403
    answer = web_with_camera.signed_in(Role.OPERATOR).get("/api/v1/devices/ns/camera/c2/snapshot")
    assert (answer.status_code, answer.json()["title"]) == (404, "Thiết bị này không có ảnh")
