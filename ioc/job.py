"""What a job of the store is: something done to the database again and again, beside the ingest and never in its way.

One file per job in `ioc/jobs/`, each exporting one `JOB`; found by walking the folder.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import psycopg

from ioc.settings import Store

Connection = psycopg.Connection[Any]


def _no_wait(_seconds: float) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is given: its own connection (autocommit, a short `lock_timeout`), the settings, and how to wait.

    `wait` waits so many seconds at most and says whether the process is ending; a job asks between its steps and then
    leaves off. Each step is a transaction of its own, so that leaving off, or dying, loses nothing.
    """

    connection: Connection
    keep: Store
    edition: str
    wait: Callable[[float], bool] = field(default=_no_wait)

    @property
    def ending(self) -> bool:
        """Whether to leave off."""
        return self.wait(0)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: what `run` returns says what it did, in a sentence. It raises psycopg's errors; they are recorded."""

    name: str
    order: int  # of those due at once, the lower is first
    every_s: float
    run: Callable[[Work], str]


@cache
def jobs() -> Sequence[Job]:
    """All jobs in their order."""
    package = importlib.import_module("ioc.jobs")
    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    return sorted((module.JOB for module in modules), key=lambda job: job.order)
