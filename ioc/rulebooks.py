"""The alert rules of a site: read from its files, looked at again every now and then, without a restart.

A file that went wrong changes nothing: the rules read last stay in use, and `problem` says what is to be mended.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

from alerts.domains import Grounds
from alerts.errors import RuleError
from alerts.rule import Rule
from alerts.rulebook import unique
from alerts.rulefile import default_rules, read_text
from ingest.queries import load
from ioc.accounts.store import Pool
from ioc.errors import SettingsError
from ioc.site import Area, ListedDevice, SiteFile

_SQL = load("ioc", "rulebooks.sql")
_log = logging.getLogger(__name__)


class RuleFiles:
    """The rules of these files, or those shipped where there are none. Raises `SettingsError` at first only."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._paths = [Path(name) for name in names]
        self._seen = self._signs()
        self.rules: Sequence[Rule] = read_files(self._paths) if names else default_rules()
        self.problem: str | None = None

    def poll(self) -> Sequence[Rule] | None:
        """The rules where the files have changed and can be read, else None."""
        signs = self._signs()
        if signs == self._seen:
            return None
        self._seen = signs
        try:
            self.rules = read_files(self._paths)
        except SettingsError as error:
            self.problem = str(error)
            _log.error("changed rules cannot be used; those before stay", extra={"action": "rules", "why": str(error)})
            return None
        self.problem = None
        return self.rules

    def _signs(self) -> list[tuple[int, int] | None]:
        """What tells that a file has changed: its time and its length."""
        signs: list[tuple[int, int] | None] = []
        for path in self._paths:
            try:
                found = path.stat()
                signs.append((found.st_mtime_ns, found.st_size))
            except OSError:
                signs.append(None)
        return signs


def read_files(paths: Sequence[Path]) -> tuple[Rule, ...]:
    """The rules of several files as one set."""
    found: list[Rule] = []
    for path in paths:
        try:
            found += read_text(path.read_text("utf-8"), path.name)
            unique(found)
        except (OSError, UnicodeDecodeError, RuleError) as error:
            raise SettingsError(f"Tệp luật {path} sai (the rule file is wrong): {error}") from error
    return tuple(found)


def find_grounds(site: SiteFile, pool: Pool) -> Grounds:
    """What is known of the ground: areas from the database, feeders and uplinks from the site file."""
    with pool.connection() as connection:
        known = parents(connection)
    return Grounds(
        known,
        _hung(site, lambda each: each.feeder),
        _hung(site, lambda each: each.uplink),
    )


def parents(connection: Connection[Any]) -> dict[str, str | None]:
    """Which area lies in which."""
    return dict(connection.execute(_SQL["parents"]).fetchall())


def _hung(site: SiteFile, of: Callable[[Area | ListedDevice], str | None]) -> dict[str, str]:
    """What an area's devices hang on, by its slug; by address where a device's own is listed."""
    areas = {area.slug: name for area in site.areas if (name := of(area))}
    return areas | {device.address: name for device in site.devices if (name := of(device))}
