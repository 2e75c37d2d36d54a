"""Reads a rule's options from a plain mapping, and says in one sentence what is wrong with them.

Decides types and spelling only; what the options mean belongs to the kind of rule.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite

from alerts.errors import RuleError
from alerts.model import Severity

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")


def duration(text: str) -> int:
    """Milliseconds of `90s`, `2m` or `1h30m`; raises `ValueError` for anything else."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration: write it like 90s, 2m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


class Options:
    """The keys and values of one rule, with a reader for each type. Raises `RuleError`."""

    def __init__(self, rule: str, table: Mapping[str, object], lines: Mapping[str, int] | None = None) -> None:
        self.rule = rule
        self._table = table
        self._lines = lines or {}

    def wrong(self, problem: str, key: str = "") -> RuleError:
        """The error to raise for this rule, at the key's line where that is known, else at the rule's."""
        return RuleError(self.rule, problem, self._lines.get(key, self._lines.get("")))

    def only(self, known: Iterable[str]) -> None:
        """Refuse a key that is not known, naming the nearest one that is."""
        known = tuple(known)
        for key in self._table:
            if key not in known:
                near = get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise self.wrong(f"unknown key {key!r}; {hint}", key)

    def text(self, key: str) -> str | None:
        """A word, or None where the key is absent."""
        value = self._table.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        raise self.wrong(f"{key} must be a word, not {value!r}", key)

    def choice(self, key: str, choices: Iterable[str]) -> str | None:
        """One of the words in `choices`, or None where the key is absent."""
        value, choices = self.text(key), tuple(str(choice) for choice in choices)
        if value is None or value in choices:
            return value
        near = get_close_matches(value, choices, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it is one of {', '.join(choices)}"
        raise self.wrong(f"{key} cannot be {value!r}; {hint}", key)

    def number(self, key: str) -> float | None:
        """A finite number, or None where the key is absent."""
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.wrong(f"{key} must be a number, not {value!r}", key)
        return value

    def truth(self, key: str) -> bool | None:
        """`true` or `false`, or None where the key is absent."""
        value = self._table.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(f"{key} must be true or false, not {value!r}", key)

    def duration(self, key: str) -> int:
        """Milliseconds; 0 where the key is absent."""
        value = self._table.get(key, "0s")
        try:
            return duration(value if isinstance(value, str) else repr(value))
        except ValueError as why:
            raise self.wrong(f"{key}: {why}", key) from None

    def severity(self, key: str) -> Severity | None:
        """A severity, or None where the key is absent."""
        value = self.choice(key, tuple(Severity))
        return None if value is None else Severity(value)

    def tables(self, key: str) -> tuple["Options", ...]:
        """The tables of a list, each with readers of its own; none where the key is absent."""
        value = self._table.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
            raise self.wrong(f"{key} must be a list of tables, not {value!r}", key)
        where = {"": self._lines[key]} if key in self._lines else None
        return tuple(Options(self.rule, each, where) for each in value)

    def whole(self, key: str) -> int | None:
        """A whole number from 1, or None where the key is absent."""
        value = self.number(key)
        if value is None:
            return None
        if value != int(value) or value < 1:
            raise self.wrong(f"{key} must be a whole number from 1, not {value!r}", key)
        return int(value)

    def words(self, key: str) -> tuple[str, ...]:
        """The words of a list; none where the key is absent."""
        value = self._table.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise self.wrong(f"{key} must be a list of words, not {value!r}", key)
        return tuple(value)

    def bilingual(self, key: str, default: str) -> Mapping[str, str]:
        """A text by language; one plain text serves both, and `default` where there is none."""
        value = self._table.get(key, default)
        if isinstance(value, str):
            return {"vi": value, "en": value}
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            raise self.wrong(f"{key} must be a text or a table of vi and en, not {value!r}", key)
        if set(value) != {"vi", "en"}:
            raise self.wrong(f"{key} needs both vi and en", key)
        return {"vi": value["vi"], "en": value["en"]}
