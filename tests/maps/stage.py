"""A stage: the wall served by itself, with a scripted site and the few answers of the API it asks for."""

import asyncio
import math
import random
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Admission, Device, Heard, Latest, Presence, View
from ioc.api.alert_shapes import alert_told
from maps.hub import Hub, epoch_ms
from maps.live import serve
from maps.model import Reach
from maps.page import PLAIN, device_page, plain_page, security_policy, static_dir, wall_page
from maps.scene import Scene
from maps.wire import WireProtocol
from maps.words import pick_language
from tests.maps.affairs import Affairs

NONCE = "c3RhZ2U"
WIDE = {"width": 1920, "height": 1080}
COMMUNES = {
    "que-trung": ("Quế Trung", 15.712, 108.028),
    "ninh-phuoc": ("Ninh Phước", 15.672, 108.010),
    "phuoc-ninh": ("Phước Ninh", 15.655, 107.960),
    "que-loc": ("Quế Lộc", 15.690, 108.085),
    "son-vien": ("Sơn Viên", 15.725, 107.975),
    "que-lam": ("Quế Lâm", 15.622, 107.985),
}
FAMILIES = {
    "camera": "Camera cổng chợ",
    "wifi": "Wi-Fi nhà văn hóa",
    "loudspeaker": "Loa thôn",
    "videoconference": "Phòng họp",
}
WELL = Presence(connected=True, fresh=True, working=True)


def site(count=105, seed=5):
    """`count` devices in six communes, by address, all well."""
    dice = random.Random(seed)
    views = {}
    for number in range(count):
        slug, (name, lat, lon) = list(COMMUNES.items())[number % len(COMMUNES)]
        family, what = list(FAMILIES.items())[number % len(FAMILIES)]
        far, turn = math.sqrt(dice.random()) * 0.0185, dice.random() * 2 * math.pi
        device = Device(
            f"nong-son/{family}/d{number:05d}", Admission.ADMITTED, f"{what} {name} {number}", area=slug,
            lat=lat + far * math.sin(turn) * 0.8, lon=lon + far * math.cos(turn), maker="ITC", model="T-7707",
            fw="2.1.4",
        )  # fmt: skip
        views[device.address] = View(device, replace(WELL, since=epoch_ms() - 3_600_000))
    return views


def reaches_of(addresses):
    """Cameras that look by turns north, east, south and west; loudspeakers heard all round."""
    ways = {address: Reach(80, n % 4 * 90, 84) for n, address in enumerate(a for a in addresses if "/camera/" in a)}
    return ways | {address: Reach(350) for address in addresses if "/loudspeaker/" in address}


class Stage:
    """What a test tells the scripted site to do; everything may be called from the test's thread."""

    def __init__(self, count=105, role="operator"):
        self.role = role
        self.in_person = True
        self.must_change = False
        self.password = "đúng"
        self.tokens = {}
        self.views = site(count)
        self.addresses = list(self.views)
        self.scene = Scene("Nông Sơn", first=epoch_ms(), reaches=reaches_of(self.addresses))
        self.counts = {"received": 0, "stored": 0, "shed": 0}
        self.more = {}
        self.hub = Hub(self.scene, hz=20, ledger=lambda: self.counts, more=lambda: self.more)
        self.alerts = {}
        self.going_on = {}  # planned work by address, as the API tells it
        self.asked = []  # (alert, action, what was given)
        self.comments = {}
        self.tiles = None
        self.signed_in = []
        self.sockets = set()
        self.answers = {
            "rules": lambda _: {"items": [{"name": "amp-hot"}], "problem": None},
            "people/contacts": lambda _: {"contacts": [], "routes": []},
            "accounts": lambda _: {"items": []},
        }
        self.quiets = {"silences": [], "maintenance": []}  # newest first
        self.affairs = Affairs(self)
        self.hub.show(Heard(epoch_ms(), tuple(self.views.values())))

    def presence(self, number, **facts):
        """Change the presence of one device."""
        view = self.views[self.addresses[number]]
        self._put(replace(view, presence=replace(view.presence, since=epoch_ms(), **facts)))

    def admission(self, number, admission):
        view = self.views[self.addresses[number]]
        self._put(replace(view, device=replace(view.device, admission=admission)))

    def _put(self, view):
        self.views[view.device.address] = view
        self.hub.show(Heard(epoch_ms(), (view,)))

    def alert(self, number, severity=Severity.MAJOR, *, rule="amp-hot", ago=60_000, **facts):
        """Raise an alert of one device; returns its id."""
        address = self.addresses[number]
        raised = Alert(
            id=f"A{len(self.alerts):04d}", key=f"{rule}@{address}", rule=rule, device=address, severity=severity,
            peak_severity=severity, condition=Condition.FIRING, since=epoch_ms() - ago, last_observed=epoch_ms(),
            area=self.views[address].device.area, **facts,
        )  # fmt: skip
        self.step(raised, "bad")
        return raised.id

    def step(self, alert, cause):
        before = self.alerts[alert.id].condition if alert.id in self.alerts else None
        self.alerts[alert.id] = alert
        self.hub.show_alerts([Transition(alert, before, cause, epoch_ms())])

    def drop_sockets(self):
        """Cut every websocket, as a failing network would."""
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in self.sockets])

    # What the pages ask of the API.

    async def _live(self, websocket):
        task = asyncio.current_task()
        self.sockets.add(task)
        try:
            await serve(websocket, self.hub)
        except asyncio.CancelledError:
            await websocket.close(1011)
        finally:
            self.sockets.discard(task)

    def _page(self, request, make):
        lang = pick_language(request.query_params.get("lang"), request.cookies.get("lang"))
        return HTMLResponse(make(lang), headers={"Content-Security-Policy": security_policy(NONCE)})

    def _wall(self, request):
        return self._page(request, lambda lang: wall_page(lang, NONCE, "Nông Sơn"))

    def _device_page(self, request):
        return self._page(request, lambda lang: device_page(lang, NONCE, request.path_params["address"]))

    def _plain_page(self, request):
        name = request.url.path.strip("/")
        return self._page(request, lambda lang: plain_page(name, lang, NONCE, site="Nông Sơn"))

    async def _session(self, request):
        if request.method == "GET" and self.role is None:
            return JSONResponse({"detail": "sign in"}, 401)
        if request.method == "GET":
            name = "lan" if self.in_person else "wall:tường lớn"
            told = {"name": name, "role": self.role, "in_person": self.in_person, "must_change": self.must_change}
            return JSONResponse(told)
        if request.method == "DELETE":
            self.role = None
            return Response(status_code=204)
        said = await request.json()
        self.signed_in.append(said["name"])
        right = said["password"] == self.password
        return JSONResponse({"name": "lan"}) if right else JSONResponse({"detail": "no"}, 401)

    def _families(self, request):
        return JSONResponse({"items": [{"slug": "camera", "figures": ["temperature_c", "fps"]}]})

    async def _password(self, request):
        said = await request.json()
        if said["current"] != self.password:
            problem = {"title": "Mật khẩu hiện tại không đúng", "detail": "the current password is not right"}
            return JSONResponse(problem, 422)
        self.password, self.must_change = said["new"], False
        return Response(status_code=204)

    async def _tokens(self, request):
        if request.method == "POST":
            said = await request.json()
            number, now = len(self.tokens) + 1, datetime.fromtimestamp(epoch_ms() / 1000, UTC).isoformat()
            self.tokens[number] = {"id": number, "kind": said["kind"], "name": said["name"], "role": "viewer",
                "owner": "lan", "created_at": now, "expires": None, "used_at": None}  # fmt: skip
            return JSONResponse({"id": number, "token": "ioc_s3cret", "path": "/?token=ioc_s3cret"}, 201)
        return JSONResponse({"items": list(self.tokens.values())})

    async def _revoke(self, request):
        del self.tokens[request.path_params["number"]]
        return Response(status_code=204)

    def _areas(self, request):
        features = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]},
             "properties": {"slug": slug, "name": name, "parent": "nong-son"}}
            for slug, (name, lat, lon) in COMMUNES.items()
        ]  # fmt: skip
        return JSONResponse({"type": "FeatureCollection", "features": features})

    def _device(self, request):
        view = self.views.get(request.path_params["address"])
        if view is None:
            return JSONResponse({"detail": "no such device"}, 404)
        now = datetime.fromtimestamp(epoch_ms() / 1000, UTC).isoformat()
        device, presence = view.device, view.presence
        latest = {
            "volume_pct": Latest(70, 0), "amp_temperature_c": Latest(41.25, 0), "playing": Latest(True, 0),
            "rx_bps": Latest(4_213_000, 0), "plays_total": Latest(1234, 0),
        }  # fmt: skip
        return JSONResponse({
            "address": device.address, "name": device.name, "family": device.family, "area": device.area,
            "maker": device.maker, "model": device.model, "fw": device.fw, "admission": device.admission,
            "connected": presence.connected, "fresh": presence.fresh, "working": presence.working,
            "unknown": presence.unknown, "last_heard": now, "maintenance": self.going_on.get(device.address, []),
            "latest": {metric: {"value": each.value, "ts": now} for metric, each in latest.items()},
        })  # fmt: skip

    def _history(self, request):
        start = datetime.fromisoformat(request.query_params["from"]).timestamp()
        end = datetime.fromisoformat(request.query_params["to"]).timestamp()
        at = [start + (end - start) * n / 240 for n in range(241) if not 120 < n < 150]
        mean = [45 + 12 * math.sin(t / 2400) + 3 * math.sin(t / 170) for t in at]
        points = [
            {"ts": datetime.fromtimestamp(t, UTC).isoformat(), "min": m - 2, "avg": m, "max": m + 3, "count": 4}
            for t, m in zip(at, mean, strict=True)
        ]
        return JSONResponse({"metric": request.query_params["metric"], "points": points})

    def _alerts(self, request):
        wanted = request.query_params
        mine = [
            alert_told(alert) for alert in self.alerts.values()
            if wanted.get("device") in (None, alert.device) and wanted.get("open") in (None, str(alert.open).lower())
            and wanted.get("parent") in (None, alert.parent)
        ]  # fmt: skip
        return JSONResponse({"items": mine, "next": None})

    def _alert(self, request):
        alert = self.alerts[request.path_params["id"]]
        at = datetime.fromtimestamp(alert.since / 1000, UTC).isoformat()
        steps = [("ripe", None, None), *(("comment", "lan", said) for said in self.comments.get(alert.id, ()))]
        timeline = [
            {"version": n, "at": at, "cause": cause, "value": alert.value, "actor": actor, "comment": said,
             "announce": "open" if cause == "ripe" else None}
            for n, (cause, actor, said) in enumerate(steps, 1)
        ]  # fmt: skip
        return JSONResponse({**alert_told(alert), "timeline": timeline})

    async def _alert_asked(self, request):
        if request.headers.get("x-requested-with") != "ioc":
            return JSONResponse({"detail": "forged"}, 403)
        alert, action = self.alerts[request.path_params["id"]], request.path_params["action"]
        given = await request.json()
        self.asked.append((alert.id, action, given))
        if action == "comment":
            self.comments.setdefault(alert.id, []).append(given["comment"])
        elif action in ("ack", "unack"):
            self.step(replace(alert, acked=action == "ack", acked_by="lan"), action)
        elif action == "assign":
            self.step(replace(alert, assignee=given["assignee"]), action)
        else:
            return JSONResponse({"title": "Chưa được", "detail": "not now"}, 409)
        return JSONResponse({"outcome": "done"})

    def _listed(self, view):
        device, presence = view.device, view.presence
        pending = device.admission is Admission.PENDING
        return {
            "address": device.address, "site": "nong-son", "family": device.family, "device": device.slug,
            "name": device.name, "admission": device.admission, "state": "pending" if pending else "online",
            "connected": presence.connected, "fresh": presence.fresh, "working": presence.working,
            "unknown": presence.unknown, "last_heard": None, "area": device.area, "area_name": None, "latest": {},
            "maker": device.maker, "model": device.model, "fw": device.fw, "gateway": None,
        }  # fmt: skip

    def _devices(self, request):
        state, text = request.query_params.get("state"), request.query_params.get("q", "")
        found = [each for each in map(self._listed, self.views.values()) if text in each["name"]]
        return JSONResponse({"items": [each for each in found if state in (None, each["state"])], "next": None})

    async def _change_device(self, request):
        address, given = request.path_params["address"], await request.json()
        view = self.views[address]
        self._put(replace(view, device=replace(view.device, **given)))
        return JSONResponse(self._listed(self.views[address]))

    async def _quiets(self, request):
        kind = request.url.path.split("/")[3]
        live = request.query_params.get("live") == "true"
        if request.method == "GET":
            return JSONResponse({"items": [each for each in self.quiets[kind] if not (live and each["ended_at"])]})
        kept = {
            "id": f"{kind}-{len(self.quiets[kind])}", "ends_at": None, "minutes": None, "days": [], "last_at": None,
            "author": "lan", "active": False, "next_from": None, "next_to": None, "ended_at": None, "ended_by": None,
        } | await request.json()  # fmt: skip
        self.quiets[kind].insert(0, kept)
        return JSONResponse(kept, 201)

    def _quiet_ended(self, request):
        [quiet] = [
            each for each in self.quiets[request.url.path.split("/")[3]] if each["id"] == request.path_params["id"]
        ]
        quiet |= {"ended_at": datetime.fromtimestamp(epoch_ms() / 1000, UTC).isoformat(), "ended_by": "lan"}
        return Response(status_code=204)

    def _scripted(self, request):
        """What a test wants a path to answer, made of the query."""
        make = self.answers.get(request.path_params["path"])
        return (
            JSONResponse({"detail": "not scripted"}, 404) if make is None else JSONResponse(make(request.query_params))
        )

    def _tiles(self, request):
        return FileResponse(self.tiles) if self.tiles else Response(status_code=404)

    def app(self):
        api, address = "/api/v1", "{address:path}"
        routes = [
            Route("/", self._wall),
            *(Route(f"/{name}", self._plain_page) for name in PLAIN),
            Route(f"/devices/{address}", self._device_page),
            Route(f"{api}/session", self._session, methods=["GET", "POST", "DELETE"]),
            Route(f"{api}/account/password", self._password, methods=["POST"]),
            Route(f"{api}/tokens", self._tokens, methods=["GET", "POST"]),
            Route(f"{api}/tokens/{{number:int}}", self._revoke, methods=["DELETE"]),
            Route(f"{api}/areas.geojson", self._areas),
            Route(f"{api}/families", self._families),
            Route(f"{api}/devices/{address}/history", self._history),
            Route(f"{api}/devices/{address}", self._device),
            Route(f"{api}/devices/{address}", self._change_device, methods=["PATCH"]),
            Route(f"{api}/devices", self._devices),
            Route(f"{api}/alerts", self._alerts),
            Route(f"{api}/alerts/{{id}}", self._alert),
            Route(f"{api}/alerts/{{id}}/{{action}}", self._alert_asked, methods=["POST"]),
            Route(
                f"{api}/map/base",
                lambda _: JSONResponse({"kind": "vector" if self.tiles else None, "attribution": "© Sở"}),
            ),
            Route(f"{api}/snapshots", lambda _: JSONResponse({"items": []})),
            Route("/tiles/base.pmtiles", self._tiles),
            *(
                Route(f"{api}/{kind}{at}", answer, methods=methods)
                for kind in self.quiets
                for at, answer, methods in (
                    ("", self._quiets, ["GET", "POST"]),
                    ("/{id}", self._quiet_ended, ["DELETE"]),
                )
            ),
            *self.affairs.routes(api),
            Route(f"{api}/{{path:path}}", self._scripted),
            WebSocketRoute("/ws/live", self._live),
            Mount("/static", StaticFiles(directory=static_dir())),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, app):
        self.loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        ticking = asyncio.create_task(self.hub.run(stop))
        yield
        stop.set()
        await ticking


def serve_stage(stage):
    """Serve it on a free port; returns its address and a function that stops it."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(stage.app(), log_config=None, log_level="warning", ws=WireProtocol)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()

    def stop():
        server.should_exit = True
        thread.join(10)
        listener.close()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop
