"""What `/readyz` is told of the parts that only the database knows: each `None`, or a sentence of what is wrong."""

import psycopg

from ioc import upkeep
from ioc.accounts.store import Pool
from ioc.disk import forecast, nearly_full
from ioc.disklook import remembered


def database_problem(pool: Pool) -> str | None:
    """Whether the database answers."""
    try:
        with pool.connection(timeout=2) as connection:
            connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError) as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def store_problem(pool: Pool) -> str | None:
    """Whether the store's jobs run; while the database is away, that is said by its own part."""
    try:
        with pool.connection(timeout=2) as connection:
            return "; ".join(upkeep.problems(connection)) or None
    except (psycopg.Error, TimeoutError):
        return None


def disk_problem(pool: Pool) -> str | None:
    """Whether there is room for the next days, as the disk watch last saw it."""
    try:
        with pool.connection(timeout=2) as connection:
            standing = forecast(remembered(connection))
    except (psycopg.Error, TimeoutError):
        return None
    if not nearly_full(standing):
        return None
    full = "" if standing.used_pct is None else f"{standing.used_pct:.0f} % full"
    days = "" if standing.days_left is None else f"lasts {standing.days_left:.1f} days"
    return f"the database's disk is nearly full: {', '.join(filter(None, (full, days)))}; ioc check says what to do"
