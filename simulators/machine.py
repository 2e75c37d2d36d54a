"""One device's life: it boots, reports, suffers, obeys, falls silent and comes back.

Decides every message a device sends, as values; time is an argument and chance comes from the seed, so the same life
gives the same bytes. Never opens a connection: `Join` and `Cut` say what the connection should do.
"""

from collections.abc import Callable, Iterable
from math import inf
from random import Random

from simulators.chance import chance
from simulators.device import Ill, Sample, Scene
from simulators.dialect import find_voice
from simulators.events import Happening, Suffering, Watch
from simulators.orders import Command, Desk, Step, read_command
from simulators.population import Identity
from simulators.surroundings import Around
from simulators.wire import Action, Cut, Document, Join, Message

_LATE_KEPT = 240  # samples a device can hold while its gateway is down; then the oldest go, and the gap is honest
_BATCH = 60  # samples a batch carries: far from the 64 KiB limit
_REBOOT_S = (15.0, 30.0)
_LOOP_UP_S, _LOOP_DOWN_S = (20.0, 40.0), (8.0, 20.0)  # of a device that boots and dies and boots
_SHOUTS = 100.0  # how many times as often a shouting device speaks
_LOUDEST_S = 0.1  # but no device ten times a second and more
_DRIFT, _MOST_DRIFT_S = 0.5, 1200.0  # a clock without a quartz to speak of: half a second a second


class Machine:
    """The state of one device. `step` and `obey` return what goes out; `due` is when `step` should be called next.

    It boots at `boot` and samples first at `first`, both epoch seconds, then every `interval` seconds; `around` tells
    its surroundings at a moment; `order_failures` is the share of orders that fail for no visible reason.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        seed: int,
        boot: float,
        first: float,
        interval: float,
        around: Callable[[float], Around],
        order_failures: float = 0.0,
    ) -> None:
        self.identity, self._interval, self._order_failures = identity, interval, order_failures
        self._seed, self._around = seed, around
        self._rng = chance(seed, identity.address)
        self._boot_at, self._sample_at, self._crash_at = boot, first, inf
        self._powered, self._reachable = False, True
        self._scene = Scene(identity.address, boot, 0.0, self._rng, around(boot))
        self._sufferings: list[Suffering] = []
        self._effects: frozenset[str] = frozenset()
        self._watch = Watch(identity.kind.edges)
        self._desk = Desk(identity.kind.orders, self._trouble)
        self.voice = find_voice(identity, seed)
        self._late: list[Document] = []
        self._held: list[Action] = []
        self._out: list[Action] = []

    @property
    def due(self) -> float:
        """When something happens next, in epoch seconds; infinity for a device without power."""
        if not self._powered:
            return self._boot_at
        due = self._sample_at
        if self._desk.busy or self._boot_at < due or self._crash_at < due:
            return min(self._boot_at, due, self._crash_at, self._desk.due)
        return due

    @property
    def online(self) -> bool:
        """Whether the broker should see it connected."""
        return self._powered and self._reachable

    def step(self, now: float) -> list[Action]:
        """Everything that was due up to `now`, in order of time."""
        while (due := self.due) <= now:
            if due == self._boot_at:
                self._boot(due)
            elif due == self._crash_at:
                self._go_dark(due, until=due + self._rng.uniform(*_LOOP_DOWN_S))
            elif due == self._sample_at:
                self._take_sample(due)
            else:
                self._carry_out(self._desk.step(due))
        return self._sent()

    def obey(self, payload: bytes, now: float) -> list[Action]:
        """The answers to an order at once; later steps come from `step`. What is no order gets no answer."""
        command = read_command(payload)
        if command and self.online:
            self._carry_out(self._desk.receive(command, now, self._luck(command, "times")))
        return self._sent()

    def suffer(self, ill: Ill, now: float) -> list[Action]:
        """An ill begins."""
        self._suffers([*self._sufferings, Suffering(ill, now)])
        if ill.effect == "dark":
            self._go_dark(now, until=inf)
        elif ill.effect == "loop" and self._powered:
            self._crash_at = now + 1.0
        elif ill.effect == "apart":
            self._lose_the_way()
        elif ill.effect == "shout":
            self._sample_at = min(self._sample_at, now + self._pace)
        if ill.firmware:
            self._update(ill.firmware, now)
        return self._sent()

    def recover(self, ill: Ill, now: float) -> list[Action]:
        """That ill ends; a device that was without power boots anew, one that was apart tells what is late."""
        rest = list(self._sufferings)
        at = next((at for at, each in enumerate(rest) if each.ill is ill), None)
        if at is None:
            return []
        del rest[at]
        self._suffers(rest)
        if self._powered:
            self._tell(self._watch.end(ill, now), now)
        elif ill.effect == "dark" and not self._has("dark"):
            self._boot_at = now
        if ill.effect == "loop" and not self._has("loop"):
            self._crash_at = inf
        elif ill.effect == "apart" and not self._has("apart"):
            self._find_the_way(now)
        if ill.firmware:
            self._update(None, now)
        return self._sent()

    def announce(self, now: float) -> list[Message]:
        """Birth and status, as after every connection; nothing from a device that is away."""
        return self.voice.introduce(now, self._interval) if self.online else []

    def leave(self, now: float) -> list[Action]:
        """A goodbye: off line on purpose."""
        if self.online:
            self._send(self.voice.status("offline", now, "clean"))
        return self._sent()

    def _suffers(self, sufferings: list[Suffering]) -> None:
        self._sufferings = sufferings
        self._effects = frozenset(each.ill.effect for each in sufferings)

    @property
    def _pace(self) -> float:
        """Seconds between two samples."""
        return max(min(_LOUDEST_S, self._interval), self._interval / _SHOUTS) if self._has("shout") else self._interval

    def _boot(self, now: float) -> None:
        self._boot_at, self._powered = inf, True
        if self._has("loop"):
            self._crash_at = now + self._rng.uniform(*_LOOP_UP_S)
        self.voice.begin(now)
        self._watch.forget()
        self._scene = Scene(self.identity.address, now, 0.0, self._rng, self._around(now))
        self._sample_at = max(self._sample_at, now + min(2.0, self._interval))
        if self._reachable:
            self._join(now)
        self._carry_out(self._desk.restart(now))

    def _go_dark(self, now: float, until: float) -> None:
        if self.online:
            self._out += [*self.voice.vanish(now), Cut(self.identity.address)]
        self._powered, self._boot_at, self._crash_at = False, until, inf
        self._late.clear()
        self._held.clear()

    def _lose_the_way(self) -> None:
        """Its gateway or its line is gone: it lives on and keeps its samples for later."""
        if self.online:
            self._out.append(Cut(self.identity.address))
        self._reachable = False

    def _find_the_way(self, now: float) -> None:
        """The way is back: the same session again, and what is late in batches."""
        self._reachable = True
        if self._powered:
            self._join(now)
            for at in range(0, len(self._late), _BATCH):
                self._out += self.voice.batch(self._late[at : at + _BATCH])
            self._out += self._held
            self._late.clear()
            self._held.clear()

    def _update(self, firmware: str | None, now: float) -> None:
        """New firmware, and the reboot that goes with it."""
        self.voice.firmware = firmware
        if self._powered:
            self._go_dark(now, until=now + self._rng.uniform(*_REBOOT_S))

    def _join(self, now: float) -> None:
        self._out.append(Join(self.identity.address, self.voice.will(), self.voice.obeys))
        self._out += self.voice.introduce(now, self._interval)

    def _take_sample(self, now: float) -> None:
        """Take one sample and tell it, with the events that show in it; who is hung keeps it to himself."""
        self._sample_at = now + self._pace
        scene = self._scene
        scene.elapsed, scene.now, scene.around = now - scene.now, now, self._around(now)
        sample = self.identity.kind.sample(scene)
        if self._sufferings:
            if self._has("hush"):
                return
            for suffering in self._sufferings:
                sample |= suffering.ill.bend(sample, now - suffering.since)
            self.voice.skew = self._drift(now)
        elif self.voice.skew:
            self.voice.skew = 0.0
        self._report(sample, now)
        self._tell(self._watch.observe(sample, self._sufferings, now), now)

    def _drift(self, now: float) -> float:
        since = min((each.since for each in self._sufferings if each.ill.effect == "drift"), default=now)
        return min(_MOST_DRIFT_S, (now - since) * _DRIFT)

    def _report(self, sample: Sample, now: float) -> None:
        record = self.voice.record(sample, now)
        if self._reachable:
            self._out += self.voice.telemetry(record)
        else:
            self._late = [*self._late[1 - _LATE_KEPT :], record]

    def _tell(self, happenings: Iterable[Happening], now: float) -> None:
        for happening in happenings:
            self._send(self.voice.event(happening, now))

    def _carry_out(self, steps: list[Step]) -> None:
        """Answer each step and do what it means; who is hung does neither."""
        for step in steps:
            if self._has("hush"):
                continue
            self._send(self.voice.ack(step))
            if step.order:
                change = step.order.begin if step.state == "started" else step.order.finish
                if metrics := change(self._scene.memory, step.arguments):
                    self._report(metrics, step.at)
                if step.order.rebirth and step.state == "done":
                    self._out += self.announce(step.at)
                if step.order.reboots and step.state == "started":
                    self._go_dark(step.at, until=step.at + self._rng.uniform(*_REBOOT_S))

    def _trouble(self, command: Command) -> str | None:
        """Why this order fails now: an ill that blocks it, or chance."""
        ills = (each.ill.name for each in self._sufferings if command.name in each.ill.blocks)
        unlucky = self._luck(command, "outcome").random() < self._order_failures
        return next(ills, "no answer from the equipment" if unlucky else None)

    def _luck(self, command: Command, what: str) -> Random:
        """Drawn apart from the samples, so that orders do not change what is measured."""
        return chance(self._seed, self.identity.address, command.id, what)

    def _has(self, effect: str) -> bool:
        return effect in self._effects

    def _send(self, said: list[Message]) -> None:
        target: list[Action] = self._out if self._reachable else self._held
        target += said

    def _sent(self) -> list[Action]:
        sent, self._out = self._out, []
        return sent
