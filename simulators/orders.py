"""The desk of one device where orders arrive: what is answered, whose turn it is, who is pre-empted.

Decides the steps of every order as values with their time; never speaks MQTT and never touches the device itself.

An order goes `accepted → started → done | failed | preempted`, or from `accepted` straight to `expired` or
`preempted` while it waits for its turn, or is answered `expired` or `rejected` at once.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from random import Random
from typing import Literal

from simulators.device import Arguments, Order
from simulators.wire import moment

State = Literal["accepted", "started", "done", "failed", "expired", "rejected", "preempted"]
RANKS = {"normal": 0, "priority": 1, "emergency": 2}
_REMEMBERED = 256  # repeats of QoS 1 come soon or never
_FAILS_AFTER_S = 2.0
_HANDOVER_S = 0.5  # between the end of an order and the start of the one that waited


@dataclass(frozen=True, slots=True)
class Command:
    """An order as it came in, already taken apart; times are epoch seconds."""

    id: str
    name: str
    rank: int
    expires: float
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Step:
    """One answer, due at `at`; on `started` and `done` the device acts as `order` says."""

    ref: str
    state: State
    at: float
    reason: str | None = None
    order: Order | None = None
    arguments: Arguments = field(default_factory=dict)


@dataclass(slots=True)
class _Job:
    command: Command
    order: Order
    at: float
    """When its next step is due; infinity while it waits for its turn."""
    lasts: float
    started: bool = False

    def step(self, state: State, at: float, reason: str | None = None) -> Step:
        acts = state in {"started", "done"} or (self.started and state in {"failed", "preempted"})
        return Step(self.command.id, state, at, reason, self.order if acts else None, self.command.arguments)


class Desk:
    """Orders in, steps out. `trouble(name)` says why an order of that name cannot succeed now, or None."""

    def __init__(self, orders: Mapping[str, Order], trouble: Callable[[Command], str | None]) -> None:
        self._orders, self._trouble = orders, trouble
        self._jobs: list[_Job] = []
        self._last: dict[str, Step] = {}

    @property
    def busy(self) -> bool:
        """Whether any order is under way or waits."""
        return bool(self._jobs)

    @property
    def due(self) -> float:
        """When `step` has something to say next."""
        return min((job.at for job in self._jobs), default=inf)

    def receive(self, command: Command, now: float, rng: Random) -> list[Step]:
        """The immediate answers to an order; a repeat gets its last answer again and is not carried out twice."""
        if command.id in self._last:
            return [replace(self._last[command.id], at=now, order=None)]
        order = self._orders.get(command.name)
        if order is None:
            known = ", ".join(self._orders)
            return self._note([Step(command.id, "rejected", now, f"unknown command; known are {known}")])
        if command.expires <= now:
            return self._note([Step(command.id, "expired", now)])
        starts = now + rng.uniform(0.2, 0.9)
        job = _Job(command, order, starts, order.lasts(command.arguments, rng))
        steps = [job.step("accepted", now)]
        if order.takes_turns:
            steps += self._queue(job, now)
        self._jobs.append(job)
        return self._note(steps)

    def step(self, now: float) -> list[Step]:
        """Everything due up to `now`, in order of time."""
        steps: list[Step] = []
        while self.due <= now:
            steps += self._advance(min(self._jobs, key=lambda job: job.at))
        return self._note(steps)

    def restart(self, now: float) -> list[Step]:
        """The answers after the device booted: a reboot is done, anything else that was under way has failed."""
        steps = [
            Step(job.command.id, "done", now)
            if job.started and job.order.reboots
            else Step(job.command.id, "failed", now, "the device restarted")
            for job in self._jobs
        ]
        self._jobs.clear()
        return self._note(steps)

    def _queue(self, job: _Job, now: float) -> list[Step]:
        """Take the turn, take it from a lesser order in an emergency, or wait for it."""
        holder = self._holder()
        if holder is None:
            return []
        if job.command.rank == RANKS["emergency"] > holder.command.rank:
            self._jobs.remove(holder)
            return [holder.step("preempted", now, f"by {job.command.id}")]
        job.at = inf
        return []

    def _holder(self) -> _Job | None:
        """The order whose turn it is."""
        return next((job for job in self._jobs if job.order.takes_turns and job.at < inf), None)

    def _advance(self, job: _Job) -> list[Step]:
        """The next step of one job, and what follows from it for others."""
        now = job.at
        if not job.started and job.command.expires <= now:
            return self._end(job, job.step("expired", now))
        if not job.started:
            fails = self._trouble(job.command) is not None
            job.started, job.at = True, now + (min(job.lasts, _FAILS_AFTER_S) if fails else job.lasts)
            halted = self._halt(now) if job.order.halts else []
            return [*halted, job.step("started", now)]
        reason = self._trouble(job.command)
        return self._end(job, job.step("failed", now, reason) if reason else job.step("done", now))

    def _halt(self, now: float) -> list[Step]:
        holder = self._holder()
        return self._end(holder, holder.step("failed", now, "stopped by order")) if holder else []

    def _end(self, job: _Job, step: Step) -> list[Step]:
        """Close a job; the most urgent of those that wait, first come first, gets the turn."""
        self._jobs.remove(job)
        waiting = [each for each in self._jobs if each.at == inf]
        if waiting and self._holder() is None:
            max(waiting, key=lambda each: each.command.rank).at = step.at + _HANDOVER_S
        return [step]

    def _note(self, steps: list[Step]) -> list[Step]:
        for step in steps:
            self._last.pop(step.ref, None)
            self._last[step.ref] = step
        while len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]
        return steps


def read_command(payload: bytes) -> Command | None:
    """The order in a payload; None when it has no id to answer to. One without a readable expiry never expires."""
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        return None
    arguments, expires = document.get("args"), moment(document.get("expires"))
    return Command(
        id=document["id"],
        name=str(document.get("name")),
        rank=RANKS.get(str(document.get("priority")), 0),
        expires=inf if expires is None else expires,
        arguments=arguments if isinstance(arguments, dict) else {},
    )
