"""Decides what becomes of the messages owed to people: queued, leased, sent, failed or cancelled.

Pure. A message is one letter per step and channel, written in the same transaction as the step. Whoever
carries letters leases one, sends it and says how it went; a lease that runs out means that its carrier may
have died after sending, so the letter goes out again under the same key: twice at most, never lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts.model import Announce, Transition
from alerts.table import Event
from alerts.wording import describe

LEASE_MS: Final = 10_000
RETRIES: Final = 3
RETRY_MS: Final = 15_000  # doubled with every further attempt

_SEEN: Final = frozenset(event.name.lower() for event in (Event.ACK, Event.ACK_MUTED, Event.CLOSE))


class Delivery(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def settled(self) -> bool:
        """Whether nothing more will become of it."""
        return self not in (Delivery.QUEUED, Delivery.LEASED)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one channel; `key` is its idempotency key, `body` what `alerts.wording` made.

    `due_at` is when to carry it; while it is leased, when its carrier is taken for dead.
    """

    key: str
    alert_id: str
    version: int
    episode: int
    announce: Announce
    channel: str
    body: Mapping[str, object]
    created_at: int
    due_at: int
    state: Delivery = Delivery.QUEUED
    attempts: int = 0
    settled_at: int | None = None
    error: str | None = None
    receipt: str | None = None  # what its receiver said when it took it

    @property
    def reached(self) -> bool:
        """Whether its receiver has, or may have, read it."""
        return self.state in (Delivery.SENT, Delivery.LEASED) or (
            self.state is not Delivery.FAILED and self.attempts > 0
        )


def post(step: Transition, channels: Iterable[str], earlier: Sequence[Letter]) -> list[Letter]:
    """The letters a step writes or cancels, given all earlier ones of its alert.

    Once someone has acknowledged it, or it is over, an `open` that never left is not sent any more; and who
    was never told of the trouble is not told of its end.
    """
    announce = None if step.announce is None else Announce(step.announce)
    ends = announce is not None and announce.ends
    changed: list[Letter] = []
    if ends or step.cause in _SEEN:
        waiting = [letter for letter in earlier if letter.state is Delivery.QUEUED and not letter.reached]
        changed += [replace(letter, state=Delivery.CANCELLED, settled_at=step.at) for letter in waiting]
    if announce is None:
        return changed
    for channel in channels:
        mine = [each for each in earlier if each.channel == channel and each.episode == step.alert.episode]
        if not ends or any(letter.reached for letter in mine):
            changed.append(_write(step, announce, channel))
    return changed


def lease(letter: Letter, now: int) -> Letter:
    """Give the letter to a carrier until a deadline; one that died on too many carriers has failed."""
    if letter.attempts > RETRIES:
        return replace(letter, state=Delivery.FAILED, settled_at=now, error=letter.error or "lease ran out")
    return replace(letter, state=Delivery.LEASED, attempts=letter.attempts + 1, due_at=now + LEASE_MS, error=None)


def sent(letter: Letter, now: int, receipt: str | None = None) -> Letter:
    """The receiver has it."""
    return replace(letter, state=Delivery.SENT, settled_at=now, receipt=receipt)


def refused(letter: Letter, now: int, error: str) -> Letter:
    """The receiver will never take it."""
    return replace(letter, state=Delivery.FAILED, settled_at=now, error=error)


def delayed(letter: Letter, now: int, error: str) -> Letter:
    """It did not work this time: again after 15, 30 and 60 s, then no more."""
    if letter.attempts > RETRIES:
        return refused(letter, now, error)
    wait = RETRY_MS * 2 ** (letter.attempts - 1)
    return replace(letter, state=Delivery.QUEUED, due_at=now + wait, error=error)


def next_due(letters: Iterable[Letter], channel: str, now: int) -> Letter | None:
    """The letter to carry now: due, and none of its alert still on the way before it."""
    mine = [letter for letter in letters if letter.channel == channel and not letter.state.settled]
    due = [letter for letter in mine if letter.due_at <= now and not _blocked(letter, mine)]
    return min(due, key=lambda letter: (letter.due_at, letter.key), default=None)


def _blocked(letter: Letter, others: Iterable[Letter]) -> bool:
    return any(other.alert_id == letter.alert_id and other.version < letter.version for other in others)


def _write(step: Transition, announce: Announce, channel: str) -> Letter:
    alert = step.alert
    return Letter(
        key=f"{alert.id}-{alert.version}-{channel}",
        alert_id=alert.id,
        version=alert.version,
        episode=alert.episode,
        announce=announce,
        channel=channel,
        body=describe(step),
        created_at=step.at,
        due_at=step.at,
    )
