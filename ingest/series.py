"""How the readings of each family are laid out in the database: one table a family, a column for each usual metric.

Decides names, types and the SQL that brings the tables to what the families say; never runs it. A metric without a
column, one of an unusual type, and an unknown value (`null`) are kept in `more`, a JSON object, so that a new metric
needs no change of the database. The view `reading` shows the readings of all families in one form.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ingest.family import Family, Kind, families

TYPES: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "double precision", Kind.COUNTER: "double precision", Kind.SWITCH: "boolean",
}  # fmt: skip
_FACTS: Final = "ts, received_at, seq, device_id, stamped, suspect, origin"
_MADE: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    seq bigint NOT NULL DEFAULT -1,
    device_id integer NOT NULL,
    stamped boolean NOT NULL DEFAULT true,
    suspect boolean NOT NULL DEFAULT false,
    origin text NOT NULL DEFAULT '',
    more jsonb,
    PRIMARY KEY (device_id, ts, seq, origin)
)"""
_TABLE: Final = (
    "Readings of the family {slug} as heard, one row a sample; the key is a sample''s identity, so none is kept twice."
)
_VIEW: Final = "The readings of all families in one form: metrics by name in m, units in the names; null is unknown."
_COMMENTS: Final[Mapping[str, str]] = {
    "ts": "The device's own time where it gave one (`stamped`), else the centre's.",
    "received_at": "The centre's time.",
    "seq": "Its number within the session; -1 where the equipment does not count.",
    "suspect": "The device's clock cannot be right: kept, but taken into no latest value, history or figure.",
    "origin": "The session of a native device; the speaking part of a foreign one.",
    "more": "What no column fits: other metrics, values of another type, and null for what is unknown.",
}
_KINDS: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "a number", Kind.COUNTER: "a counter: grows, and begins anew after a reset", Kind.SWITCH: "on or off",
}  # fmt: skip


def table(family: str) -> str:
    """The name of a family's table of readings."""
    return f"reading_{family.replace('-', '_')}"


def statements(present: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What makes the tables and the view what the families say; `present` are the columns of tables there are."""
    changed = False
    for family in families().values():
        name = table(family.slug)
        there = present.get(name)
        if there is None:
            yield from _made(family)
        missing = family.columns.keys() - (there or frozenset())
        for metric in sorted(missing, key=list(family.columns).index):
            yield f'ALTER TABLE {name} ADD COLUMN "{metric}" {TYPES[family.columns[metric]]}'
            yield f"COMMENT ON COLUMN {name}.\"{metric}\" IS '{_KINDS[family.columns[metric]]}'"
        changed = changed or bool(missing) or there is None
    if changed:
        yield "DROP VIEW IF EXISTS reading"
        yield f"CREATE VIEW reading AS {' UNION ALL '.join(in_one_form(family) for family in families().values())}"
        yield f"COMMENT ON VIEW reading IS '{_VIEW}'"


def lacking(present: Mapping[str, frozenset[str]]) -> list[str]:
    """Tables and columns that the families want and the database has not."""
    found = []
    for family in families().values():
        name = table(family.slug)
        there = present.get(name)
        found += [name] if there is None else [f"{name}.{m}" for m in family.columns if m not in there]
    return found


def moved(family: Family) -> str:
    """Brings a family's readings from the one table of version 0.1's beginning, `reading_untyped`, to its own."""
    typed = [(name, "boolean" if kind is Kind.SWITCH else "number") for name, kind in family.columns.items()]
    values = [
        f"CASE jsonb_typeof(m -> '{name}') WHEN '{kind}' THEN (m ->> '{name}')::{TYPES[family.columns[name]]} END"
        for name, kind in typed
    ]
    fitting = " OR ".join(f"(key = '{name}' AND jsonb_typeof(value) = '{kind}')" for name, kind in typed) or "false"
    more = f"(SELECT jsonb_object_agg(key, value) FROM jsonb_each(m) WHERE NOT ({fitting}))"
    return (
        f"INSERT INTO {table(family.slug)} ({', '.join([_FACTS, 'more', *(_quoted(family))])}) "
        f"SELECT {', '.join([*('r.' + fact for fact in _FACTS.split(', ')), more, *values])} "
        f"FROM reading_untyped r JOIN device ON device.id = r.device_id "
        f"WHERE split_part(device.address, '/', 2) = '{family.slug}'"
    )


def in_one_form(family: Family, metrics: Collection[str] | None = None) -> str:
    """A query for a family's readings as the view `reading` has them; of its usual metrics these alone, where told."""
    chosen = [name for name in family.columns if metrics is None or name in metrics]
    pairs = ", ".join(f"'{name}', \"{name}\"" for name in chosen)
    typed = f"jsonb_strip_nulls(jsonb_build_object({pairs}))"
    return f"SELECT {_FACTS}, {typed} || coalesce(more, '{{}}') AS m FROM {table(family.slug)}"


def _made(family: Family) -> Iterator[str]:
    name = table(family.slug)
    yield _MADE.format(table=name)
    yield f"COMMENT ON TABLE {name} IS '{_TABLE.format(slug=family.slug)}'"
    for column, text in _COMMENTS.items():
        yield f"COMMENT ON COLUMN {name}.{column} IS '{text.replace(chr(39), chr(39) * 2)}'"
    yield f"SELECT make_series('{name}', '1 day')"
    yield f"CREATE INDEX {name}_received ON {name} USING brin (received_at)"


def _quoted(family: Family) -> list[str]:
    return [f'"{name}"' for name in family.columns]
