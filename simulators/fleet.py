"""The shell around a world: one thread, one selector, a connection for every device.

Reads the monotonic clock, lets the world do what is due, and carries messages to the broker and orders back. Decides
only how to wait: when to try a broker again, and when to hold the world because too much is unacknowledged.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from simulators.link import Broker, Link
from simulators.strain import Strain
from simulators.truth import Fault
from simulators.wire import Action, Cut, Join, Message
from simulators.world import World

_HELD_ABOVE = 20_000  # unacknowledged messages: then the world waits, so that memory is bounded and nothing is lost
_SLICE_S = 0.02  # at most this long without serving the sockets
_CONNECTS = 50  # new connections between two services of the sockets
_NAP_S = 0.25  # the longest wait: how soon a signal is noticed
_UPKEEP_S = 5.0
_PROGRESS_S = 10.0
_BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_CATCH_UP = 0.1  # of its duration, and at least five seconds, a run may take longer to say all that was due in it
_PATIENCE_S, _HASTE_S = 30.0, 1.5  # for the last acknowledgements: at the end of a run, and after a signal


@dataclass(slots=True)
class Tally:
    """What went out: `published` is what the devices said, `acknowledged` what the broker has taken over."""

    published: int = 0
    acknowledged: int = 0
    telemetry: int = 0
    events: int = 0
    connections: int = 0

    @property
    def missing(self) -> int:
        """Said, but not yet in the broker's hands."""
        return self.published - self.acknowledged

    def count(self, message: Message) -> None:
        """One more message."""
        self.published += 1
        self.telemetry += message.channel == "telemetry"
        self.events += message.channel == "event"


class Fleet:
    """Runs a world, whose time goes `speed` times as fast from `start`, against a broker.

    Up to `shared` devices use one connection; `say` is given sentences for people, `record` each fault as it begins.
    """

    def __init__(
        self,
        world: World,
        broker: Broker,
        *,
        shared: int,
        start: float,
        speed: float,
        say: Callable[[str], None],
        record: Callable[[Fault], None],
    ) -> None:
        self.tally, self.strain, self.stopped = Tally(), Strain(), False
        self._world, self._broker, self._say, self._record = world, broker, say, record
        self._start, self._speed, self._began, self._until = start, speed, time.monotonic(), inf
        self._selector = selectors.DefaultSelector()
        self._links = self._lay_links(list(world.addresses), shared)
        self._apart: dict[Link, None] = {}  # links without a socket, in the order they lost it
        self._writing: set[Link] = set()
        self._inbox: deque[tuple[str, bytes]] = deque()
        self._failures, self._retry_at, self._upkeep_at = 0, 0.0, 0.0

    def run(self, seconds: float | None) -> None:
        """Live until the time is over, and all that was due in it is said, or `stopped` is set."""
        self._began = time.monotonic()
        ends = inf if seconds is None else self._began + seconds
        self._until = inf if seconds is None else self._start + seconds * self._speed
        progress = self._began + _PROGRESS_S
        while not self.stopped and time.monotonic() < ends:
            self._live()
            self._serve(self._nap())
            if time.monotonic() >= progress:
                progress += _PROGRESS_S
                self._tell_progress(known_end=seconds is not None)
        grace = ends + max(5.0, _CATCH_UP * (seconds or 0))
        while not self.stopped and self._world.due <= self._until and time.monotonic() < grace:
            self._live()
            self._serve(_NAP_S if self.tally.missing >= _HELD_ABOVE else 0.0)

    @property
    def lived_to(self) -> float:
        """The moment up to which everything due was said, in epoch seconds of the world."""
        return min(self._now(), self._world.due)

    def finish(self, *, vanish: bool) -> None:
        """Say goodbye (or vanish), wait for what is unacknowledged, and close every connection."""
        if not vanish:
            self._carry(self._world.leave(self._now()))
        since = time.monotonic()
        while self.tally.missing and time.monotonic() - since < self._patience():
            self._serve(_NAP_S)
        for link in dict.fromkeys(self._links.values()):
            (link.hang_up if vanish else link.part)()
        self._selector.close()

    def connected(self, link: Link, *, again: bool) -> None:
        """A connection is up; after a loss its device introduces itself again, for its Will has been heard."""
        self.tally.connections += 1
        if self._failures:
            self._say(f"{self._broker} answers again")
        self._failures = 0
        if again and not link.shared:
            for said in (said for each in link.addresses for said in self._world.announce(each, self._now())):
                self.tally.count(said)
                link.publish(said)

    def lost(self, link: Link, reason: str) -> None:
        """A connection was refused, or closed by the broker."""
        self._back_off(f"the broker at {self._broker} closed the connection of {link.name} ({reason})")

    def heard(self, topic: str, payload: bytes) -> None:
        """Keep an order until the sockets have been served."""
        self._inbox.append((topic, payload))

    def acknowledged(self) -> None:
        """One message is in the broker's hands."""
        self.tally.acknowledged += 1

    def watch(self, link: Link, sock: socket.socket, *, opened: bool) -> None:
        """Poll a link's socket, or poll it no more."""
        if opened:
            self._selector.register(sock, selectors.EVENT_READ, link)
            self._apart.pop(link, None)
        else:
            self._selector.unregister(sock)
            self._apart[link] = None
            self._writing.discard(link)

    def _patience(self) -> float:
        """How long to wait for the last answers: not long when a person waits for us, or nobody ever answered."""
        return _HASTE_S if self.stopped or not self.tally.connections else _PATIENCE_S

    def _lay_links(self, addresses: list[str], shared: int) -> dict[str, Link]:
        """The link of each device: its own, or one for up to `shared` of them."""
        if shared == 1:
            return {each: Link(each.replace("/", "."), self._broker, self, shared=False) for each in addresses}
        site, many = addresses[0].partition("/")[0], -(-len(addresses) // shared)
        links = [Link(f"{site}.shared.{at}", self._broker, self, shared=True) for at in range(many)]
        return {address: links[at % many] for at, address in enumerate(addresses)}

    def _now(self) -> float:
        """The world's time; it stands still at the end of the run."""
        return min(self._until, self._start + (time.monotonic() - self._began) * self._speed)

    def _tell_progress(self, *, known_end: bool) -> None:
        """How far it is, where a person waits for the end; and in any case when it cannot keep up."""
        late = f"; {self.strain}" if self.strain.behind_s > 1 else ""
        if known_end or late:
            said = f"{self.tally.published:,} messages published, {self.tally.acknowledged:,} acknowledged"
            self._say(f"{said}{late}")

    def _live(self) -> None:
        """Let the world do what is due, a slice at a time, unless the broker is too far behind."""
        enough, now = time.monotonic() + _SLICE_S, self._now()
        while self._world.due <= now and self.tally.missing < _HELD_ABOVE and time.monotonic() < enough:
            self._carry(self._world.step(self._world.due))
        self.strain.note((now - self._world.due) / self._speed, held=self.tally.missing >= _HELD_ABOVE)

    def _nap(self) -> float:
        """How long nothing is due, in seconds of ours."""
        if self.tally.missing >= _HELD_ABOVE:
            return _NAP_S
        if self._apart and time.monotonic() >= self._retry_at:
            return 0.0
        return min(_NAP_S, max(0.0, (self._world.due - self._now()) / self._speed))

    def _carry(self, actions: Iterable[Action | Fault]) -> None:
        """Hand each action to its device's link, and each fault to the record."""
        for action in actions:
            if isinstance(action, Fault):
                self._record(action)
                continue
            link = self._links[action.address]
            if isinstance(action, Cut) and link.shared:
                will = link.will_of(action.address)
                if will is None:
                    continue
                action = will  # noqa: PLW2901 - nobody but us can say it
            if isinstance(action, Message):
                self.tally.count(action)
            elif isinstance(action, Join) and not link.client.socket():
                self._apart[link] = None
            link.put(action)
            self._mind_writing(link)

    def _serve(self, nap: float) -> None:
        """Serve the connections once, and let the devices obey what has come."""
        self._connect()
        for key, events in self._selector.select(nap):
            link: Link = key.data
            link.service(readable=bool(events & selectors.EVENT_READ))
            self._mind_writing(link)
        while self._inbox:
            topic, payload = self._inbox.popleft()
            address = "/".join(topic.split("/")[2:5])
            self._carry(self._world.obey(address, payload, self._now()))
        if time.monotonic() >= self._upkeep_at:
            self._upkeep_at = time.monotonic() + _UPKEEP_S
            for link in dict.fromkeys(self._links.values()):
                link.client.loop_misc()

    def _mind_writing(self, link: Link) -> None:
        """Poll for room to write only while something waits for it."""
        sock, wants = link.client.socket(), link.client.want_write()
        if sock is None or wants == (link in self._writing):
            return
        self._selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if wants else 0), link)
        (self._writing.add if wants else self._writing.discard)(link)

    def _connect(self) -> None:
        """Open some of the connections that should be there; after a failure all of them wait."""
        for link in list(self._apart)[:_CONNECTS]:
            if not link.wanted:
                self._apart.pop(link, None)
            elif time.monotonic() >= self._retry_at:
                try:
                    link.connect()
                except OSError as error:
                    self._back_off(f"no answer from the broker at {self._broker} ({error.strerror or error})")

    def _back_off(self, what: str) -> None:
        """Wait longer after each failure, and say so once however many links it strikes."""
        if time.monotonic() < self._retry_at:
            return
        wait = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
        self._failures += 1
        self._retry_at = time.monotonic() + wait
        self._say(f"{what}; trying again in {wait:g} s. Is it running there, and are user and password right?")
