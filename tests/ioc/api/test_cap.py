"""Public alerts as CAP: the feed and its messages, for everyone, and nothing that is not public."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from alerts.cap import CapMessage
from alerts.cap_feed import ATOM
from alerts.cap_rules import check
from alerts.cap_xml import read
from alerts.model import Transition
from ioc.site import Cap
from tests.ioc.api.test_alerts import NOW, alert

CAP = Cap(sender="ioc@nong-son.vn", sender_name="Nông Sơn", rules=["flood"])


@pytest.fixture
def public(district: Any) -> Any:
    flood = alert(1, rule="flood", area="que-loc", announced="open", title={"vi": "Lũ", "en": "Flood"})
    secret = alert(2, rule="break-in", announced="open")
    district.store.save([Transition(each, None, "ripe", NOW, announce="open") for each in (flood, secret)])
    district.change(cap=CAP)
    return district


def test_the_feed_lists_public_alerts_to_anyone_and_no_other(public: Any) -> None:
    answer = public.client().get("/api/v1/cap/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    entries = ET.fromstring(answer.content).findall(f"{{{ATOM}}}entry")
    assert [entry.findtext(f"{{{ATOM}}}id") for entry in entries] == ["urn:cap:ioc@nong-son.vn:a1-1"]
    link = entries[0].find(f"{{{ATOM}}}link")
    assert link is not None
    assert link.get("href") == "http://testserver/api/v1/cap/a1-1.cap"


def test_a_message_of_the_feed_conforms_and_holds_where(public: Any) -> None:
    found = read(public.client().get("/api/v1/cap/a1-1.cap").content)
    assert isinstance(found, CapMessage)
    assert check(found) == ()
    assert (found.msg_type, found.infos[0].event, found.infos[1].event) == ("Alert", "Lũ", "Flood")
    assert found.infos[0].areas[0].polygons == ("15,108 15,109 16,109 15,108",)


def test_what_is_not_public_cannot_be_read_by_guessing_its_name(public: Any) -> None:
    assert [public.client().get(f"/api/v1/cap/{name}.cap").status_code for name in ("a2-1", "a1-9", "a9-1")] == [
        404
    ] * 3


def test_a_site_that_publishes_nothing_has_no_feed(district: Any) -> None:
    assert district.client().get("/api/v1/cap/feed.atom").status_code == 404
