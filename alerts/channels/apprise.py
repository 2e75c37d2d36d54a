"""The kind `apprise`: mail, Telegram, SMS gateways, web push and over a hundred others, by the library Apprise.

One channel is one receiver: one address, one call, one answer, so that a receipt means one person. Apprise keeps no
queue and retries nothing here; that is the outbox's. The address is a secret: the library's own log is silenced, since
it writes addresses into it.
"""

import logging
from collections.abc import Mapping
from typing import Final

from apprise import Apprise as Library
from apprise import AppriseAsset, AppriseResultStatus, NotifyFormat, NotifyType, PersistentStoreMode

from alerts.channel import Channel, ChannelKind, Outcome, Receipt, words
from alerts.outbox import Letter

TIMEOUT_S: Final = 8  # of the whole call: less than a lease

logging.getLogger("apprise").disabled = True

_TYPES: Final = {
    "clear": NotifyType.SUCCESS, "withdrawn": NotifyType.INFO, "taken": NotifyType.INFO, "worse": NotifyType.FAILURE,
}  # fmt: skip


class Apprise:
    """One address that Apprise knows how to reach."""

    def __init__(self, name: str, library: Library) -> None:
        self.name = name
        self._library = library

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        title, text = words(letter)
        result = self._library.notify(
            body=text,
            title=title,
            notify_type=_TYPES.get(letter.announce, NotifyType.WARNING),
            body_format=NotifyFormat.TEXT,
            timeout=TIMEOUT_S,
        )
        if result.status is AppriseResultStatus.SUCCESS:
            return Receipt(Outcome.SENT, "apprise success")
        if result.status is AppriseResultStatus.NOMATCH:
            return Receipt(Outcome.PERMANENT, "apprise has no such service")
        return Receipt(Outcome.TEMPORARY, f"apprise {result.status.name.lower()}")


def open_apprise(name: str, options: Mapping[str, object]) -> Channel:
    """Make one from its only option, `url`, as Apprise writes addresses."""
    url = options.get("url")
    asset = AppriseAsset(app_id="district-ioc", storage_mode=PersistentStoreMode.MEMORY, async_mode=False)
    library = Library(asset=asset)
    if set(options) != {"url"} or not isinstance(url, str) or not library.add(url) or len(library) != 1:
        raise ValueError(f"channel {name!r}: apprise takes one option, url, the address of one service that Apprise "
                         f"knows (mailtos://…, tgram://…, json://…)")  # fmt: skip
    return Apprise(name, library)


KIND = ChannelKind(name="apprise", open=open_apprise)
