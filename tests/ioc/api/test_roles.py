"""Every route declares its least role, and each role gets what it may and nothing more."""

import re
from pathlib import Path
from typing import Any

import pytest

from ioc.accounts.model import Role, Via
from ioc.api.routing import OPEN, Rule, rules

# Written by hand: a route whose role changes, or a new one, must be changed here too.
EXPECTED = {
    "DELETE /api/v1/maintenance/{quiet_id}": "operator",
    "DELETE /api/v1/session": "viewer",
    "DELETE /api/v1/silences/{quiet_id}": "operator",
    "DELETE /api/v1/tokens/{number}": "viewer, in person",
    "GET /": "viewer",
    "GET /account": "viewer",
    "GET /alerts": "viewer",
    "GET /areas": "viewer",
    "GET /devices": "viewer",
    "GET /history": "viewer",
    "GET /incidents": "viewer",
    "GET /tiles/base.pmtiles": "viewer",
    "GET /tiles/{z}/{x}/{y}": "viewer",
    "GET /api/v1/map/base": "viewer",
    "GET /api/v1/past": "viewer",
    "GET /api/v1/snapshots": "operator",
    "GET /api/v1/devices/{site}/{family}/{device}/snapshot": "operator",
    "GET /api/v1/accounts": "admin",
    "GET /api/v1/alerts": "viewer",
    "GET /api/v1/alerts/{alert_id}": "viewer",
    "GET /api/v1/areas": "viewer",
    "GET /api/v1/areas.geojson": "viewer",
    "GET /api/v1/audit": "supervisor",
    "GET /api/v1/availability": "viewer",
    "GET /api/v1/history": "viewer",
    "GET /api/v1/history.csv": "viewer",
    "GET /api/v1/history.parquet": "viewer",
    "GET /api/v1/history/top": "viewer",
    "GET /api/v1/latest": "viewer",
    "GET /api/v1/devices": "viewer",
    "GET /api/v1/devices/{site}/{family}/{device}": "viewer",
    "GET /api/v1/devices/{site}/{family}/{device}/history": "viewer",
    "GET /api/v1/families": "viewer",
    "GET /api/v1/incidents": "viewer",
    "GET /api/v1/incidents/{incident_id}": "viewer",
    "GET /api/v1/kpis/alarms": "viewer",
    "GET /api/v1/ledger": "viewer",
    "GET /api/v1/ledger/devices": "viewer",
    "GET /api/v1/maintenance": "viewer",
    "GET /api/v1/map/devices.geojson": "viewer",
    "GET /api/v1/people/contacts": "operator",
    "GET /api/v1/people/duty": "viewer",
    "GET /api/v1/people/escalations": "operator",
    "GET /api/v1/people/messages": "operator",
    "GET /api/v1/quarantine": "viewer",
    "GET /api/v1/rules": "viewer",
    "GET /api/v1/session": "viewer",
    "GET /api/v1/silences": "viewer",
    "GET /api/v1/tokens": "viewer",
    "GET /devices/{site}/{family}/{device}": "viewer",
    "GET /docs": "viewer",
    "GET /kpis": "viewer",
    "GET /ledger": "viewer",
    "GET /people": "viewer",
    "GET /quiets": "viewer",
    "GET /metrics": "viewer, or this machine",
    "GET /openapi.json": "viewer",
    "PATCH /api/v1/accounts/{name}": "admin, in person",
    "PATCH /api/v1/devices/{site}/{family}/{device}": "supervisor",
    "POST /api/v1/account/password": "viewer, in person",
    "POST /api/v1/accounts": "admin, in person",
    "POST /api/v1/alertmanager": "operator",
    "POST /api/v1/alertmanager/api/v2/alerts": "operator",
    "POST /api/v1/alerts/{alert_id}/{action}": "operator",
    "POST /api/v1/incidents": "operator",
    "POST /api/v1/incidents/{incident_id}/{action}": "operator",
    "POST /api/v1/maintenance": "operator",
    "POST /api/v1/rules": "operator",
    "POST /api/v1/silences": "operator",
    "POST /api/v1/tokens": "viewer, in person",
    "WEBSOCKET /ws/live": "viewer",
}


def declared(rule: Rule) -> str:
    assert rule.least is not None, f"{rule.name} declares no least role and is not on the open list"
    extra = (", in person" if rule.least.in_person else "") + (", or this machine" if rule.least.local else "")
    return f"{rule.least.role}{extra}"


def test_every_route_declares_a_least_role_or_is_on_the_open_list(web: Any) -> None:
    found = {rule.name: rule for rule in rules(web.app.routes)}
    assert set(found) >= OPEN
    assert {name: declared(rule) for name, rule in found.items() if name not in OPEN} == EXPECTED
    assert all(found[name].least is None for name in OPEN)


def test_every_route_is_documented(web: Any) -> None:
    text = (Path(__file__).parents[3] / "docs" / "http.md").read_text("utf-8")
    assert [rule.name for rule in rules(web.app.routes) if f"{rule.method} {rule.path}`" not in text] == []


def ask(client: Any, rule: Rule) -> int:
    path = re.sub(r"{(\w+)}", lambda part: "ack" if part[1] == "action" else "7", rule.path)
    if rule.method == "WEBSOCKET":
        return websocket(client, path)
    answer = client.request(rule.method, path, json={} if rule.method in ("POST", "PATCH") else None)
    return int(answer.status_code)


def websocket(client: Any, path: str, **options: Any) -> int:
    from starlette.testclient import WebSocketDenialResponse

    try:
        with client.websocket_connect(path, **options):
            return 101
    except WebSocketDenialResponse as denied:
        return denied.status_code if denied.headers["content-type"] == "application/problem+json" else 0


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_gets_what_it_may_and_nothing_more(web: Any, role: Role | None) -> None:
    for rule in rules(web.app.routes):
        if rule.name in OPEN:
            continue
        client = web.client() if role is None else web.signed_in(role)
        status = ask(client, rule)
        assert rule.least is not None
        if role is None:
            assert status in ((303,) if rule.path in PAGES else (401,)), rule.name
        elif role.covers(rule.least.role):
            assert status not in (401, 403, 303, 500), (rule.name, status)
        else:
            assert status == 403, rule.name


PAGES = (
    "/", "/account", "/alerts", "/areas", "/devices", "/docs", "/history", "/incidents", "/kpis", "/ledger",
    "/openapi.json", "/people", "/quiets", "/devices/{site}/{family}/{device}",
)  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_a_script_has_its_tokens_role_but_cannot_make_itself_more_access(web: Any, role: Role) -> None:
    for rule in rules(web.app.routes):
        if rule.name in OPEN or rule.name == "DELETE /api/v1/session":
            continue
        assert rule.least is not None
        status = ask(web.bearer(web.token(role)), rule)
        allowed = role.covers(rule.least.role) and not rule.least.in_person
        assert (status not in (401, 403, 303, 500)) == allowed, (rule.name, status)


def test_a_wall_looks_and_changes_nothing(web: Any) -> None:
    client = web.client(cookies={"ioc_wall": web.token(Role.ADMIN, Via.WALL)})
    for rule in rules(web.app.routes):
        if rule.name in OPEN:
            continue
        assert rule.least is not None
        allowed = rule.least.role is Role.VIEWER and rule.method in ("GET", "WEBSOCKET")
        assert (ask(client, rule) not in (401, 403, 303, 500)) == allowed, rule.name


def test_the_open_routes_ask_for_nobody(web: Any) -> None:
    client = web.client()
    assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/sign-in", "/static/a.js")] == [200] * 4


def test_metrics_are_for_viewers_and_for_this_machine_when_it_asks_for_itself(web: Any) -> None:
    near = web.client(client=("127.0.0.1", 5000))
    assert near.get("/metrics").status_code == 200
    assert near.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 401
    assert web.client(client=("10.0.0.7", 5000)).get("/metrics").status_code == 401
    assert web.bearer(web.token(Role.VIEWER)).get("/metrics").status_code == 200


def test_the_live_stream_is_closed_to_strangers_and_to_pages_of_other_sites(web: Any) -> None:
    viewer = web.signed_in(Role.VIEWER)
    assert websocket(web.client(), "/ws/live") == 401
    assert websocket(viewer, "/ws/live", headers={"Origin": "https://elsewhere.example"}) == 403
    assert websocket(viewer, "/ws/live", headers={"Origin": "http://testserver"}) == 101


def drain(stream: Any) -> None:
    while True:
        stream.receive_json()


def test_a_live_stream_ends_soon_after_its_session(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.websockets import WebSocketDisconnect

    monkeypatch.setattr("ioc.api.live.ASK_AGAIN_S", 0.05)
    viewer = web.signed_in(Role.VIEWER)
    with viewer.websocket_connect("/ws/live") as stream:
        stream.send_json({"type": "hello"})
        assert stream.receive_json()["type"] == "snapshot"
        web.sql("DELETE FROM session")
        with pytest.raises(WebSocketDisconnect) as ended:
            drain(stream)
    assert ended.value.code == 1008


def test_a_demoted_or_disabled_account_is_so_at_once(web: Any) -> None:
    client = web.signed_in(Role.ADMIN)
    web.sql("UPDATE account SET role = 'viewer' WHERE name = 'admin'")
    assert client.get("/api/v1/accounts").status_code == 403
    token = web.bearer(web.token(Role.ADMIN, name="made as admin"))
    web.sql("UPDATE account SET enabled = false")
    assert [each.get("/api/v1/session").status_code for each in (client, token)] == [401, 401]


def test_a_wrong_token_is_not_helped_by_a_cookie_beside_it(web: Any) -> None:
    client = web.signed_in(Role.ADMIN)
    for header in ("Bearer nonsense", "Basic YTpi", "Bearer"):
        assert client.get("/api/v1/session", headers={"Authorization": header}).status_code == 401
