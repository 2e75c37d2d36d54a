"""The wall and the desks in Firefox: that they come up, live and without an error, and can be worked by keyboard."""

import pytest

from alerts.model import Severity
from maps.page import DESKS
from tests.maps.told import alarms

LIVE = "document.body.dataset.shown === 'true'"
ANSWERS = {
    "areas": {
        "items": [{"slug": "nong-son", "name": "Nông Sơn", "parent": None, "valid_from": None, "valid_to": None}]
    },
    "ledger": {"since_start": None, "hours": [], "reasons": [], "probe": None},
    "ledger/devices": {"since": None, "devices": 0, "items": []},
    "quarantine": {"items": [], "next": None, "by_device": {}, "by_topic": {}},
    "kpis/alarms": alarms(),
    "people/duty": {"items": []},
    "people/escalations": {"items": []},
    "people/messages": {"items": [], "next": None},
    "people/contacts": {"contacts": [], "routes": []},
}


@pytest.fixture
def tab(firefox, stage):
    """A tab of a screen's size; fails the test if a page asked anything of another host or logged an error."""
    stage.answers |= {path: lambda _, told=told: told for path, told in ANSWERS.items()}
    with firefox.tab(1920, 1080) as opened:
        yield opened
    assert opened.faults == []


def test_the_wall_is_live_and_shows_what_changes(tab, stage):
    tab.open(stage.url, "/")
    tab.until("document.querySelector('#figure-devices .value').textContent === '105'")
    stage.alert(8, Severity.CRITICAL, title={"vi": "Tăng âm quá nóng", "en": "Too hot"})
    tab.until("document.getElementById('first').textContent.includes('Tăng âm quá nóng')")
    assert tab.evaluate("[...IOC.devices.alarming]") == [8]
    stage.presence(7, connected=False)
    tab.until("""(() => { const { devices: layer } = IOC, r = devicePixelRatio, at = layer.pointOf(7).add(layer._pad);
      return layer._high.getImageData(at.x * r, at.y * r, 1, 1).data[3] > 0; })()""")  # among those that are not well
    assert tab.evaluate("document.getElementById('notice').hidden")


@pytest.mark.parametrize("name", DESKS)
def test_a_desk_comes_up_without_an_error_and_nothing_sticks_out(tab, stage, name):
    stage.alert(3)
    tab.open(stage.url, f"/{name}")
    tab.until(LIVE)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_alert_is_acknowledged_by_keyboard(tab, stage):
    raised = stage.alert(3)
    tab.open(stage.url, "/alerts")
    tab.until("document.querySelector('#rows tr')")
    tab.evaluate("document.querySelector('#rows tr').focus()")
    tab.press(["Enter", "a"])
    tab.until("document.querySelector('#rows').textContent.includes('lan đã xác nhận')")
    assert stage.asked == [(raised, "ack", {})]


def test_a_silence_is_asked_for_and_ended_by_keyboard(tab, stage):
    tab.open(stage.url, "/quiets?new=silence&areas=que-trung")
    tab.until("document.activeElement.name === 'reason' && document.getElementById('areas').value === 'que-trung'")
    tab.press([*"Cat dien", "Enter"])
    tab.until("document.activeElement.closest('#rows tr')")
    [silence] = stage.quiets["silences"]
    assert (silence["scope"]["areas"], silence["reason"]) == (["que-trung"], "Cat dien")
    tab.press(["e", "e"])
    tab.until("!document.querySelector('#rows tr')")
    assert silence["ended_by"] == "lan"
