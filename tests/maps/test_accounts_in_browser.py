"""Everybody who may sign in, on the account's page of an admin, in a real browser."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.real

ROOMS = [{"width": 1920, "height": 1080}, {"width": 390, "height": 844}]


def account(name, role="operator", **facts):
    return {
        "name": name, "role": role, "enabled": True, "must_change": False, "created_at": "2026-11-22T04:00:00Z",
        **facts,
    }  # fmt: skip


class Book:
    """The accounts of a centre, as its API keeps them."""

    def __init__(self):
        self.kept = {"lan": account("lan", "admin"), "minh": account("minh")}
        self.asked = []

    def answer(self, route):
        request = route.request
        if request.method == "GET":
            return route.fulfill(json={"items": [*self.kept.values()]})
        given = request.post_data_json
        self.asked.append((request.method, given))
        if request.method == "POST":
            if given["name"] in self.kept:
                problem = {"title": "Đã có tên này", "detail": "there is such an account"}
                return route.fulfill(status=409, body=json.dumps(problem))
            self.kept[given["name"]] = account(given["name"], given["role"], must_change=True)
        else:
            name = request.url.rsplit("/", 1)[1]
            self.kept[name] |= {key: value for key, value in given.items() if key != "password"}
        return route.fulfill(json={})


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def people(look, make_stage, book):
    """Opens the page for an admin and waits until it shows everybody."""

    def open_page(role="admin", **wishes):
        page = look("/sign-in", on=make_stage(role=role), **wishes)
        page.route(re.compile("/api/v1/accounts"), book.answer)
        page.goto(page.url.replace("/sign-in", "/account"))
        expect(page.locator("body[data-shown]")).to_be_visible()
        return page

    return open_page


def test_a_person_is_added_with_a_first_password_that_is_told_once(people, book):
    page = people()
    page.get_by_label("Tên đăng nhập của người mới").fill("Hoa.Tran")
    page.get_by_label("Vai trò", exact=True).select_option("Trưởng ca")
    page.get_by_role("button", name="Thêm người").click()
    first = page.get_by_label("Mật khẩu đầu tiên của hoa.tran")
    expect(first).to_be_focused()
    ((_, given),) = book.asked
    assert (given["name"], given["role"]) == ("hoa.tran", "supervisor")
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", given["password"])
    expect(first).to_have_value(given["password"])
    expect(page.locator("#account-list li", has_text="hoa.tran")).to_contain_text("chưa đổi mật khẩu được cấp")
    page.reload()
    expect(page.locator("#account-list li")).to_have_count(3)
    assert given["password"] not in page.content()


def test_what_the_centre_refuses_is_said_in_the_readers_language(people):
    page = people(expected=("409",))
    page.get_by_label("Tên đăng nhập của người mới").fill("minh")
    page.keyboard.press("Enter")
    expect(page.locator("#person-said")).to_have_text("Đã có tên này.")


def test_locking_asks_first_and_can_be_taken_back(people, book):
    page = people()
    page.get_by_role("button", name="Khoá minh").click()
    assert book.asked == [], "the first press only asks"
    page.get_by_role("button", name="Khoá thật minh?").click()
    expect(page.locator("#person-said")).to_contain_text("Đã khoá minh")
    page.get_by_role("button", name="Mở lại minh").click()
    expect(page.locator("#person-said")).to_contain_text("Đã mở lại minh")
    assert [given for _, given in book.asked] == [{"enabled": False}, {"enabled": True}]


def test_a_new_password_and_a_new_role_are_given_and_ones_own_account_is_not_locked(people, book):
    page = people()
    page.get_by_label("Vai trò của minh").select_option("Trưởng ca")
    expect(page.locator("#person-said")).to_have_text("minh nay là Trưởng ca.")
    page.get_by_role("button", name="Cấp mật khẩu mới cho minh").click()
    page.get_by_role("button", name="Cấp thật mật khẩu mới cho minh?").click()
    expect(page.get_by_label("Mật khẩu đầu tiên của minh")).to_have_value(re.compile("-"))
    assert [set(given) for _, given in book.asked] == [{"role"}, {"password"}]
    expect(page.locator("#account-list li", has_text="lan").get_by_role("button")).to_have_count(0)


def test_only_an_admin_sees_them(people):
    expect(people("supervisor").locator("#accounts")).to_be_hidden()


@pytest.mark.parametrize("size", ROOMS, ids=("desk", "phone"))
def test_the_page_is_usable_by_everyone_and_nothing_sticks_out(people, size):
    page = people(size=size)
    grave = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in grave] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
