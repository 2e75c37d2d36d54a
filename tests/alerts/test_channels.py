"""Channels against real receivers: Apprise to a mail server and a webhook, MQTT to Mosquitto, Zalo's form to a desk."""

import email
import json
import logging
import threading
from collections.abc import Iterator
from email import policy
from pathlib import Path
from queue import Queue
from typing import Any

import paho.mqtt.client as paho
import pytest
from aiosmtpd.controller import Controller
from paho.mqtt.enums import CallbackAPIVersion
from realparts.mosquitto import Mosquitto

from alerts.channel import Outcome
from alerts.channels.apprise import open_apprise
from alerts.channels.mqtt import open_mqtt
from alerts.channels.zalo import open_zalo
from alerts.letters import Names
from alerts.outbox import LEASE_MS, Letter
from alerts.switchboard import kinds, open_channels
from ingest.reader import BrokerUrl
from ioc.postman import Postman
from tests.alerts.centre import Centre, contact, plan
from tests.alerts.desks import Desk, open_desk


@pytest.fixture
def letter() -> Letter:
    """A message as a person gets it."""
    names = Names({"que-trung": "Quế Trung"}, {"demo/camera/c1": "Camera cổng chợ"}, "https://ioc.vn")
    centre = Centre(plan(contact("lan")), names=names)
    centre.measure(0, 90)
    ((_, sent),) = centre.box("lan").got
    return sent


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        yield opened


class Letterbox:
    """What an SMTP server got; `refusal` is what it answers to a recipient."""

    def __init__(self) -> None:
        self.got: Queue[Any] = Queue()
        self.refusal: str | None = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        self.got.put((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def smtp(free_port) -> Iterator[tuple[Letterbox, str]]:
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    url = f"mailto://127.0.0.1:{controller.port}/?from=ioc@nong-son.vn&to=lan@nong-son.vn&mode=insecure"
    yield box, url
    controller.stop()


def test_a_mail_arrives_at_a_real_server_short_and_vietnamese_first(smtp, letter: Letter) -> None:
    box, url = smtp
    receipt = open_apprise("lan-mail", {"url": url}).send(letter)
    assert receipt.outcome is Outcome.SENT
    recipients, mail = box.got.get(timeout=5)
    assert recipients == ["lan@nong-son.vn"]
    assert mail["subject"].startswith("CẢNH BÁO (nặng): Camera quá nóng – Camera cổng chợ, Quế Trung")
    body = mail.get_body(("plain", "html")).get_content()
    assert f"https://ioc.vn/alerts?alert={letter.alert_id}" in body


def test_a_mail_that_is_refused_is_tried_again_later(smtp, letter: Letter) -> None:
    box, url = smtp
    box.refusal = "450 mailbox busy"
    assert open_apprise("lan-mail", {"url": url}).send(letter).outcome is Outcome.TEMPORARY


def test_a_server_that_is_away_is_tried_again_later_and_its_address_told_to_nobody(
    free_port, letter: Letter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = open_apprise(
        "lan-mail", {"url": f"mailto://user:s3cret@127.0.0.1:{free_port()}/?from=ioc@nong-son.vn&to=lan@nong-son.vn"}
    )
    receipt = channel.send(letter)
    assert receipt.outcome is Outcome.TEMPORARY
    assert "s3cret" not in caplog.text + receipt.detail


def test_apprise_speaks_to_a_real_webhook(desk: Desk, letter: Letter) -> None:
    channel = open_apprise("hook", {"url": desk.url.replace("http://", "json://")})
    assert channel.send(letter).outcome is Outcome.SENT
    body = desk.queue.get(timeout=5)
    assert body["message"].startswith("CẢNH BÁO (nặng): Camera quá nóng")
    desk.status = 500
    assert channel.send(letter).outcome is Outcome.TEMPORARY


def test_an_apprise_call_is_over_before_its_lease() -> None:
    from alerts.channels.apprise import TIMEOUT_S

    assert TIMEOUT_S * 1000 < LEASE_MS


@pytest.mark.parametrize("url", ["nonsense://s3cret", "", None, 7])
def test_an_address_that_apprise_does_not_know_is_refused_without_being_told(url: object) -> None:
    with pytest.raises(ValueError, match="apprise takes one option") as refused:
        open_apprise("x", {"url": url})
    assert "s3cret" not in str(refused.value)


@pytest.mark.real
def test_a_message_is_published_to_a_real_broker_and_acknowledged(mosquitto: Mosquitto, letter: Letter) -> None:
    got: Queue[Any] = Queue()
    ready = threading.Event()
    listener = paho.Client(CallbackAPIVersion.VERSION2, "siren")
    listener.on_subscribe = lambda *_: ready.set()
    listener.on_message = lambda _client, _data, message: got.put(message)
    listener.connect(mosquitto.host, mosquitto.port)
    listener.loop_start()
    listener.subscribe("alerts/duty", 1)
    assert ready.wait(10)
    line = Postman(BrokerUrl.parse(mosquitto.url), "ioc-people-test", None)
    line.start()
    (channel,) = open_channels([{"name": "siren", "kind": "mqtt", "topic": "alerts/duty"}], {"publish": line.deliver})
    assert channel.send(letter).outcome is Outcome.SENT
    message = got.get(timeout=10)
    body = json.loads(message.payload)
    assert (message.qos, body["id"], body["alert"]["rule"]) == (1, letter.key, "camera-hot")
    line.stop()
    assert channel.send(letter).outcome is Outcome.TEMPORARY
    listener.disconnect()
    listener.loop_stop()


@pytest.mark.parametrize("topic", ["ioc/v1/demo/camera/c1/event", "$SYS/x", "a/#", "", None])
def test_a_topic_of_the_wire_or_with_wildcards_is_refused(topic: object) -> None:
    with pytest.raises(ValueError, match="channel 'siren'"):
        open_mqtt("siren", {"topic": topic, "publish": lambda *_: True})


def test_zalo_gets_the_text_with_the_token_of_the_day(desk: Desk, letter: Letter, tmp_path: Path) -> None:
    token = tmp_path / "token"
    options = {"user": "8421", "token_file": str(token), "url": desk.url}
    channel = open_zalo("lan-zalo", options)
    assert channel.send(letter).outcome is Outcome.TEMPORARY  # nobody has written the token yet
    token.write_text("today\n")
    for answer, outcome in (
        ({"error": 0}, Outcome.SENT),
        ({"error": -216, "message": "Access token is invalid"}, Outcome.TEMPORARY),
        ({"error": -213, "message": "User has not followed"}, Outcome.PERMANENT),
        (None, Outcome.TEMPORARY),
    ):
        desk.answer = answer
        assert channel.send(letter).outcome is outcome
    assert desk.got[0]["recipient"] == {"user_id": "8421"}
    assert desk.got[0]["message"]["text"].startswith("CẢNH BÁO")
    assert desk.headers[0]["access_token"] == "today"


def test_every_kind_of_channel_is_found_by_walking() -> None:
    assert set(kinds()) == {"alertmanager", "apprise", "mqtt", "webhook", "zalo"}
