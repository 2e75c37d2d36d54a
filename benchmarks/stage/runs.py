"""The measures: how fast, how much CPU; what `kill -9` loses; whether memory stays flat."""

import os
import random
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from realparts.timescale import Timescale

from stage.contestants import Contestant, Keeping, last_message
from stage.costs import Costs, busy_seconds, cpu_seconds, resident_mib
from stage.parts import Parts, fresh_parts
from stage.processes import Generator, Running, wait_until

PATIENCE_S = 300
_QUIET_S = 12


@dataclass(frozen=True, slots=True)
class Speed:
    """One run: messages a second, CPU seconds a million of each part; the share of the machine that others took."""

    rate: float
    consumer: float
    database: float
    broker: float
    generator: float
    others: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What a `kill -9` under load left: `lost` never stored, `doubled` stored more than once."""

    published: int
    lost: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident MiB over time, at full rate."""

    seconds: list[float]
    mib: list[float]
    messages: int
    shortened: bool = False

    @property
    def rate(self) -> float:
        """Messages a second, over all."""
        return self.messages / self.seconds[-1]

    def thirds(self) -> tuple[float, float]:
        """The medians of the second and the last third: the first is warming up."""
        size = len(self.mib) // 3
        return statistics.median(self.mib[size : 2 * size]), statistics.median(self.mib[2 * size :])


@dataclass(slots=True)
class Scene:
    """A contestant that listens, its parts, and the devices known to it."""

    parts: Parts
    who: Contestant
    process: Running
    devices: int
    warmed: int = 0
    """Samples of each device that were kept before the measure."""

    def costs(self) -> Costs:
        """What has been spent so far."""
        server, broker = self.parts.timescale.process, self.parts.broker.process
        assert server is not None
        assert broker is not None
        pids = (self.process.pid, server.pid, broker.pid)
        return Costs(*(cpu_seconds(pid) for pid in pids), busy_seconds())

    def generator(self, *options: str) -> Generator:
        """A generator that is ready to send."""
        where = (self.parts.broker.port, "--devices", str(self.devices), "--rounds-before", str(self.warmed))
        return Generator(*where, "--waits", *options)

    def rows(self, keeping: Keeping) -> tuple[int, int]:
        """All rows, and those of different messages."""
        [(every, distinct)] = self.parts.ask(keeping.rows)
        return int(str(every)), int(str(distinct))

    def wait_done(self, count: int) -> tuple[float, Costs]:
        """The moment when the contestant is done with so many messages, and what had been spent by then."""
        keeping = self.who.keeping
        if keeping is None:
            wait_until(lambda: self.process.ended, PATIENCE_S, f"{self.who.name} counts {count}", every=0.005)
            return time.perf_counter(), self.costs()
        count += self.warmed * self.devices
        last, told = last_message(keeping, count, self.devices), f"{self.who.name} keeps {count}"
        wait_until(lambda: bool(self.parts.ask(keeping.last, *last)), PATIENCE_S, told, self.process, every=0.05)
        for _ in range(100):  # counting costs the database much: it comes after the measure, and nearly always once
            done = time.perf_counter(), self.costs()
            if self.rows(keeping)[0] >= count:
                return done
            threading.Event().wait(0.1)
        raise TimeoutError(f"the last message is there, others are not: {told}")


@contextmanager
def scene(server: Timescale, who: Contestant, devices: int, count: int) -> Iterator[Scene]:
    """Set up a contestant until it listens, and where it wants them, births are in."""
    with ExitStack() as stops:
        parts = stops.enter_context(fresh_parts(server))
        if who.keeping is not None:
            who.keeping.prepare(parts)
        command, environment = who.command(parts, count)
        process = stops.enter_context(Running(command, environment, parts.folder / "contestant.log"))
        wait_until(lambda: parts.subscriptions(who.client_id) > 0, 90, f"{who.name} listens", process)
        at = Scene(parts, who, process, devices)
        threading.Event().wait(0.5)
        if who.births:
            _warm_up(at)
        yield at


def _warm_up(at: Scene) -> None:
    """Births and a first sample of each device; then quiet, for the ingest looks at changed records once more."""
    Generator(at.parts.broker.port, "--devices", str(at.devices), "--births", "--count", "0").result()
    named = "SELECT count(*) >= %s FROM device WHERE name IS NOT NULL"
    wait_until(lambda: at.parts.ask(named, at.devices) == [(True,)], PATIENCE_S, "births kept", at.process, every=0.1)
    generator = at.generator("--count", str(at.devices))
    generator.go()
    generator.result()
    at.wait_done(at.devices)
    at.warmed = 1
    threading.Event().wait(_QUIET_S)


def measure_speed(server: Timescale, who: Contestant, devices: int, count: int) -> Speed:
    """Stream so many messages as fast as the broker takes them, until the contestant is done with them."""
    with scene(server, who, devices, count) as at:
        generator = at.generator("--count", str(count))
        before, began = at.costs(), time.perf_counter()
        generator.go()
        ended, after = at.wait_done(count)
        seconds, spent = ended - began, after - before
        sent = generator.result()
        millions = count / 1e6
        others = spent.machine - spent.consumer - spent.database - spent.broker - sent["cpu_s"]
        return Speed(
            count / seconds, spent.consumer / millions, spent.database / millions, spent.broker / millions,
            sent["cpu_s"] / millions, max(0.0, others) / (seconds * (os.cpu_count() or 1)),
        )  # fmt: skip


def measure_loss(server: Timescale, who: Contestant, devices: int, seconds: float, dice: random.Random) -> Loss:
    """Kill it at a random moment under load, start it again a second later, count what is missing in the end."""
    count, keeping, idle = int(who.kill_rate * seconds), who.keeping, threading.Event()
    assert keeping is not None
    with scene(server, who, devices, count) as at:
        subscribed = at.parts.subscriptions(who.client_id)
        generator = at.generator("--count", str(count), "--rate", str(who.kill_rate))
        generator.go()
        idle.wait(seconds * dice.uniform(0.3, 0.6))
        at.process.kill()
        idle.wait(1)
        at.process.start()
        published = int(generator.result()["sent"])
        wait_until(lambda: at.parts.subscriptions(who.client_id) > subscribed, 90, f"{who.name} listens", at.process)
        warm = at.warmed * devices
        every, distinct = (found - warm for found in _settled(at, keeping, published + warm))
        return Loss(published, published - distinct, every - distinct)


def _settled(at: Scene, keeping: Keeping, published: int) -> tuple[int, int]:
    """The rows once all are there, or none has come for five seconds."""
    idle, still, known = threading.Event(), 0, (-1, -1)
    while still < 10 and known[1] < published:
        idle.wait(0.5)
        found = at.rows(keeping)
        still = still + 1 if found == known else 0
        known = found
    return known


def measure_memory(server: Timescale, who: Contestant, devices: int, minutes: float) -> Memory:
    """Full rate for so long: the generator is led so that the broker always has some, and never much, waiting."""
    ahead, idle = 60_000, threading.Event()
    kept = "SELECT coalesce(sum(stored), 0) FROM ledger_hour"
    with scene(server, who, devices, 0) as at:
        generator = at.generator("--led")
        [(first,)] = at.parts.ask(kept)
        seconds: list[float] = []
        mib: list[float] = []
        stored = 0
        generator.go()
        began = time.perf_counter()
        try:
            while (now := time.perf_counter() - began) < minutes * 60:
                stored = int(str(at.parts.ask(kept)[0][0])) - int(str(first))
                generator.allow(stored + ahead)
                if not seconds or now - seconds[-1] >= 1:
                    seconds.append(now)
                    mib.append(resident_mib(at.process.pid))
                    if shutil.disk_usage(at.parts.folder).free < 15 << 30:
                        return Memory(seconds, mib, stored, shortened=True)
                idle.wait(0.1)
        finally:
            generator.stop()
        return Memory(seconds, mib, stored)
