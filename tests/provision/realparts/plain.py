"""A plain PostgreSQL for tests that must not depend on TimescaleDB: the one `ioc up` starts.

Its folder is not pytest's: root's database runs as another user, who could not pass through that.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realparts.processes import scratch_folder

from ioc.embedded import start_database


@contextmanager
def plain_server() -> Iterator[str]:
    """Yield a superuser's DSN; the server and its data end with the context, or with this process."""
    folder = scratch_folder(Path(tempfile.gettempdir()))
    try:
        part = start_database(folder)
        try:
            yield part.url
        finally:
            part.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
