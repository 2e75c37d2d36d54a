"""A scenario: what goes wrong, when people gather and how the weather is, read from one TOML file.

Decides what a scenario file may say; whom a fault befalls is decided in `faults`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from simulators.surroundings import Circumstance
from simulators.tables import Table, find_file, nearest, read_table
from simulators.trouble import Written, find_troubles

DAY_S = 86_400.0
_HANOI_S = 7 * 3600
_WORDS = ("device", "family", "area", "feeder", "uplink", "model", "waves", "step_s")
_SINGLE = frozenset({"device", "family", "area"})  # what narrows down a single device's ill
_What = Literal["crowd", "rain", "heat", "meeting"]
_AMOUNTS: Mapping[_What, tuple[str, float, float] | None] = {
    # the key of the amount, and its bounds; a meeting has none
    "crowd": ("times", 0, 20),
    "rain": ("mm_h", 0, 200),
    "heat": ("c", -20, 20),
    "meeting": None,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario file says; `circumstances` have seconds since the start."""

    written: tuple[Written, ...] = ()
    per_hour: float = 0.0
    first_after_s: float = 0.0
    order_failures: float = 0.0
    circumstances: tuple[Circumstance, ...] = ()
    life: float | None = None
    """What the clocks of the people there show at the start, as epoch seconds; None: the world's own time."""


def load_scenario(name: str) -> Scenario:
    """The scenario of that name or file; UnusableError tells what is wrong with it."""
    keys = ("title", "about", "life", "order_failures", "random", "fault", *_AMOUNTS)
    table = read_table(find_file(name, "scenarios"), keys)
    random = table.table("random", ("per_hour", "first_after_s"))
    circumstances = [_circumstance(what, row) for what in _AMOUNTS for row in _rows(table, what)]
    return Scenario(
        written=tuple(map(_written, table.tables("fault", ("kind", "at_s", "lasts_s", *_WORDS)))),
        per_hour=random.number("per_hour", 0, 3600, 0),
        first_after_s=random.number("first_after_s", 0, DAY_S, 0),
        order_failures=table.number("order_failures", 0, 1, 0),
        circumstances=tuple(circumstances),
        life=_local(table, "life") if "life" in table.values else None,
    )


def _rows(table: Table, what: _What) -> list[Table]:
    amount = _AMOUNTS[what]
    return table.tables(what, ("area", "at_s", "lasts_s", *(amount[:1] if amount else ())))


def _circumstance(what: _What, row: Table) -> Circumstance:
    begins = row.number("at_s", 0, 30 * DAY_S)
    wanted = _AMOUNTS[what]
    amount = row.number(*wanted) if wanted else 1.0
    return Circumstance(what, begins, begins + row.number("lasts_s", 1, 30 * DAY_S), row.perhaps("area"), amount)


def _local(table: Table, key: str) -> float:
    """Epoch seconds of a local date and time, like 2027-02-05T17:00."""
    text = table.text(key)
    try:
        return datetime.fromisoformat(f"{text}+00:00").timestamp() - _HANOI_S
    except ValueError:
        raise table.wrong(f"'{key}' is '{text}'; it should be like 2027-02-05T17:00, by the clocks there") from None


def _written(row: Table) -> Written:
    kind = row.text("kind")
    trouble = find_troubles().get(kind)
    takes = trouble.words if trouble else _SINGLE
    for word in _WORDS:
        if word in row.values and word not in takes:
            raise row.wrong(f"'{kind}' does not take '{word}'{nearest(word, takes)}" if takes else f"drop '{word}'")

    return Written(
        kind=kind,
        at_s=row.number("at_s", 0, 30 * DAY_S),
        lasts_s=row.number("lasts_s", 1, 30 * DAY_S),
        wrong=row.wrong,
        device=row.perhaps("device"),
        family=row.perhaps("family"),
        area=row.perhaps("area"),
        feeder=row.perhaps("feeder"),
        uplink=row.perhaps("uplink"),
        model=row.perhaps("model"),
        waves=int(row.number("waves", 1, 20, 3)),
        step_s=row.number("step_s", 1, DAY_S, 600),
    )
