"""One HTTP POST and what its answer means for a letter: what the channels that speak HTTP have alike.

2xx is sent; 408, 425, 429, 5xx and everything that may pass (timeouts, no connection) is temporary; the rest,
redirects too, is permanent. The address is a secret: it is never logged, nor shown in a receipt. (It goes
through the transport, since httpx's client writes every address to its log.)
"""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Final

import httpx

from alerts.channel import Outcome, Receipt

TIMEOUT: Final = {"connect": 2.0, "write": 2.0, "read": 4.0, "pool": 1.0}  # in all less than a lease
MOST_CHUNKS: Final = 16  # of an answer: no more of it is of any use
_BUSY: Final = (408, 425, 429)


class Poster:
    """One address that takes JSON."""

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._transport = httpx.HTTPTransport()

    def post(self, body: object, headers: Mapping[str, str]) -> Receipt:
        """Send the body as JSON; every failure is a receipt."""
        return self.ask(body, headers)[0]

    def ask(self, body: object, headers: Mapping[str, str]) -> tuple[Receipt, object]:
        """The same, with the JSON of the answer, or None where it has none."""
        content = json.dumps(body, ensure_ascii=False).encode()
        told = {"Content-Type": "application/json", "User-Agent": "district-ioc", **headers}
        request = httpx.Request("POST", self._url, headers=told, content=content, extensions={"timeout": TIMEOUT})
        try:
            response = self._transport.handle_request(request)
            answer = b"".join(islice(response.iter_raw(), MOST_CHUNKS))
            response.close()
        except httpx.TransportError as why:
            return Receipt(Outcome.TEMPORARY, type(why).__name__), None
        return _receipt(response.status_code), _json(answer)

    def close(self) -> None:
        """Give its connections back."""
        self._transport.close()


def is_address(url: object) -> bool:
    """Whether it can be posted to."""
    return isinstance(url, str) and url.startswith(("http://", "https://"))


def _json(answer: bytes) -> object:
    try:
        return json.loads(answer)
    except ValueError:
        return None


def _receipt(status: int) -> Receipt:
    if 200 <= status < 300:
        return Receipt(Outcome.SENT, f"HTTP {status}")
    temporary = status in _BUSY or status >= 500
    return Receipt(Outcome.TEMPORARY if temporary else Outcome.PERMANENT, f"HTTP {status}")
