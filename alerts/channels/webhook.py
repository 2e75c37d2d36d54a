"""The kind `webhook`: one HTTP POST of a CloudEvents 1.0 structured event with the text in both languages.

What an answer means is told in `alerts.posting`.
"""

from collections.abc import Mapping

from alerts.channel import Channel, ChannelKind, Receipt
from alerts.outbox import Letter
from alerts.posting import Poster, is_address


class Webhook:
    """One address that takes our events."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._poster = Poster(url)

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        kind = "application/cloudevents+json; charset=utf-8"
        return self._poster.post(envelope(letter), {"Content-Type": kind, "Idempotency-Key": letter.key})

    def close(self) -> None:
        """Give its connections back."""
        self._poster.close()


def envelope(letter: Letter) -> dict[str, object]:
    """The letter as a CloudEvents 1.0 event in structured mode; `id` is the idempotency key."""
    facts = letter.body["alert"]
    device = str(facts["device"]) if isinstance(facts, Mapping) else ""
    return {
        "specversion": "1.0",
        "id": letter.key,
        "source": f"/ioc/{device.split('/', 1)[0]}",
        "type": f"ioc.alert.{letter.announce}",
        "subject": device,
        "time": letter.body["at"],
        "datacontenttype": "application/json",
        "data": letter.body,
    }


def open_webhook(name: str, options: Mapping[str, object]) -> Channel:
    """Make one from its only option, `url`."""
    url = options.get("url")
    if set(options) != {"url"} or not is_address(url):
        raise ValueError(f"channel {name!r}: a webhook takes one option, url, beginning with https:// (or http://)")
    return Webhook(name, str(url))


KIND = ChannelKind(name="webhook", open=open_webhook)
