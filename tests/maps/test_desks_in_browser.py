"""The desks in a real browser: what is wrong, who is there, how it went, where; by keyboard, on paper, for everyone."""

import re
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from alerts.model import Mute, Severity, Suppression
from ingest.model import Admission
from maps.hub import epoch_ms
from maps.page import DESKS
from maps.works import Work
from tests.maps.told import BOOK, DUTY, OPEN, SENT, alarms

pytestmark = pytest.mark.real

ROOMS = [{"width": 1920, "height": 1080}, {"width": 390, "height": 844}]


def area(slug, name, parent=None, **facts):
    return {"slug": slug, "name": name, "parent": parent, "valid_from": None, "valid_to": None, **facts}


@pytest.fixture
def desk(look, stage):
    """Opens a desk and waits until it is shown."""
    stage.answers["areas"] = lambda _: {
        "items": [
            area("que-trung", "Quế Trung", "nong-son", valid_from="2020-03-01"),
            area("nong-son", "Nông Sơn"),
            area("son-vien", "Sơn Viên", "nong-son"),
        ]
    }

    def open_desk(path, **wishes):
        page = look(path, **wishes)
        expect(page.locator("body[data-shown]")).to_be_visible()
        return page

    return open_desk


def test_alerts_stand_worst_first_and_one_key_acknowledges(desk, stage):
    stage.alert(3, Severity.MINOR, ago=900_000)
    worst = stage.alert(7, Severity.CRITICAL, metric="amp_temperature_c", value=88.5, ago=60_000)
    page = desk("/alerts")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Khẩn cấp")
    rows.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_contain_text("88,5")
    page.keyboard.press("a")
    expect(page.locator(f'tr[data-id="{worst}"]')).to_contain_text("lan đã xác nhận")
    assert stage.asked == [(worst, "ack", {})]
    expect(rows.first).to_contain_text("Nhẹ")  # what waits comes first


def test_a_story_tells_who_did_what_and_takes_a_comment(desk, stage):
    raised = stage.alert(3)
    page = desk(f"/alerts?alert={raised}")
    story = page.locator("#detail")
    expect(story.locator(".timeline li")).to_have_count(1)
    story.get_by_role("textbox").fill("Đã gọi điện lực")
    story.get_by_role("button", name="Ghi chú").click()
    expect(story.locator(".timeline li").first).to_contain_text("Đã gọi điện lực")
    expect(story.locator(".timeline li").first).to_contain_text("lan")


def test_what_the_engine_refuses_is_said_and_nothing_is_lost(desk, stage):
    raised = stage.alert(3)
    page = desk(f"/alerts?alert={raised}", expected=("409",))
    expect(page.locator("#detail")).to_contain_text("Phòng họp")  # drawn anew once the picture has told its name
    page.locator("#detail").get_by_role("button", name="Báo nhầm").click()
    expect(page.get_by_role("alert")).to_contain_text("Không làm được: Chưa được")
    expect(page.locator("#rows tr")).to_have_count(1)


def test_what_one_cause_explains_stands_behind_it_as_a_number(desk, stage):
    cause = stage.alert(3, Severity.CRITICAL, rule="area-out")
    because = Suppression(Mute.PARENT, cause)
    for number in (4, 5):
        stage.alert(number, parent=cause, suppressions=(because,))
    page = desk("/alerts")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows tr")).to_contain_text("gồm 2 cảnh báo")
    page.locator("#rows tr").click()
    page.get_by_text("Giải thích 2 cảnh báo khác").click()
    page.locator(".kin li button").first.click()
    story = page.locator("#detail")
    expect(story).to_contain_text("Do cảnh báo chung này")
    expect(story).to_contain_text("nguyên nhân chung")
    page.locator("#q").fill(stage.views[stage.addresses[4]].device.name)
    expect(page.locator("#rows tr")).to_have_count(1)  # who searches for it finds it


def test_what_is_out_is_called_by_its_name_and_has_no_page_of_its_own(desk, stage):
    for subject in ("feeder:fd-loc", "area:que-loc", f"gateway:{stage.addresses[3]}"):
        raised = stage.alert(3, rule="feeder-out")
        stage.step(replace(stage.alerts[raised], device=subject), "bad")
    page = desk(f"/alerts?alert={raised}")
    expect(page.locator("#rows")).to_contain_text("Lộ điện fd-loc")
    expect(page.locator("#rows")).to_contain_text("Khu vực Quế Lộc")
    expect(page.locator("#detail header")).to_contain_text("Sau trạm Phòng họp")
    expect(page.locator("#detail header a")).to_have_count(0)


def test_who_muted_an_alert_and_until_when_stands_in_its_story(desk, stage):
    until = epoch_ms() + 3_600_000
    shelved = Suppression(Mute.SHELVED, "", epoch_ms(), until, "lan", "chờ linh kiện")
    raised = stage.alert(3, suppressions=(shelved,))
    story = desk(f"/alerts?alert={raised}").locator("#detail")
    expect(story).to_contain_text(re.compile(r"tạm gác đến \d\d:\d\d bởi lan \(chờ linh kiện\)"))


def test_work_is_given_to_a_person_of_the_book(desk, stage):
    stage.answers["people/contacts"] = lambda _: {"contacts": [{"account": "minh.tran", "display": "Trần Minh"}]}
    raised = stage.alert(3)
    page = desk(f"/alerts?alert={raised}")
    page.get_by_label("Giao cho…").select_option("Trần Minh")
    expect(page.locator("#detail table")).to_contain_text("Trần Minh")
    assert stage.asked == [(raised, "assign", {"assignee": "minh.tran"})]


def test_a_viewer_sees_the_story_and_cannot_act(look, make_stage):
    stage = make_stage(role="viewer")
    raised = stage.alert(3)
    page = look(f"/alerts?alert={raised}", on=stage)
    expect(page.locator("#detail .timeline")).to_be_visible()
    expect(page.locator("#detail button")).to_have_count(0)
    page.locator("#rows tr").first.focus()
    page.keyboard.press("a")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert stage.asked == []


def test_a_new_alert_appears_by_itself_and_the_focus_stays(desk, stage):
    first = stage.alert(3, ago=600_000)
    page = desk("/alerts")
    page.locator(f'tr[data-id="{first}"]').focus()
    stage.alert(9, Severity.CRITICAL)
    expect(page.locator("#rows tr")).to_have_count(2)
    assert page.evaluate("document.activeElement.dataset.id") == first


def test_alerts_are_found_without_tone_marks_and_sorted_by_a_column(desk, stage):
    for number in range(6):
        stage.alert(number)
    page = desk("/alerts")
    expect(page.locator("#rows tr")).to_have_count(6)
    page.locator("#q").fill("que trung")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#q").fill("")
    page.get_by_role("button", name="Thiết bị").click()
    names = page.locator("#rows tr td:nth-child(3)").all_inner_texts()
    assert names == sorted(names)
    expect(page.locator("th[data-column=device]")).to_have_attribute("aria-sort", "ascending")


def test_a_new_device_waits_in_sight_and_one_key_admits_it(desk, stage):
    stage.role = "supervisor"
    stage.admission(4, Admission.PENDING)
    page = desk("/devices")
    page.get_by_role("link", name="Có thiết bị mới chờ tiếp nhận").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#rows tr").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    expect(page.locator("#rows tr")).to_have_count(0)
    assert stage.views[stage.addresses[4]].device.admission == "admitted"


def test_a_supervisor_renames_and_moves_a_device(desk, stage):
    stage.role = "supervisor"
    page = desk("/devices?q=Camera")
    page.locator("#rows tr").first.click()
    form = page.locator("#detail form")
    form.get_by_label("Tên").fill("Camera cổng chợ mới")
    form.get_by_label("Khu vực").select_option("son-vien")
    form.get_by_role("button", name="Lưu").click()
    expect(page.locator("#detail h2")).to_have_text("Camera cổng chợ mới")
    assert "Camera cổng chợ mới" in {
        view.device.name for view in stage.views.values() if view.device.area == "son-vien"
    }


def test_courses_of_several_devices_share_a_chart_and_the_address_keeps_the_view(desk, stage):
    one, two = stage.addresses[0], stage.addresses[4]
    page = desk(f"/history?device={one}&device={two}&metric=volume_pct&range=6h")
    expect(page.locator("#charts figure")).to_have_count(1)
    expect(page.locator("#charts canvas")).to_have_count(1)
    page.get_by_role("checkbox", name="Nhiệt độ tăng âm").check()
    expect(page.locator("#charts figure")).to_have_count(2)
    assert "metric=amp_temperature_c" in page.url
    page.reload()
    expect(page.locator("#charts figure")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Bỏ ")).first.click()
    expect(page.locator("#chosen li")).to_have_count(1)
    assert one not in page.url


def test_a_device_is_added_to_the_history_by_a_few_letters(desk):
    page = desk("/history")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("body[data-seq]")).to_be_attached()
    page.keyboard.press("/")
    page.locator("#finder-input").fill("loa thon que trung")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen li")).to_have_count(1)
    expect(page.locator("#charts figure")).to_have_count(2)


def test_an_areas_figures_hold_those_of_its_parts(desk, stage):
    stage.presence(0, connected=False)
    page = desk("/areas")
    expect(page.locator("#rows tr").first).to_contain_text("Nông Sơn")
    total = page.locator("#rows tr").first.locator("td").first
    parts = sum(view.device.area in ("que-trung", "son-vien") for view in stage.views.values())
    expect(total).to_have_text(str(parts))
    expect(page.locator("#rows tr").first.locator(".wrong")).to_contain_text("1")
    expect(page.locator("#rows")).to_contain_text("2020-03-01")


def test_an_area_that_is_worked_on_says_so_and_no_share_in_service(desk, stage):
    stage.hub.show_works([Work(1, 2, areas=frozenset({"que-trung"}))])
    page = desk("/areas")
    cells = page.locator("#rows tr", has_text="Quế Trung").locator("td")
    expect(cells.nth(0)).to_contain_text("Đang bảo trì18")
    expect(cells.nth(1)).to_have_text("–")


@pytest.mark.parametrize("name", DESKS)
@pytest.mark.parametrize("size", ROOMS, ids=("desk", "phone"))
def test_a_desk_is_usable_by_everyone_and_nothing_sticks_out(look, stage, name, size):
    stage.alert(3)
    stage.answers |= {
        "areas": lambda _: {"items": [area("nong-son", "Nông Sơn")]},
        "ledger": lambda _: {"since_start": None, "hours": [], "reasons": [], "probe": None},
        "ledger/devices": lambda _: {"since": None, "devices": 0, "items": []},
        "quarantine": lambda _: {"items": [], "next": None, "by_device": {}, "by_topic": {}},
        "kpis/alarms": lambda _: alarms(),
        "people/duty": lambda _: DUTY,
        "people/escalations": lambda _: OPEN,
        "people/messages": lambda _: SENT,
        "people/contacts": lambda _: BOOK,
    }
    page = look(f"/{name}", size=size)
    expect(page.locator("body[data-shown]")).to_be_visible()
    grave = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in grave] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
