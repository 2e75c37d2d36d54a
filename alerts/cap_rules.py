"""Decides whether a CAP 1.2 message may go out: the schema's value rules and those that only the prose has.

Pure; every refusal says why in both languages. The XSD alone lets through an empty identifier, an Update that updates
nothing, an open polygon or a swapped longitude (12 such were measured); conformance is schema *and* section 3 of the
text. Structure (order, unknown elements) is `alerts.cap_xml`'s, which reads nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Final

from alerts import cap
from alerts.cap import CapArea, CapInfo, CapMessage, CapResource, Fault

Box = tuple[float, float, float, float]
"""A jurisdiction: west, south, east, north in degrees."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_NAME: Final = re.compile(r"[^\s,<&]+")  # 3.2.1: no spaces, commas or restricted characters
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ADDRESSES: Final = re.compile(r'(?:"[^"]*"|[^\s"]+)(?:\s+(?:"[^"]*"|[^\s"]+))*')
_WRITABLE: Final = re.compile(r"[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")  # XML 1.0, without CR
_SMALLEST_RING: Final = 4


def check(message: CapMessage, *, jurisdiction: Box | None = None) -> tuple[Fault, ...]:
    """Every reason to refuse the message; none means that it conforms. `jurisdiction`: areas must lie in it."""
    return tuple(_message(message, jurisdiction))


def _message(message: CapMessage, box: Box | None) -> Iterator[Fault]:
    if not all(_WRITABLE.fullmatch(text) for text in _texts(message)):
        yield Fault("alert", "not_writable", "có ký tự điều khiển mà XML không chứa được",
                    "holds a control character that XML cannot carry")  # fmt: skip
    for name, value in (("identifier", message.identifier), ("sender", message.sender)):
        if not _NAME.fullmatch(value):
            yield Fault(f"alert.{name}", "bad_name", f"{name} rỗng hoặc có dấu cách, dấu phẩy, < hay &",
                        f"{name} is empty or has a space, a comma, < or &")  # fmt: skip
    yield from _time("alert.sent", message.sent)
    yield from _word("alert.status", message.status, cap.STATUSES)
    yield from _word("alert.msgType", message.msg_type, cap.TYPES)
    yield from _word("alert.scope", message.scope, cap.SCOPES)
    yield from _scoped(message)
    yield from _references(message)
    for number, info in enumerate(message.infos):
        yield from _info(f"alert.info[{number}]", info, message, box)


def _scoped(message: CapMessage) -> Iterator[Fault]:
    if message.scope == "Private" and not (message.addresses or "").strip():
        yield Fault("alert.addresses", "addresses_needed", "Private cần addresses", "Private needs addresses")
    if message.scope == "Restricted" and not (message.restriction or "").strip():
        yield Fault("alert.restriction", "restriction_needed", "Restricted cần restriction",
                    "Restricted needs a restriction")  # fmt: skip
    if message.addresses is not None and not _ADDRESSES.fullmatch(message.addresses.strip() or '"'):
        yield Fault("alert.addresses", "bad_addresses", "addresses sai: tên có dấu cách phải trong ngoặc kép",
                    "addresses are wrong: a name with spaces stands in quotes")  # fmt: skip


def _references(message: CapMessage) -> Iterator[Fault]:
    if message.msg_type in cap.TYPES[1:] and not (message.references or "").strip():
        yield Fault("alert.references", "references_needed", f"{message.msg_type} phải nêu bản tin mà nó tác động",
                    f"{message.msg_type} must name the messages that it acts on")  # fmt: skip
    for triple in (message.references or "").split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(_NAME.fullmatch(part) for part in parts) or _parsed(parts[-1]) is None:
            yield Fault("alert.references", "bad_reference", f"{triple[:60]!r} không phải sender,identifier,sent",
                        f"{triple[:60]!r} is not sender,identifier,sent")  # fmt: skip
        elif parts[:2] == [message.sender, message.identifier]:
            yield Fault("alert.references", "own_reference", "bản tin không thể nêu chính nó",
                        "a message cannot act on itself: an update has a new identifier")  # fmt: skip


def _info(where: str, info: CapInfo, message: CapMessage, box: Box | None) -> Iterator[Fault]:
    for category in info.categories:
        yield from _word(f"{where}.category", category, cap.CATEGORIES)
    if not info.categories:
        yield Fault(f"{where}.category", "missing", "thiếu category", "category is missing")
    for response in info.responses:
        yield from _word(f"{where}.responseType", response, cap.RESPONSES)
    yield from _word(f"{where}.urgency", info.urgency, cap.URGENCIES)
    yield from _word(f"{where}.severity", info.severity, cap.SEVERITIES)
    yield from _word(f"{where}.certainty", info.certainty, cap.CERTAINTIES)
    yield from _filled(f"{where}.event", info.event)
    if info.language is not None and not _LANGUAGE.fullmatch(info.language):
        yield Fault(f"{where}.language", "bad_language", "language phải theo RFC 3066, như vi-VN",
                    "language must follow RFC 3066, as vi-VN")  # fmt: skip
    if info.web is not None and not _URI.fullmatch(info.web):
        yield _bad_uri(f"{where}.web")
    yield from _named_pairs(where, info)
    yield from _times(where, info, message)
    for number, resource in enumerate(info.resources):
        yield from _resource(f"{where}.resource[{number}]", resource)
    for number, area in enumerate(info.areas):
        yield from _area(f"{where}.area[{number}]", area, box)


def _named_pairs(where: str, info: CapInfo) -> Iterator[Fault]:
    for tag, pairs in (("eventCode", info.event_codes), ("parameter", info.parameters)):
        for name, _ in pairs:
            yield from _filled(f"{where}.{tag}.valueName", name)


def _times(where: str, info: CapInfo, message: CapMessage) -> Iterator[Fault]:
    named = {"effective": info.effective, "onset": info.onset, "expires": info.expires}
    for name, value in named.items():
        if value is not None:
            yield from _time(f"{where}.{name}", value)
    expires = None if info.expires is None else _parsed(info.expires)
    earlier = [message.sent, info.effective, info.onset]
    begun = [at for at in (_parsed(text) for text in earlier if text is not None) if at is not None]
    if expires is not None and any(expires <= at for at in begun):
        yield Fault(f"{where}.expires", "expired", "expires phải sau sent, effective và onset",
                    "expires must be after sent, effective and onset")  # fmt: skip


def _resource(where: str, resource: CapResource) -> Iterator[Fault]:
    yield from _filled(f"{where}.resourceDesc", resource.resource_desc)
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", resource.mime_type):
        yield Fault(f"{where}.mimeType", "bad_mime_type", "mimeType phải như audio/mpeg", "a mimeType is as audio/mpeg")
    if resource.size is not None and not resource.size.isdecimal():
        yield Fault(f"{where}.size", "bad_size", "size là số byte", "size is a number of bytes")
    if resource.uri is not None and not _URI.fullmatch(resource.uri):
        yield _bad_uri(f"{where}.uri")


def _area(where: str, area: CapArea, box: Box | None) -> Iterator[Fault]:
    yield from _filled(f"{where}.areaDesc", area.area_desc)
    for number, polygon in enumerate(area.polygons):
        yield from _polygon(f"{where}.polygon[{number}]", polygon, box)
    for number, circle in enumerate(area.circles):
        yield from _circle(f"{where}.circle[{number}]", circle, box)
    for name, _ in area.geocodes:
        yield from _filled(f"{where}.geocode.valueName", name)
    for name, height in (("altitude", area.altitude), ("ceiling", area.ceiling)):
        if height is not None and not _NUMBER.fullmatch(height):
            yield Fault(f"{where}.{name}", "not_a_number", f"{name} là số (feet)", f"{name} is a number of feet")
    if area.ceiling is not None and area.altitude is None:
        yield Fault(f"{where}.ceiling", "ceiling_alone", "ceiling chỉ dùng cùng altitude",
                    "a ceiling needs an altitude")  # fmt: skip


def _polygon(where: str, text: str, box: Box | None) -> Iterator[Fault]:
    points = [_point(pair) for pair in text.split()]
    if len(points) < _SMALLEST_RING:
        yield Fault(where, "too_few_points", "đa giác cần ít nhất 4 cặp", "a polygon needs 4 pairs at least")
    elif points[0] != points[-1]:
        yield Fault(where, "not_closed", "cặp cuối phải trùng cặp đầu", "the last pair must be the first again")
    yield from _places(where, points, box)


def _circle(where: str, text: str, box: Box | None) -> Iterator[Fault]:
    parts = text.split()
    if len(parts) != 2 or not _NUMBER.fullmatch(parts[1]) or float(parts[1]) < 0:
        yield Fault(where, "bad_circle", "hình tròn là 'vĩ độ,kinh độ bán kính km'", "a circle is 'lat,lon km'")
        return
    yield from _places(where, [_point(parts[0])], box)


def _places(where: str, points: Iterable[tuple[float, float] | None], box: Box | None) -> Iterator[Fault]:
    known = []
    for point in points:
        if point is None or not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
            yield Fault(where, "bad_point", "điểm phải là vĩ độ,kinh độ trong ±90,±180",
                        "a point is latitude,longitude within ±90,±180")  # fmt: skip
            return
        known.append(point)
    if box is not None and any(not (box[1] <= lat <= box[3] and box[0] <= lon <= box[2]) for lat, lon in known):
        yield Fault(where, "outside", "vùng nằm ngoài địa bàn", "the area lies outside the jurisdiction")


def _texts(record: object) -> Iterator[str]:
    """Every text of a record and of those inside it."""
    if isinstance(record, str):
        yield record
    elif isinstance(record, tuple):
        for each in record:
            yield from _texts(each)
    elif is_dataclass(record):
        for field in fields(record):
            yield from _texts(getattr(record, field.name))


def _point(text: str) -> tuple[float, float] | None:
    parts = text.split(",")
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    return float(parts[0]), float(parts[1])


def _parsed(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _time(where: str, text: str) -> Iterator[Fault]:
    if _parsed(text) is None:
        yield Fault(where, "bad_time", "thời gian phải như 2026-11-22T11:05:06+07:00, không Z, không phần lẻ",
                    "a time is as 2026-11-22T11:05:06+07:00: no Z, no fraction")  # fmt: skip


def _word(where: str, value: str, known: tuple[str, ...]) -> Iterator[Fault]:
    if value not in known:
        yield Fault(where, "unknown_word", f"{value[:40]!r} không có; dùng {', '.join(known)}",
                    f"{value[:40]!r} is none of {', '.join(known)}")  # fmt: skip


def _filled(where: str, value: str) -> Iterator[Fault]:
    if not value.strip():
        yield Fault(where, "empty", "không được để trống", "must not be empty")


def _bad_uri(where: str) -> Fault:
    return Fault(where, "bad_uri", "phải là địa chỉ đầy đủ, như https://…", "must be a full address, as https://…")
