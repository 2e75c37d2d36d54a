"""The desks of people and of the figures of alarms in a real browser: who is on duty, what was sent, what to mend."""

import re

import pytest
from playwright.sync_api import expect

from tests.maps.told import BOOK, DUTY, OPEN, SENT, alarms

pytestmark = pytest.mark.real


@pytest.fixture
def people(look, make_stage):
    """Opens the desk of people for somebody of a role."""

    def open_desk(role="operator"):
        stage = make_stage(role=role)
        stage.answers |= {
            "people/duty": lambda _: DUTY, "people/escalations": lambda _: OPEN, "people/contacts": lambda _: BOOK,
            "people/messages": lambda query: SENT if query.get("state") != "sent" else {"items": [], "next": None},
        }  # fmt: skip
        page = look("/people", on=stage)
        expect(page.locator("body[data-shown]")).to_be_visible()
        return page

    return open_desk


def test_who_is_on_duty_and_who_takes_over_stand_first_and_a_gap_is_said(people):
    page = people()
    expect(page.locator("#duties li").nth(0)).to_contain_text("Nguyễn Lan")
    expect(page.locator("#duties li").nth(0)).to_contain_text("Trần Minh")
    expect(page.locator("#duties li").nth(1)).to_contain_text("Không có ai!")


def test_what_nobody_has_taken_up_leads_to_its_alert(people):
    page = people()
    line = page.locator("#open-list li")
    expect(line).to_contain_text("đã báo hết mọi người, chưa ai trả lời")
    expect(line.get_by_role("link")).to_have_text("Nặng · Tăng âm quá nóng · Cụm loa Quế Lâm")
    expect(line.get_by_role("link")).to_have_attribute("href", "/alerts?alert=A1")


def test_a_message_says_how_it_went_and_opens_to_its_words(people):
    page = people()
    line = page.locator("#letters li")
    expect(line).to_contain_text("không gửi được · 3 lần thử · HTTP 503")
    line.locator("summary").click()
    expect(line.locator(".text")).to_contain_text("Cần làm: tắt")
    page.get_by_label("Tình trạng").select_option("đã gửi")
    expect(line).to_contain_text("Không có tin nào như vậy")


def test_the_book_says_who_is_told_of_what_and_when(people):
    route = people().locator("#routes > li")
    expect(route).to_contain_text("Loa truyền thanh, từ mức Nặng")
    expect(route.locator("ol li").nth(0)).to_have_text("ngay: ca trực truc")
    expect(route.locator("ol li").nth(1)).to_have_text("sau 30 phút: Trần Minh")


def test_a_viewer_sees_who_is_on_duty_and_no_messages(people):
    page = people("viewer")
    expect(page.locator("#duties li")).to_have_count(2)
    expect(page.locator("#messages")).to_be_hidden()


@pytest.fixture
def kpis(look, stage):
    """Opens the desk of the figures."""
    stage.answers["kpis/alarms"] = lambda query: alarms(int(query["hours"]), 0 if query.get("area") else 12)
    page = look("/kpis")
    expect(page.locator("body[data-shown]")).to_be_visible()
    return page


def test_each_figure_stands_beside_its_limits_with_a_verdict_in_words(kpis):
    crowd = kpis.locator("#measures li", has_text="Nhiều nhất trong 10 phút")
    expect(crowd).to_contain_text("12")
    expect(crowd).to_contain_text("tạm được")
    expect(crowd).to_contain_text("nên ≤ 10, tối đa 20")
    expect(kpis.locator("#measures li", has_text="Mười nguồn đầu chiếm")).to_contain_text("quá ít để nói")
    expect(kpis.locator("#sentence")).to_have_text(re.compile(r"16 lần báo từ .* Có 1 đợt dồn dập"))


def test_what_to_mend_and_who_asks_most_are_named_by_their_names(kpis):
    expect(kpis.locator("#advice")).to_contain_text("nhấp nháy (4 lần)")
    expect(kpis.locator("#advice")).to_contain_text("Kéo dài từ")
    expect(kpis.locator("#top li").first).to_contain_text("Camera cổng chợ")
    expect(kpis.locator("#top li").first.get_by_role("link")).to_have_attribute(
        "href", "/devices/nong-son/camera/cong-cho"
    )


def test_a_longer_span_is_drawn_by_the_day_and_kept_in_the_address(kpis):
    assert kpis.locator("#columns g").count() == 8  # a week touches eight days, unless it is midnight
    kpis.locator("select[name=hours]").select_option("24 giờ")
    expect(kpis).to_have_url(re.compile("hours=24"))
    expect(kpis.locator("#columns g")).to_have_count(25)
