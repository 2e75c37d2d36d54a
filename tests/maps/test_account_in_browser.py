"""One's account in a real browser: a password of one's own, signing out, links for walls."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.real

ROOMS = [{"width": 1920, "height": 1080}, {"width": 390, "height": 844}]


@pytest.fixture
def account(look):
    """Opens the account's page and waits until it shows whose it is."""

    def open_account(**wishes):
        page = look("/account", **wishes)
        expect(page.locator("body[data-shown]")).to_be_visible()
        return page

    return open_account


def choose(page, current, new):
    page.get_by_label("Mật khẩu hiện tại").fill(current)
    page.get_by_label("Mật khẩu mới").fill(new)
    page.keyboard.press("Enter")


def test_a_password_that_was_given_is_asked_to_be_changed_until_it_is(look, stage):
    stage.must_change = True
    for path in (f"/devices/{stage.addresses[2]}", "/"):
        page = look(path)
        expect(page.locator("#ask")).to_be_visible()
    page.get_by_role("link", name="Hãy đặt mật khẩu của bạn").click()
    expect(page).to_have_url(f"{stage.url}/account")
    expect(page.locator("#given")).to_be_visible()
    choose(page, "đúng", "lúa vàng trên nương")
    expect(page.locator("#password-said")).to_contain_text("Đã đổi mật khẩu")
    expect(page.locator("#given")).to_be_hidden()
    assert stage.password == "lúa vàng trên nương"
    page.get_by_role("link", name="Về màn hình chính").click()
    page.get_by_role("link", name="Tài khoản của lan").click()
    expect(page.locator("h1")).to_have_text("lan")
    expect(page.locator("#given")).to_be_hidden()


def test_a_wrong_password_is_said_in_the_readers_language(account, stage):
    page = account(expected=("422",))
    choose(page, "sai", "lúa vàng trên nương")
    expect(page.locator("#password-said")).to_have_text("Mật khẩu hiện tại không đúng.")
    page.get_by_role("button", name="English").click()
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password").fill("rice")
    page.keyboard.press("Enter")
    expect(page.locator("#password-said")).to_have_text("The current password is not right.")
    assert stage.password == "đúng"


def test_passwords_are_hidden_until_one_wants_to_see_them(account):
    page = account()
    choose(page, "", "lúa vàng")
    expect(page.get_by_label("Mật khẩu hiện tại")).to_be_focused()
    expect(page.locator("#new")).to_have_attribute("type", "password")
    page.get_by_label("Hiện mật khẩu").check()
    expect(page.locator("#new")).to_have_attribute("type", "text")


def test_signing_out_leads_to_the_way_in(account, stage):
    page = account()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page).to_have_url(f"{stage.url}/sign-in")
    assert stage.role is None


def test_a_supervisor_makes_a_link_for_a_wall_copies_and_revokes_it(account, make_stage):
    stage = make_stage(role="supervisor")
    page = account(on=stage, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#token-list")).to_have_text("Chưa có.")
    page.get_by_label("Tên màn hình").fill("tường lớn")
    page.keyboard.press("Enter")
    link = page.get_by_label("Liên kết cho “tường lớn”")
    expect(link).to_have_value(f"{stage.url}/?token=ioc_s3cret")
    expect(link).to_be_focused()
    page.get_by_role("button", name="Chép").click()
    expect(page.locator("#wall-said")).to_have_text("Đã chép liên kết.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{stage.url}/?token=ioc_s3cret"
    expect(page.locator("#token-list li")).to_contain_text("Màn hình tường · lan tạo")
    assert [token["kind"] for token in stage.tokens.values()] == ["wall"]
    page.reload()
    expect(page.locator("#token-list li")).to_have_count(1)
    assert "s3cret" not in page.content()
    page.get_by_role("button", name="Thu hồi tường lớn").click()
    assert len(stage.tokens) == 1, "the first press only asks"
    page.get_by_role("button", name="Thu hồi thật tường lớn?").click()
    expect(page.locator("#token-said")).to_have_text("Đã thu hồi tường lớn.")
    expect(page.locator("#tokens-title")).to_be_focused()
    assert stage.tokens == {}


def test_who_makes_no_walls_and_has_no_token_sees_neither(account):
    page = account()
    expect(page.locator("#role")).to_have_text("Trực ban")
    expect(page.locator("#walls")).to_be_hidden()
    expect(page.locator("#tokens")).to_be_hidden()


def test_a_wall_is_asked_for_nothing_and_has_no_account(look, stage):
    stage.in_person, stage.must_change = False, True
    page = look()
    expect(page.locator("#who")).to_have_text("wall:tường lớn")
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("a[href='/account']:visible")).to_have_count(0)
    page = look("/account")
    expect(page.locator("#screen")).to_be_visible()
    expect(page.locator("#mine")).to_be_hidden()


@pytest.mark.parametrize("size", ROOMS)
def test_nothing_sticks_out_and_nothing_is_small(account, make_stage, size):
    stage = make_stage(role="admin")
    stage.must_change = True
    page = account(on=stage, size=size)
    page.get_by_label("Tên màn hình").fill("Tường phòng trực Nông Sơn " * 3)
    page.keyboard.press("Enter")
    expect(page.locator("#token-list strong")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate("""() => [...document.querySelectorAll("body *")]
      .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)""")
    assert small == []
