"""Puts whole processes together from the wiring: the ingest alone, the web alone, or all on one machine."""

from collections.abc import Mapping

import psycopg

from alerts.service import AlertService
from ingest.model import Heard, View
from ingest.reader import BrokerUrl
from ingest.service import IngestService
from ioc.accounts.first import ensure_first_admin
from ioc.accounts.store import Pool
from ioc.alerting import wire_alerts
from ioc.api.database import row
from ioc.api.parts import Parts, Probe
from ioc.lifecycle import Stops
from ioc.postman import Postman
from ioc.probe import SelfProbe
from ioc.serving import Server
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.visitor import Visitor
from ioc.wiring import Told, open_pool, wire_follower, wire_hub, wire_ingest, wire_store, wire_web


def hear_and_judge(
    settings: Settings, site: SiteFile, dsn: str, broker: str, stops: Stops, told: Told
) -> IngestService:
    """`ioc ingest`: everything up to the outbox, no wall."""
    found = wire_store(settings, site, dsn, stops, told)  # first: whoever holds the database still changes alerts
    alerts = wire_alerts(settings, site, open_pool(dsn, stops), broker, stops, lambda _steps: None)
    return wire_ingest(settings, site, found, broker, stops, told, lambda heard: _judge(alerts, heard))


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

    def listen(heard: Heard) -> None:
        if (stamp := probe.hear(heard)) is not None:
            hub.show_probe(stamp)
        hub.show(heard)
        _judge(alerts, heard)

    services.append(wire_ingest(settings, site, found, broker, stops, told, listen))
    readiness: dict[str, Probe] = {"database": lambda: database_problem(pool), "broker": lambda: _deaf(services[0])}
    readiness |= {"probe": probe.problem} if probe.every_s else {}
    parts = wire_web(
        settings, site, pool, hub, server, stops, told, readiness=readiness, views=lambda: _views(services[0]),
        probe=probe, fillings=lambda: {"alerts_unsaved": alerts.stats()["unsaved"]},
        health=lambda: alerts.health,
    )  # fmt: skip
    _start_probe(probe, settings, broker, server, parts, stops)
    return password


def wall_alone(settings: Settings, site: SiteFile, dsn: str, server: Server, stops: Stops, told: Told) -> str | None:
    """`ioc web`: the wall and the HTTP face of an ingest that runs elsewhere. Gives the password to print."""
    pool = open_pool(dsn, stops)
    password = ensure_first_admin(pool, settings.web.admin_password)
    hub = wire_hub(site, lambda: _kept_account(pool))
    readiness: dict[str, Probe] = {"database": lambda: database_problem(pool)}
    parts = wire_web(settings, site, pool, hub, server, stops, told, readiness=readiness)
    wire_follower(parts, hub, stops)
    return password


def _probing(settings: Settings) -> float:
    """How often the probe speaks: never where the ingest does not listen to our own wire."""
    heard = settings.ingest.adapters is None or "native" in settings.ingest.adapters
    return settings.probe.every_s if heard else 0


def _start_probe(probe: SelfProbe, settings: Settings, broker: str, server: Server, parts: Parts, stops: Stops) -> None:
    """Let the probe knock at this process' own doors."""
    postman = Postman(BrokerUrl.parse(broker), f"ioc-probe-{probe.session}", settings.mqtt.ca_file)
    url = server.url.replace("http://", "ws://", 1) + "/ws/live"
    probe.start(postman, Visitor(url, lambda: parts.inner.mint(parts.now()), probe.shown))
    stops.add("self-probe", probe.stop)


def _kept_account(pool: Pool) -> Mapping[str, int]:
    """The running account as the ingest last kept it; empty while the database is away."""
    try:
        with pool.connection(timeout=1) as connection:
            found = row(connection, "newest_run") or {}
    except (psycopg.Error, TimeoutError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, int)}


def database_problem(pool: Pool) -> str | None:
    """Whether the database answers."""
    try:
        with pool.connection(timeout=2) as connection:
            connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError) as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def _judge(alerts: AlertService, heard: Heard) -> None:
    alerts.hear(heard)
    if not heard.samples and not heard.events:  # the ingest's own tick, once a second
        alerts.tick(heard.now)


def _deaf(service: IngestService) -> str | None:
    return None if service.reader.hearing.deaf_since is None else "not connected to the broker"


def _views(service: IngestService) -> Mapping[str, View]:
    return {view.device.address: view for view in service.views()}
