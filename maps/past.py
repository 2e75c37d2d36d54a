"""The past as the wall drew it: what was noted of devices, alerts and planned work, folded by the same scene.

Decides what the picture was at a moment and the steps from it, for the time machine, in the frames of the live stream.
Whether a device called itself unwell is known of the past only as the reason noted with its presence. Pure: nothing is
asked, read or sent here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Protocol

import msgspec

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Device, Heard, Presence, View
from maps.figures import picture_figures
from maps.frames import Press
from maps.layer import find_layers
from maps.model import NO_REACHES, Reach, Sight
from maps.scene import Scene
from maps.works import Work

LAYERS: Final = ("devices", "reaches", "areas", "alerts")
_ACKED: Final = {"ack": True, "unack": False, "expired": False, "worse": False}
_WELL: Final = ("", "sleeping", "clean")  # reasons of a device in service that does not call itself unwell


@dataclass(frozen=True, slots=True)
class Stood:
    """From `ts` (epoch ms) on a device stood so: `state` is `in`, `out` or `unknown`, `reason` its word."""

    device: str
    ts: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` (epoch ms) on this work went on, and no other."""

    at: int
    works: Sequence[Work]


class Entry(Protocol):
    """One step as an alert's timeline keeps it (`alerts.store.Entry`)."""

    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def at(self) -> int: ...  # noqa: D102
    @property
    def cause(self) -> str: ...  # noqa: D102
    @property
    def after(self) -> str: ...  # noqa: D102
    @property
    def severity(self) -> Severity: ...  # noqa: D102
    @property
    def episode(self) -> int: ...  # noqa: D102
    @property
    def value(self) -> float | str | None: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def announce(self) -> str | None: ...  # noqa: D102
    @property
    def actor(self) -> str | None: ...  # noqa: D102


Note = Stood | Transition | Turn


class Frame(msgspec.Struct, frozen=True):
    """A frame of the stream (docs/live.md) and the figures beside it, due at `at` (epoch ms)."""

    at: int
    frame: msgspec.Raw
    figures: Mapping[str, object]


def steps_of(alert: Alert, timeline: Iterable[Entry]) -> Iterator[Transition]:
    """The steps of an alert as its timeline has them, oldest first; comments change nothing and are left out."""
    acked, before = False, None
    for entry in timeline:
        acked = _ACKED.get(entry.cause, acked)
        if entry.cause == "comment":
            continue
        then = replace(
            alert, condition=Condition(entry.after), severity=entry.severity, value=entry.value, reason=entry.reason,
            episode=entry.episode, version=entry.version, acked=acked,
            acked_by=entry.actor if acked and entry.cause == "ack" else (alert.acked_by if acked else None),
        )  # fmt: skip
        yield Transition(then, before, entry.cause, entry.at, entry.announce, entry.actor)
        before = then.condition


def replay(
    site: str, devices: Sequence[Device], stood: Iterable[Stood], steps: Iterable[Transition], *,
    begin: int, end: int, step_ms: int, reaches: Mapping[str, Reach] = NO_REACHES, works: Iterable[Work] = (),
) -> Iterator[Frame]:  # fmt: skip
    """The picture at `begin`, then every `step_ms` in which something changed what led on from it, up to `end`.

    `stood` and `steps` may begin before `begin`: the picture needs them. Times in epoch ms.
    `reaches` are those of today: what a camera was turned to before is not kept.
    """
    scene = Scene(site, first=begin, reaches=reaches)
    press = Press(scene)
    look = press.look([layer for name, layer in find_layers().items() if name in LAYERS], Sight())
    known = {device.address: device for device in devices}
    scene.apply(Heard(begin, tuple(_view(device, None) for device in devices)))
    notes: list[Note] = sorted([*turns(works, begin), *stood, *steps], key=_time)
    for note in notes:
        if _time(note) <= begin:
            _take(scene, note, known)
    yield _frame(begin, press.snapshot(look), scene)
    later = (note for note in notes if begin < _time(note) <= end)
    for at, due in groupby(later, key=lambda note: begin + -(-(_time(note) - begin) // step_ms) * step_ms):
        before = scene.seq
        for note in due:
            _take(scene, note, known)
        text = None if scene.seq == before else press.delta(look, before)
        if text is not None:
            yield _frame(at, text, scene)


def turns(works: Iterable[Work], begin: int) -> Iterator[Turn]:
    """The moments from `begin` on at which some work began or ended, each with all that went on from then on."""
    every = list(works)
    for at in sorted({max(begin, at) for work in every for at in (work.since, work.until)}):
        yield Turn(at, [work for work in every if work.since <= at < work.until])


def _time(note: Note) -> int:
    return note.ts if isinstance(note, Stood) else note.at


def _take(scene: Scene, note: Note, known: Mapping[str, Device]) -> None:
    if isinstance(note, Transition):
        scene.apply_alerts([note])
    elif isinstance(note, Turn):
        scene.apply_works(note.works)
    elif note.device in known:
        scene.apply(Heard(note.ts, (_view(known[note.device], note),)))


def _view(device: Device, stood: Stood | None) -> View:
    """A device as it stood; one of which nothing was noted is unknown."""
    if stood is None or stood.state == "unknown":
        return View(device, Presence(unknown=True, reason="down", since=stood.ts if stood else 0))
    if stood.state == "out":
        silent = stood.reason == "silent"
        return View(device, Presence(connected=None if silent else False, reason=stood.reason, since=stood.ts))
    working = stood.reason in _WELL
    return View(device, Presence(connected=True, fresh=True, working=working, reason=stood.reason, since=stood.ts))


def _frame(at: int, text: str, scene: Scene) -> Frame:
    return Frame(at, msgspec.Raw(text.encode()), picture_figures(scene))
