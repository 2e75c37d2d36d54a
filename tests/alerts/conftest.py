"""A district of one camera with time in whole seconds: what the tests of alerts say their scenarios in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from alerts.engine import Engine
from alerts.model import Action, Alert, Refused, Request, Transition
from alerts.rulebook import read_rules
from ingest.model import Admission, Device, Heard, Presence, Sample, Value, View

MIGRATIONS = Path(__file__).parents[2] / "ioc" / "migrations"
SCHEMA = ("0002_alerts.sql", "0010_alert_suppressions.sql", "0023_receipts.sql", "0060_incidents.sql")
CAMERA = "demo/camera/c1"
HOT: Mapping[str, object] = {
    "name": "camera-hot",
    "kind": "threshold",
    "family": "camera",
    "metric": "temperature_c",
    "above": 80,
    "severity": "major",
}
GONE: Mapping[str, object] = {"name": "gone", "kind": "absence", "severity": "major"}
THERE = Presence(connected=True, fresh=True, working=True)
SILENT = Presence(connected=True, fresh=False, reason="silent")
WILL = Presence(connected=False, fresh=True, reason="lwt")
BLIND = Presence(connected=True, fresh=False, unknown=True, reason="gateway_lost")


def view(presence: Presence = THERE, *, admission: Admission = Admission.ADMITTED, device: str = CAMERA) -> View:
    return View(Device(device, admission, area="que-trung"), presence)


def sample(at_s: float, value: Value, *, metric: str = "temperature_c", device: str = CAMERA) -> Sample:
    at = int(at_s * 1000)
    return Sample(device, at, {metric: value}, received_at=at)


@dataclass
class District:
    """An engine and everything it said; a step is told and a tick made at whole multiples of a second."""

    engine: Engine
    said: list[Transition] = field(default_factory=list)

    def hear(self, at_s: float, *values: Value, metric: str = "temperature_c") -> list[Transition]:
        samples = tuple(sample(at_s, value, metric=metric) for value in values)
        return self._say(self.engine.observe(Heard(int(at_s * 1000), (view(),), samples)))

    def see(self, at_s: float, presence: Presence, **facts: Admission) -> list[Transition]:
        return self._say(self.engine.observe(Heard(int(at_s * 1000), (view(presence, **facts),))))

    def tick(self, at_s: float) -> list[Transition]:
        return self._say(self.engine.tick(int(at_s * 1000)))

    def ask(self, at_s: float, action: Action, **facts: object) -> Transition | Refused:
        alert = self.only
        outcome = self.engine.act(request(alert.id, action, at_s, **facts), int(at_s * 1000))
        if isinstance(outcome, Transition):
            self._say([outcome])
        return outcome

    def play(self, interval_s: int, values: str, *, until_s: int | None = None) -> dict[int, str]:
        """Evaluate at multiples of the interval, as promtool does; `_` is no sample. Gives the state by second."""
        words = values.split()
        times = range(0, (until_s or (len(words) - 1) * interval_s) + 1, interval_s)
        states: dict[int, str] = {}
        for number, at_s in enumerate(times):
            word = words[number] if number < len(words) else "_"
            if word != "_":
                self.hear(at_s, None if word == "null" else float(word))
            self.tick(at_s)
            states[at_s] = self.state
        return states

    @property
    def only(self) -> Alert:
        (alert,) = self.engine.alerts.values()
        return alert

    @property
    def state(self) -> str:
        return next((str(alert.condition) for alert in self.engine.alerts.values()), "")

    @property
    def announced(self) -> list[str]:
        return [str(step.announce) for step in self.said if step.announce]

    def _say(self, steps: Sequence[Transition]) -> list[Transition]:
        self.said += steps
        return list(steps)


def request(alert_id: str, action: Action, at_s: float = 0, **facts: object) -> Request:
    until_s = facts.pop("until_s", None)
    return Request(
        id=str(facts.pop("id", "r1")),
        alert_id=alert_id,
        action=action,
        actor=str(facts.pop("actor", "lan")),
        role="operator",
        asked_at=int(at_s * 1000),
        until=int(until_s * 1000) if isinstance(until_s, int | float) else None,
        **facts,
    )


def make(*rules: Mapping[str, object], **engine: object) -> District:
    return District(Engine(read_rules(rules), **engine))


BEFORE: Mapping[str, set[str]] = {  # what people may believe before they are told this
    "open": {"", "flapping"},
    "flapping": {"", "open"},
    "worse": {"open", "flapping"},
    "reminder": {"open"},
    "clear": {"open", "flapping"},
    "withdrawn": {"open", "flapping"},
}


def tell(believed: dict[str, str], step: Transition) -> None:
    """Check what people are told against what they believe of this alert, and keep what they now believe."""
    if step.cause == "absorbed":
        believed[step.alert.id] = ""  # from now on its parent's messages speak for it
    if step.announce is None:
        return
    announce, before = str(step.announce), believed.get(step.alert.id, "")
    assert before in BEFORE[announce], (before, step)
    believed[step.alert.id] = {"clear": "", "withdrawn": ""}.get(announce, before if announce == "worse" else announce)
    if announce == "reminder":
        believed[step.alert.id] = "open"


def create_schema(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        for name in SCHEMA:
            connection.execute(MIGRATIONS.joinpath(name).read_text("utf-8"))


@pytest.fixture
def hot() -> District:
    """One rule: hotter than 80 °C, at once."""
    return make(HOT)
