"""Broker and database for one machine: what `ioc up` uses where none is configured.

Decides how they are started, where their files stand and how they end. Both run as child processes that
outlive neither `stop` nor their owner, however that one ends. It never installs anything and never touches
a broker or a database that it did not start.
"""

from ioc.embedded.broker import start_broker
from ioc.embedded.database import running_database, start_database, use_database
from ioc.embedded.part import CannotStart, Part, free_space_problem

__all__ = [
    "CannotStart",
    "Part",
    "free_space_problem",
    "running_database",
    "start_broker",
    "start_database",
    "use_database",
]
