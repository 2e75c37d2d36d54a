"""The ledger's page in a real browser: a sum that adds up, hours, reasons with their mend, devices with their hours."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from maps.hub import epoch_ms

pytestmark = pytest.mark.real

ROOMS = [{"width": 1920, "height": 1080}, {"width": 390, "height": 844}]
NAMES = ("received", "stored", "duplicate", "ignored", "quarantined", "shed", "seq_gaps")
CAMERA, SPEAKER = "nong-son/camera/cong-cho", "nong-son/loudspeaker/loa-trung-ha"


def hour(ago):
    at = datetime.fromtimestamp(epoch_ms() // 3_600_000 * 3600, UTC) - timedelta(hours=ago)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def settled(received, duplicate=0, ignored=0, quarantined=0, shed=0, seq_gaps=0):
    stored = received - duplicate - ignored - quarantined - shed
    return dict(zip(NAMES, (received, stored, duplicate, ignored, quarantined, shed, seq_gaps), strict=True))


class Account:
    """A district's account: most is stored, one camera sends nonsense, one loudspeaker repeats itself."""

    def __init__(self, **since_start):
        start = {**settled(12345, 31, 6, 14, 0, 5), "started_at": hour(47), "in_flight": 0, "spooled": 0}
        self.since_start = {**start, **since_start}
        self.probe = {
            "health": "ok", "leg": None, "every_s": 5, "sent": 120,
            "stored": {"count": 120, "lost": 0, "last": 57.2, "p50": 54.1, "p95": 102},
            "live": {"count": 120, "lost": 0, "last": 1123.4, "p50": 123, "p95": 252},
        }  # fmt: skip
        self.reasons = [("not_json", 11, 11), ("out_of_range", 2, 40), ("quite_new", 1, 1), ("bad_time", 0, 3)]
        self.rows = [self.row(number) for number in range(1, 46)]

    @staticmethod
    def row(number):
        reason = ("not_json", "out_of_range", "quite_new")[number % 3]
        foreign = number % 4 == 0
        topic = "zigbee2mqtt/nha-van-hoa/cam-bien-nhiet-do" if foreign else f"ioc/v1/{CAMERA}/telemetry"
        return {
            "id": number, "received_at": hour(number // 6), "topic": topic, "device": None if foreign else CAMERA,
            "reason": reason, "detail": "battery_pct=150: a percentage is 0 to 100", "bytes": 60 + number,
            "head": '{"v":1,"m":{"battery_pct":150,"note":"<b>•••</b>"}',
        }  # fmt: skip

    def ledger(self, _):
        hours = [
            {"hour": hour(n), **settled(250 + 7 * (n % 11), 3 if n == 5 else 0, n % 2, 9 if n in (3, 20) else 0, 0,
                                        4 if n == 7 else 0)}
            for n in range(40)
        ]  # fmt: skip
        reasons = [{"reason": name, "in_hours": recent, "all_time": ever} for name, recent, ever in self.reasons]
        return {
            "since_start": self.since_start, "hours": hours, "all_time": settled(99999), "reasons": reasons,
            "probe": self.probe,
        }  # fmt: skip

    def devices(self, query):
        wrong = {"duplicate": 0, "quarantined": 0, "shed": 0, "seq_gaps": 0}
        camera = [{"hour": hour(n), **wrong, "quarantined": 1 + n % 4} for n in (9, 4, 3, 1)]
        speaker = [
            {"hour": hour(6), **wrong, "duplicate": 31, "seq_gaps": 5},
            {"hour": hour(2), **wrong, "seq_gaps": -5},
        ]
        items = [
            {"address": CAMERA, "name": "Camera cổng chợ", **wrong, "quarantined": 10, "hours": camera},
            {"address": SPEAKER, "name": None, **wrong, "duplicate": 31, "hours": speaker},
        ]
        return {"since": hour(int(query["hours"]) - 1), "devices": 54, "items": items}

    def quarantine(self, query):
        before, limit = int(query.get("cursor", 999)), int(query["limit"])
        found = [
            row for row in reversed(self.rows)
            if row["id"] < before and query.get("reason", row["reason"]) == row["reason"]
            and query.get("topic", "") in row["topic"]
        ]  # fmt: skip
        topics = {}
        for row in self.rows:
            topics[row["topic"]] = topics.get(row["topic"], 0) + 1
        return {
            "items": found[:limit], "next": str(found[limit - 1]["id"]) if len(found) > limit else None,
            "by_reason": {}, "by_device": {CAMERA: 34}, "by_topic": topics,
        }  # fmt: skip

    def give(self, stage):
        """Let a stage answer with this account."""
        stage.answers |= {
            "ledger": self.ledger, "ledger/devices": self.devices, "quarantine": self.quarantine,
        }  # fmt: skip


@pytest.fixture
def ledger(look, stage):
    """Opens the ledger's page of an account and waits until it is shown."""

    def open_ledger(account=None, path="/ledger", **wishes):
        (account or Account()).give(stage)
        page = look(path, **wishes)
        expect(page.locator("body[data-shown]")).to_be_visible()
        return page

    return open_ledger


def test_the_wall_and_the_account_lead_to_it_and_it_leads_back(look, stage):
    Account().give(stage)
    page = look("/")
    page.get_by_role("link", name="Bản tin mỗi phút").click()
    expect(page.locator("h1")).to_have_text("Sổ cái bản tin")
    page.get_by_role("link", name="Màn hình chính").click()
    page.get_by_role("link", name="Tài khoản của lan").click()
    page.get_by_role("link", name="Sổ cái bản tin").click()
    expect(page.locator("#sum")).to_be_visible()


def test_the_account_is_a_sentence_that_adds_up(ledger):
    page = ledger()
    said = "Nhận 12.345 = lưu 12.294 + trùng 31 + bỏ qua 6 + cách ly 14 + bớt 0 + đang xử lý 0"
    expect(page.locator("#sum")).to_have_text(said)
    expect(page.locator("#lost")).to_contain_text("0 mất · mọi bản tin đều có nơi có chốn")
    expect(page.locator("#lost")).to_contain_text("5 thiếu số")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#sum")).to_contain_text("Received 12,345 = stored 12,294 + duplicate 31")


def test_what_is_shed_or_does_not_add_up_is_lost(ledger):
    page = ledger(Account(**{**settled(1000, shed=7), "stored": 990}))
    expect(page.locator("#lost .bad")).to_have_text("10 mất")


def test_what_waits_on_disk_is_told(ledger):
    page = ledger(Account(received=13345, in_flight=1000, spooled=990))
    expect(page.locator("#spooled")).to_contain_text("990 bản tin")


def test_before_the_first_message_the_page_is_calm(ledger, stage):
    account = Account()
    account.since_start, account.reasons, account.rows = None, [], []
    account.ledger = lambda _: {"since_start": None, "hours": [], "all_time": settled(0), "reasons": [], "probe": None}
    account.devices = lambda query: {"since": hour(23), "devices": 0, "items": []}
    account.quarantine = lambda query: {"items": [], "next": None, "by_reason": {}, "by_device": {}, "by_topic": {}}
    page = ledger(account)
    expect(page.locator("#since")).to_have_text("Chưa nhận bản tin nào")
    expect(page.locator("#legs")).to_have_text("Không có trong tiến trình này.")
    for empty in ("reasons", "places", "heads", "troubles"):
        expect(page.locator(f"#{empty} .none")).to_be_visible()


def test_what_the_self_probe_measured_is_told(ledger):
    page = ledger()
    expect(page.locator("#probe-is")).to_have_text("Thông suốt")
    expect(page.locator("#legs li").nth(0)).to_have_text("Gửi → lưu57 msnửa số lần dưới54 ms95% dưới102 ms")
    expect(page.locator("#legs li").nth(1)).to_contain_text("1.123 ms")
    expect(page.locator("#probe-why")).to_be_hidden()


def test_where_the_self_probe_sees_nothing_is_told(ledger):
    account = Account()
    account.probe |= {"health": "lost", "leg": "live", "live": {**account.probe["live"], "lost": 3}}
    page = ledger(account)
    expect(page.locator("#probe-is")).to_have_text("Không thấy")
    expect(page.locator("#probe-why")).to_contain_text("màn hình không nhận được")
    expect(page.locator("#legs li").nth(1)).to_contain_text("không thấy 3 lần")


def test_the_wall_says_when_the_self_probe_fails(look, stage):
    page = look("/")
    expect(page.locator("#figure-flow .note")).to_have_text("0 mất")
    stage.more |= {"probe": "lost"}
    expect(page.locator("#figure-flow .note")).to_have_text("tự kiểm tra: không thấy")
    expect(page.locator("#figure-flow")).to_have_class(re.compile("raised"))
    stage.counts |= {"received": 9, "shed": 9}
    expect(page.locator("#figure-flow .note")).to_have_text("9 mất · tự kiểm tra: không thấy")
    stage.more |= {"probe": "ok"}
    expect(page.locator("#figure-flow .note")).to_have_text("9 mất")


def test_hours_are_read_with_the_arrows_and_in_a_table(ledger):
    page = ledger()
    expect(page.locator(".band")).to_have_count(4)
    page.locator("#bands").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#hours-said")).to_have_text(re.compile(r"nhận 271 · lưu 261 · bỏ qua 1 · cách ly 9$"))
    page.get_by_text("Xem bảng số liệu").click()
    expect(page.locator("#hours tbody tr")).to_have_count(40)
    expect(page.locator("#hours tbody tr").nth(3)).to_contain_text("271")


def test_a_reason_says_what_to_do_and_narrows_the_examples(ledger):
    page = ledger()
    first = page.locator("#reasons li").first
    expect(first).to_contain_text("11Không phải JSON")
    expect(first).to_contain_text("→ Kiểm tra cách thiết bị đóng gói bản tin")
    expect(page.locator("#reasons li").nth(2)).to_contain_text("quite new")
    expect(page.locator("#heads li")).to_have_count(10)
    page.get_by_role("button", name="Phần trăm ngoài 0–100").click()
    expect(page.locator("#heads li")).to_have_count(10)
    expect(page.locator("#heads strong:not(:text('Phần trăm'))")).to_have_count(0)
    expect(page.get_by_role("button", name="Phần trăm ngoài 0–100")).to_be_focused()
    expect(page.locator("#only")).to_have_text("Chỉ xem: Phần trăm ngoài 0–100")
    page.get_by_role("button", name="Xem tất cả").click()
    page.get_by_role("button", name="zigbee2mqtt/nha-van-hoa").click()
    expect(page.locator("#only")).to_contain_text("zigbee2mqtt")
    expect(page.locator("#heads a")).to_have_count(0)


def test_examples_are_paged_and_never_become_markup(ledger):
    page = ledger()
    page.get_by_role("button", name="Xem thêm").click()
    expect(page.locator("#heads li")).to_have_count(20)
    expect(page.locator("#heads li").nth(10)).to_be_focused()
    for shown in (30, 40, 45):
        page.get_by_role("button", name="Xem thêm").click()
        expect(page.locator("#heads li")).to_have_count(shown)
    expect(page.get_by_role("button", name="Xem thêm")).to_be_hidden()
    expect(page.locator("#heads code").first).to_contain_text("<b>•••</b>")


def test_a_device_opens_to_its_hours_and_stays_open(ledger):
    page = ledger()
    expect(page.locator("#troubles summary").first).to_contain_text("Camera cổng chợ")
    expect(page.locator("#others")).to_have_text("và 52 thiết bị khác")
    page.locator("#troubles summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#troubles ul").first.locator("li")).to_have_count(4)
    with page.expect_response("**/ledger/devices?hours=168*"):
        page.get_by_label("Khoảng thời gian").select_option("168")
    expect(page.locator("#troubles ul").first.locator("li").first).to_be_visible()
    expect(page.locator("#troubles summary").nth(1)).to_contain_text("trùng 31")


@pytest.mark.parametrize("size", ROOMS)
def test_nothing_sticks_out_and_nothing_is_small(ledger, size):
    page = ledger(size=size)
    page.locator("#troubles summary").first.click()
    page.get_by_text("Xem bảng số liệu").click()
    page.get_by_text("Các từ này nghĩa là gì?").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate("""() => [...document.querySelectorAll("body *")]
      .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)""")
    assert small == []
