"""The kind `mqtt`: each message published to a topic of the centre's own broker, QoS 1, as JSON.

For sirens, lamps, screens and scripts that listen there. The line to the broker is the centre's: the kind is given a
callable that publishes and says whether the broker has it. What could be neither sent nor refused is temporary.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from alerts.channel import Channel, ChannelKind, Outcome, Receipt
from alerts.outbox import Letter

Publish = Callable[[str, bytes, bool], bool]
"""Publishes a payload to a topic, retained or not; says whether the broker acknowledged it in time."""

OURS: Final = "ioc/"  # the wire of devices: not for us to speak on
LONGEST: Final = 200


class Mqtt:
    """One topic."""

    def __init__(self, name: str, topic: str, publish: Publish, *, retain: bool = False) -> None:
        self.name = name
        self._topic = topic
        self._publish = publish
        self._retain = retain

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        body = json.dumps({"id": letter.key, **letter.body}, ensure_ascii=False).encode()
        if self._publish(self._topic, body, self._retain):
            return Receipt(Outcome.SENT, "PUBACK")
        return Receipt(Outcome.TEMPORARY, "no broker")


def open_mqtt(name: str, options: Mapping[str, object]) -> Channel:
    """Make one from `topic`, `retain` and the centre's line."""
    topic, retain, publish = options.get("topic"), options.get("retain", False), options["publish"]
    plain = isinstance(topic, str) and 0 < len(topic) <= LONGEST and not set(topic) & set("+#\0")
    if set(options) - {"topic", "retain", "publish"} or not plain or not isinstance(retain, bool):
        raise ValueError(f"channel {name!r}: mqtt takes topic (no + or #) and retain (true or false)")
    if str(topic).startswith((OURS, "$")):
        raise ValueError(f"channel {name!r}: {OURS}… and $… are no topics for it: take another, as alerts/duty")
    if not callable(publish):
        raise ValueError(f"channel {name!r}: there is no line to a broker")  # noqa: TRY004 - a configuration's fault
    return Mqtt(name, str(topic), publish, retain=retain)


KIND = ChannelKind(name="mqtt", open=open_mqtt, needs=("publish",))
