"""What the API tells of people and of the figures of alarms, for desks to draw; the figures by the real fold."""

from alerts import kpi
from alerts.model import Announce, Severity
from ioc.api import kpis
from maps.hub import epoch_ms

DAY = kpi.DAY
CAMERA = "nong-son/camera/cong-cho"
BOOK = {
    "contacts": [
        {"name": "lan", "account": "lan", "display": "Nguyễn Lan"},
        {"name": "minh", "account": "minh.tran", "display": "Trần Minh"},
    ],
    "routes": [
        {"name": "truyen-thanh", "areas": [], "families": ["loudspeaker"], "rules": [], "at_least": "major",
         "steps": [{"to": ["duty:truc"], "after_s": 0}, {"to": ["minh"], "after_s": 1800}]},
    ],
}  # fmt: skip
DUTY = {
    "items": [
        {"name": "truc", "zone": "Asia/Ho_Chi_Minh", "who": ["lan"],
         "next": {"at": "2099-11-22T00:00:00Z", "who": ["minh"]}},
        {"name": "dem", "zone": "Asia/Ho_Chi_Minh", "who": [], "next": None},
    ]
}  # fmt: skip
OPEN = {
    "items": [
        {"alert": "A1", "title": {"vi": "Tăng âm quá nóng", "en": "Amplifier is too hot"}, "device": "Cụm loa Quế Lâm",
         "route": "truyen-thanh", "since": "2026-11-22T04:00:00Z", "severity": "major", "area": None,
         "level": 1, "round": 0, "state": "exhausted", "next": None},
    ]
}  # fmt: skip
SENT = {
    "items": [
        {"key": "p-1", "contact": "lan", "way": 0, "channel": "telegram", "alerts": ["A1"], "announce": "open",
         "title": {"vi": "CẢNH BÁO (nặng): Tăng âm quá nóng", "en": "ALERT (major): Amplifier is too hot"},
         "text": {"vi": "CẢNH BÁO (nặng): Tăng âm quá nóng\nCần làm: tắt", "en": "ALERT"}, "state": "failed",
         "attempts": 3, "created_at": "2026-11-22T04:00:00Z", "due_at": "2026-11-22T04:00:00Z", "settled_at": None,
         "error": "HTTP 503", "receipt": None},
    ],
    "next": None,
}  # fmt: skip


def alarms(hours=24, flood=12):
    """The figures of some hours: one camera that chatters, and a flood of many."""
    now = epoch_ms()
    told = [
        kpi.Told(now - 2 * kpi.HOUR + n * 15_000, f"c{n}", "camera-hot", CAMERA, Severity.MAJOR, Announce.OPEN)
        for n in range(4)
    ]
    told += [
        kpi.Told(
            now - 5 * kpi.HOUR + n * 20_000, f"f{n}", "gone", f"nong-son/wifi/w{n}", Severity.WARNING, Announce.OPEN
        )
        for n in range(flood)
    ]
    stale = [kpi.Standing("storage-full", CAMERA, now - 3 * DAY)]
    found = kpi.figures(told, stale, now - hours * kpi.HOUR, now)
    return kpis.written(found, {CAMERA: "Camera cổng chợ"})
