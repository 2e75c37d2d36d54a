"""A key for a part of this very process that comes in by the door like anyone: short-lived, in memory, never stored.

It only looks, as a wall does. A new one ends the one before; unused for `LIFE_MS` it ends by itself.
"""

import secrets
from typing import Final

from ioc.accounts.access import fingerprint
from ioc.accounts.model import Person, Role, Via

LIFE_MS: Final = 3 * 60_000  # the live stream asks once a minute whether its reader may still look


class InnerKey:
    """The one key there is at a time. Any thread may mint or ask."""

    def __init__(self, name: str = "self-probe") -> None:
        self._person = Person(name, Role.VIEWER, 0, Via.WALL)
        self._held: tuple[bytes, int] | None = None  # fingerprint, end in epoch ms

    def mint(self, now: int) -> str:
        """A new secret."""
        secret = secrets.token_urlsafe(32)
        self._held = fingerprint(secret), now + LIFE_MS
        return secret

    def person(self, secret: str, now: int) -> Person | None:
        """Who the secret stands for, if it is the one in force; its life slides on."""
        held = self._held
        if held is None or now > held[1] or not secrets.compare_digest(held[0], fingerprint(secret)):
            return None
        self._held = held[0], now + LIFE_MS
        return self._person
