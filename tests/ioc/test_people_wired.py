"""The whole way, wired as `ioc ingest` wires it: a reading or another system's alert in, a message to a person out."""

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from alerts.alertmanager import read
from alerts.outside import PostgresInbox
from alerts.service import AlertService
from ingest.model import Heard
from ioc.alerting import wire_alerts
from ioc.clock import now_ms
from ioc.errors import SettingsError
from ioc.lifecycle import Stops
from ioc.migrate import migrate
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.wiring import open_pool
from tests.alerts.conftest import sample, view
from tests.alerts.desks import Desk, open_desk

NOW = 1_795_320_000_000
SITE = {
    "slug": "demo",
    "name": "Quế Trung",
    "areas": [{"slug": "que-trung", "name": "Quế Trung"}],
    "contacts": [{"name": "lan", "ways": ["lan-hook"]}],
    "routes": [{"name": "all", "steps": [{"to": ["lan"]}], "wait": "0s", "interval": "0s"}],
}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        yield opened


def settings(desk: Desk, **alerts: Any) -> Settings:
    channel = {"name": "lan-hook", "kind": "webhook", "url": f"{desk.url}/lan"}
    return msgspec.convert({"alerts": {"channels": [channel], "link": "https://ioc.vn", **alerts}}, Settings)


@pytest.fixture
def centre(plain_dsn: str, desk: Desk) -> Iterator[tuple[AlertService, Any, str]]:
    migrate(plain_dsn)
    told = settings(desk, heartbeat_url=f"{desk.url}/beat", heartbeat_every_s=1)
    with Stops() as stops:
        pool = open_pool(plain_dsn, stops)
        site = msgspec.convert(SITE, SiteFile)
        yield wire_alerts(told, site, pool, "mqtt://127.0.0.1:1", stops, lambda _steps: None), pool, plain_dsn


def message(desk: Desk) -> dict[str, Any]:
    """The next message to a person, waited for; beats of the heartbeat are passed over."""
    while not isinstance(body := desk.queue.get(timeout=20), dict):
        pass
    return body


def test_a_reading_becomes_a_message_to_the_person_on_the_route(centre, desk: Desk) -> None:
    service, _, dsn = centre
    for second in (0, 130):
        service.hear(Heard(NOW + second * 1000, (view(),), (sample(NOW / 1000 + second, 90),)))
        service.tick(NOW + second * 1000)
    event = message(desk)
    assert event["data"]["contact"] == {"name": "lan", "language": "vi"}
    assert "Quế Trung" in event["data"]["text"]["vi"]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)  # no channel is everybody's


def test_another_systems_alert_becomes_a_message_too(centre, desk: Desk) -> None:
    service, pool, _ = centre
    labels = {"alertname": "DiskFull", "severity": "critical", "area": "que-trung"}
    found = read([{"labels": labels, "annotations": {"summary": "Đĩa sắp đầy"}}], NOW)
    assert isinstance(found, tuple)
    PostgresInbox(pool).put(found, NOW)
    service.tick(NOW)
    event = message(desk)
    assert "Đĩa sắp đầy" in event["data"]["text"]["vi"]


def test_the_heartbeat_goes_out_while_the_engine_ticks(centre, desk: Desk) -> None:
    service, _, _ = centre
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.2):
            service.tick(now_ms())

    thread = threading.Thread(target=tick)
    thread.start()
    while "POST /beat" not in desk.requests:
        desk.queue.get(timeout=20)
    ended.set()
    thread.join()


def test_a_contact_whose_way_is_no_channel_is_refused_at_the_start(plain_dsn: str, desk: Desk) -> None:
    site = msgspec.convert({**SITE, "contacts": [{"name": "lan", "ways": ["lan-hok"]}]}, SiteFile)
    with Stops() as stops, pytest.raises(SettingsError, match="lan-hook"):
        wire_alerts(settings(desk), site, open_pool(plain_dsn, stops), "mqtt://127.0.0.1:1", stops, lambda _: None)
