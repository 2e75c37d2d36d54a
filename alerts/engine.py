"""Takes what was heard to every rule that it concerns, and keeps the open alerts.

Decides who judges what, and in which order: who is bad is counted before anyone is judged, so that a cause is known
before what it explains. It never stores, publishes, reads a clock or knows a channel. A sample costs the rules that
match its metrics; a tick costs what is due, not how many devices or alerts there are. Times are the centre's
(`received_at`, `now`); a device's own time only orders its samples.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Final

from alerts import machine
from alerts.alertmanager import RULE as OUTSIDE
from alerts.docket import FLAP, Docket
from alerts.domains import Grounds
from alerts.events import Policy
from alerts.health import BROKEN, Health
from alerts.index import RuleIndex, Watch
from alerts.model import Alert, Refused, Request, Transition, Verdict
from alerts.quiets import Quiets
from alerts.recollection import Recollection
from alerts.rule import Finding, Rule
from alerts.suppression import Quiet
from alerts.table import Event
from alerts.verdicts import HELD, WAKE, Verdicts
from ingest.model import Admission, Device, Heard, Presence, Sample, Value, View
from ingest.model import Event as Happening

_QUIET: Final = "\x1fquiet "  # before the id of a silence or a window: it begins
_NOTHING: Final[list[Transition]] = []


class Engine:
    """The rules, the open alerts and what is due.

    `alerts` are those open before a restart and `evaluated_at` when they were last evaluated: the downtime
    since then counts for no timer. Before `quiet_until` no absence is believed. `grounds` is what is known of areas,
    feeders and uplinks.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        alerts: Iterable[Alert] = (),
        *,
        now: int = 0,
        evaluated_at: int | None = None,
        quiet_until: int = 0,
        policy: Policy | None = None,
        grounds: Grounds | None = None,
    ) -> None:
        self._devices: dict[str, Device] = {}
        self._watches: dict[str, Watch] = {}  # by device; only of those admitted
        self._presences: dict[str, Presence] = {}
        self._docket = Docket(policy or Policy(), Quiets(grounds or Grounds()), self._devices)
        self._register = self._docket.register
        self._verdicts = Verdicts(self._docket, self._devices, quiet_until)
        for alert in alerts:
            self._register.keep(machine.resume(alert, now if evaluated_at is None else evaluated_at, now))
        self.adopt(rules)
        if now < quiet_until:
            self._verdicts.doubt(quiet_until, now)

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """The alerts that are not closed, by key."""
        return self._register.alerts

    @property
    def health(self) -> Mapping[str, Health]:
        """How each rule fares, by name; one that never did anything is left out."""
        return self._docket.health.rules

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in use, by name."""
        return {name: rule for name, rule in self._docket.index.rules.items() if rule not in (BROKEN, OUTSIDE)}

    @property
    def due(self) -> int | None:
        """When time alone next matters (epoch ms; in the past: at once); None where it never does."""
        return self._register.first()

    def adopt(self, rules: Iterable[Rule]) -> None:
        """Use this set of rules from now on; the next tick ends or withdraws what it no longer supports."""
        before = self._docket.index.rules
        self._docket.adopt(RuleIndex([*rules, BROKEN, OUTSIDE]))
        self._verdicts.forget(before)
        self._watches.clear()
        for device in self._devices.values():
            self._place(device, 0)
            presence = self._presences[device.address]
            self._count_presence(device, presence, presence.since)

    def adopt_quiets(self, quiets: Iterable[Quiet], now: int) -> list[Transition]:
        """Use this set of silences and maintenance windows from now on."""
        wanted, steps = tuple(quiets), list[Transition]()
        if wanted == self._docket.quiets.all:
            return steps
        for gone in self._docket.quiets.adopt(wanted):
            self._register.remind(_QUIET + gone.id, None)
            steps += self._docket.end_quiet(gone, now)
        for ident, when in self._docket.quiets.starts(now).items():
            self._register.remind(_QUIET + ident, when)
        return steps + self._docket.begin_quiet(self._docket.quiets.all, now)

    def doubt(self, until: int, now: int) -> None:
        """Believe no absence before this time: we only just began to hear, or our clock leapt."""
        self._verdicts.doubt(until, now)

    def learn(self, rule: str, device: str, memory: object) -> None:
        """Give a rule with a memory what it is to remember of a device: a baseline made from the past."""
        self._verdicts.learn(f"{rule}@{device}", memory)

    def expect(self, rules: Iterable[Rule]) -> None:
        """The memories of these rules are being made: what is heard of them waits until `remember` brings them."""
        self._verdicts.expect(rule.name for rule in rules)

    def remember(self, rule: Rule, memories: Mapping[str, Recollection] | None, now: int) -> list[Transition]:
        """Give a rule what it is to remember, by device, and judge what has waited; None: it begins anew."""
        return self._verdicts.remember(rule, memories, now)

    def observe(self, heard: Heard) -> list[Transition]:
        """Judge what one step of the ingest changed: samples, measures and events in order, then who is there."""
        now = heard.now
        for view in heard.views:
            self._meet(view, now)
        for sample in heard.samples:
            watch = self._watches.get(sample.device)
            if watch is not None and watch.counts:
                self._count_metrics(watch.counts, sample, min(sample.received_at, now))
        for sample in heard.measures:
            watch = self._watches.get(sample.device)
            if watch is not None:
                self._count_metrics(watch.measured, sample, min(sample.received_at, now))
        steps = self._judge_domains(now)
        for sample in chain(heard.samples, heard.measures):
            steps += self._judge_sample(sample, min(sample.received_at, now))
        for event in heard.events:
            steps += self._judge_event(event, min(event.received_at, now))
        for view in heard.views:
            steps += self._judge_view(view, now)
        return steps

    def end_series(self, device: str, metric: str, now: int) -> list[Transition]:
        """A series was withdrawn: what was only becoming bad is so no more, and what is bad stays so."""
        steps: list[Transition] = []
        for key in self._register.of_device(device):
            rule = self._docket.rule_of(self.alerts[key])
            if rule is not None and rule.metric == metric:
                steps += self._docket.apply(rule, self._devices[device], Finding(Verdict.BETWEEN, reason="ended"), now)
        return steps

    def tick(self, now: int) -> list[Transition]:
        """Let time pass: timers, suppressions and acknowledgements that end, rules gone."""
        steps: list[Transition] = []
        for key in self._register.take(now):
            if not key.startswith("\x1f"):
                steps += self._docket.pass_time(key, now)
            elif key.startswith(HELD):
                steps += self._verdicts.believe(key.removeprefix(HELD), now)
            elif key.startswith(FLAP):
                steps += self._docket.settle_flaps(key.removeprefix(FLAP), now)
            elif key.startswith(WAKE):
                steps += self._verdicts.wake(key.removeprefix(WAKE), now)
            else:
                steps += self._begin_quiet(key.removeprefix(_QUIET), now)
        return steps

    def act(self, request: Request, now: int) -> Transition | Refused:
        """Do what an operator asks of an alert, or say why not."""
        return self.act_on(request, now)[0]

    def act_on(self, request: Request, now: int) -> tuple[Transition | Refused, list[Transition]]:
        """The same, with the steps that follow from it."""
        alert = self._register.of_id(request.alert_id)
        if alert is None:
            return Refused("not_open", "no open alert has this id"), []
        step, more = self._docket.act(alert, request, now)
        if isinstance(step, Transition) and step.alert.outcome == "false_alarm":
            self._verdicts.cool(alert.key, now)
        return step, more

    def _meet(self, view: View, now: int) -> None:
        """Take in what a device is and whether it is there, before anyone is judged."""
        device, presence = view.device, view.presence
        if self._devices.get(device.address) != device:
            self._devices[device.address] = device
            self._place(device, now)
        if device.address not in self._presences:
            self._verdicts.meet(device.address, now)
        since = now if device.address in self._presences else presence.since  # who was silent before us: since then
        self._presences[device.address] = presence
        self._count_presence(device, presence, since)

    def _place(self, device: Device, now: int) -> None:
        if device.admission is Admission.ADMITTED:
            self._watches[device.address] = self._docket.index.watch(device.family)
        else:
            self._watches.pop(device.address, None)
        self._docket.explaining.causes.place(device, now)

    def _count_presence(self, device: Device, presence: Presence, since: int) -> None:
        watch = self._watches.get(device.address)
        for rule in () if watch is None else watch.absent:
            self._docket.explaining.causes.note(rule, device, rule.test.judge(presence), since)

    def _count_metrics(self, counts: Mapping[str, Iterable[Rule]], sample: Sample, at: int) -> None:
        for metric, rules in counts.items():
            if metric in sample.metrics:
                for rule in rules:
                    finding = rule.test.judge(sample.metrics[metric])
                    self._docket.explaining.causes.note(rule, self._devices[sample.device], finding, at)

    def _judge_domains(self, now: int) -> list[Transition]:
        steps: list[Transition] = []
        for rule, domain, finding in self._docket.explaining.causes.findings(now):
            steps += self._docket.apply(rule, domain, finding, now)
        return steps

    def report(self, rule: Rule, device: Device, finding: Finding, at: int) -> list[Transition]:
        """Take what somebody else judged, by a rule that the engine knows by name (its title may be its own)."""
        return self._docket.apply(rule, device, finding, at)

    def _judge_sample(self, sample: Sample, at: int) -> list[Transition]:
        """Of a subject without trouble nothing but numbers out of every rule's calm range is looked at further."""
        address = sample.device
        watch = self._watches.get(address)
        if watch is None:
            return _NOTHING
        calm = watch.calm
        loud: list[str] | None = None
        for metric, value in sample.metrics.items():
            if metric in calm:
                low, high = calm[metric]
                try:
                    if low <= value <= high:  # type: ignore[operator]
                        continue
                except TypeError:  # a word, or unknown
                    if value is None and low <= high:
                        continue
                loud = [metric] if loud is None else [*loud, metric]
        keys, flaps = self._register.keys(address), self._docket.flaps.of_device(address)
        waiting = self._verdicts.waiting(address)
        if loud is None and not (keys or flaps or waiting):
            return _NOTHING
        watched = {key.partition("@")[0] for key in chain(keys, flaps, waiting)}
        return self._judge_metrics(sample, watch, loud or (), watched, at)

    def _judge_metrics(
        self, sample: Sample, watch: Watch, loud: Collection[str], watched: Collection[str], at: int
    ) -> list[Transition]:
        """Ask every rule of a loud metric, and of the others those that are watched: something of them is open."""
        steps: list[Transition] = []
        device, metrics = self._devices[sample.device], sample.metrics
        for metric, value in metrics.items():
            for rule in watch.metric.get(metric, ()):
                if rule.name in watched or (metric in loud and _heard(rule, value)):
                    steps += self._verdicts.judge(rule, device, value, at, sample.ts)
            if metric in loud:
                for rule in watch.series.get(metric, ()):
                    steps += self._verdicts.recall(rule, device, metrics, at, sample.ts)
        return steps

    def _judge_event(self, event: Happening, at: int) -> list[Transition]:
        watch = self._watches.get(event.device)
        if watch is None:
            return []
        steps: list[Transition] = []
        for rule in watch.events:
            steps += self._verdicts.recall(rule, self._devices[event.device], event, at, None)
        return steps

    def _judge_view(self, view: View, now: int) -> list[Transition]:
        device, presence = view.device, view.presence
        watch = self._watches.get(device.address)
        if watch is None:
            return self._docket.end_all(device.address, Event.RETIRED, now)
        steps: list[Transition] = []
        if presence.unknown or presence.connected is False or not presence.fresh:
            steps += self._verdicts.doubt_metrics(device, Finding(Verdict.UNKNOWN, reason=presence.reason), now)
        for rule in watch.presence:
            steps += self._verdicts.judge(rule, device, presence, now, None)
        for rule in watch.uptime:
            steps += self._verdicts.recall(rule, device, presence, now, None)
        return steps

    def _begin_quiet(self, ident: str, now: int) -> list[Transition]:
        quiet = self._docket.quiets.get(ident)
        if quiet is None:
            return []
        self._register.remind(_QUIET + ident, quiet.next_start(now))
        return self._docket.begin_quiet([quiet], now)


def _heard(rule: Rule, value: Value) -> bool:
    """Whether a value may be bad by this rule."""
    low, high = rule.test.calm
    return not isinstance(value, int | float) or not low <= value <= high or rule.unknown is Verdict.BAD
