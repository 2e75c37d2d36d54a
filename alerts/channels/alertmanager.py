"""The kind `alertmanager`: Alertmanager's own JSON, to what receives its webhooks or to an Alertmanager itself.

`form = "webhook"` posts version 4 of the webhook; `form = "alerts"` posts the list of API v2 (`/api/v2/alerts`).
What an answer means is told in `alerts.posting`, the forms in `alerts.alertmanager`.
"""

from collections.abc import Mapping
from typing import Final

from alerts.alertmanager import post_form, write_alerts, write_webhook
from alerts.channel import Channel, ChannelKind, Receipt
from alerts.outbox import Letter
from alerts.posting import Poster, is_address

FORMS: Final = ("webhook", "alerts")


class Alertmanager:
    """One receiver of Alertmanager's forms."""

    def __init__(self, name: str, url: str, form: str = "webhook") -> None:
        self.name = name
        self._poster = Poster(url)
        self._form = form

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        if self._form == "webhook":
            body: object = write_webhook(letter.key, letter.body, self.name)
        else:
            body = [post_form(each) for each in write_alerts(letter.body)]
        return self._poster.post(body, {"Idempotency-Key": letter.key})

    def close(self) -> None:
        """Give its connections back."""
        self._poster.close()


def open_alertmanager(name: str, options: Mapping[str, object]) -> Channel:
    """Make one from `url` and `form`."""
    url, form = options.get("url"), options.get("form", "webhook")
    if set(options) - {"url", "form"} or not is_address(url) or form not in FORMS:
        raise ValueError(f"channel {name!r}: alertmanager takes url (https://…) and form, one of {', '.join(FORMS)}")
    return Alertmanager(name, str(url), str(form))


KIND = ChannelKind(name="alertmanager", open=open_alertmanager)
