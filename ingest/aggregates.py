"""What is kept of many readings in one bucket: count, least, greatest, sum and last; of counters how much they grew.

Decides the SQL of the aggregates and never runs it. An aggregate of readings and one of shorter buckets give the same.
The order of readings is that of their identity (time, number, origin), so the order of their arrival plays no part.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ingest.family import Family, Kind

_ORDER: Final = "ORDER BY ts, seq, origin"
_FORMS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.NUMBER: {
        "n": "integer", "min": "double precision", "max": "double precision", "sum": "double precision",
        "last": "double precision",
    },
    Kind.COUNTER: {
        "n": "integer", "first": "double precision", "last": "double precision", "inc": "double precision",
    },
    Kind.SWITCH: {"n": "integer", "on": "integer", "last": "boolean"},
}  # fmt: skip


def columns(family: Family) -> Mapping[str, str]:
    """The columns of a family's buckets with their types, beside `bucket`, `device_id` and `n`."""
    return {f"{m}_{form}": kind for m, of in family.columns.items() for form, kind in _FORMS[of].items()}


def of_readings(family: Family, bucket: str) -> str:
    """`SELECT bucket, device_id, n, …` of readings; the caller adds FROM, WHERE and `GROUP BY 1, 2`."""
    found = [f"{bucket} AS bucket", "device_id", "count(*) AS n"]
    for metric, kind in family.columns.items():
        found += [f'{expression} AS "{metric}_{form}"' for form, expression in _reading(f'"{metric}"', kind)]
    return f"SELECT {', '.join(found)}"


def of_buckets(family: Family, bucket: str) -> str:
    """`SELECT bucket, device_id, n, …` of shorter buckets; the caller adds FROM, WHERE and `GROUP BY 1, 2`."""
    found = [f"{bucket} AS bucket", "device_id", "sum(n)::bigint AS n"]
    for metric, kind in family.columns.items():
        found += [f'{expression} AS "{metric}_{form}"' for form, expression in _bucket(metric, kind)]
    return f"SELECT {', '.join(found)}"


def merged(family: Family, into: str) -> str:
    """How a bucket takes in readings that came after those it was computed from were let go.

    Their place among those is not known: counts, sums and limits are corrected, first, last and growth are not.
    """
    found = [f"n = {into}.n + excluded.n"]
    for metric, kind in family.columns.items():
        for form in _FORMS[kind]:
            old, new = f'{into}."{metric}_{form}"', f'excluded."{metric}_{form}"'
            how = {
                "n": f"coalesce({old}, 0) + coalesce({new}, 0)", "on": f"coalesce({old}, 0) + coalesce({new}, 0)",
                "min": f"least({old}, {new})", "max": f"greatest({old}, {new})",
                "sum": f"coalesce({old} + {new}, {old}, {new})",
            }  # fmt: skip
            found.append(f'"{metric}_{form}" = {how.get(form, f"coalesce({old}, {new})")}')
    return ", ".join(found)


def _reading(m: str, kind: Kind) -> Iterator[tuple[str, str]]:
    course = f"array_agg({m} {_ORDER}) FILTER (WHERE {m} IS NOT NULL)"
    yield "n", f"count({m})::integer"
    if kind is Kind.NUMBER:
        yield from (("min", f"min({m})"), ("max", f"max({m})"), ("sum", f"sum({m})"))
    if kind is Kind.COUNTER:
        yield "first", f"({course})[1]"
    if kind is Kind.SWITCH:
        yield "on", f"(count(*) FILTER (WHERE {m}))::integer"
    yield "last", f"({course})[count({m})]"
    if kind is Kind.COUNTER:  # nearly every minute has one value: no function is called for it
        yield "inc", f"CASE count({m}) WHEN 0 THEN NULL WHEN 1 THEN 0 ELSE increase({course}) END"


def _bucket(metric: str, kind: Kind) -> Iterator[tuple[str, str]]:
    def all_of(form: str) -> str:
        return f'array_agg("{metric}_{form}" ORDER BY bucket) FILTER (WHERE "{metric}_n" > 0)'

    some = f'count(*) FILTER (WHERE "{metric}_n" > 0)'
    yield "n", f'coalesce(sum("{metric}_n"), 0)::integer'
    if kind is Kind.NUMBER:
        yield from ((form, f'{form}("{metric}_{form}")') for form in ("min", "max", "sum"))
    if kind is Kind.COUNTER:
        yield "first", f"({all_of('first')})[1]"
    if kind is Kind.SWITCH:
        yield "on", f'coalesce(sum("{metric}_on"), 0)::integer'
    yield "last", f"({all_of('last')})[{some}]"
    if kind is Kind.COUNTER:
        yield "inc", f'sum("{metric}_inc") + carried({all_of("first")}, {all_of("last")})'
