"""Admits reports: repeats, clocks, sessions, retained messages (rules 2, 3, 4, 6 and 9 of the wire).

Decides whether a report is new and believable; not what it means for a device's state, and not whether its device
may raise alerts. Pure: times are arguments, memory is bounded per device.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace as change

from ingest.model import Ack, Birth, Event, Ignored, Report, Sample, Status
from ingest.privacy import without_private
from ingest.seen import Seen

AHEAD_MS = 60_000  # a stamp further ahead is a suspect clock
OLD_MS = 24 * 3_600_000  # so is one older, outside a batch
_SESSIONS = 4  # remembered per device: late messages of a session before the reboot are still known
_STAMPS = 512  # (ts, origin) pairs remembered per device that has no `seq`
_REBIRTH_MS = 60_000  # a device is asked to be born again at most this often


@dataclass(frozen=True, slots=True)
class Repeat:
    """A report heard before: counted, never stored twice."""


REPEAT = Repeat()
RETAINED = Ignored("retained")  # rule 6


@dataclass(slots=True)
class _Track:
    """What admission remembers of one device."""

    sessions: dict[str, Seen] = field(default_factory=dict)
    current: str | None = None
    stamps: dict[tuple[int, str], None] = field(default_factory=dict)
    asked: int | None = None
    usual_session: str = ""  # the one that was heard last, and its numbers
    usual: Seen = field(default_factory=Seen)
    spoke: int = 0  # the time given to its last reading that had neither number nor stamp
    away: bool = False  # said to be offline, of a device without sessions


@dataclass(slots=True)
class Gate:
    """The memory of admission: one track per device. `gaps` is the net count of numbers skipped, since it was made.

    `begun` names devices that began anew, until somebody takes them: by a session never heard of, after another; who
    has no sessions, by coming back from being offline.
    """

    gaps: int = 0
    begun: list[str] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=dict)  # of these, by device, what the account was not told yet
    _tracks: dict[str, _Track] = field(default_factory=dict)
    _missed: dict[str, None] = field(default_factory=dict)

    def remember(self, device: str, session: str | None, seqs: Sequence[tuple[int, int]] = (),
                 stamps: Sequence[tuple[int, str]] = ()) -> None:  # fmt: skip
        """Take up what the store knows after a restart: closed ranges of numbers and stamps already kept."""
        track = self._track(device)
        if session is not None:
            seen = track.sessions.setdefault(session, Seen())
            for low, high in sorted(seqs):
                seen.take_up(low, high)
            track.current = session
        track.stamps.update(dict.fromkeys(stamps))

    def admit(self, report: Report, *, retained: bool) -> Report | Repeat | Ignored:
        """The report as it may be kept, or why not."""
        match report:
            case Sample() | Event():
                return RETAINED if retained else self._reading(report)
            case Status():
                return self._status(report)
            case Birth():
                return self._birth(report)
            case Ack():
                return RETAINED if retained else report

    def expect(self, samples: Sequence[Sample | None]) -> list[Sample | None]:
        """Of live samples, those that are just the next of their session, at a believable time: admitted as they are.

        Nearly all are. For any other there is None, and nothing noted: that is for `admit`.
        """
        tracks, found = self._tracks, list[Sample | None]()
        for sample in samples:
            track = None if sample is None else tracks.get(sample.device)
            if (
                sample is None
                or track is None
                or sample.session != track.usual_session
                or sample.seq != track.usual.next
                or not -AHEAD_MS <= sample.received_at - sample.ts <= OLD_MS
            ):
                found.append(None)
            else:
                track.usual.next += 1
                found.append(sample)
        return found

    def paid(self, gaps: Mapping[str, int]) -> None:
        """The account was told of these."""
        for device, told in gaps.items():
            self.owed[device] -= told
            if not self.owed[device]:
                del self.owed[device]

    def missed(self, now: int, can: Callable[[str], bool]) -> list[str]:
        """Devices to ask for a new birth because numbers are missing (rule 3); `can` says who knows that order."""
        asked = [device for device in self._missed if can(device) and self._may_ask(device, now)]
        for device in asked:
            self._tracks[device].asked = now
        self._missed.clear()
        return asked

    def take_begun(self) -> list[str]:
        """Devices that began anew since this was last asked, each as often as it did."""
        begun, self.begun = self.begun, []
        return begun

    def _may_ask(self, device: str, now: int) -> bool:
        asked = self._tracks[device].asked
        return asked is None or now - asked >= _REBIRTH_MS

    def _reading(self, report: Sample | Event) -> Report | Repeat:
        track = self._tracks.get(report.device) or self._track(report.device)
        if report.session is not None and report.seq is not None:
            if not self._new_number(track, report.device, report.session, report.seq):
                return REPEAT
        elif not report.stamped:
            report = _apart(track, report)
        elif not self._new_stamp(track, report):
            return REPEAT
        if isinstance(report, Sample):
            age = report.received_at - report.ts  # 0 where the device gave no time
            return report if -AHEAD_MS <= age <= OLD_MS or not _suspect(report) else change(report, suspect=True)
        return change(report, suspect=_suspect(report), data=without_private(report.data))

    def _new_number(self, track: _Track, device: str, session: str, seq: int) -> bool:
        """Note a number of a session; a skip or its late filling changes the count of gaps."""
        seen = track.sessions.get(session) or self._session(track, device, session)
        track.usual_session, track.usual = session, seen
        if seq == seen.next:  # the usual case, first
            seen.next += 1
            return True
        before = seen.missing
        if not seen.add(seq):
            return False
        if seen.missing != before:
            self._count_gap(device, seen.missing - before)
        return True

    @staticmethod
    def _new_stamp(track: _Track, report: Sample | Event) -> bool:
        part = f"{report.origin}\0{report.id}\0{report.phase}" if isinstance(report, Event) else report.origin
        if (report.ts, part) in track.stamps:
            return False
        track.stamps[report.ts, part] = None
        if len(track.stamps) > _STAMPS:
            del track.stamps[next(iter(track.stamps))]
        return True

    def _count_gap(self, device: str, change: int) -> None:
        self.gaps += change
        self.owed[device] = self.owed.get(device, 0) + change
        if change > 0:
            self._missed[device] = None

    def _status(self, report: Status) -> Report | Ignored:
        track = self._track(report.device)
        if report.session is None:
            if track.away and report.state != "offline":
                self.begun.append(report.device)
            track.away = report.state == "offline"
        if report.session is None or track.current in (None, report.session):
            return report
        if report.will or report.session in track.sessions:
            return Ignored("old_session")  # an old connection may die after the reboot (rule 4)
        if report.state != "offline":
            self._session(track, report.device, report.session)
        return report

    def _birth(self, report: Birth) -> Report | Ignored:
        track = self._track(report.device)
        if report.session is not None and report.session != track.current:
            if report.session in track.sessions:
                return Ignored("old_session")
            self._session(track, report.device, report.session)
        return report

    def _track(self, device: str) -> _Track:
        track = self._tracks.get(device)
        if track is None:
            track = self._tracks[device] = _Track()
        return track

    def _session(self, track: _Track, device: str, session: str) -> Seen:
        """The numbers of a session; one never heard of is the device's newest."""
        seen = track.sessions.get(session)
        if seen is None:
            if track.current is not None:
                self.begun.append(device)
            seen = track.sessions[session] = Seen()
            track.current = session
            if len(track.sessions) > _SESSIONS:
                del track.sessions[next(iter(track.sessions))]
                track.usual_session, track.usual = "", Seen()  # it may have been that one
        return seen


def _apart(track: _Track, report: Sample | Event) -> Sample | Event:
    """Readings without number and stamp are told apart by their time: two of one millisecond get two."""
    ts, track.spoke = report.ts, max(report.ts, track.spoke + 1)
    return report if ts == track.spoke else change(report, ts=track.spoke)


def _suspect(report: Sample | Event) -> bool:
    """Rule 2: a device's stamp far ahead of the centre's clock, or old outside a batch, cannot be believed."""
    age = report.received_at - report.ts
    late = isinstance(report, Sample) and report.late
    return report.stamped and (age < -AHEAD_MS or (age > OLD_MS and not late))
