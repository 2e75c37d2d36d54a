"""The living registry: folds admitted reports into what each device is now.

Decides the latest values, the connection state and, with `ingest.presence`, the three facts. It never judges whether
a report is new (that is admission) and never stores. Pure: `now` is an argument.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter

from ingest.family import families
from ingest.model import Admission, Birth, Device, Event, Latest, Metrics, Presence, Report, Sample, Status, View
from ingest.presence import SILENCE, Facts, Hearing, PresenceLog, judge

_BACKLOG = 64  # samples of a device that wait to be folded, at most
_BIRTH_FIELDS = ("name", "maker", "model", "fw", "lat", "lon", "area", "gateway", "interval_s")


@dataclass(slots=True)
class _Entry:
    """One device as it is now; `backlog` holds samples whose values are not folded into `latest` yet."""

    device: Device
    state: str | None = None
    reason: str | None = None
    session: str | None = None
    heard: int | None = None
    latest: dict[str, Latest] = field(default_factory=dict)
    backlog: list[Sample] = field(default_factory=list)
    presence: Presence = field(default_factory=Presence)

    @property
    def due(self) -> int:
        """When its silence would begin to count."""
        interval_s = self.device.interval_s or families()[self.device.family].interval_s
        return (self.heard or 0) + round(SILENCE * interval_s * 1000)

    @property
    def well(self) -> bool:
        """In service as far as we know: hearing it once more changes nothing."""
        return self.presence.fresh and not self.presence.unknown and self.state != "offline"

    def fold(self) -> dict[str, Latest]:
        """The newest value of each metric, the backlog folded in."""
        if self.backlog:
            backlog, self.backlog = sorted(self.backlog, key=_ts), []
            seen: set[str] = set()
            for sample in reversed(backlog):  # newest first: most of the older ones then have nothing to add
                if not sample.metrics.keys() <= seen:
                    _fold(self.latest, sample.metrics, sample.ts)
                    seen.update(sample.metrics)
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
        self._changed: dict[str, None] = {}
        self._unkept: dict[str, _Entry] = {}  # not as the store's checkpoint has it, longest waiting first
        for device, checkpoint in entries:
            entry = self._entries[device.address] = _Entry(device)
            if checkpoint is not None:
                entry.state, entry.reason = checkpoint.state, checkpoint.reason
                entry.session, entry.heard = checkpoint.session, checkpoint.heard
                entry.latest = dict(checkpoint.latest)

    def __contains__(self, address: str) -> bool:
        return address in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def knows_rebirth(self, address: str) -> bool:
        """Whether the device can be told to say again who it is."""
        return "rebirth" in self._entries[address].device.commands

    def adopt(self, device: Device) -> None:
        """Take a device's record as an operator or the device list changed it."""
        entry = self._entries.setdefault(device.address, _Entry(device))
        if entry.device != device or entry.presence == Presence():
            entry.device = device
            self._changed[device.address] = None

    def hear(self, sample: Sample, admission: Admission) -> None:
        """Fold one admitted live sample: the path that nearly every message takes."""
        entry = self._entries.get(sample.device)
        if entry is None or not entry.well or (sample.session is not None and sample.session != entry.session):
            self.apply(sample, sample.received_at, retained=False, admission=admission)
            return
        entry.heard = sample.received_at
        self._unkept[sample.device] = entry
        if not sample.suspect:
            entry.backlog.append(sample)
            if len(entry.backlog) >= _BACKLOG:
                entry.fold()

    def apply(self, report: Report, received_at: int, *, retained: bool, admission: Admission) -> None:
        """Fold one admitted report; an unknown device is enrolled with the given admission (rule 8)."""
        entry = self._entries.get(report.device)
        if entry is None:
            entry = self._entries[report.device] = _Entry(Device(report.device, admission))
        self._changed[report.device] = None
        self._unkept[report.device] = entry
        if not retained and not (isinstance(report, Status) and report.will):
            entry.heard = max(received_at, entry.heard or 0)
        match report:
            case Birth():
                entry.device = _born(entry.device, report)
                _meet(entry, report.session)
            case Status():
                entry.state, entry.reason = report.state, report.reason
                entry.session = report.session or entry.session
            case Sample():
                _alive(entry, report)
                if not report.suspect:
                    entry.backlog.append(report)
            case Event():
                _alive(entry, report)

    def settle(self, now: int) -> tuple[View, ...]:
        """The devices changed since the last call, presence judged anew."""
        changed, self._changed = self._changed, {}
        for address in changed:
            self._judge(self._entries[address], now)
        return tuple(self._view(self._entries[address]) for address in changed)

    def tick(self, now: int) -> tuple[View, ...]:
        """The devices whose presence the mere passing of time changed. Gateways first: children inherit from them."""
        changed = [
            entry for entry in self._entries.values() if entry.device.gateway is None and self._stale(entry, now)
        ]
        changed += [entry for entry in self._entries.values() if entry.device.gateway and self._stale(entry, now)]
        return tuple(self._view(entry) for entry in changed)

    def _stale(self, entry: _Entry, now: int) -> bool:
        """Judge anew, unless it is plain that a device in service still is: that is most of them, every second."""
        if entry.well and entry.due > now and self.hearing.deaf_since is None:
            gateway = self._entries.get(entry.device.gateway or "")
            if gateway is None or gateway.well:
                return False
        return self._judge(entry, now)

    def views(self) -> tuple[View, ...]:
        """All devices as last judged."""
        return tuple(self._view(entry) for entry in self._entries.values())

    def unkept(self, most: int | None = None) -> Sequence[Checkpoint]:
        """What changed since it was last given here, the longest waiting first; `most` spreads the work."""
        found = list(islice((entry for entry in self._unkept.values()), most))
        for entry in found:
            del self._unkept[entry.device.address]
        return [
            Checkpoint(e.device.address, e.state, e.reason, e.session, e.heard, dict(e.fold())) for e in found
        ]  # fmt: skip

    def forget_kept(self, rows: Iterable[Checkpoint]) -> None:
        """A checkpoint failed: what it held is to be kept again."""
        for row in rows:
            self._unkept.setdefault(row.address, self._entries[row.address])

    def _judge(self, entry: _Entry, now: int) -> bool:
        """Whether the presence changed; an unchanged one keeps its `since`."""
        gateway = self._entries.get(entry.device.gateway or "")
        parent = gateway.presence if gateway is not None and gateway is not entry else None
        interval_s = entry.device.interval_s or families()[entry.device.family].interval_s
        facts = Facts(entry.state, entry.reason, entry.heard, round(interval_s * 1000))
        presence = judge(facts, parent, self.hearing, now)
        if replace(presence, since=entry.presence.since) == entry.presence:
            return False
        entry.presence = presence
        self.log.judged(entry.device.address, presence, now)
        return True

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


_ts = attrgetter("ts")


def _fold(latest: dict[str, Latest], metrics: Metrics, ts: int) -> None:
    """Newest wins per metric; a late sample never moves a value backwards (rule 2)."""
    for name, value in metrics.items():
        known = latest.get(name)
        if known is None or ts > known.ts:
            latest[name] = Latest(value, ts)
