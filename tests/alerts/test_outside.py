"""The inbox of other systems' alerts, and the porter who takes them to the engine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg_pool import ConnectionPool

from alerts.alertmanager import Outside, Report
from alerts.model import Severity, Verdict
from alerts.outside import KEEP_MS, Porter, PostgresInbox, Word
from ioc.migrate import migrate

DISK = Outside("d15c", "DiskFull", Severity.MAJOR, "Đĩa sắp đầy", "que-trung", firing=True, starts_at=1000)


@pytest.fixture
def inbox(plain_dsn: str) -> Iterator[PostgresInbox]:
    migrate(plain_dsn)
    with ConnectionPool(plain_dsn, min_size=1, max_size=2, open=True) as pool:
        yield PostgresInbox(pool)


def test_a_word_waits_until_it_is_taken(inbox: PostgresInbox) -> None:
    inbox.put([DISK], 2000)
    assert inbox.waiting(3000) == [Word(DISK, 2000)]
    inbox.took(inbox.waiting(3000), 3000)
    assert inbox.waiting(4000) == []


def test_the_same_word_again_is_no_news_and_another_is(inbox: PostgresInbox) -> None:
    inbox.put([DISK], 2000)
    inbox.took(inbox.waiting(3000), 3000)
    inbox.put([DISK], 4000)
    assert inbox.waiting(5000) == []
    inbox.put([over := replace(DISK, firing=False)], 5000)
    assert inbox.waiting(5000) == [Word(over, 5000)]


def test_a_newer_word_is_not_taken_with_an_older_one(inbox: PostgresInbox) -> None:
    inbox.put([DISK], 2000)
    old = inbox.waiting(2000)
    inbox.put([over := replace(DISK, firing=False)], 2500)
    inbox.took(old, 3000)
    assert inbox.waiting(3000) == [Word(over, 2500)]


def test_what_runs_out_unsaid_waits_once_more(inbox: PostgresInbox) -> None:
    brief = replace(DISK, ends_at=10_000)
    inbox.put([brief], 2000)
    inbox.took(inbox.waiting(3000), 3000)
    assert inbox.waiting(9999) == []
    assert inbox.waiting(10_000) == [Word(brief, 2000)]
    inbox.took(inbox.waiting(10_000), 10_000)
    assert inbox.waiting(11_000) == []


def test_what_is_long_over_is_forgotten_and_what_fires_is_not(inbox: PostgresInbox) -> None:
    inbox.put([DISK, replace(DISK, id="0ver", firing=False)], 2000)
    inbox.took(inbox.waiting(3000), 3000)
    inbox.forget(KEEP_MS)
    inbox.put([DISK, replace(DISK, id="0ver", firing=False)], 4000)
    assert [word.outside.id for word in inbox.waiting(5000)] == ["0ver"]


def test_the_porter_confirms_only_what_is_saved(inbox: PostgresInbox) -> None:
    told: list[Report] = []
    saved = [False]
    porter = Porter(inbox, "ns", tell=lambda reports, _now: told.extend(reports), saved=lambda: saved[0])
    inbox.put([DISK], 2000)
    porter.tick(3000)
    porter.tick(4000)
    assert [each.finding.verdict for each in told] == [Verdict.BAD]
    assert len(inbox.waiting(4000)) == 1  # killed now, it would be told again
    saved[0] = True
    porter.tick(5000)
    assert inbox.waiting(5000) == []
