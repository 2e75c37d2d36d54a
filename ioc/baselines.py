"""Learns from the readings of weeks what is usual, once a day, for rules that ask for it (kind `seasonal`).

Shell: what is made of the past is `alerts.baseline`'s decision. Runs in a thread of its own; where no rule asks, it
asks the database nothing.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import numpy as np
import psycopg

from alerts.baseline import Baseline, learn
from alerts.rule import Rule
from ingest.queries import load
from ioc.accounts.store import Pool
from ioc.clock import now_ms
from ioc.rulebooks import RuleFiles

_SQL = load("ioc", "rulebooks.sql")
_log = logging.getLogger(__name__)
WEEKS: Final = 4
EVERY_S: Final = 86_400.0
RETRY_S: Final = 600.0

Teach = Callable[[str, str, object], None]


class Teacher:
    """Give it the database, the rules in use, and whom to teach; `run` it in a thread."""

    def __init__(self, pool: Pool, files: RuleFiles, teach: Teach) -> None:
        self._pool, self._files, self._teach = pool, files, teach

    def run(self, ending: threading.Event) -> None:
        """Teach once a day until told to end; a database that is away is asked again later."""
        pause = 0.0
        while not ending.wait(pause):
            try:
                self.step(now_ms())
                pause = EVERY_S
            except (psycopg.Error, TimeoutError) as error:
                _log.warning("what is usual cannot be learned now", extra={"action": "learn", "why": str(error)})
                pause = RETRY_S

    def step(self, now: int) -> int:
        """Teach every rule that asks for it; gives how many baselines there were."""
        taught = 0
        for rule in self._files.rules:
            if rule.kind == "seasonal" and rule.family is not None and rule.metric is not None:
                for address, baseline in self._past(rule, now):
                    self._teach(rule.name, address, baseline)
                    taught += 1
        return taught

    def _past(self, rule: Rule, now: int) -> Iterator[tuple[str, Baseline]]:
        start = datetime.fromtimestamp(now / 1000, UTC) - timedelta(weeks=WEEKS)
        asked: dict[str, Any] = {"metric": rule.metric, "family": rule.family, "start": start}
        with self._pool.connection() as connection, connection.cursor(name="past") as cursor:
            found = cursor.execute(_SQL["past_of_metric"], asked)
            for address, rows in groupby(found, key=lambda row: str(row[0])):
                kept = [(row[1], row[2]) for row in rows]
                times = np.array([at for at, _ in kept], dtype=np.int64)
                values = np.array([value for _, value in kept], dtype=np.float64)
                baseline = learn(times, values, rule.test.floor)
                if baseline is not None:
                    yield address, baseline
