"""Whatever comes in, the answer is an answer: never a stack trace, never a 500 for bad questions."""

from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.accounts.model import Role
from ioc.api.paging import cursor_after, key_of
from ioc.api.problems import Problem


def told(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    return dict(body)


def test_errors_are_problems_vietnamese_first(web: Any) -> None:
    viewer = web.signed_in(Role.VIEWER)
    assert told(web.client().get("/api/v1/devices"), 401)["title"] == "Chưa đăng nhập"
    assert told(viewer.get("/api/v1/nowhere"), 404)["title"] == "Không tìm thấy"
    assert told(viewer.put("/api/v1/devices"), 405)["title"] == "Không hỗ trợ thao tác này"
    invalid = told(viewer.get("/api/v1/devices?limit=1001"), 422)
    assert invalid["errors"][0]["where"] == "query.limit"
    assert told(viewer.get("/api/v1/devices/NS/camera/c1"), 422)["errors"][0]["where"] == "path.site"


def test_what_was_sent_is_not_sent_back(web: Any) -> None:
    answer = web.client().post("/api/v1/session", json={"name": "lan", "password": ["hunter2-hunter2"]})
    assert "hunter2" not in repr(told(answer, 422))


def test_the_unforeseen_is_a_problem_without_a_trace(web: Any, caplog: pytest.LogCaptureFixture) -> None:
    viewer = web.signed_in(Role.VIEWER)

    def broken() -> None:
        raise ValueError("secret of the house")

    web.change(readiness={"x": broken})
    answer = viewer.get("/readyz")
    assert "secret" not in repr(told(answer, 500))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret of the house" in caplog.text


def test_a_database_that_is_away_is_told_as_such(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> None:
        raise psycopg.OperationalError("connection to 10.0.0.5 failed")

    monkeypatch.setattr("ioc.api.auth.access.by_token", away)
    answer = web.bearer("x").get("/api/v1/devices")
    assert "10.0.0.5" not in repr(told(answer, 503))
    assert answer.headers["retry-after"] == "5"


def test_a_question_too_slow_for_the_database_is_told_as_such(web: Any) -> None:
    @web.app.get("/slow")
    def slow() -> None:
        with web.pool.connection() as connection:
            connection.execute("SET LOCAL statement_timeout = '20ms'")
            connection.execute("SELECT pg_sleep(5)")

    answer = web.client().get("/slow")
    assert told(answer, 503)["type"] == "urn:district-ioc:problem:too_slow"
    assert answer.headers["retry-after"] == "5"
    assert web.client().get("/readyz").status_code == 200  # the connection is as good as before


def test_long_bodies_and_long_queries_are_refused(web: Any) -> None:
    client = web.client()
    told(client.post("/api/v1/session", content=b"x" * 65_537), 413)
    told(client.post("/api/v1/session", content=iter([b"x" * 40_000] * 2)), 413)
    told(client.get("/sign-in?x=" + "y" * 5000), 414)
    told(client.post("/api/v1/session", content=b"{", headers={"Content-Length": "-1"}), 413)


def test_every_answer_wears_the_security_headers(web: Any) -> None:
    client = web.client()
    for path in ("/healthz", "/sign-in", "/nowhere", "/api/v1/devices", "/static/a.js"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"


LISTS = ("devices", "alerts", "audit", "quarantine", "ledger", "map/devices.geojson", "devices/ns/camera/c1/history")
NAMES = (
    *("limit", "cursor", "q", "area", "family", "state", "severity", "open", "device", "reason", "topic"),
    *("metric", "from", "to", "points", "hours", "actor", "action"),
)
HARD = (
    *("\0", "%", "1e999", "-1", str(2**70), "null", "[]", "'; --"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"),
    *(cursor_after("audit", 2**80 - 1), cursor_after("devices", "a\0"), cursor_after("alerts", "\0")),
)
TEXT = st.sampled_from(HARD) | st.text(max_size=30)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(LISTS), st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=5))
def test_no_question_whatsoever_is_an_internal_error(district: Any, path: str, query: dict[str, str]) -> None:
    text = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items())
    answer = district.signed_in(Role.SUPERVISOR).get(f"/api/v1/{path}?{text}")
    assert answer.status_code in (200, 404, 422), (path, query, answer.text)


@given(st.sampled_from(["devices", "audit"]), st.integers(-(2**63), 2**63 - 1) | st.text())
def test_a_cursor_gives_back_its_key_and_fits_its_own_list_only(what: str, key: int | str) -> None:
    cursor = cursor_after(what, key)
    assert key_of(what, cursor, type(key)) == key
    with pytest.raises(Problem):
        key_of("other", cursor, type(key))
    with pytest.raises(Problem):
        key_of(what, cursor, str if isinstance(key, int) else int)


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        key_of("devices", text, str)
