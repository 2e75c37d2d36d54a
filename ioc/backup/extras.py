"""What a backup holds beside the database: the site file, files of rules, and the settings without their secrets."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from ioc.errors import CommandError
from ioc.settings import Settings

_SECRET: Final = frozenset({
    ("database", "dsn"), ("mqtt", "url"), ("web", "admin_password"),
    ("alerts", "webhooks"), ("alerts", "channels"), ("alerts", "heartbeat_url"),
})  # fmt: skip
_SOUNDS_SECRET: Final = re.compile(r"pass|token|secret|key|dsn|url", re.IGNORECASE)


def extras(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Each file's name in the backup, and its content."""
    yield "settings.json", msgspec.json.format(msgspec.json.encode(without_secrets(settings)), indent=1)
    if settings.site.file is not None:
        yield "site.toml", _content(Path(settings.site.file))
    for number, rules in enumerate(settings.alerts.rules, 1):
        yield f"rules-{number}.toml", _content(Path(rules))


def without_secrets(settings: Settings) -> dict[str, Any]:
    """The settings by section; a secret stands as `***` where one is set."""
    told: dict[str, Any] = msgspec.to_builtins(settings)
    for section, values in told.items():
        if section == "adapters":
            for options in values.values():
                _mask(options, {name for name in options if _SOUNDS_SECRET.search(name)})
        elif isinstance(values, dict):
            _mask(values, {key for name, key in _SECRET if name == section})
    return told


def _mask(values: dict[str, Any], names: set[str]) -> None:
    for name in names & {name for name, value in values.items() if value}:
        values[name] = "***"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"Không đọc được {file} (cannot read it): {error.strerror}") from error
