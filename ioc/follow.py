"""Follows the database for a wall whose ingest runs in another process: what changed is shown within a second.

Reads devices and alerts as last kept, compares with what was shown, and hands the differences to the hub. It never
writes. (A checkpoint is some seconds old, so this wall lags behind one beside its ingest; `docs/deploy.md`.)
"""

import logging
import threading

import psycopg
from psycopg.rows import dict_row

from alerts.errors import AlertsError
from alerts.model import Alert, Transition
from alerts.store import AlertStore
from ingest.model import Admission, Device, Heard, View
from ingest.queries import load
from ioc.api.database import Row
from ioc.api.facts import Standing, standings
from ioc.api.parts import Parts
from maps.hub import Hub

_SQL = load("ioc", "follow.sql")
_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_FACTS = ("name", "maker", "model", "fw", "lat", "lon", "area", "gateway", "interval_s", "metrics")


class Follower:
    """Remembers what it showed last."""

    def __init__(self, parts: Parts, alerts: AlertStore, hub: Hub) -> None:
        self._parts, self._store, self._hub = parts, alerts, hub
        self._views: dict[str, View] = {}
        self._alerts: dict[str, Alert] = {}

    def run(self, ending: threading.Event) -> None:
        """Follow until told to end; a database that is away is waited for."""
        while not ending.wait(_EVERY_S):
            try:
                self.step()
            except (psycopg.Error, AlertsError) as error:
                facts = {"action": "follow_wait", "why": type(error).__name__}
                _log.warning("the wall waits for the database", extra=facts)

    def step(self) -> None:
        """Look once and show what changed."""
        now = self._parts.now()
        with self._parts.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            standing = standings(self._parts, connection)
            found = [_view(device, standing(device)) for device in cursor.execute(_SQL["all_devices"])]
        changed = tuple(view for view in found if not _same(view, self._views.get(view.device.address)))
        self._views.update((view.device.address, view) for view in changed)
        self._hub.show(Heard(now, changed))
        self._hub.show_alerts(self._steps(now))

    def _steps(self, now: int) -> list[Transition]:
        """What became of alerts since the last look; one no longer open is asked for by its id."""
        opened = {alert.id: alert for alert in self._store.load()[0]}
        ended = [self._store.get(alert_id) for alert_id in self._alerts.keys() - opened.keys()]
        news = [alert for alert in opened.values() if self._alerts.get(alert.id) != alert]
        news += [found[0] for found in ended if found is not None]
        self._alerts = opened
        return [Transition(alert, alert.condition, "followed", now) for alert in news]


def _view(device: Row, standing: Standing) -> View:
    facts = {name: device[name] for name in _FACTS}
    record = Device(device["address"], Admission(device["admission"]), commands=tuple(device["commands"]), **facts)
    return View(record, standing.presence, standing.latest, standing.last_heard)


def _same(view: View, shown: View | None) -> bool:
    """Whether nothing a person would see differs; `since` is when we looked, not when it happened."""
    return (
        shown is not None
        and (view.device, view.latest) == (shown.device, shown.latest)
        and all(
            getattr(view.presence, name) == getattr(shown.presence, name)
            for name in ("connected", "fresh", "working", "unknown", "reason")
        )
    )
