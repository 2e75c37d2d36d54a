"""The frames of the live stream, as text; their meaning is in docs/live.md.

Decides how a picture, a step, a beat and a refusal look on the wire, and what a client may say. It never
sends. `Press` prints each frame once for all the clients that need the very same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from maps.layer import Layer
from maps.model import Sight
from maps.scene import Scene

MAX_HELLO = 4096  # bytes; the longest thing a client has to say

Box = tuple[float, float, float, float]


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


def hear(text: str, layers: Mapping[str, Layer]) -> Hello | Ack | Refusal:
    """What the client said, or why it cannot be used."""
    if len(text.encode()) > MAX_HELLO:
        return Refusal("too_long", f"a message has at most {MAX_HELLO} bytes")
    try:
        said: Hello | Ack = _hear.decode(text)
    except msgspec.ValidationError as error:
        known = f'"type" is one of {", ".join(_KNOWN)}'
        return Refusal("unknown_type", known) if "$.type" in str(error) else Refusal("bad_message", str(error))
    except msgspec.DecodeError:
        return Refusal("not_json", "a message is one JSON object in a text frame")
    if isinstance(said, Hello) and (strange := [name for name in said.layers if name not in layers]):
        return Refusal("unknown_layer", f"no layer {strange[0]!r}; there are {', '.join(layers)}")
    return said


def error(refusal: Refusal) -> str:
    """The frame that says so."""
    return _text({"type": "error", "code": refusal.code, "detail": refusal.detail})


def heartbeat(now: int, seq: int, heard: int | None, build: str = "") -> str:
    """We live; `heard` is when the ingest last told us anything, `build` which version of the pages we serve."""
    return _text({"type": "heartbeat", "now": now, "seq": seq, "heard": heard, "build": build})


def figures(values: Mapping[str, object]) -> str:
    """The figures an operator looks at first."""
    return _text({"type": "figures", **values})


class Press:
    """Prints the frames of one scene; a frame is kept until the scene moves on."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.printed = 0  # frames really encoded, for the curious
        self._at = scene.seq
        self._kept: dict[tuple[object, ...], str] = {}

    def snapshot(self, layers: Sequence[Layer], sight: Sight) -> str:
        """The whole picture."""
        key = ("snapshot", *(layer.name for layer in layers), sight)
        if (kept := self._look(key)) is not None:
            return kept
        picture = self.scene.snapshot()
        parts = {layer.name: layer.snapshot(picture, sight) for layer in layers}
        return self._keep(key, {"type": "snapshot", "seq": picture.seq, "site": self.scene.site_name, "layers": parts})

    def delta(self, since: int, layers: Sequence[Layer], sight: Sight) -> str | None:
        """What changed since a number; `None` when only a snapshot can tell."""
        key = ("delta", since, *(layer.name for layer in layers), sight)
        if (kept := self._look(key)) is not None:
            return kept
        step = self.scene.delta_since(since)
        if step is None:
            return None
        parts = {layer.name: part for layer in layers if (part := layer.delta(step, sight)) is not None}
        return self._keep(key, {"type": "delta", "from": step.since, "seq": step.seq, "layers": parts})

    def _look(self, key: tuple[object, ...]) -> str | None:
        if self._at != self.scene.seq:
            self._at = self.scene.seq
            self._kept.clear()
        return self._kept.get(key)

    def _keep(self, key: tuple[object, ...], frame: Mapping[str, object]) -> str:
        self.printed += 1
        self._kept[key] = text = _text(frame)
        return text


def _text(frame: Mapping[str, object]) -> str:
    return msgspec.json.encode(frame).decode()
