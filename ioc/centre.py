"""Puts whole processes together from the wiring: the ingest alone, the web alone, or all on one machine."""

from collections.abc import Mapping

import psycopg

from alerts.service import AlertService
from ingest.model import Heard, View
from ingest.reader import BrokerUrl
from ingest.service import IngestService
from ioc import upkeep
from ioc.accounts.first import ensure_first_admin
from ioc.accounts.store import Pool
from ioc.alerting import wire_alerts
from ioc.api.database import row
from ioc.api.parts import Parts, Probe
from ioc.diskwatch import DiskWatch
from ioc.lifecycle import Stops
from ioc.postman import Postman
from ioc.probe import SelfProbe
from ioc.readiness import database_problem, disk_problem, store_problem
from ioc.serving import Server
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.visitor import Visitor
from ioc.wiring import (
    Told,
    open_pool,
    wire_follower,
    wire_foreman,
    wire_hub,
    wire_ingest,
    wire_store,
    wire_web,
)


def hear_and_judge(
    settings: Settings, site: SiteFile, dsn: str, broker: str, stops: Stops, told: Told
) -> IngestService:
    """`ioc ingest`: everything up to the outbox, no wall."""
    found = wire_store(settings, site, dsn, stops, told)  # first: whoever holds the database still changes alerts
    pool = open_pool(dsn, stops)
    alerts = wire_alerts(settings, site, pool, broker, stops, lambda _steps: None)
    upkeep.start(dsn, settings.store, stops)
    service = wire_ingest(settings, site, found, broker, stops, told, lambda heard: judge(alerts, heard))
    _watch_disk(settings, site, pool, broker, stops)
    return service


def all_in_one(
    settings: Settings, site: SiteFile, dsn: str, broker: str, server: Server, stops: Stops, told: Told
) -> str | None:
    """`ioc up`: all of it in this process. Gives the one-time password to print, if there is one."""
    found = wire_store(settings, site, dsn, stops, told)
    pool = open_pool(dsn, stops)
    password = ensure_first_admin(pool, settings.web.admin_password)
    services: list[IngestService] = []
    probe = SelfProbe(site.slug, _probing(settings))
    hub = wire_hub(site, lambda: services[0].ledger.facts() if services else {}, probe.figures)
    alerts = wire_alerts(settings, site, pool, broker, stops, hub.show_alerts)
    wire_foreman(site, pool, hub, stops)

    def listen(heard: Heard) -> None:
        if (stamp := probe.hear(heard)) is not None:
            hub.show_probe(stamp)
        hub.show(heard)
        judge(alerts, heard)

    upkeep.start(dsn, settings.store, stops)
    services.append(wire_ingest(settings, site, found, broker, stops, told, listen))
    readiness: dict[str, Probe] = {
        "database": lambda: database_problem(pool), "broker": lambda: _deaf(services[0]),
        "store": lambda: store_problem(pool), "disk": lambda: disk_problem(pool),
    }  # fmt: skip
    readiness |= {"probe": probe.problem} if probe.every_s else {}
    parts = wire_web(
        settings, site, pool, hub, server, stops, told, readiness=readiness, views=lambda: _views(services[0]),
        probe=probe, fillings=lambda: {"alerts_unsaved": alerts.stats()["unsaved"]},
        health=lambda: alerts.health,
    )  # fmt: skip
    _start_probe(probe, settings, broker, server, parts, stops)
    _watch_disk(settings, site, pool, broker, stops)
    return password


def wall_alone(settings: Settings, site: SiteFile, dsn: str, server: Server, stops: Stops, told: Told) -> str | None:
    """`ioc web`: the wall and the HTTP face of an ingest that runs elsewhere. Gives the password to print."""
    pool = open_pool(dsn, stops)
    password = ensure_first_admin(pool, settings.web.admin_password)
    hub = wire_hub(site, lambda: _kept_account(pool))
    wire_foreman(site, pool, hub, stops)
    readiness: dict[str, Probe] = {
        "database": lambda: database_problem(pool), "store": lambda: store_problem(pool),
        "disk": lambda: disk_problem(pool),
    }  # fmt: skip
    parts = wire_web(settings, site, pool, hub, server, stops, told, readiness=readiness)
    wire_follower(parts, hub, stops)
    return password


def _probing(settings: Settings) -> float:
    """How often the probe speaks: never where the ingest does not listen to our own wire."""
    return settings.probe.every_s if _hears_us(settings) else 0


def _start_probe(probe: SelfProbe, settings: Settings, broker: str, server: Server, parts: Parts, stops: Stops) -> None:
    """Let the probe knock at this process' own doors."""
    postman = Postman(BrokerUrl.parse(broker), f"ioc-probe-{probe.session}", settings.mqtt.ca_file)
    url = server.url.replace("http://", "ws://", 1) + "/ws/live"
    probe.start(postman, Visitor(url, lambda: parts.inner.mint(parts.now()), probe.shown))
    stops.add("self-probe", probe.stop)


def _watch_disk(settings: Settings, site: SiteFile, pool: Pool, broker: str, stops: Stops) -> None:
    """Let the disk watch tell how long the disk lasts."""
    if not settings.store.watch_s or not _hears_us(settings):
        return
    watch = DiskWatch(pool, settings, site.slug)
    watch.start(Postman(BrokerUrl.parse(broker), f"ioc-centre-{watch.session}", settings.mqtt.ca_file))
    stops.add("disk watch", watch.stop)


def _hears_us(settings: Settings) -> bool:
    """Whether the ingest listens to our own wire, so that what we say ourselves is heard."""
    return settings.ingest.adapters is None or "native" in settings.ingest.adapters


def _kept_account(pool: Pool) -> Mapping[str, int]:
    """The running account as the ingest last kept it; empty while the database is away."""
    try:
        with pool.connection(timeout=1) as connection:
            found = row(connection, "newest_run") or {}
    except (psycopg.Error, TimeoutError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, int)}


def judge(alerts: AlertService, heard: Heard) -> None:
    """Let the alert engine hear what the ingest told; with the ingest's own tick its time passes."""
    alerts.hear(heard)
    if not heard.samples and not heard.events:  # the ingest's own tick, once a second
        alerts.tick(heard.now)


def _deaf(service: IngestService) -> str | None:
    return None if service.reader.hearing.deaf_since is None else "not connected to the broker"


def _views(service: IngestService) -> Mapping[str, View]:
    return {view.device.address: view for view in service.views()}
