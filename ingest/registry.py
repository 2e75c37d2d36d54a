"""The living registry: folds admitted reports into what each device is now.

Decides the latest values, the connection state and, with `ingest.presence`, the three facts. It never judges whether
a report is new (that is admission) and never stores. Pure: `now` is an argument.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from ingest.agenda import Agenda
from ingest.family import families
from ingest.model import Admission, Birth, Device, Event, Latest, Presence, Report, Sample, Status, View
from ingest.presence import Facts, Hearing, PresenceLog, judge, until

_DEEPEST = 4  # gateways one behind the other that one tick follows; the next tick goes on
_BIRTH_FIELDS = ("name", "maker", "model", "fw", "lat", "lon", "area", "gateway", "interval_s")


@dataclass(slots=True)
class _Entry:
    """One device as it is now.

    `last` is a sample whose values are not folded into `latest` yet: mostly the next one says the same and replaces it.
    `well`: in service as far as we know, so that hearing it once more changes nothing.
    """

    device: Device
    state: str | None = None
    reason: str | None = None
    session: str | None = None
    heard: int | None = None
    latest: dict[str, Latest] = field(default_factory=dict)
    last: Sample | None = None
    presence: Presence = field(default_factory=Presence)
    well: bool = False
    kept: bool = True  # as the store's checkpoint has it

    @property
    def interval_ms(self) -> int:
        """How often it speaks."""
        return round((self.device.interval_s or families()[self.device.family].interval_s) * 1000)

    def assess(self) -> None:
        """See anew whether all is well."""
        self.well = self.presence.fresh and not self.presence.unknown and self.state != "offline"

    def note(self, sample: Sample) -> None:
        """Take the values of a sample, if they are newer."""
        last = self.last
        if last is not None and (sample.ts < last.ts or sample.metrics.keys() != last.metrics.keys()):
            self.fold()
        self.last = sample

    def fold(self) -> dict[str, Latest]:
        """The newest value of each metric; a late sample never moves one backwards (rule 2)."""
        if (sample := self.last) is not None:
            for name, value in sample.metrics.items():
                known = self.latest.get(name)
                if known is None or sample.ts > known.ts:
                    self.latest[name] = Latest(value, sample.ts)
            self.last = None
        return self.latest


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What must outlive a restart of a device's changing part."""

    address: str
    state: str | None
    reason: str | None
    session: str | None
    heard: int | None
    latest: Mapping[str, Latest]


class Registry:
    """All devices known, by address."""

    def __init__(self, hearing: Hearing, entries: Iterable[tuple[Device, Checkpoint | None]] = ()) -> None:
        self.hearing, self.log = hearing, PresenceLog()
        self._entries: dict[str, _Entry] = {}
        self._children: dict[str, set[str]] = {}  # by gateway
        self._changed: dict[str, None] = {}
        self._moved: set[str] = set()  # whose presence changed since children were last looked at
        self._unkept: dict[str, _Entry] = {}  # not as the store's checkpoint has it, longest waiting first
        self._agenda = Agenda()  # when time alone may change a presence
        self._looked: tuple[Hearing, int] = hearing, 0  # how we heard at the last tick, and when that was
        for device, checkpoint in entries:
            entry = self._entries[device.address] = _Entry(device)
            self._place(entry, device)
            self._agenda.put(device.address, 0)  # at the first tick
            if checkpoint is not None:
                entry.state, entry.reason = checkpoint.state, checkpoint.reason
                entry.session, entry.heard = checkpoint.session, checkpoint.heard
                entry.latest = dict(checkpoint.latest)

    def __contains__(self, address: str) -> bool:
        return address in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def interval_ms(self, address: str) -> int:
        """How often the device speaks."""
        return self._entries[address].interval_ms

    def has_promised(self, address: str) -> bool:
        """Whether somebody said how often it speaks; else it is as its family usually does."""
        return self._entries[address].device.interval_s is not None

    def knows_rebirth(self, address: str) -> bool:
        """Whether the device can be told to say again who it is."""
        return "rebirth" in self._entries[address].device.commands

    def adopt(self, device: Device) -> None:
        """Take a device's record as an operator or the device list changed it."""
        entry = self._entries.setdefault(device.address, _Entry(device))
        if entry.device != device or entry.presence == Presence():
            self._place(entry, device)
            self._changed[device.address] = None

    def hear(self, samples: Iterable[Sample], admit: Callable[[str], Admission]) -> None:
        """Fold admitted live samples, in their order: the path that nearly every message takes."""
        entries, unkept = self._entries, self._unkept
        for sample in samples:
            entry = entries.get(sample.device)
            if entry is None or not entry.well or (sample.session is not None and sample.session != entry.session):
                self.apply(sample, sample.received_at, retained=False, admission=admit(sample.device))
                continue
            entry.heard = sample.received_at
            if entry.kept:
                entry.kept, unkept[sample.device] = False, entry
            if not sample.suspect:
                entry.note(sample)

    def apply(self, report: Report, received_at: int, *, retained: bool, admission: Admission) -> None:
        """Fold one admitted report; an unknown device is enrolled with the given admission (rule 8)."""
        entry = self._entries.get(report.device)
        if entry is None:
            entry = self._entries[report.device] = _Entry(Device(report.device, admission))
        self._changed[report.device] = None
        entry.kept, self._unkept[report.device] = False, entry
        if not retained and not (isinstance(report, Status) and report.will):
            entry.heard = max(received_at, entry.heard or 0)
        match report:
            case Birth():
                self._place(entry, _born(entry.device, report))
                _meet(entry, report.session)
            case Status():
                entry.state, entry.reason = report.state, report.reason
                entry.session = report.session or entry.session
            case Sample():
                _alive(entry, report)
                if not report.suspect:
                    entry.note(report)
            case Event():
                _alive(entry, report)
        entry.assess()

    def settle(self, now: int) -> tuple[View, ...]:
        """The devices changed since the last call, presence judged anew."""
        changed, self._changed = self._changed, {}
        for address in changed:
            self._judge(self._entries[address], now)
        return tuple(self._view(self._entries[address]) for address in changed)

    def tick(self, now: int) -> tuple[View, ...]:
        """The devices whose presence the passing of time changed, or the gateway before them.

        Looked at are those that are due; all, when we began or ceased to hear, or the clock was set back.
        """
        hearing, before = self._looked
        due = self._agenda.take(now) if hearing == self.hearing and before <= now else list(self._entries)
        self._looked = self.hearing, now
        changed: dict[str, _Entry] = {}
        looks = [*due, *self._heirs()]
        for _ in range(_DEEPEST):
            for address in looks:
                if self._judge(self._entries[address], now):
                    changed[address] = self._entries[address]
            looks = self._heirs()
        for address in looks:
            self._agenda.put(address, now)
        return tuple(self._view(entry) for entry in changed.values())

    def views(self) -> tuple[View, ...]:
        """All devices as last judged."""
        return tuple(self._view(entry) for entry in self._entries.values())

    def unkept(self, most: int | None = None) -> Sequence[Checkpoint]:
        """What changed since it was last given here, the longest waiting first; `most` spreads the work."""
        found = list(islice((entry for entry in self._unkept.values()), most))
        for entry in found:
            del self._unkept[entry.device.address]
            entry.kept = True
        return [
            Checkpoint(e.device.address, e.state, e.reason, e.session, e.heard, dict(e.fold())) for e in found
        ]  # fmt: skip

    def forget_kept(self, rows: Iterable[Checkpoint]) -> None:
        """A checkpoint failed: what it held is to be kept again."""
        for row in rows:
            entry = self._entries[row.address]
            entry.kept = False
            self._unkept.setdefault(row.address, entry)

    def _place(self, entry: _Entry, device: Device) -> None:
        """Take a record; children are found by their gateway."""
        if entry.device.gateway is not None and entry.device.gateway != device.gateway:
            self._children[entry.device.gateway].discard(device.address)
        if device.gateway is not None:
            self._children.setdefault(device.gateway, set()).add(device.address)
        entry.device = device

    def _heirs(self) -> list[str]:
        """The children of those whose presence changed since this was last asked."""
        moved, self._moved = self._moved, set()
        return [child for gateway in moved for child in self._children.get(gateway, ())]

    def _judge(self, entry: _Entry, now: int) -> bool:
        """Whether the presence changed; an unchanged one keeps its `since`. Also sets when to look again."""
        gateway = self._entries.get(entry.device.gateway or "")
        parent = gateway.presence if gateway is not None and gateway is not entry else None
        facts = Facts(entry.state, entry.reason, entry.heard, entry.interval_ms)
        presence = judge(facts, parent, self.hearing, now)
        if (next_look := until(facts, self.hearing, now)) is not None:
            self._agenda.put(entry.device.address, next_look)
        changed = replace(presence, since=entry.presence.since) != entry.presence
        if changed:
            entry.presence = presence
            self._moved.add(entry.device.address)
            self.log.judged(entry.device.address, presence, now)
        entry.assess()
        return changed

    @staticmethod
    def _view(entry: _Entry) -> View:
        return View(entry.device, entry.presence, dict(entry.fold()), entry.heard)


def _born(device: Device, birth: Birth) -> Device:
    """The record with what the birth tells; what it leaves out keeps (an operator may have filled it in)."""
    fields = [name for name in _BIRTH_FIELDS if name not in device.held]
    told = {name: getattr(birth, name) for name in fields if getattr(birth, name) is not None}
    return replace(device, metrics=birth.metrics, commands=birth.commands, **told)


def _meet(entry: _Entry, session: str | None) -> None:
    """A session not met before means a reboot: the offline of the old session is over."""
    if session is not None and session != entry.session:
        entry.session = session
        if entry.state == "offline":
            entry.state = entry.reason = None


def _alive(entry: _Entry, report: Sample | Event) -> None:
    """Live data after the Will of the same session proves the device alive: it came back without a word."""
    late = isinstance(report, Sample) and report.late
    if late:
        return
    _meet(entry, report.session)
    if entry.state == "offline" and entry.reason == "lwt":
        entry.state = entry.reason = None
