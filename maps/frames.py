"""The frames of the live stream, as text; their meaning is in docs/live.md.

Decides how a picture, a step, a beat and a refusal look on the wire, and what a client may say. It never
sends. `Press` prints each frame once for all the clients that need the very same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal
from weakref import WeakValueDictionary

import msgspec
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from maps.layer import Layer
from maps.model import Sight
from maps.scene import Scene

MAX_HELLO = 4096  # bytes; the longest thing a client has to say

WINDOW_BITS: Final = 15  # of the compression, RFC 7692

Box = tuple[float, float, float, float]


class Frame(str):  # noqa: SLOT000 - what is made once is kept in it
    """One frame of the stream; what of it goes over the wire is made once, however many it is sent to."""

    @cached_property
    def plain(self) -> bytes:
        """As a server sends it (RFC 6455)."""
        return WireFrame(Opcode.TEXT, self.encode()).serialize(mask=False)

    @cached_property
    def packed(self) -> bytes:
        """The same for who takes compressed frames (RFC 7692), without a memory of earlier ones."""
        pack = PerMessageDeflate(True, True, WINDOW_BITS, WINDOW_BITS, {"level": 1})
        return WireFrame(Opcode.TEXT, self.encode()).serialize(mask=False, extensions=[pack])


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """What a client wants to see, and from which number on. It may say so again at any time."""

    layers: tuple[str, ...] = ()
    bbox: Box | None = None
    since: int | None = None


class Ack(msgspec.Struct, tag="ack", frozen=True):
    """The number of the last frame a client has drawn."""

    seq: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something a client said that cannot be used: a word for programs, a sentence for people."""

    code: Literal["too_long", "not_json", "unknown_type", "bad_message", "unknown_layer"]
    detail: str


_hear: msgspec.json.Decoder[Hello | Ack] = msgspec.json.Decoder(Hello | Ack)
_KNOWN = ("hello", "ack")


def hear(message: bytes, layers: Mapping[str, Layer]) -> Hello | Ack | Refusal:
    """What the client said, or why it cannot be used."""
    if len(message) > MAX_HELLO:
        return Refusal("too_long", f"a message has at most {MAX_HELLO} bytes")
    try:
        said: Hello | Ack = _hear.decode(message)
    except msgspec.ValidationError as error:
        known = f'"type" is one of {", ".join(_KNOWN)}'
        return Refusal("unknown_type", known) if "$.type" in str(error) else Refusal("bad_message", str(error))
    except msgspec.DecodeError:
        return Refusal("not_json", "a message is one JSON object in a text frame")
    if isinstance(said, Hello) and (strange := [name for name in said.layers if name not in layers]):
        return Refusal("unknown_layer", f"no layer {strange[0]!r}; there are {', '.join(layers)}")
    return said


def error(refusal: Refusal) -> Frame:
    """The frame that says so."""
    return _print({"type": "error", "code": refusal.code, "detail": refusal.detail})


def heartbeat(now: int, seq: int, heard: int | None, build: str = "") -> Frame:
    """We live; `heard` is when the ingest last told us anything, `build` which version of the pages we serve."""
    return _print({"type": "heartbeat", "now": now, "seq": seq, "heard": heard, "build": build})


def figures(values: Mapping[str, object]) -> Frame:
    """The figures an operator looks at first."""
    return _print({"type": "figures", **values})


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Look:
    """What a client is shown. Those who are shown the same hold the same one (`Press.look`): it is told by identity."""

    layers: tuple[Layer, ...]
    sight: Sight


class Press:
    """Prints the frames of one scene; a frame is kept until the scene moves on."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.printed = 0  # frames really encoded, for the curious
        self._at = scene.seq
        self._kept: dict[tuple[Look, int | None], Frame] = {}
        self._looks: WeakValueDictionary[tuple[object, ...], Look] = WeakValueDictionary()

    def look(self, layers: Sequence[Layer], sight: Sight) -> Look:
        """What is to be printed for one who wants these."""
        return self._looks.setdefault((*(layer.name for layer in layers), sight), Look(tuple(layers), sight))

    def snapshot(self, look: Look) -> Frame:
        """The whole picture."""
        if (kept := self._find(look, None)) is not None:
            return kept
        picture = self.scene.snapshot()
        parts = {layer.name: layer.snapshot(picture, look.sight) for layer in look.layers}
        return self._keep(
            look, None, {"type": "snapshot", "seq": picture.seq, "site": self.scene.site_name, "layers": parts}
        )

    def delta(self, look: Look, since: int) -> Frame | None:
        """What changed since a number; `None` when only a snapshot can tell."""
        if (kept := self._find(look, since)) is not None:
            return kept
        step = self.scene.delta_since(since)
        if step is None:
            return None
        parts = {layer.name: part for layer in look.layers if (part := layer.delta(step, look.sight)) is not None}
        return self._keep(look, since, {"type": "delta", "from": step.since, "seq": step.seq, "layers": parts})

    def _find(self, look: Look, since: int | None) -> Frame | None:
        if self._at != self.scene.seq:
            self._at = self.scene.seq
            self._kept.clear()
        return self._kept.get((look, since))

    def _keep(self, look: Look, since: int | None, frame: Mapping[str, object]) -> Frame:
        self.printed += 1
        self._kept[look, since] = printed = _print(frame)
        return printed


def _print(frame: Mapping[str, object]) -> Frame:
    return Frame(msgspec.json.encode(frame), "utf-8")
