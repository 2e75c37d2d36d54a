"""Tells the wall which planned work goes on: what begins, ends, is planned or called off shows within seconds.

Shell: what a window means is `ioc.planned`'s decision. The same whether the ingest runs beside the wall or elsewhere,
since windows are kept in the database. While that is away, what was planned still begins and ends by its clock.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import psycopg

from alerts.domains import Grounds
from alerts.errors import AlertsError
from alerts.store import QuietStore
from alerts.suppression import Quiet
from ioc import planned
from maps.works import Work

EVERY_S: Final = 2.0
_log = logging.getLogger(__name__)


class Foreman:
    """Give it what is kept, how areas lie in each other, whom to show and the clock; `run` it in a thread."""

    def __init__(
        self,
        store: QuietStore,
        grounds: Callable[[], Grounds],
        show: Callable[[Iterable[Work]], None],
        clock: Callable[[], int],
    ) -> None:
        self._store, self._find_grounds, self._show, self._clock = store, grounds, show, clock
        self._quiets: Sequence[Quiet] = ()
        self._grounds = Grounds()
        self._shown: frozenset[Work] = frozenset()

    def run(self, ending: threading.Event) -> None:
        """Look again and again until told to end."""
        self.step()
        while not ending.wait(EVERY_S):
            self.step()

    def step(self) -> None:
        """Look once, and show what goes on where that has changed."""
        now = self._clock()
        try:
            self._quiets = self._store.quiets(now)
            self._grounds = self._find_grounds() if self._quiets else self._grounds
        except (psycopg.Error, AlertsError) as error:
            facts = {"action": "works_wait", "why": type(error).__name__}
            _log.warning("planned work is not looked at while the database is away", extra=facts)
        kept = ((quiet, None) for quiet in self._quiets)
        going = frozenset(planned.works(kept, self._grounds, now, now + 1))
        if going != self._shown:
            self._show(going)
            self._shown = going
