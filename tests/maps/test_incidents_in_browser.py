"""The incidents' desk in a real browser: opened from alerts, acknowledged, led, merged and closed, by keyboard."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from alerts.model import Condition, Severity

pytestmark = pytest.mark.real


@pytest.fixture
def desk(look, stage):
    """Opens the desk and waits until it is shown and knows the devices."""

    def open_desk(path="/incidents", **wishes):
        page = look(path, **wishes)
        expect(page.locator("body[data-shown][data-seq]")).to_be_visible()
        return page

    return open_desk


def end(stage, *alert_ids):
    """The trouble is over, and was seen."""
    for alert_id in alert_ids:
        stage.step(replace(stage.alerts[alert_id], condition=Condition.CLOSED), "settled")


def test_an_incident_is_opened_from_two_alerts_acknowledged_and_closed_by_keyboard_alone(desk, stage):
    first, second = stage.alert(0, Severity.CRITICAL), stage.alert(6)
    stage.alert(12)
    page = desk()
    page.keyboard.press("n")
    page.keyboard.type("Mất điện Quế Trung")
    for alert_id in (first, second):
        page.locator(f'#loose input[value="{alert_id}"]').focus()
        page.keyboard.press("Space")
    page.get_by_label("Tên").first.focus()
    page.keyboard.press("Enter")
    row = page.locator("#rows tr")
    expect(row).to_be_focused()
    expect(row).to_contain_text("Chưa xác nhận hết")
    expect(row).to_contain_text("2 đang mở / 2")
    expect(page.locator("#loose li")).to_have_count(1)  # the two are in an incident now
    page.keyboard.press("a")
    expect(row).to_contain_text("Đang xử lý")
    assert [stage.alerts[each].acked for each in (first, second)] == [True, True]
    page.keyboard.press("l")
    expect(row).to_contain_text("lan")
    end(stage, first, second)
    expect(row).to_contain_text("Hết sự cố, chờ đóng")
    expect(page.locator("#detail header")).to_contain_text("Hết sự cố, chờ đóng")  # from now on no reason is asked for
    row.focus()
    page.keyboard.press("e")
    page.keyboard.type("Đã có điện lại")
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    story = page.locator("#detail")
    expect(story.locator("h2")).to_have_text("Mất điện Quế Trung")
    expect(story.locator(".timeline li").first).to_contain_text("Đã có điện lại")
    expect(story.locator(".timeline li").last).to_contain_text("mở sự vụ: Mất điện Quế Trung · lan")


def test_who_may_lead_is_offered_from_the_book_of_contacts(desk, stage):
    stage.answers["people/contacts"] = lambda _: {"contacts": [{"account": "minh.tran", "display": "Trần Minh"}]}
    stage.affairs.open("Cáp đứt", stage.alert(3), name="i1")
    page = desk("/incidents?incident=i1")
    page.locator("#detail summary").click()
    expect(page.locator("#lead-book option")).to_have_text(["Tôi nhận (lan)", "Trần Minh"])
    page.get_by_label("Người phụ trách").fill("minh.tran")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_contain_text("minh.tran")


def test_closing_with_alerts_open_asks_for_a_reason(desk, stage):
    stage.affairs.open("Cáp đứt", stage.alert(3), name="i1")
    page = desk("/incidents?incident=i1")
    story = page.locator("#detail")
    expect(story.get_by_label("Kết quả")).to_be_hidden()  # it is the exception
    page.locator("#rows tr").focus()
    page.keyboard.press("e")
    expect(story.get_by_label("Kết quả")).to_be_focused()
    page.keyboard.type("Đã bàn giao")
    story.get_by_role("button", name="Vẫn đóng").click()
    assert stage.affairs.asked == []  # the browser asks for the reason
    story.get_by_label("Vì sao đóng khi còn cảnh báo mở").fill("Thiết bị hỏng hẳn")
    story.get_by_role("button", name="Vẫn đóng").click()
    expect(story.locator(".timeline li").first).to_contain_text("Đóng khi còn cảnh báo mở: Thiết bị hỏng hẳn")
    story.get_by_label("Vì sao mở lại").fill("Tái diễn")
    story.get_by_role("button", name="Mở lại").click()
    expect(page.locator("#rows tr")).to_have_count(1)


def test_alerts_come_and_go_and_one_incident_is_merged_into_another(desk, stage):
    one, other, loose = stage.alert(3), stage.alert(4), stage.alert(5)
    stage.affairs.open("Cáp đứt", one, name="i1")
    stage.affairs.open("Mất điện", other, name="i2")
    page = desk("/incidents?incident=i1")
    story = page.locator("#detail")
    story.get_by_text("Thêm cảnh báo, đổi tên").click()
    story.get_by_label("Cảnh báo đang mở, chưa thuộc").select_option(loose)
    story.get_by_role("button", name="Thêm", exact=True).click()
    expect(story.locator(".members li")).to_have_count(2)
    story.locator(".members li").first.get_by_role("button").click()
    expect(story.locator(".members li")).to_have_count(1)
    expect(story.locator("h2")).to_be_focused()  # the button is no more
    story.get_by_label("Gộp vào sự vụ").select_option("i2")
    story.get_by_role("button", name="Gộp", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows tr")).to_contain_text("2 đang mở / 2")
    story.get_by_role("link", name="xem sự vụ kia").first.click()
    expect(page.locator("#detail h2")).to_have_text("Mất điện")
    expect(page.locator("#detail .timeline li").first).to_contain_text("gộp “Cáp đứt” vào đây, với 1 cảnh báo")


def test_what_is_refused_stays_in_sight_and_what_was_typed_stays_too(desk, stage):
    stage.affairs.open("Cáp đứt", stage.alert(3), name="i1")
    page = desk("/incidents?incident=i1", expected=("409",))
    story = page.locator("#detail")
    story.get_by_text("Thêm cảnh báo, đổi tên").click()
    story.get_by_label("Tên", exact=True).fill("Cáp quang đứt")
    stage.affairs.kept._incidents["i1"] = replace(
        stage.affairs.kept._incidents["i1"], closed_at=1, closed_by="hoa", summary="xong"
    )  # somebody was quicker
    story.get_by_role("button", name="Đổi tên").click()
    expect(page.get_by_role("alert").first).to_have_text("Không làm được: Sự vụ đã đóng, hãy mở lại trước")
    expect(story.locator("header")).to_contain_text("Đã đóng")
    expect(page.locator("#problem")).to_be_visible()


def test_an_alert_tells_its_incident_or_is_put_into_one(look, stage):
    inside, outside = stage.alert(3), stage.alert(4)
    stage.affairs.open("Cáp đứt", inside, name="i1")
    page = look(f"/alerts?alert={outside}")
    expect(page.locator("#rows tr")).to_have_count(2)
    story = page.locator("#detail")
    expect(story.get_by_label("Sự vụ")).to_be_visible()
    page.locator(f'#rows tr[data-id="{outside}"]').focus()
    page.keyboard.press("i")
    expect(story.get_by_label("Sự vụ")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(story).to_contain_text("Thuộc sự vụ")
    assert stage.affairs.asked == [("i1", "add", {"alerts": [outside]})]
    page.locator(f'#rows tr[data-id="{outside}"]').focus()
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("Cáp đứt")


def test_an_alert_leads_to_a_new_incident_about_itself(look, stage):
    raised = stage.alert(3)
    page = look(f"/alerts?alert={raised}")
    page.locator("#detail").get_by_role("link", name="Sự vụ mới…").click()
    expect(page.get_by_label("Tên").first).to_be_focused()
    expect(page.locator(f'#loose input[value="{raised}"]')).to_be_checked()


def test_what_an_outage_explains_is_a_count_beside_it_and_not_offered(desk, stage):
    cause = stage.alert(3, Severity.CRITICAL)
    children = [stage.alert(number, parent=cause) for number in (4, 5, 6)]
    stage.affairs.open("Mất điện", cause, name="i1")
    page = desk("/incidents?incident=i1")
    expect(page.locator(".members li")).to_contain_text("kèm 3 cảnh báo do nó gây ra, 3 đang mở")
    expect(page.locator("#loose li")).to_have_count(0)
    expect(page.locator("#loose-none")).to_be_visible()
    page.goto(f"{stage.url}/alerts?alert={children[0]}")
    expect(page.locator("#detail")).to_contain_text("Nguyên nhân của nó thuộc sự vụ Mất điện")


def test_a_viewer_reads_and_cannot_act(look, make_stage):
    stage = make_stage(role="viewer")
    stage.affairs.open("Cáp đứt", stage.alert(3), name="i1")
    page = look("/incidents", on=stage)
    page.locator("#rows tr").click()
    expect(page.locator("#detail .timeline li")).to_have_count(2)
    expect(page.locator("#detail button")).to_have_count(0)
    expect(page.locator("#new")).to_be_hidden()
    page.keyboard.press("a")
    assert stage.affairs.asked == []


@pytest.mark.parametrize("size", [{"width": 1920, "height": 1080}, {"width": 390, "height": 844}])
def test_the_desk_with_everything_open_is_usable_by_everyone(desk, stage, size):
    stage.affairs.open("Cáp đứt", stage.alert(3), stage.alert(4, Severity.WARNING), name="i1")
    stage.affairs.open("Mất điện", stage.alert(5), name="i2")
    stage.alert(6)
    page = desk("/incidents?incident=i1", size=size)
    page.locator("#detail").get_by_text("Thêm cảnh báo, đổi tên").click()
    expect(page.locator("#detail .members li")).to_have_count(2)
    grave = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in grave] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
