"""Says which figures of alarms are out of bounds, which rule is to be mended, and how, in Vietnamese and English.

Pure. The limits are ISA-18.2's and EEMUA 191's, per operator: acceptable, and the most that can be managed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from alerts.kpi import HOUR, Figures
from alerts.model import Severity

MIN_ALARMS: Final = 30  # below that a share says nothing


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure's bounds: at most `good` is acceptable, beyond `most` is to be mended now."""

    good: float
    most: float

    def judge(self, value: float) -> str:
        """`good`, `fair` or `poor`."""
        return "good" if value <= self.good else "fair" if value <= self.most else "poor"


LIMITS: Final[Mapping[str, Limit]] = {
    "per_day": Limit(150, 300),
    "per_hour": Limit(6, 12),
    "per_ten_minutes": Limit(1, 2),
    "most_in_ten_minutes": Limit(10, 20),
    "busy_windows_share": Limit(0.01, 0.05),
    "flood_share": Limit(0.01, 0.05),
    "top_share": Limit(0.05, 0.15),
    "chattering": Limit(0, 0),
    "fleeting": Limit(0, 0),
    "stale": Limit(4, 20),
}
_MOST_OF: Final = {Severity.MAJOR: 0.25, Severity.CRITICAL: 0.10}  # about 15 and 5 in a hundred are meant


@dataclass(frozen=True, slots=True)
class Advice:
    """What to mend: the figure, the rule where one is to blame, and a sentence in each language."""

    figure: str
    rule: str | None
    vi: str
    en: str


def verdicts(found: Figures) -> Mapping[str, str]:
    """Each figure that has limits: `good`, `fair` or `poor`; a share of few alarms is `few`, for it says nothing."""
    values = {name: getattr(found, name) for name in LIMITS}
    judged = {name: LIMITS[name].judge(len(v) if isinstance(v, tuple) else v) for name, v in values.items()}
    return {**judged, "top_share": "few"} if found.alarms < MIN_ALARMS else judged


def advise(found: Figures) -> tuple[Advice, ...]:
    """What to mend, the worst first."""
    return (*_chatter(found), *_stale(found), *_load(found), *_top(found), *_mix(found))


def _chatter(found: Figures) -> Iterator[Advice]:
    for each in found.chattering:
        yield Advice(
            "chattering", each.rule,
            f"{each.rule} trên {each.subject} nhấp nháy ({each.count} lần): thêm vùng trễ (clear_below/clear_above) "
            "hoặc tăng keep",
            f"{each.rule} on {each.subject} chatters ({each.count} times): widen its dead band "
            "(clear_below, clear_above) or raise keep",
        )  # fmt: skip
    for each in found.fleeting:
        yield Advice(
            "fleeting", each.rule,
            f"{each.rule} trên {each.subject} tự hết trong 10 giây ({each.count} lần): tăng for",
            f"{each.rule} on {each.subject} is over within 10 s ({each.count} times): raise for",
        )  # fmt: skip


def _stale(found: Figures) -> Iterator[Advice]:
    for rule, count in Counter(each.rule for each in found.stale).most_common():
        yield Advice(
            "stale", rule,
            f"{count} cảnh báo của {rule} kéo dài hơn 24 giờ: sửa thiết bị, cho nghỉ, hoặc đổi ngưỡng",
            f"{count} alarms of {rule} have been active for over 24 h: mend or retire the device, or move the limit",
        )  # fmt: skip


def _load(found: Figures) -> Iterator[Advice]:
    if LIMITS["per_hour"].judge(found.per_hour) != "good" and found.until - found.since >= HOUR:
        worst = found.top[0].rule if found.top else None
        yield Advice(
            "per_hour", worst,
            f"{found.per_hour:.1f} cảnh báo mỗi giờ một người (nên ≤ 6, tối đa 12): bắt đầu từ mười nguồn nhiều nhất",
            f"{found.per_hour:.1f} alarms an hour and operator (6 are right, 12 the most): begin with the top ten",
        )  # fmt: skip
    if found.floods:
        yield Advice(
            "floods", None,
            f"{len(found.floods)} đợt dồn dập (>10 trong 10 phút): gộp theo khu vực, trạm hay nguồn điện (kind outage)",
            f"{len(found.floods)} floods (over 10 in 10 minutes): gather by area, gateway or feeder (kind outage)",
        )  # fmt: skip


def _top(found: Figures) -> Iterator[Advice]:
    if found.alarms < MIN_ALARMS or LIMITS["top_share"].judge(found.top_share) == "good":
        return
    for each in found.top[:3]:
        yield Advice(
            "top_share", each.rule,
            f"{each.rule} trên {each.subject} gây {each.count} trong {found.alarms} cảnh báo: xem thiết bị này trước",
            f"{each.rule} on {each.subject} makes {each.count} of {found.alarms} alarms: look at that device first",
        )  # fmt: skip


def _mix(found: Figures) -> Iterator[Advice]:
    if found.alarms < MIN_ALARMS:
        return
    for severity, most in _MOST_OF.items():
        share = found.mix[severity]
        if share > most:
            yield Advice(
                "mix", None,
                f"{share:.0%} cảnh báo là {severity.value} (nên ≤ {most:.0%}): hạ mức luật không cần làm ngay",
                f"{share:.0%} of alarms are {severity.value} (at most {most:.0%}): lower what needs no instant answer",
            )  # fmt: skip
