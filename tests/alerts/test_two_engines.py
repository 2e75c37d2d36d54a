"""Two engines on one database tell people what one would."""

import pytest
from psycopg_pool import ConnectionPool

from alerts.channel import Outcome, Receipt
from alerts.courier import Courier
from alerts.engine import Engine
from alerts.outbox import Letter
from alerts.postgres import PostgresStore
from alerts.rulebook import read_rules
from alerts.service import AlertService
from alerts.store import MemoryStore
from ingest.model import Heard
from tests.alerts.conftest import HOT, create_schema, sample, view

STORY = ((0, 90), (60, 70), (120, 90), (180, 70), (1500, 90), (1560, 70))


class Phone:
    """One channel that writes down what it is given."""

    name = "duty"

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def send(self, letter: Letter) -> Receipt:
        self.heard.append((letter.announce, letter.key))
        return Receipt(Outcome.SENT)


def told(store: MemoryStore | PostgresStore, engines: int, later_ms: int = 0) -> list[str]:
    """What one person hears of the story from so many engines, each hearing it a little after the one before."""
    phone, now = Phone(), 0
    courier = Courier(phone, store, clock=lambda: now)
    services = [
        AlertService(Engine(read_rules([HOT])), store, publish=lambda _steps: None, channels=["duty"])
        for _ in range(engines)
    ]
    for at_s, value in STORY:
        for number, service in enumerate(services):
            now = at_s * 1000 + number * later_ms
            service.hear(Heard(now, (view(),), (sample(now / 1000, value),)))
            service.tick(now)
            while courier.step():
                pass
    assert len({key for _, key in phone.heard}) == len(phone.heard)
    return [announce for announce, _ in phone.heard]


@pytest.mark.real
@pytest.mark.parametrize("later_ms", [0, 7])
def test_people_hear_once_what_two_engines_found(dsn: str, later_ms: int) -> None:
    """AC-23: the second hears the same at the same time, or a little later."""
    create_schema(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=4, open=True) as pool:
        assert told(PostgresStore(pool), 2, later_ms) == told(MemoryStore(), 1) == ["open", "clear"] * 3
