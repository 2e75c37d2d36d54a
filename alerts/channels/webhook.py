"""The kind `webhook`: one HTTP POST of a CloudEvents 1.0 structured event with the text in both languages.

2xx is sent; 408, 429, 5xx and everything that may pass (timeouts, no connection) is temporary; the rest,
redirects too, is permanent. The address is a secret: it is never logged, nor shown in a receipt. (It goes
through the transport, since httpx's client writes every address to its log.)
"""

import json
from collections.abc import Mapping
from typing import Final

import httpx

from alerts.channel import Channel, ChannelKind, Outcome, Receipt
from alerts.outbox import Letter

TIMEOUT: Final = {"connect": 2.0, "write": 2.0, "read": 4.0, "pool": 1.0}  # in all less than a lease
_BUSY: Final = (408, 425, 429)


class Webhook:
    """One address that takes our events."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = httpx.URL(url)
        self._transport = httpx.HTTPTransport()

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Idempotency-Key": letter.key,
            "User-Agent": "district-ioc",
        }
        content = json.dumps(envelope(letter), ensure_ascii=False).encode()
        request = httpx.Request("POST", self._url, headers=headers, content=content, extensions={"timeout": TIMEOUT})
        try:
            response = self._transport.handle_request(request)
            response.close()  # what it says beyond its status is of no use to us
        except httpx.TransportError as why:
            return Receipt(Outcome.TEMPORARY, type(why).__name__)
        return _receipt(response.status_code)

    def close(self) -> None:
        """Give its connections back."""
        self._transport.close()


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
    if set(options) != {"url"} or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ValueError(f"channel {name!r}: a webhook takes one option, url, beginning with https:// (or http://)")
    return Webhook(name, url)


def _receipt(status: int) -> Receipt:
    if 200 <= status < 300:
        return Receipt(Outcome.SENT, f"HTTP {status}")
    temporary = status in _BUSY or status >= 500
    return Receipt(Outcome.TEMPORARY if temporary else Outcome.PERMANENT, f"HTTP {status}")


KIND = ChannelKind(name="webhook", open=open_webhook)
