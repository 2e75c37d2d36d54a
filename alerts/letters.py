"""Writes the one message that a packet becomes for one contact, and the next one where its way failed.

Pure. Short, in the contact's language (Vietnamese first), with what, where, since when, what to do and where to look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from alerts.gathering import Packet
from alerts.model import Announce, Severity
from alerts.outbox import Delivery, Letter
from alerts.people import ZONE, Contact, Notice
from alerts.wording import announced, measured, rfc3339, severity_word

MOST_LINES: Final = 8  # a telephone's screen; the rest is a number
_RANKS: Final = {
    Announce.WORSE: 0, Announce.OPEN: 1, Announce.FLAPPING: 2, Announce.REMINDER: 3, Announce.TAKEN: 4,
    Announce.WITHDRAWN: 5, Announce.CLEAR: 6,
}  # fmt: skip
_WORDS: Final = {
    "vi": {
        "since": "từ", "by": "{name} nhận xử lý", "do": "Cần làm", "more": "và {n} cảnh báo nữa",
        "still": "Vẫn còn {n} cảnh báo ở đó", "many": "{n} TIN CẢNH BÁO", "again": "VẪN CÒN",
        "feeder": "lộ điện {name}", "uplink": "tuyến truyền dẫn {name}", "batch": "lô {name}", "centre": "cả trung tâm",
    },
    "en": {
        "since": "since", "by": "{name} has it in hand", "do": "To do", "more": "and {n} more",
        "still": "{n} more still active there", "many": "{n} ALERT NOTICES", "again": "STILL ACTIVE",
        "feeder": "feeder {name}", "uplink": "uplink {name}", "batch": "batch {name}", "centre": "the whole centre",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What people call places and devices, what each rule says is to be done, and where the wall is."""

    areas: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    advice: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by rule and language


@dataclass(frozen=True, slots=True)
class Message:
    """One letter to one contact by one of their ways; `way` counts from 0, the preferred one."""

    letter: Letter
    contact: str
    way: int
    areas: tuple[str | None, ...]


def compose(contact: Contact, packet: Packet, names: Names, now: int) -> Message:
    """The message by the contact's first way."""
    tells = packet.news or packet.still
    worst = min((notice.announce for notice in tells), key=_rank)
    first = next(notice for notice in tells if notice.announce is worst)
    digest = sha256("\0".join([contact.name, str(now), *(each.key for each in tells)]).encode()).hexdigest()[:24]
    announce = worst if packet.news else Announce.REMINDER
    letter = Letter(
        key=f"p-{digest}",
        alert_id=first.alert_id,
        version=first.version,
        episode=first.episode,
        announce=announce,
        channel=contact.ways[0],
        body=_body(contact, packet, names, now, announce),
        created_at=now,
        due_at=now,
    )
    return Message(letter, contact.name, 0, packet.areas)


def fall_back(message: Message, contact: Contact | None, now: int) -> Message | None:
    """The same by the contact's next way, where this one has failed for good; None where there is no other."""
    if message.letter.state is not Delivery.FAILED or contact is None or message.way + 1 >= len(contact.ways):
        return None
    way = message.way + 1
    letter = replace(
        message.letter,
        key=f"{message.letter.key.partition('.')[0]}.{way}",
        channel=contact.ways[way],
        state=Delivery.QUEUED,
        attempts=0,
        created_at=now,
        due_at=now,
        settled_at=None,
        error=None,
        receipt=None,
    )
    return replace(message, letter=letter, way=way)


def _rank(announce: Announce) -> int:
    """The worst first."""
    return _RANKS[announce]


def _body(contact: Contact, packet: Packet, names: Names, now: int, announce: Announce) -> dict[str, object]:
    tells = packet.news or packet.still
    facts = [_facts(notice, names) for notice in tells]
    return {
        "announce": announce.value,
        "at": rfc3339(now),
        "title": {language: _title(packet, names, language) for language in _WORDS},
        "text": {language: _text(packet, names, language) for language in _WORDS},
        "alert": facts[0],
        "alerts": facts,
        "contact": {"name": contact.name, "language": contact.language},
        "link": None if names.link is None else _desk(names.link),
    }


def _facts(notice: Notice, names: Names) -> dict[str, Any]:
    found: Any = notice.body.get("alert", {})
    link = {} if names.link is None else {"link": f"{_desk(names.link)}?alert={notice.alert_id}"}
    advice = names.advice.get(str(found.get("rule")))
    return {**found, **link, **({"advice": dict(advice)} if advice and any(advice.values()) else {})}


def _desk(link: str) -> str:
    """The page where alerts are answered."""
    return f"{link.rstrip('/')}/alerts"


def _title(packet: Packet, names: Names, language: str) -> str:
    tells = packet.news or packet.still
    if len(tells) > 1:
        places = sorted({names.areas.get(area, area) for area in packet.areas if area is not None})
        return " – ".join([_WORDS[language]["many"].format(n=len(tells)), *places[:3]])
    return _line(tells[0], names, language, again=not packet.news)


def _text(packet: Packet, names: Names, language: str) -> str:
    words, tells = _WORDS[language], packet.news or packet.still
    lines = [_line(notice, names, language, again=not packet.news) for notice in tells[:MOST_LINES]]
    lines += [words["more"].format(n=len(tells) - MOST_LINES)] if len(tells) > MOST_LINES else []
    lines += [words["still"].format(n=len(packet.still))] if packet.news and packet.still else []
    lines += _advice(tells, names, language)
    if names.link is not None:
        lines.append(_facts(tells[0], names)["link"] if len(tells) == 1 else _desk(names.link))
    return "\n".join(lines)


def _line(notice: Notice, names: Names, language: str, *, again: bool) -> str:
    """One alert in one line: what, how bad, where, since when, the value."""
    facts: Any = notice.body.get("alert", {})
    head = _WORDS[language]["again"] if again else announced(notice.announce, language)
    title = facts.get("title", {}).get(language) or facts.get("rule", "")
    where = _places(str(facts.get("device", "")), notice.area, names, language)
    since = f"{_WORDS[language]['since']} {_clock(str(facts.get('since', '')))}"
    value = measured(facts.get("metric"), facts.get("value"), language)
    severity = severity_word(Severity(facts.get("severity", notice.severity)), language)
    by = f"; {_WORDS[language]['by'].format(name=notice.body['by'])}" if "by" in notice.body else ""
    return f"{head} ({severity}): {title} – {', '.join(where)}, {since}{value}{by}"


def _places(subject: str, area: str | None, names: Names, language: str) -> list[str]:
    """The device and its area by name; of an outage, what is out."""
    kind, colon, name = subject.partition(":")
    if kind == "area" and colon:
        return [names.areas.get(name, name)]
    address = name if colon else subject
    called = names.devices.get(address, address)
    found = [_WORDS[language].get(kind, "{name}").format(name=called) if colon else called]
    return found + ([names.areas.get(area, area)] if area is not None else [])


def _clock(text: str) -> str:
    """A time as people here read it."""
    return datetime.fromisoformat(text).astimezone(ZONE).strftime("%H:%M %d/%m") if text else "?"


def _advice(tells: Sequence[Notice], names: Names, language: str) -> list[str]:
    """What to do, once for each rule that says it; not where all is over."""
    found: list[str] = []
    for notice in tells:
        advice = _facts(notice, names).get("advice", {}).get(language)
        if advice and not notice.announce.settles:
            found.append(f"{_WORDS[language]['do']}: {advice}")
    return list(dict.fromkeys(found))[:3]
