"""What the wiring makes of a DSN."""

import pytest
from psycopg.conninfo import make_conninfo

from ioc.lifecycle import Stops
from ioc.wiring import open_pool


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (None, ("15s", '"$user", public')),
        ("-c search_path=centre", ("15s", "centre")),
        ("-c statement_timeout=1min", ("1min", '"$user", public')),
    ],
)
def test_no_statement_takes_long_unless_the_site_says_so(dsn, options, settings):
    with Stops() as stops, open_pool(make_conninfo(dsn, options=options), stops).connection() as connection:
        found = connection.execute("SELECT current_setting('statement_timeout'), current_setting('search_path')")
        assert found.fetchone() == settings
