"""Chance that can be repeated: the same parts give the same draws, on every machine."""

from random import Random


def chance(*parts: object) -> Random:
    """A generator of its own for whatever the parts name."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - a simulation wants repeatable draws, not secret ones
