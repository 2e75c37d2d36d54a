"""Signing in, staying in, signing out."""

from typing import Any

import pytest

from ioc.accounts import passwords
from ioc.accounts.model import Role

PASSWORD = "lua vang tren nuong"


def sign_in(client: Any, name: str = "lan", password: str = PASSWORD, **options: Any) -> Any:
    return client.post("/api/v1/session", json={"name": name, "password": password}, **options)


def test_signing_in_gives_a_cookie_that_scripts_in_a_page_cannot_read(web: Any) -> None:
    web.account("lan", Role.OPERATOR)
    client = web.client()
    answer = sign_in(client, " Lan ")
    told = {"name": "lan", "role": "operator", "in_person": True, "must_change": False}
    assert (answer.status_code, answer.json()) == (200, told)
    assert "HttpOnly; SameSite=Lax" in answer.headers["set-cookie"]
    assert "Secure" not in answer.headers["set-cookie"]
    assert client.get("/api/v1/session").json()["name"] == "lan"
    assert [line[:2] for line in web.audit()] == [("lan", "session.open")]


def test_behind_https_the_cookie_is_secure_and_browsers_are_told_to_stay(web: Any) -> None:
    from ioc.api.app import create_app

    web.account("lan", Role.OPERATOR)
    web.change(https=True)
    web.app = create_app(web.parts)
    answer = sign_in(web.client())
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_neither_cookie_nor_password_is_kept_as_it_is(web: Any) -> None:
    web.account("lan", Role.OPERATOR)
    client = web.client()
    sign_in(client)
    kept = repr(web.sql("SELECT s.hash, a.password FROM session s, account a"))
    assert client.cookies["ioc_session"] not in kept
    assert PASSWORD not in kept


@pytest.mark.parametrize(("name", "password"), [("lan", "wrong password"), ("nobody", PASSWORD), ("Đặng Lan", "x")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(web: Any, name: str, password: str) -> None:
    web.account("lan", Role.OPERATOR)
    answer = sign_in(web.client(), name, password)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:district-ioc:problem:wrong_credentials"
    assert web.audit()[-1][1] == "session.refused"


def test_an_unknown_name_costs_a_password_check_too(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    class Spy:
        def verify(self, kept: str, _password: str) -> bool:
            checked.append(kept)
            return True

    nobodys = passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", Spy())
    assert passwords.matches(None, "anything") is False
    assert checked == [nobodys]


def test_a_disabled_account_cannot_sign_in(web: Any) -> None:
    web.account("lan", Role.OPERATOR)
    web.sql("UPDATE account SET enabled = false")
    assert sign_in(web.client()).status_code == 401


def test_guessing_is_slowed_down_for_that_account_from_that_address_only(web: Any) -> None:
    web.account("lan", Role.OPERATOR)
    web.account("minh", Role.OPERATOR)
    guesser = web.client(client=("10.0.0.9", 1))
    assert [sign_in(guesser, password="guess").status_code for _ in range(5)] == [401] * 5
    slowed = sign_in(guesser)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert sign_in(guesser, "minh").status_code == 200
    assert sign_in(web.client(client=("10.0.0.10", 1))).status_code == 200
    web.clock.advance(seconds=2)
    assert sign_in(guesser).status_code == 200


def test_a_session_lives_twelve_hours_after_its_last_use(web: Any) -> None:
    client = web.signed_in(Role.VIEWER)
    web.clock.advance(hours=11)
    assert client.get("/api/v1/session").status_code == 200
    web.clock.advance(hours=11)
    assert client.get("/api/v1/session").status_code == 200
    web.clock.advance(hours=12, seconds=1)
    assert client.get("/api/v1/session").status_code == 401


def test_signing_out_ends_the_session_in_the_database(web: Any) -> None:
    web.account("lan", Role.OPERATOR)
    client = web.client()
    sign_in(client)
    secret = client.cookies["ioc_session"]
    assert client.delete("/api/v1/session").status_code == 204
    assert "ioc_session" not in client.cookies
    assert web.client(cookies={"ioc_session": secret}).get("/api/v1/session").status_code == 401
    assert web.audit()[-1][1] == "session.close"


def test_choosing_a_password_ends_the_other_sessions_and_the_asking_for_one(web: Any) -> None:
    here, elsewhere = web.signed_in(Role.OPERATOR, "lan"), web.signed_in(Role.OPERATOR, "lan")
    web.sql("UPDATE account SET must_change = true")
    assert here.get("/api/v1/session").json()["must_change"] is True
    chosen = {"current": PASSWORD, "new": "gio mua dong bac"}
    assert here.post("/api/v1/account/password", json=chosen).status_code == 204
    assert here.get("/api/v1/session").json()["must_change"] is False
    assert elsewhere.get("/api/v1/session").status_code == 401
    assert sign_in(web.client(), password="gio mua dong bac").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "problem"),
    [
        (PASSWORD, "short", "too_short"),
        (PASSWORD, "lanlanlanlan", "too_easy"),
        ("no", "gio mua dong bac", "wrong_password"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(web: Any, current: str, new: str, problem: str) -> None:
    client = web.signed_in(Role.OPERATOR, "lan")
    answer = client.post("/api/v1/account/password", json={"current": current, "new": new})
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (422, problem)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),  # no browser: nothing lent it the cookie
        ({"Origin": "http://testserver"}, 204),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 204),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
    ],
)
def test_other_sites_cannot_act_with_ones_cookie(web: Any, headers: dict[str, str], status: int) -> None:
    assert web.signed_in(Role.VIEWER).delete("/api/v1/session", headers=headers).status_code == status
