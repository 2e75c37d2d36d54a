"""A month of a district's life written in bulk through the product: how long it takes, and that all of it is there.

`simulators history | ioc history import -`: two processes, a real TimescaleDB, the same adapters, admission and batches
as for live messages. No broker, and nobody is told of anything.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

from stage import HERE, parts
from stage.costs import cpu_seconds

from ioc.migrate import migrate


def main() -> int:
    """Run it; 1 where a part is missing or a message is not stored."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--site", default="nong-son")
    args = parser.parse_args()
    if lacking := parts.missing():
        print("\n".join(lacking), file=sys.stderr)
        return 1
    with parts.database_server() as server, tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        return run(args, server, folder)


def run(args: argparse.Namespace, server: parts.Timescale, folder: str) -> int:
    """One run on an empty database."""
    with parts.fresh_database(server.dsn) as dsn:
        migrate(dsn)
        known = {**os.environ, "IOC_DATABASE__DSN": dsn, "IOC_SITE__ADMIT": "all", "IOC_DATA_DIR": folder}
        past = [sys.executable, "-m", "simulators", "history", "--site", args.site, "--days", str(args.days)]
        began = time.perf_counter()
        with subprocess.Popen(past, cwd=HERE.parent, stdout=subprocess.PIPE) as making:
            words = [sys.executable, "-m", "ioc.cli", "history", "import", "-"]
            done = subprocess.run(
                words, cwd=HERE.parent, env=known, stdin=making.stdout, stdout=subprocess.PIPE, text=True, check=False
            )
        took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert server.process is not None
        database = cpu_seconds(server.process.pid)
        with parts.psycopg.connect(dsn, autocommit=True) as connection:
            size = "SELECT count(*), pg_database_size(current_database()) FROM reading"
            [(readings, occupied)] = connection.execute(size).fetchall()
    print(done.stdout.strip())
    print(f"{args.days:g} days of {args.site} in {took:,.0f} s: {args.days * 86_400 / took:,.0f} x life; "
          f"{readings:,} readings, {readings / took:,.0f} a second, {occupied / 2**20:,.0f} MiB in all")  # fmt: skip
    print(f"CPU: making and importing {used.ru_utime + used.ru_stime:,.0f} s, database {database:,.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
