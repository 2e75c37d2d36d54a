"""The first account: `admin`, made at a start, so that nothing is ever open before someone signs in."""

from psycopg.rows import dict_row

from ingest.queries import load
from ioc.accounts import passwords
from ioc.accounts.audit import Row
from ioc.accounts.store import Pool

_SQL = load("ioc.accounts")
FIRST = "admin"


def ensure_first_admin(pool: Pool, configured: str | None) -> str | None:
    """Make sure that someone can sign in as `admin`; gives a one-time password to print, or None.

    Once its owner chose a password, nothing is touched. Until then the configured password counts, also at later
    starts that configure none; where there never was one, a new random one at each start: print it once, never log
    it. It must be changed, and so must a configured one that no person could have chosen (too short, too easy).
    """
    with pool.connection() as connection:
        kept = connection.cursor(row_factory=dict_row).execute(_SQL["account_by_name"], {"name": FIRST}).fetchone()
    if kept is not None and (kept["chosen"] or _stands(kept, configured)):
        return None
    password = configured or passwords.one_time()
    must_change = not configured or passwords.objection(FIRST, password) is not None
    values = {"password": passwords.hashed(password), "must_change": must_change}
    with pool.connection() as connection:
        connection.execute(_SQL["set_first_admin"], values)
    return None if configured else password


def _stands(kept: Row, configured: str | None) -> bool:
    """Whether the password kept is the one that is to count: configured now, or at an earlier start."""
    if configured is None:
        return not kept["must_change"]
    return passwords.matches(kept["password"], configured)
