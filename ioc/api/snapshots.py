"""A camera's newest picture, for operators: passed on, never stored; each look is audited."""

from fastapi import Request, Response
from typing_extensions import TypedDict

from ioc.accounts import audit
from ioc.accounts.model import Deed, Role
from ioc.api.auth import Operator, actor, requires
from ioc.api.devices import Slug
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.snapshots import NoPicture

routes = router("/api/v1", "devices")

_TOLD = {
    "not_listed": (404, "Thiết bị này không có ảnh", "the site file gives no address of a picture"),
    "no_answer": (502, "Camera không trả lời", "the camera does not answer"),
    "no_picture": (502, "Camera không trả về ảnh", "the camera answers with something that is no picture"),
    "too_large": (502, "Ảnh của camera quá lớn", "the picture is over two megabytes"),
}


class Pictured(TypedDict):
    """Devices whose newest picture operators may look at."""

    items: list[str]


@routes.get("/snapshots", dependencies=[requires(Role.OPERATOR)])
def list_snapshots(parts: Has) -> Pictured:
    """Which devices have pictures."""
    return {"items": parts.snapshots.devices if parts.snapshots is not None else []}


@routes.get("/devices/{site}/{family}/{device}/snapshot", response_class=Response)
def snapshot(site: Slug, family: Slug, device: Slug, request: Request, person: Operator, parts: Has) -> Response:
    """The newest picture, some seconds old at most; `X-Taken-At` is when it was asked for (epoch ms)."""
    address = f"{site}/{family}/{device}"
    found = parts.snapshots.take(address) if parts.snapshots is not None else NoPicture("not_listed")
    if isinstance(found, NoPicture):
        status, title, detail = _TOLD[found.reason]
        raise Problem(status, detail, code=found.reason, title=title)
    with parts.pool.connection() as connection:
        audit.note(connection, actor(request, person), Deed("device.snapshot", address, {}), parts.now())
    headers = {"Cache-Control": "no-store", "X-Taken-At": str(found.taken_at), "X-Content-Type-Options": "nosniff"}
    return Response(found.data, media_type=found.form, headers=headers)
