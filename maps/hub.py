"""The shell between the threads that hear and judge and the browsers that look.

`show` and its like are called from other threads and only put things down under a lock; the loop
picks them up `hz` times a second, folds them into the scene and wakes the clients. Policy: devices
conflate (the newest view counts), steps of alerts keep their order. It decides nothing about the picture.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from alerts.model import Transition
from ingest.model import Heard, View
from maps import frames
from maps.figures import Flow, picture_figures
from maps.frames import Frame, Hello, Look, Press
from maps.layer import find_layers
from maps.model import MaySee, Sight
from maps.outbox import Outbox
from maps.scene import Scene
from maps.works import Work

MAX_WAITING = 20_000  # steps of alerts put down and not yet picked up
BEAT_MS = 1_000


def epoch_ms() -> int:
    """The wall clock in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def no_ledger() -> Mapping[str, int]:
    """For a hub without an ingest beside it."""
    return {}


def no_more() -> Mapping[str, object]:
    """For a hub that has no more figures than its own."""
    return {}


class Client:
    """One browser: its outbox, and whom to call when there may be something in it (on the hub's loop; never raises)."""

    def __init__(self, hub: "Hub", hello: Hello, may_see: MaySee, wake: Callable[[], None]) -> None:
        self.wake = wake
        self._hub = hub
        self._may_see = may_see
        self._beat = 0
        self._outbox = Outbox(hub.look(hello, may_see), hello.since)

    def ask(self, hello: Hello) -> None:
        """It wants something else, or the same again from another number."""
        self._outbox.ask(self._hub.look(hello, self._may_see), hello.since)
        self._beat = 0
        self.wake()

    def ack(self, seq: int) -> None:
        """It has drawn everything up to `seq`. If it lagged, the next beat brings what it lacks."""
        self._outbox.ack(seq)

    def ready(self) -> bool:
        """Whether it may be sent anything at this tick."""
        return self._outbox.ready(beating=self._hub.beating)

    def take(self) -> list[Frame]:
        """The frames to send to a client that is ready, newest picture first."""
        hub = self._hub
        due = [frame] if (frame := self._outbox.take(hub.press)) else []
        if self._beat != hub.beat:
            self._beat = hub.beat
            due += hub.beat_frames
        return due


class Hub:
    """One scene for all; `run` owns it, and everything but `show` and its like belongs to its loop.

    `ledger` is asked once a second for the ingest's counts (`received`, `stored`, `shed`, …), `more` for whatever
    else goes into the figures; both must answer at once. `build` tells walls which version of the pages they should be.
    """

    def __init__(
        self,
        scene: Scene,
        *,
        hz: float = 5.0,
        ledger: Callable[[], Mapping[str, int]] = no_ledger,
        more: Callable[[], Mapping[str, object]] = no_more,
        clock: Callable[[], int] = epoch_ms,
        max_clients: int = 256,
        build: str = "",
    ) -> None:
        self.scene = scene
        self.press = Press(scene)
        self.build = build
        self.layers = find_layers()
        self.stopping = False
        self.beat = 0
        self.beating = True  # whether the last tick was one with a beat
        self.beat_frames: list[Frame] = []
        self._hz = hz
        self._ledger = ledger
        self._more = more
        self._clock = clock
        self._max_clients = max_clients
        self._clients: set[Client] = set()
        self._flow = Flow()
        self._next_beat = 0
        self._lock = threading.Lock()
        self._views: dict[str, View] = {}
        self._steps: list[Transition] = []
        self._works: Iterable[Work] | None = None
        self._stamp: int | None = None
        self._heard: int | None = None

    def show(self, heard: Heard) -> None:
        """Put down what was heard; for any thread, and at once done."""
        with self._lock:
            self._heard = heard.now
            for view in heard.views:
                self._views[view.device.address] = view

    def show_alerts(self, transitions: Iterable[Transition]) -> None:
        """Put down steps of alerts; for any thread. Only when the loop is stuck for long do they merge."""
        with self._lock:
            self._steps.extend(transitions)
            if len(self._steps) > MAX_WAITING:
                self._steps = list({step.alert.id: step for step in self._steps}.values())

    def show_works(self, works: Iterable[Work]) -> None:
        """Put down the planned work that goes on from now on, all of it; for any thread, and at once done."""
        with self._lock:
            self._works = works

    def show_probe(self, stamp: int) -> None:
        """Put down the self-probe's newest stamp; for any thread, and at once done."""
        with self._lock:
            self._stamp = stamp

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop`; then send every client away."""
        while not stop.is_set():
            self.tick()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1 / self._hz)
        self.stopping = True
        self._wake_all()

    def tick(self) -> None:
        """Fold in what was put down and wake the clients if there is anything for them."""
        with self._lock:
            views, self._views = self._views, {}
            steps, self._steps = self._steps, []
            works, self._works = self._works, None
            stamp, self._stamp = self._stamp, None
        before, now = self.scene.seq, self._clock()
        if works is not None:
            self.scene.apply_works(works)  # first: who is new is then drawn only once
        if views:
            self.scene.apply(Heard(now, tuple(views.values())))
        if steps:
            self.scene.apply_alerts(steps)
        if stamp is not None:
            self.scene.apply_probe(stamp)
        self.beating = now >= self._next_beat
        if self.beating:
            self._next_beat = now + BEAT_MS
            self._prepare_beat(now)
        if self.beating or self.scene.seq != before:
            self._wake_all()

    def join(self, hello: Hello, may_see: MaySee, wake: Callable[[], None]) -> Client | None:
        """Take in a client, and call `wake` whenever there may be something to `take`; `None` when there are enough."""
        if len(self._clients) >= self._max_clients:
            return None
        client = Client(self, hello, may_see, wake)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """A client is gone."""
        self._clients.discard(client)

    def look(self, hello: Hello, may_see: MaySee) -> Look:
        """What a client asked for, as far as it may see it; all layers when it named none."""
        chosen = [layer for name, layer in self.layers.items() if not hello.layers or name in hello.layers]
        return self.press.look(chosen, Sight(hello.bbox, may_see))

    def stats(self) -> dict[str, int]:
        """Plain facts for the metrics page."""
        return {"clients": len(self._clients), "seq": self.scene.seq, "frames_printed": self.press.printed}

    def _prepare_beat(self, now: int) -> None:
        self.beat += 1
        values = {**picture_figures(self.scene), **self._flow.note(now, self._ledger()), **self._more()}
        self.beat_frames = [frames.figures(values), frames.heartbeat(now, self.scene.seq, self._heard, self.build)]

    def _wake_all(self) -> None:
        for client in self._clients:
            if self.stopping or client.ready():
                client.wake()
