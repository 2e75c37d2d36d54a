"""A simulated district and the centre's real parts, step by step on one clock that is moved by hand.

Each turn moves the clock, publishes what the devices say up to then to the real broker, has it acknowledged, and lets
the real ingest take, judge, store in the real database and tell the real alert engine, until nothing is left; only then
comes the next turn. So a rule's `for: 90s` means ninety seconds of the devices' time however fast or slow the machine
is, nothing is late because the machine is busy, and a run gives the same alerts again. What it leaves out is real time
itself: queues that build up, timeouts of sockets. Those are the fault tests' and the benchmarks' matter.

Devices share one connection, so their Wills are published here when they vanish, as the broker would. While the fault
`broker_away` lasts the broker really is stopped.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Self

import paho.mqtt.client as paho
import psycopg
from realparts.centre import ask
from realparts.clocks import HandClock
from realparts.mosquitto import Mosquitto
from realparts.raw_publisher import RawPublisher

from ingest.model import Message as Brought
from ingest.reader import Reader
from ioc import centre, settings
from ioc import site as sites
from ioc.alerting import wire_alerts
from ioc.lifecycle import Stops
from ioc.migrate import migrate
from ioc.site import SiteFile
from ioc.wiring import Told, make_ingest, make_reader, open_pool, wire_store
from simulators.truth import Fault
from simulators.wire import Action, Join, Message
from simulators.world import World


@dataclass(slots=True)
class Sent:
    """What the broker took over: messages, and the samples and events of the native wire within them."""

    messages: int = 0
    samples: int = 0
    events: int = 0

    def count(self, channel: str, payload: bytes) -> None:
        """One more message."""
        self.messages += 1
        self.events += channel == "event"
        if channel == "telemetry":
            self.samples += len(json.loads(payload).get("batch") or (1,))


class Turns:
    """A reader that gives what is under way in this turn, and then nothing at once: nobody waits for real time."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self.taken = self.expected = 0
        self.waits = False
        """Whether more than is expected may come: while the line is down, or just up again."""

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Brought]:
        """What has come of what is expected; an empty answer is the end of the turn."""
        if self.waits:
            timeout_s = 0.05
        elif self.taken >= self.expected:
            self._inner.tend()
            return ()
        found = self._inner.take(most, 0.0 if self.waits else linger_s, timeout_s)
        self.taken += len(found)
        return found

    def publish(self, topic: str, payload: bytes) -> None:
        """An order; the ingest, which listens to everything, hears it too."""
        self.expected += 1
        self._inner.publish(topic, payload)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class Lockstep:
    """One run. `turn` moves everything to a moment; `faults` are those that have begun."""

    def __init__(self, world: World, broker: Mosquitto, dsn: str, site: SiteFile, known: Mapping[str, str]) -> None:
        self.world, self.broker, self.clock = world, broker, HandClock(world.now)
        self.faults: list[Fault] = []
        self.sent = Sent()
        self._wills: dict[str, Message] = {}
        self._held: list[Message] = []
        self._back_at: float | None = None
        self._heard: deque[tuple[str, bytes]] = deque()
        self._ends = ExitStack()
        with ExitStack() as started:
            self._wire(started, dsn, site, {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, **known})
            self._ends = started.pop_all()

    def _wire(self, started: ExitStack, dsn: str, site: SiteFile, known: Mapping[str, str]) -> None:
        migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            sites.store(connection, site)
        chosen = settings.load(None, {"IOC_SITE__ADMIT": "all", "IOC_INGEST__SPOOL_MB": "0", **known})
        stops, told = started.enter_context(Stops()), Told(threading.Event())
        found = wire_store(chosen, site, dsn, stops, told)
        pool = open_pool(dsn, stops)
        alerts = wire_alerts(chosen, site, pool, self.broker.url, stops, lambda _steps: None, self.clock)
        self.reader = Turns(make_reader(chosen, site, self.broker.url, self.clock))
        self.service = make_ingest(
            chosen, site, found, self.reader, lambda heard: centre.judge(alerts, heard), self.clock
        )
        self.reader.start()
        started.callback(self.service.stop)
        self._listen()
        started.callback(self._end_lines)
        self._await_hearing()

    def turn(self, now: float) -> None:
        """Everything up to `now`: what devices say, what the centre makes of it, what time brings."""
        if self._back_at is not None and now >= self._back_at:
            self._bring_back()
        self.clock.move_to(now)
        out = [*self._held]
        for action in (*self._obeyed(now), *self.world.step(now)):
            if isinstance(action, Fault):
                self._begin(action)
            elif isinstance(action, Join):
                if action.will is not None:
                    self._wills[action.address] = action.will
            elif isinstance(action, Message):
                out.append(action)
            elif self._back_at is None and action.address in self._wills:
                out.append(self._wills[action.address])
        self._held = out if self._back_at is not None else []
        if self._back_at is None:
            self._publish(out)
        while self.reader.taken < self.reader.expected:
            self.service.step()
        self.service.step()

    def run(self, until: float, step: float, progress: Callable[[float], None] = lambda _now: None) -> None:
        """Turn after turn, `step` seconds apart."""
        while self.clock.seconds < until:
            self.turn(min(until, self.clock.seconds + step))
            progress(self.clock.seconds)

    def close(self) -> None:
        """Keep the last state, and end all."""
        self.service.stopping.set()
        self.service._checkpoint(self.clock())
        self._ends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _publish(self, out: Sequence[Message]) -> None:
        self._line.send((said.topic.encode(), said.payload, said.retain) for said in out)
        self.reader.expected += len(out)
        for said in out:
            self.sent.count(said.channel, said.payload)

    def _begin(self, fault: Fault) -> None:
        self.faults.append(fault)
        if fault.kind == "broker_away":
            self._back_at = fault.ends
            self._end_lines()
            self.broker.stop()
            self.reader.waits = True

    def _bring_back(self) -> None:
        self._back_at = None
        self.broker.start()
        self._listen()
        self._await_hearing()

    def _await_hearing(self) -> None:
        """The clock stands still until the ingest hears the broker and what was retained has come."""
        self.reader.waits, quiet, end = True, 0, monotonic() + 90
        while quiet < 10:
            before = self.reader.taken
            self.service.step()
            up = self.reader.hearing.deaf_since is None
            quiet = quiet + 1 if up and self.reader.taken == before else 0
            if monotonic() > end:
                raise RuntimeError("the ingest does not hear the broker")
        self.reader.waits, self.reader.expected = False, self.reader.taken

    def _listen(self) -> None:
        """The devices' connections: one to speak, one for their orders."""
        self._line = RawPublisher(self.broker.host, self.broker.port)
        self._orders = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._orders.on_message = lambda _client, _data, told: self._heard.append((told.topic, told.payload))
        ready = threading.Event()
        self._orders.on_subscribe = lambda *_: ready.set()
        self._orders.connect(self.broker.host, self.broker.port)
        self._orders.subscribe("ioc/v1/+/+/+/command", 1)
        self._orders.loop_start()
        if not ready.wait(10):
            raise RuntimeError("the devices cannot hear orders")

    def _end_lines(self) -> None:
        self._line.__exit__()
        self._orders.disconnect()
        self._orders.loop_stop()

    def _obeyed(self, now: float) -> Iterator[Action]:
        while self._heard:
            topic, payload = self._heard.popleft()
            yield from self.world.obey("/".join(topic.split("/")[2:5]), payload, now)


def account(dsn: str, sent: Sent) -> dict[str, int]:
    """What became of it, as the database tells: what is stored once, what is missing, what stands there twice."""
    rows = "(SELECT device_id, origin, seq FROM {} WHERE seq IS NOT NULL) x"
    distinct = "SELECT count(*), count(DISTINCT (device_id, origin, seq)) FROM " + rows
    [(readings, samples)] = ask(dsn, distinct.format("reading"))
    [(told, events)] = ask(dsn, distinct.format("event"))
    [(unused,)] = ask(dsn, "SELECT coalesce(sum(quarantined + shed), 0) FROM ledger_hour")
    stored = {"samples": int(str(samples)), "events": int(str(events))}
    lost = sent.samples + sent.events - sum(stored.values())
    doubled = int(str(readings)) + int(str(told)) - sum(stored.values())
    return {**stored, "lost": lost, "doubled": doubled, "unused": int(str(unused))}
