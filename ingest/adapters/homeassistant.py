"""Home Assistant's MQTT discovery (docs/adapters.md): equipment that announces its own topics.

Retained messages under `homeassistant/` tell where a device speaks and in what words (`ingest.discovery`); they are
remembered, and the topics announced are then read. As those may be any, this adapter asks for all topics, is asked
last and answers only for announced ones. A bridge that announces itself is its devices' gateway.
"""

from collections.abc import Iterable, Sequence

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.discovery import Announced, Entity, Vote, announced
from ingest.model import Birth, Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import number
from ingest.table import MISSING, at, decoded
from ingest.telling import QUIET_S, WILLED_S
from ingest.topics import slug

_PREFIX = "homeassistant/"
_MOST_PARTS = 20_000

_Index = dict[str, dict[tuple[str, int], Announced]]


class _Memory:
    """What was announced: by config message, by the topics to listen to, and by device."""

    def __init__(self) -> None:
        self.heard: dict[str, tuple[int, bool]] = {}  # the last word of an availability topic, and its number
        self._configs: dict[str, tuple[Announced, ...]] = {}
        self._topics: _Index = {}
        self._devices: _Index = {}
        self._size = self._words = 0

    def keep(self, config: str, parts: tuple[Announced, ...]) -> None:
        """Take up a config in the place of what it said before; the oldest go where there are too many."""
        self.drop(config)
        self._configs[config] = parts
        self._size += len(parts)
        while self._size > _MOST_PARTS:
            self.drop(next(iter(self._configs)))
        for key, part in enumerate(self._configs.get(config, ())):
            self._devices.setdefault(part.device, {})[config, key] = part
            for topic in _topics(part):
                self._topics.setdefault(topic, {})[config, key] = part

    def drop(self, config: str) -> tuple[Announced, ...]:
        """Forget a config; what it announced."""
        parts = self._configs.pop(config, ())
        self._size -= len(parts)
        for key, part in enumerate(parts):
            _discard(self._devices, part.device, (config, key))
            for topic in _topics(part):
                _discard(self._topics, topic, (config, key))
                if topic not in self._topics:
                    self.heard.pop(topic, None)
        return parts

    def hear(self, topic: str, *, online: bool) -> None:
        """Note what an availability topic says."""
        self._words += 1
        self.heard[topic] = (self._words, online)

    def kept(self, config: str) -> Sequence[Announced]:
        """What a config announced."""
        return self._configs.get(config, ())

    def at(self, topic: str) -> Sequence[Announced]:
        """What speaks on a topic."""
        return tuple(self._topics.get(topic, {}).values())

    def of(self, device: str) -> Sequence[Announced]:
        """What is announced of a device."""
        return tuple(self._devices.get(device, {}).values())

    def personal(self, device: str) -> bool:
        """Whether a device tracks a person: then nothing of it is read."""
        return any("private" in part.unread.values() for part in self.of(device))

    def own_votes(self, part: Announced) -> Sequence[Vote]:
        """Its availability topics but those that are also its bridge's, which speak of the bridge."""
        bridge = {vote.place.topic for of in self.of(part.via) for vote in of.votes} if part.via else ()
        return [vote for vote in part.votes if vote.place.topic not in bridge]


def _topics(part: Announced) -> set[str]:
    entity = {part.entity.place.topic} if part.entity else set()
    return entity | {vote.place.topic for vote in part.votes} | set(part.unread)


def _discard(index: _Index, key: str, part: tuple[str, int]) -> None:
    if key in index:
        index[key].pop(part, None)
        if not index[key]:
            del index[key]


def open_on(source: Source) -> Read:
    """Begin to listen; remembers the newest twenty thousand things announced."""
    memory = _Memory()

    def read(message: Message) -> Parsed:
        ours, levels = message.topic.startswith(_PREFIX), message.topic.split("/")
        if ours and levels[-1] == "config" and len(levels) in (4, 5) and slug(levels[2]):
            return _config(levels, memory, source, message)
        parts = memory.at(message.topic)
        if parts:
            return _announced(parts, memory, source, message)
        return Ignored("not_used") if ours else None

    return read


def _config(levels: Sequence[str], memory: _Memory, source: Source, message: Message) -> Parsed:
    if not message.payload:
        return _removed(memory, source, message)
    body = decoded(message.payload)
    if not isinstance(body, dict):
        return body if isinstance(body, Rejected) else Rejected("bad_shape", "a config is an object")
    memory.keep(message.topic, tuple(part for part in announced(levels, body) if slug(part.device)))
    told = [part for part in memory.kept(message.topic) if part.entity or part.votes]
    devices = [device for device in dict.fromkeys(part.device for part in told) if not memory.personal(device)]
    if not devices:
        private = any(memory.personal(part.device) for part in memory.kept(message.topic))
        return Ignored("private" if private else "not_used")
    return [_birth(memory.of(device), source, message) for device in devices]


def _birth(parts: Sequence[Announced], source: Source, message: Message) -> Birth:
    """All that is known of a device by now; its configs come one by one."""
    newest, votes = parts[-1], any(part.votes for part in parts)
    return Birth(
        source.address("gateway", newest.device), message.received_at, name=newest.about.get("name"),
        maker=newest.about.get("manufacturer"), model=newest.about.get("model"), fw=newest.about.get("sw_version"),
        gateway=source.address("gateway", newest.via) if newest.via else None,
        interval_s=number(source.options.get("interval_s", WILLED_S if votes else QUIET_S)),
        metrics={part.entity.metric: {"type": _kind(part.entity)} for part in parts if part.entity},
    )  # fmt: skip


def _kind(entity: Entity) -> str:
    return "boolean" if entity.words else "enum" if entity.choice else "number"


def _removed(memory: _Memory, source: Source, message: Message) -> Parsed:
    """An emptied config takes its entities back; a device without any is gone."""
    parts = memory.drop(message.topic)
    gone = dict.fromkeys(part.device for part in parts if "private" not in part.unread.values())
    return [
        Status(source.address("gateway", device), message.received_at, "offline", reason="removed")
        for device in gone if not memory.of(device)
    ] or Ignored("cleared")  # fmt: skip


def _announced(parts: Sequence[Announced], memory: _Memory, source: Source, message: Message) -> Parsed:
    """What a message on an announced topic says; one topic may carry many values, of many devices."""
    text = decoded(message.payload, "text")
    if any(memory.personal(part.device) for part in parts):
        parts = [part for part in parts if not memory.personal(part.device)]
        if not parts:
            return Ignored("private")
    wanted = [part.entity.place for part in parts if part.entity and part.entity.place.topic == message.topic]
    wanted += [vote.place for part in parts for vote in part.votes if vote.place.topic == message.topic]
    if not wanted:
        return Ignored(parts[0].unread.get(message.topic, "not_used"))
    body = decoded(message.payload) if any(place.path is not None for place in wanted) else None
    for part_of in (text, body):
        if isinstance(part_of, Rejected):
            return part_of
    reports: list[Report] = [*_statuses(parts, memory, (text, body), source, message)]
    reports += _samples(parts, (text, body), source, message)
    return reports or Ignored("no_value")


def _said(path: str | None, bodies: tuple[object, object]) -> object:
    return bodies[0] if path is None else at(bodies[1], path)


def _samples(
    parts: Iterable[Announced], bodies: tuple[object, object], source: Source, message: Message
) -> Iterable[Sample]:
    found: dict[str, dict[str, Value]] = {}
    for part in parts:
        entity = part.entity
        raw = _said(entity.place.path, bodies) if entity and entity.place.topic == message.topic else MISSING
        if entity and raw is not MISSING and not isinstance(raw, dict | list):
            found.setdefault(part.device, {})[entity.metric] = entity.value(raw)
    for device, metrics in found.items():
        yield Sample(source.address("gateway", device), message.received_at, metrics, message.received_at,
                     origin=message.topic[-120:], stamped=False)  # fmt: skip


def _statuses(
    parts: Sequence[Announced], memory: _Memory, bodies: tuple[object, object], source: Source, message: Message
) -> Iterable[Status]:
    """A device is there while any of its entities is; an entity, as its `availability_mode` says."""
    votes = [vote for part in parts for vote in part.votes if vote.place.topic == message.topic]
    for vote in votes:
        word = str(_said(vote.place.path, bodies)).strip()
        if word in (vote.online, vote.offline):
            memory.hear(message.topic, online=word == vote.online)
            break
    else:
        return
    speaking = (part for part in parts if any(v.place.topic == message.topic for v in memory.own_votes(part)))
    for device in dict.fromkeys(part.device for part in speaking):
        states = [state for part in memory.of(device) if (state := _available(part, memory)) is not None]
        online = any(states)
        yield Status(source.address("gateway", device), message.received_at, "online" if online else "offline",
                     reason=None if online else "unavailable")  # fmt: skip


def _available(part: Announced, memory: _Memory) -> bool | None:
    """Whether an entity is there; None where none of its topics was heard."""
    heard = [memory.heard[v.place.topic] for v in memory.own_votes(part) if v.place.topic in memory.heard]
    if not heard:
        return None
    if part.mode == "latest":
        return max(heard)[1]
    return (any if part.mode == "any" else all)(state for _, state in heard)


ADAPTER = Adapter("homeassistant", (f"{_PREFIX}#", "#"), open_on, rank=1)
