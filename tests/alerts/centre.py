"""A whole centre on a clock of the test's own: an engine, a mailroom, and couriers to channels that remember."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.channel import Outcome, Receipt
from alerts.courier import Courier
from alerts.engine import Engine
from alerts.letters import Names
from alerts.mailroom import Mailroom, MemoryMailroom
from alerts.model import Action, Refused, Transition
from alerts.outbox import Letter
from alerts.people import Contact
from alerts.roster import Duty
from alerts.routing import Plan, Route, Step
from alerts.rulebook import read_rules
from alerts.suppression import Scope, Silence
from ingest.model import Admission, Device, Heard, Presence, Sample, View
from tests.alerts.conftest import request

START = 1_795_320_000_000  # 2026-11-22T04:00:00Z, eleven o'clock in Viet Nam
GONE: Mapping[str, object] = {"name": "gone", "kind": "absence", "severity": "major"}
HOT: Mapping[str, object] = {
    "name": "camera-hot", "kind": "threshold", "family": "camera", "metric": "temperature_c", "above": 80,
    "steps": [{"above": 95, "severity": "critical"}], "severity": "major",
    "title": {"vi": "Camera quá nóng", "en": "Camera is too hot"},
}  # fmt: skip


@dataclass
class Box:
    """A channel that remembers what it was given when; `answers` says how each attempt goes, by time in seconds."""

    name: str
    clock: Callable[[], int]
    answers: Callable[[float], Outcome] = lambda _: Outcome.SENT
    got: list[tuple[float, Letter]] = field(default_factory=list)
    tries: list[float] = field(default_factory=list)

    def send(self, letter: Letter) -> Receipt:
        at = (self.clock() - START) / 1000
        self.tries.append(at)
        outcome = self.answers(at)
        if outcome is Outcome.SENT:
            self.got.append((at, letter))
        return Receipt(outcome, outcome.value)

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.got]

    @property
    def said(self) -> list[str]:
        """What each message announced, with how many alerts."""
        return [f"{letter.announce} {len(letter.body['alerts'])}" for _, letter in self.got]  # type: ignore[arg-type]


def contact(name: str, *ways: str, **facts: Any) -> Contact:
    return Contact(name, ways or (name,), **facts)


def plan(*contacts: Contact, routes: Sequence[Route] = (), duties: Sequence[Duty] = (), **more: Any) -> Plan:
    """A plan over these; without a route, everything goes to the first contact at once."""
    made = routes or (Route("all", (Step((contacts[0].name,)),), wait_ms=0, interval_ms=0),)
    return Plan(
        {each.name: each for each in contacts},
        {each.name: each for each in duties},
        {each.name: each for each in made},
        more.get("parents", {}),
    )


class Centre:
    """Time is in seconds from `START`. `keep` is called with every batch of steps, as the store is."""

    def __init__(
        self,
        plan: Plan,
        *rules: Mapping[str, object],
        mailroom: Mailroom | None = None,
        keep: Callable[[Sequence[Transition]], None] | None = None,
        names: Names | None = None,
    ) -> None:
        self.now = START
        self.engine = Engine(read_rules(rules or (HOT, GONE)))
        memory = MemoryMailroom(plan, names)
        self.mailroom = mailroom or memory
        self.memory = memory
        self._keep = keep or memory.owe
        ways = dict.fromkeys(way for contact in plan.contacts.values() for way in contact.ways)
        self.boxes = {way: Box(way, lambda: self.now) for way in ways}

    def box(self, name: str) -> Box:
        return self.boxes[name]

    def measure(
        self, at_s: float, value: float | None, device: str = "demo/camera/c1", area: str = "que-trung"
    ) -> None:
        self.run(at_s)
        view = View(Device(device, Admission.ADMITTED, area=area), Presence(connected=True, fresh=True, working=True))
        sample = Sample(device, self.now, {"temperature_c": value}, received_at=self.now)
        self._keep(self.engine.observe(Heard(self.now, (view,), (sample,))))
        self._step()

    def see(self, at_s: float, presence: Presence, *devices: str, area: str = "que-trung") -> None:
        """Devices of an area come or go, all at once."""
        self.run(at_s)
        since = replace(presence, since=self.now)
        views = tuple(View(Device(each, Admission.ADMITTED, area=area), since) for each in devices)
        self._keep(self.engine.observe(Heard(self.now, views)))
        self._step()

    def quieten(self, since_s: float, until_s: float, scope: Scope) -> None:
        """Someone asks for quiet."""
        times = (START + round(each * 1000) for each in (since_s, until_s))
        self._keep(self.engine.adopt_quiets([Silence("s1", scope, *times, "lan", "bảo trì")], self.now))

    def ask(self, at_s: float, action: Action, alert_id: str | None = None, **facts: Any) -> None:
        self.run(at_s)
        ident = alert_id or next(iter(self.engine.alerts.values())).id
        until_s = facts.pop("until_s", None)
        if until_s is not None:
            facts["until_s"] = START / 1000 + until_s
        outcome = self.engine.act(request(ident, action, self.now / 1000, **facts), self.now)
        assert not isinstance(outcome, Refused), outcome
        self._keep([outcome])
        self._step()

    def run(self, until_s: float, step_s: float = 1) -> None:
        """Let time pass, second by second, also for the engine and the couriers."""
        until = START + round(until_s * 1000)
        while self.now + step_s * 1000 <= until:
            self.now += round(step_s * 1000)
            self._step()
        self.now = max(self.now, until)

    def _step(self) -> None:
        steps = self.engine.tick(self.now)
        if steps:
            self._keep(steps)
        self.mailroom.advance(self.now)
        for box in self.boxes.values():
            courier = Courier(box, self.mailroom, clock=lambda: self.now)
            while courier.step():
                pass
