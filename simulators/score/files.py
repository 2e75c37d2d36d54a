"""Reads the two lists from files: JSON lines, or one JSON array, or one answer of the API (`{"items": […]}`)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulators.errors import UnusableError


def read_documents(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each object of the file, and where it stands; UnusableError says what cannot be read."""
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"cannot read {name}: {error}") from error
    for where, found in _objects(name, text):
        if not isinstance(found, dict):
            raise UnusableError(f"{where} is no JSON object")
        yield where, found


def _objects(name: str, text: str) -> Iterator[tuple[str, object]]:
    whole = _whole(text)
    if whole is not None:
        yield from ((f"{name}, entry {number}", found) for number, found in enumerate(whole, 1))
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"{name}, line {number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise UnusableError(f"{name}, line {number} is no JSON: {error.msg}") from error


def _whole(text: str) -> list[object] | None:
    """The entries of a file that is one document; None where each line is one."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        return list(found["items"])
    return found if isinstance(found, list) else None
