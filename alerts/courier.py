"""Carries one channel's letters: leases one, sends it, records how it went. One thread for each channel.

It looks when it is rung, which costs nothing while nobody is owed anything, and of its own accord now and then.

Shell: what a receipt means for a letter is `alerts.outbox`'s decision. A slow channel delays itself alone.
Killed between sending and recording, the letter's lease runs out and it is sent once more, under its key.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from alerts import outbox
from alerts.channel import Channel, Outcome
from alerts.errors import AlertsError
from alerts.outbox import Delivery, Letter
from alerts.store import LetterStore

IDLE_S: Final = 15.0  # unrung: whoever rings may have died
DOWN_S: Final = 5.0

log = logging.getLogger(__name__)


class Courier:
    """Give it a channel, the store and a clock in epoch milliseconds; `run` it in a thread."""

    def __init__(self, channel: Channel, store: LetterStore, *, clock: Callable[[], int]) -> None:
        self._channel = channel
        self._store = store
        self._clock = clock
        self._rung = threading.Event()
        self.counts: dict[str, int] = dict.fromkeys(Outcome, 0)

    @property
    def channel(self) -> str:
        """The name of the channel whose letters it carries."""
        return self._channel.name

    def ring(self) -> None:
        """There may be a letter, or it is to stop: look now."""
        self._rung.set()

    def step(self) -> bool:
        """Carry the next letter; returns whether there was one."""
        letter = self._store.lease(self._channel.name, self._clock())
        if letter is None:
            return False
        if letter.state is Delivery.LEASED:
            self._store.settle(self._carry(letter))
        return True

    def run(self, stop: threading.Event) -> None:
        """Carry letters until told to stop (and rung); a database that is away is waited for."""
        while not stop.is_set():
            self._rung.clear()
            try:
                pause = 0.0 if self.step() else IDLE_S
            except AlertsError as why:
                log.warning("A courier waits for the database", extra=self._facts("courier_wait", why=str(why)))
                pause = DOWN_S
            if not stop.is_set():  # told meanwhile: its ring may have been cleared above
                self._rung.wait(pause)

    def _carry(self, letter: Letter) -> Letter:
        receipt = self._channel.send(letter)
        now = self._clock()
        self.counts[receipt.outcome] += 1
        facts = self._facts("letter_carried", letter=letter.key, attempt=letter.attempts, detail=receipt.detail)
        match receipt.outcome:
            case Outcome.SENT:
                log.info("A letter was sent", extra=facts)
                return outbox.sent(letter, now, receipt.detail)
            case Outcome.TEMPORARY:
                log.warning("A letter could not be sent this time", extra=facts)
                return outbox.delayed(letter, now, receipt.detail)
            case Outcome.PERMANENT:
                log.error("A letter was refused by its receiver", extra=facts)
                return outbox.refused(letter, now, receipt.detail)

    def _facts(self, action: str, **facts: object) -> dict[str, object]:
        return {"action": action, "channel": self._channel.name, **facts}
