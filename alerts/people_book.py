"""What some alerts' people are owed, read at once, changed step by step, and written at once.

Shell over a cursor of the caller's transaction: a batch of steps so costs two questions, not two a step.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, LiteralString

from alerts import people_rows
from alerts.database import Cursor
from alerts.escalation import Escalation
from alerts.owing import Changes
from alerts.people import Notice, NoticeState
from ingest.queries import load

SQL: Final[Mapping[str, LiteralString]] = load("alerts", "people.sql")


class Book:
    """The notices and escalations of some alerts that may still matter, locked until the transaction ends."""

    def __init__(self, cursor: Cursor, alerts: Collection[str]) -> None:
        self._cursor = cursor
        self._notices: dict[str, dict[str, Notice]] = {alert: {} for alert in alerts}
        self._escalations: dict[str, dict[str, Escalation]] = {alert: {} for alert in alerts}
        asked = {"alerts": sorted(alerts)}
        for row in cursor.execute(SQL["notices_of_alerts"], asked):
            self._notices[row["alert_id"]][row["key"]] = people_rows.notice(row)
        for row in cursor.execute(SQL["escalations_of_alerts"], asked):
            self._escalations[row["alert_id"]][row["route"]] = people_rows.escalation(row)
        self._fresh: set[str] = set()
        self._changed: set[tuple[str, str]] = set()  # alert and key
        self._climbed: set[tuple[str, str]] = set()  # alert and route

    def notices(self, alert: str) -> Sequence[Notice]:
        """The alert's notices as they now are."""
        return [*self._notices[alert].values()]

    def escalations(self, alert: str) -> Sequence[Escalation]:
        """The alert's escalations as they now are."""
        return [*self._escalations[alert].values()]

    def is_told(self, alert: str) -> bool:
        """Whether some message is about the alert."""
        return any(notice.message is not None for notice in self._notices[alert].values())

    def untell(self, messages: Collection[str]) -> None:
        """These messages were cancelled; the rows know it already."""
        for mine in self._notices.values():
            for key, notice in mine.items():
                if notice.message in messages and notice.state is NoticeState.TOLD:
                    mine[key] = replace(notice, state=NoticeState.DROPPED)

    def keep(self, changes: Changes) -> None:
        """Take in what a step changed."""
        for notice in changes.notices:
            self._notices[notice.alert_id][notice.key] = notice
            self._changed.add((notice.alert_id, notice.key))
        for notice in changes.new:
            if notice.key not in self._notices[notice.alert_id]:
                self._notices[notice.alert_id][notice.key] = notice
                self._fresh.add(notice.key)
                self._changed.add((notice.alert_id, notice.key))
        for escalation in changes.escalations:
            self._escalations[escalation.alert_id][escalation.route] = escalation
            self._climbed.add((escalation.alert_id, escalation.route))

    def write(self) -> None:
        """Write what is new and what changed."""
        touched = [self._notices[alert][key] for alert, key in sorted(self._changed)]
        added = [people_rows.of_notice(notice) for notice in touched if notice.key in self._fresh]
        changed = [people_rows.of_notice(notice) for notice in touched if notice.key not in self._fresh]
        climbed = [self._escalations[alert][route] for alert, route in sorted(self._climbed)]
        for name, rows in (("add_notice", added), ("change_notice", changed)):
            if rows:
                self._cursor.executemany(SQL[name], rows)
        if climbed:
            written = [people_rows.of_escalation(escalation) for escalation in climbed]
            self._cursor.executemany(SQL["write_escalation"], written)
