"""The score as people read it: a table in text or Markdown, the operator's load below. Only words and columns."""

from collections.abc import Sequence

from simulators.score.figures import Row, Score
from simulators.score.isa import Load

_COLUMNS = ("kind", "true", "found", "late", "missing", "recall", "right", "doubled", "wrong place", "extra", "folded",
            "precision", "noticed p50", "noticed p95", "told p50", "told p95", "messages")  # fmt: skip


def lines(score: Score) -> list[str]:
    """A table for a terminal."""
    rows = [_COLUMNS, *map(cells, (*score.kinds, score.total))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    text = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    rule = "-" * max(map(len, text))
    return [text[0], rule, *text[1:-1], rule, text[-1], "", *load_lines(score.load), *_strays(score)]


def cells(row: Row) -> tuple[str, ...]:
    """A row's cells, in the order of the columns."""
    counts = (row.right, row.doubled, row.wrong_place, row.extra, row.folded)
    times = (row.noticed_p50_s, row.noticed_p95_s, row.told_p50_s, row.told_p95_s)
    messages = "-" if row.messages_mean is None else f"{row.messages_mean:.1f} (max {row.messages_max})"
    return (
        row.kind, str(row.truths), str(row.found), str(row.late), str(row.missing), _share(row.recall),
        *map(str, counts), _share(row.precision), *map(_seconds, times), messages,
    )  # fmt: skip


def load_lines(load: Load) -> list[str]:
    """The operator's load, a figure a line, with what ISA-18.2 calls acceptable."""
    mix = ", ".join(f"{name} {share:.0%}" for name, share in load.priorities.items())
    return [
        f"operator: {load.alarms} alarms in {load.hours:.1f} h",
        f"  per operator and hour  {load.per_operator_hour:.1f} (about 6 acceptable, 12 the most)",
        f"  most in 10 minutes     {load.peak_10_min} (at most 10), windows above {load.crowded_share:.1%} (under 1%)",
        f"  floods                 {load.floods}, {load.flood_share:.1%} of the time (under 1%)",
        f"  chattering, fleeting   {load.chattering}, {load.fleeting} (none)",
        f"  stale, over 24 h       {load.stale} (under 5)",
        f"  ten most frequent      {load.top_ten_share:.0%} of all (1 to 5% acceptable)",
        f"  priorities             {mix} (about 5% critical and major together, 15% minor, 80% warning)",
    ]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = (cell.ljust(width) if at == 0 else cell.rjust(width)
                    for at, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
    return [first, *rest]


def _strays(score: Score) -> list[str]:
    if not score.strays:
        return []
    told = ", ".join(f"{rule} {count}" for rule, count in score.strays.items())
    return [f"about nothing that was wrong: {told}"]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"
