"""Crashes of real parts: the database killed under the service, a courier killed under its letter."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool
from realparts.timescale import Timescale

from alerts import outbox
from alerts.engine import Engine
from alerts.model import Transition
from alerts.postgres import PostgresStore
from alerts.rulebook import read_rules
from alerts.service import AlertService
from ingest.model import Heard
from tests.alerts.conftest import HOT, create_schema, make, sample, view

ROOT = Path(__file__).parents[2]

DYING_COURIER = """
import os, sys
from psycopg_pool import ConnectionPool
from alerts.channel import Outcome, Receipt
from alerts.courier import Courier
from alerts.postgres import PostgresStore

class Deadly:
    name = "duty"
    def send(self, letter):
        print(letter.key, flush=True)  # it has left
        os.kill(os.getpid(), 9)

with ConnectionPool(sys.argv[1], min_size=1, open=True) as pool:
    Courier(Deadly(), PostgresStore(pool), clock=lambda: 1000).step()
"""


@pytest.mark.real
def test_alerts_raised_while_the_database_was_killed_are_saved_when_it_is_back(
    make_timescale: Callable[[], Timescale],
) -> None:
    server, wall = make_timescale(), list[Transition]()
    create_schema(server.dsn)
    with ConnectionPool(server.dsn, min_size=1, max_size=2, open=True) as pool:
        store = PostgresStore(pool, wait_s=1.0)
        service = AlertService(Engine(read_rules([HOT])), store, publish=wall.extend, channels=["duty"])
        service.hear(heard(0, 90))
        server.kill()
        service.hear(heard(1, 70))
        service.hear(heard(9, 90))
        assert [step.announce for step in wall] == ["open", "clear", "open"]
        assert service.stats()["unsaved"] == 2
        server.start()
        now = 20_000
        while service.stats()["unsaved"]:  # each try waits for a connection, a second at most
            service.tick(now := now + 2000)
        (alert,), _ = store.load()
        _, timeline = store.get(alert.id) or (None, ())
        assert [entry.announce for entry in timeline] == ["open", "clear", "open"]


@pytest.mark.real
def test_a_courier_killed_after_sending_leaves_its_letter_to_the_next(dsn: str) -> None:
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=2, open=True) as pool:
        store = PostgresStore(pool)
        store.save(make(HOT).hear(0, 90), channels=["duty"])
        ended = subprocess.run(
            [sys.executable, "-c", DYING_COURIER, dsn], cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert ended.returncode == -9, ended.stderr
        assert store.lease("duty", 1000 + outbox.LEASE_MS - 1) is None
        again = store.lease("duty", 1000 + outbox.LEASE_MS)
        assert again is not None
        assert again.key == ended.stdout.strip()


def heard(at_s: int, value: float) -> Heard:
    return Heard(at_s * 1000, (view(),), (sample(at_s, value),))
