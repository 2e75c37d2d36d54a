"""The pages and their files."""

import re
from typing import Any

import pytest

from ioc.accounts.model import Role, Via


def test_who_is_not_signed_in_is_shown_the_way_in_and_back(web: Any) -> None:
    answer = web.client().get("/devices/ns/camera/c1?lang=en")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fdevices%2Fns%2Fcamera%2Fc1%3Flang%3Den"
    assert web.client().get("/").headers["location"] == "/sign-in?next=%2F"


def test_a_walls_token_becomes_a_cookie_and_leaves_the_address(web: Any) -> None:
    wall = web.client()
    answer = wall.get(f"/?lang=en&token={web.token(Role.ADMIN, Via.WALL)}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=en")
    assert "HttpOnly; SameSite=Lax; Max-Age=" in answer.headers["set-cookie"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = wall.get("/")
    assert page.status_code == 200
    assert "ioc_wall=" in page.headers["set-cookie"]
    told = wall.get("/api/v1/session").json()
    assert (told["role"], told["in_person"]) == ("viewer", False)


@pytest.mark.parametrize("kind", ["script", "nonsense"])
def test_any_other_token_in_an_address_opens_nothing(web: Any, kind: str) -> None:
    client = web.client()
    secret = web.token(Role.ADMIN) if kind == "script" else kind
    assert client.get(f"/?token={secret}").headers["location"] == "/"
    assert client.get("/").status_code == 303
    assert web.client(cookies={"ioc_wall": secret}).get("/api/v1/session").status_code == 401


def test_a_wall_goes_dark_when_its_token_is_revoked_or_unused_for_long(web: Any) -> None:
    wall = web.client(cookies={"ioc_wall": web.token(Role.ADMIN, Via.WALL)})
    for _ in range(3):
        web.clock.advance(hours=24 * 89)
        assert wall.get("/").status_code == 200
    web.clock.advance(hours=24 * 91)
    assert wall.get("/").status_code == 303
    other = web.client(cookies={"ioc_wall": web.token(Role.ADMIN, Via.WALL)})
    web.sql("UPDATE token SET revoked_at = now()")
    assert other.get("/").status_code == 303


def test_a_way_back_never_leads_elsewhere(web: Any) -> None:
    token = web.token(Role.ADMIN, Via.WALL)
    for path in ("//elsewhere.example/", "/\\elsewhere.example"):
        answer = web.client().get(f"http://testserver{path}?token={token}")
        assert not answer.headers.get("location", "").startswith(("//", "/\\", "http"))


@pytest.mark.parametrize(
    ("query", "cookie", "lang"),
    [("", None, "vi"), ("", "en", "en"), ("?lang=vi", "en", "vi"), ("?lang=xx", None, "vi")],
)
def test_the_language_is_asked_for_remembered_or_vietnamese(
    web: Any, query: str, cookie: str | None, lang: str
) -> None:
    client = web.client(cookies={} if cookie is None else {"lang": cookie})
    assert client.get(f"/sign-in{query}").text == f"sign-in {lang} Nông Sơn"


def test_each_page_has_a_nonce_of_its_own_in_its_policy(web: Any) -> None:
    viewer = web.signed_in(Role.VIEWER)
    pages = [viewer.get("/") for _ in range(2)]
    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    assert all(nonce[0] in page.text for nonce, page in zip(nonces, pages, strict=True))


def test_files_are_asked_for_again_only_when_they_changed(web: Any) -> None:
    client = web.client()
    first = client.get("/static/a.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/a.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in client.get("/static/a.js?v=1").headers["cache-control"]
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/conftest.py").status_code == 404


def test_the_documentation_lists_every_route_with_its_role_and_loads_nothing(web: Any) -> None:
    page = web.signed_in(Role.VIEWER).get("/docs").text
    assert "/api/v1/alerts/{alert_id}/{action}" in page
    assert "supervisor" in page
    assert not re.search(r"https?://", page)


def test_openapi_describes_every_route_of_the_api_and_its_errors(web: Any) -> None:
    spec = web.signed_in(Role.VIEWER).get("/openapi.json").json()
    assert {"/api/v1/devices", "/api/v1/ledger", "/api/v1/session"} <= set(spec["paths"])
    for path, methods in spec["paths"].items():
        for method, told in methods.items():
            assert "application/problem+json" in told["responses"]["default"]["content"], (path, method)
            assert told["description"], (path, method)
    assert not re.search(r"https?://", repr(spec))


def test_the_real_pages_fit_in(web: Any) -> None:
    from ioc.api.parts import Pages
    from maps import page
    from maps.words import pick_language

    pages = Pages(
        wall=page.wall_page,
        device=page.device_page,
        plain=page.plain_page,
        policy=page.security_policy,
        language=pick_language,
        static=page.static_dir(),
    )
    web.change(pages=pages)
    viewer = web.signed_in(Role.VIEWER)
    for path in ("/", "/devices/ns/camera/c1", *(f"/{name}" for name in page.PLAIN)):
        answer = viewer.get(path)
        assert answer.status_code == 200
        assert "<!doctype html>" in answer.text
        assert "nonce-" in answer.headers["content-security-policy"]
