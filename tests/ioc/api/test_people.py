"""Accounts, tokens, audit."""

from typing import Any

from ioc.accounts.model import Role

NEW = {"name": "Hoa", "role": "operator", "password": "gio mua dong bac"}


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]


def test_an_admin_makes_an_account_whose_owner_must_choose_a_password(web: Any) -> None:
    admin = web.signed_in(Role.ADMIN)
    assert admin.post("/api/v1/accounts", json=NEW).json()["name"] == "hoa"
    hoa = web.client()
    signed_in = hoa.post("/api/v1/session", json={"name": "hoa", "password": NEW["password"]})
    assert signed_in.json() == {"name": "hoa", "role": "operator", "in_person": True, "must_change": True}
    assert [each["name"] for each in admin.get("/api/v1/accounts").json()["items"]] == ["admin", "hoa"]


def test_a_taken_or_impossible_name_is_refused(web: Any) -> None:
    admin = web.signed_in(Role.ADMIN)
    assert problem(admin.post("/api/v1/accounts", json={**NEW, "name": "admin"})) == (409, "name_taken")
    assert problem(admin.post("/api/v1/accounts", json={**NEW, "name": "Thị Hoa"})) == (422, "bad_name")
    assert problem(admin.post("/api/v1/accounts", json={**NEW, "password": "hoahoahoahoa"})) == (422, "too_easy")
    assert problem(admin.post("/api/v1/accounts", json={**NEW, "shoe_size": 38})) == (422, "invalid")


def test_disabling_an_account_or_setting_its_password_signs_it_out(web: Any) -> None:
    admin = web.signed_in(Role.ADMIN)
    for change in ({"password": "gio mua dong bac"}, {"enabled": False}):
        hoa = web.signed_in(Role.OPERATOR, "hoa")
        assert hoa.get("/api/v1/session").status_code == 200
        assert admin.patch("/api/v1/accounts/hoa", json=change).status_code == 200
        assert hoa.get("/api/v1/session").status_code == 401
    assert problem(admin.patch("/api/v1/accounts/nobody", json={"enabled": False})) == (404, "no_such_account")
    assert problem(admin.patch("/api/v1/accounts/admin", json={"enabled": False})) == (409, "last_admin")


def test_a_token_is_told_once_works_until_its_end_and_is_nowhere_kept(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    wanted = {"name": "report", "role": "operator", "expires": "2026-11-22T12:00:00+07:00"}
    made = operator.post("/api/v1/tokens", json=wanted).json()
    script = web.bearer(made["token"])
    told = {"name": "operator", "role": "operator", "in_person": False, "must_change": False}
    assert script.get("/api/v1/session").json() == told
    assert made["token"] not in repr(web.sql("SELECT * FROM token"))
    listed = operator.get("/api/v1/tokens").json()["items"]
    assert [(each["name"], each["expires"]) for each in listed] == [("report", "2026-11-22T05:00:00.000Z")]
    web.clock.advance(hours=1)
    assert script.get("/api/v1/session").status_code == 401


def test_a_token_may_not_do_more_than_whoever_makes_it(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    assert problem(operator.post("/api/v1/tokens", json={"name": "x", "role": "admin"})) == (403, "role_too_low")
    assert problem(operator.post("/api/v1/tokens", json={"name": "x", "kind": "wall"})) == (403, "role_too_low")
    assert problem(operator.post("/api/v1/tokens", json={"name": "x", "kind": "session"})) == (422, "invalid")
    past = {"name": "x", "expires": "2020-01-01T00:00:00Z"}
    assert problem(operator.post("/api/v1/tokens", json=past)) == (422, "invalid")


def test_a_token_falls_with_the_role_of_its_account(web: Any) -> None:
    script = web.bearer(web.token(Role.ADMIN))
    web.sql("UPDATE account SET role = 'viewer'")
    assert script.get("/api/v1/session").json()["role"] == "viewer"


def test_one_revokes_ones_own_tokens_and_an_admin_anybodys(web: Any) -> None:
    operator, other, admin = web.signed_in(Role.OPERATOR), web.signed_in(Role.VIEWER), web.signed_in(Role.ADMIN)
    first, second = (operator.post("/api/v1/tokens", json={"name": name}).json() for name in ("a", "b"))
    assert other.delete(f"/api/v1/tokens/{first['id']}").status_code == 404
    assert operator.delete(f"/api/v1/tokens/{first['id']}").status_code == 204
    assert admin.delete(f"/api/v1/tokens/{second['id']}").status_code == 204
    assert web.bearer(first["token"]).get("/api/v1/session").status_code == 401
    assert admin.get("/api/v1/tokens").json() == {"items": []}


def test_the_audit_tells_who_did_what_newest_first_and_pages(web: Any) -> None:
    admin, supervisor = web.signed_in(Role.ADMIN), web.signed_in(Role.SUPERVISOR)
    admin.post("/api/v1/accounts", json=NEW)
    admin.patch("/api/v1/accounts/hoa", json={"role": "viewer"})
    whole = supervisor.get("/api/v1/audit").json()["items"]
    assert [each["action"] for each in whole[:2]] == ["account.change", "account.add"]
    assert whole[0]["detail"] == {"role": "viewer"}
    assert (whole[0]["actor"], whole[0]["role"], whole[0]["at"]) == ("admin", "admin", "2026-11-22T04:05:06.789Z")
    assert "gio mua" not in repr(whole)
    pages, cursor = [], None
    while True:
        page = supervisor.get("/api/v1/audit", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        pages += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert pages == whole
    assert [each["action"] for each in supervisor.get("/api/v1/audit?action=account.add").json()["items"]] == [
        "account.add"
    ]
