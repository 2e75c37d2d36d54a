"""Reads what the time machine needs: devices as they stood, alerts as they went. The picture is `maps.past`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from alerts import rows as alert_rows
from alerts.domains import Grounds
from alerts.model import Transition
from alerts.suppression import Quiet
from ingest.model import Admission, Device
from ingest.queries import load
from ioc import planned
from ioc.api.times import millis
from ioc.rulebooks import parents
from maps.past import Stood, steps_of
from maps.works import Work

_SQL: Final = load("ioc", "past.sql")
MOST_NOTES: Final = 200_000  # of devices in one span; a longer span of a large site is asked for in parts
MOST_ALERTS: Final = 5_000


def devices(connection: Connection[Any], span: Mapping[str, datetime]) -> list[Device]:
    """The devices there were, by the order of their enrolment."""
    found = connection.execute(_SQL["devices_then"], span).fetchall()
    return [
        Device(address, Admission.ADMITTED, name=name, lat=lat, lon=lon, area=area)
        for address, name, lat, lon, area in found
    ]


def stood(connection: Connection[Any], span: Mapping[str, datetime]) -> list[Stood]:
    """How devices stood at the beginning, and what changed of that."""
    before = connection.execute(_SQL["stood_at"], span).fetchall()
    during = connection.execute(_SQL["stood_between"], {**span, "most": MOST_NOTES}).fetchall()
    return [Stood(*row) for row in (*before, *during)]


def steps(connection: Connection[Any], span: Mapping[str, datetime]) -> Iterable[Transition]:
    """Every step of the alerts that were open then, from each alert's beginning."""
    cursor = connection.cursor(row_factory=dict_row)
    kept = cursor.execute(_SQL["alerts_then"], {**span, "most": MOST_ALERTS}).fetchall()
    alerts = [alert_rows.alert(row) for row in kept]
    timelines = defaultdict(list)
    for row in cursor.execute(_SQL["steps_then"], {**span, "ids": [alert.id for alert in alerts]}).fetchall():
        timelines[row["alert_id"]].append(alert_rows.entry(row))
    return [step for alert in alerts for step in steps_of(alert, timelines[alert.id])]


def works(
    connection: Connection[Any], kept: Iterable[tuple[Quiet, int | None, str | None]], span: Mapping[str, datetime]
) -> list[Work]:
    """The planned work that went on, of all windows and when each was called off; areas lie in each other as today."""
    quiets, grounds = [(quiet, ended_at) for quiet, ended_at, _ in kept], Grounds(parents(connection))
    return list(planned.works(quiets, grounds, millis(span["begin"]), millis(span["end"]) + 1))


def first_note(connection: Connection[Any]) -> datetime | None:
    """Before this nothing can be shown."""
    row = connection.execute(_SQL["first_note"]).fetchone()
    return row[0] if row else None
