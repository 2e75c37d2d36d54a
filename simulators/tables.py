"""Reading TOML that people write: every mistake is answered with where it is and what should stand there.

Decides whether a table has the keys and types it should; knows nothing of what they mean.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from simulators.errors import UnusableError

Kind = TypeVar("Kind")

SLUG = re.compile(r"[a-z0-9-]{1,63}")
SHIPPED = Path(__file__).parent


def find_file(name: str, folder: str) -> Path:
    """The file of that path, or the shipped one of that name (`nong-son` → `sites/nong-son.toml`)."""
    given, shipped = Path(name), SHIPPED / folder / f"{name}.toml"
    for path in (given, shipped):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in (SHIPPED / folder).glob("*.toml")))
    raise UnusableError(f"there is no {folder[:-1]} '{name}': give the path of a TOML file or one of: {known}")


class Table:
    """One table of a TOML file that knows where it stands, so that a complaint can say so."""

    def __init__(self, values: dict[str, object], where: str, known: Iterable[str]) -> None:
        self.values, self.where, self.known = values, where, tuple(known)
        for key in values:
            if key not in self.known:
                raise self.wrong(f"unknown key '{key}'{nearest(key, self.known)}")

    def wrong(self, what: str) -> UnusableError:
        """The complaint, with its place."""
        return UnusableError(f"{self.where}: {what}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        return self._take(key, (str,), "a text in quotes", default, bool)

    def perhaps(self, key: str) -> str | None:
        """A text that may be left out."""
        return self.text(key) if key in self.values else None

    def slug(self, key: str) -> str:
        """A name fit for a topic."""
        fits = SLUG.fullmatch
        return self._take(key, (str,), "1 to 63 of a–z, 0–9 and '-'", None, lambda value: fits(value) is not None)

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A number between bounds."""
        wanted = f"a number from {low:g} to {high:g}"
        return float(self._take(key, (int, float), wanted, default, lambda value: low <= value <= high))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts with at least one in it."""

        def holds(value: list[object]) -> bool:
            return bool(value) and all(isinstance(each, str) for each in value)

        return tuple(map(str, self._take(key, (list,), 'a list such as ["Trung Hạ"]', None, holds)))

    def table(self, key: str, known: Iterable[str]) -> "Table":
        """A table within; empty when it is absent."""
        inner: dict[str, object] = self._take(key, (dict,), "a table", {}, lambda _value: True)
        return Table(inner, f"{self.where}, {key}", known)

    def tables(self, key: str, known: Iterable[str]) -> list["Table"]:
        """A list of tables (`[[key]]`); empty when it is absent."""
        rows: list[object] = self._take(key, (list,), f"tables headed [[{key}]]", [], lambda _value: True)
        names = tuple(known)
        return [Table(self._row(row, key), f"{self.where}, [[{key}]] {at}", names) for at, row in enumerate(rows, 1)]

    def _row(self, row: object, key: str) -> dict[str, object]:
        if not isinstance(row, dict):
            raise self.wrong(f"'{key}' should be tables headed [[{key}]]")
        return row

    def _take(
        self, key: str, types: tuple[type, ...], wanted: str, default: Kind | None, holds: Callable[..., bool]
    ) -> Kind:
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if not isinstance(value, types) or isinstance(value, bool) or not holds(value):
            found = f"is {value!r}" if key in self.values else "is missing"
            raise self.wrong(f"'{key}' {found}; it should be {wanted}")
        return value  # type: ignore[return-value]  # `types` has just been checked


def read_table(path: Path, known: Iterable[str]) -> Table:
    """The top table of a TOML file."""
    try:
        return Table(tomllib.loads(path.read_text("utf-8")), str(path), known)
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableError(f"{path} is not TOML in UTF-8: {error}") from error


def nearest(word: str, known: Iterable[str]) -> str:
    """How a complaint about a word ends: with the nearest known one, or all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, 1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are: {', '.join(names)}"
