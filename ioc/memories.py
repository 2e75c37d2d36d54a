"""Gives rules with a memory, after a restart, what they would remember had the engine never been down.

Shell: what is remembered is `alerts.recollection`'s decision. It sees the database as it was before the engine heard
anything, in a thread of its own: the start waits a moment for it, and where a very large site takes longer, what is
heard of a rule waits (in the engine) for that rule's memories. Without a database rules begin anew; the log says so.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, Final

import psycopg

from alerts.recollection import Fact, Recollection, look_back, recollect, remembering
from alerts.rule import Rule, Subject
from ingest.family import families
from ingest.model import Event, Presence
from ingest.presence import Service
from ingest.queries import load
from ingest.series import in_one_form
from ioc.accounts.store import Pool
from ioc.lifecycle import Stops, end_thread

_SQL: Final = load("ioc", "memories.sql")
_log = logging.getLogger(__name__)
WAIT_S: Final = 3.0  # how long a start waits for it
LONGEST_S: Final = 120.0  # then what is not remembered yet begins anew
PORTION: Final = 5_000

Give = Callable[[Rule, Mapping[str, Recollection] | None], None]


class _EnoughError(Exception):
    """It took too long, or the process ends."""


class Remembering:
    """Give it the database as it was, `now` (epoch ms) and when to stop; `run` it once."""

    def __init__(self, connection: psycopg.Connection[Any], now: int, stop: Callable[[], bool]) -> None:
        self._connection, self._now, self._stop = connection, now, stop

    def run(self, rules: Sequence[Rule], give: Give) -> None:
        """Give each rule its memories, one rule after the other; where that fails, those left begin anew."""
        began, done, memories = monotonic(), 0, 0
        try:
            for rule in rules:
                made = recollect(rule, self._bounded(self._facts(rule)))
                give(rule, made)
                done, memories = done + 1, memories + len(made)
        except Exception as why:  # noqa: BLE001 - whatever it is, no rule may wait for ever
            _forget(rules[done:], give, why)
        took = round(1000 * (monotonic() - began))
        facts = {"action": "remembered", "rules": done, "memories": memories, "took_ms": took}
        _log.info("rules remember what was before the start", extra=facts)

    def _facts(self, rule: Rule) -> Iterator[Fact]:
        since = datetime.fromtimestamp((self._now - look_back(rule)) / 1000, UTC)
        asked: dict[str, Any] = {"since": since, "family": rule.family}
        match rule.subject:
            case Subject.EVENT:
                yield from map(_event, self._rows(_SQL["events_since"], asked))
            case Subject.UPTIME:
                yield from map(_presence, self._rows(_SQL["presence_since"], asked))
            case Subject.SERIES:
                metrics = rule.test.metrics
                for family in (rule.family,) if rule.family else families():
                    query = _SQL["readings_since"].replace("READINGS", in_one_form(families()[family], metrics))
                    for address, at, ts, said in self._rows(query, {**asked, "metric": metrics[0]}):
                        yield Fact(address, said, at, ts)

    def _rows(self, query: str, asked: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        with self._connection.cursor(name="memories") as cursor:
            cursor.itersize = PORTION
            yield from cursor.execute(query, asked)

    def _bounded(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        for number, fact in enumerate(facts):
            if number % PORTION == 0 and self._stop():
                raise _EnoughError(f"not done after {number} facts")
            yield fact


def wire_memories(
    pool: Pool, rules: Sequence[Rule], expect: Callable[[Sequence[Rule]], None], give: Give, now: int, stops: Stops
) -> None:
    """Before anything is heard: have the rules' memories made, and wait a moment for them."""
    wanted, held = remembering(rules), ExitStack()
    if not wanted:
        return
    try:
        connection = held.enter_context(_snapshot(pool))
    except (psycopg.Error, TimeoutError) as why:
        _forget(wanted, give, why)
        return
    expect(wanted)
    ending, latest = threading.Event(), monotonic() + LONGEST_S
    work = Remembering(connection, now, lambda: ending.is_set() or monotonic() > latest)
    thread = threading.Thread(target=_run, args=(held, partial(work.run, wanted, give)), name="memories", daemon=True)
    thread.start()
    stops.add("memories of rules", partial(end_thread, ending, thread))
    thread.join(WAIT_S)


@contextmanager
def _snapshot(pool: Pool) -> Iterator[psycopg.Connection[Any]]:
    """The database as it is now, however long one looks."""
    with pool.connection(timeout=WAIT_S) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL statement_timeout = '60s'")
        connection.execute(_SQL["look_at_once"])
        yield connection


def _run(held: ExitStack, work: Callable[[], None]) -> None:
    with held:
        work()


def _forget(rules: Iterable[Rule], give: Give, why: Exception) -> None:
    names = [rule.name for rule in rules]
    facts = {"action": "not_remembered", "rules": names, "why": str(why) or type(why).__name__}
    _log.warning("rules with a memory begin anew", extra=facts)
    for rule in rules:
        give(rule, None)


def _event(row: tuple[Any, ...]) -> Fact:
    address, ts, ident, kind, phase, received_at, severity = row
    return Fact(address, Event(address, ts, ident, kind, phase, received_at, severity), received_at)


def _presence(row: tuple[Any, ...]) -> Fact:
    address, ts, state, reason = row
    there = state == Service.IN
    presence = Presence(there, there, unknown=state == Service.UNKNOWN, reason=reason, since=ts)
    return Fact(address, presence, ts)
