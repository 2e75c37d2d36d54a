"""The way in for Prometheus users: their webhooks and lists are written down for the engine."""

from typing import Any

from alerts.outside import PostgresInbox
from ioc.accounts.model import Role

ALERT = {"labels": {"alertname": "DiskFull", "severity": "critical"}, "annotations": {"summary": "Đĩa sắp đầy"}}
WEBHOOK = {"version": "4", "status": "firing", "alerts": [{**ALERT, "status": "firing"}]}


def test_both_forms_are_written_down_for_the_engine(web: Any) -> None:
    script = web.bearer(web.token(Role.OPERATOR))
    assert script.post("/api/v1/alertmanager", json=WEBHOOK).json() == {"alerts": 1}
    other = {**ALERT, "labels": {"alertname": "Down"}}
    assert script.post("/api/v1/alertmanager/api/v2/alerts", json=[ALERT, other]).json() == {"alerts": 2}
    waiting = PostgresInbox(web.pool).waiting(web.clock())
    assert sorted(word.outside.name for word in waiting) == ["DiskFull", "Down"]


def test_what_is_neither_is_refused_with_a_reason(web: Any) -> None:
    answer = web.bearer(web.token(Role.OPERATOR)).post("/api/v1/alertmanager", json={"version": "3"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "not version 4 of Alertmanager's webhook")
