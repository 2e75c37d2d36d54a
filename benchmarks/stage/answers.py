"""What `benchmarks/history.py` found, as text, and the aims it met or missed."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def report(figures: Figures) -> dict[str, Any]:
    """Print everything; the figures with whether all aims are met."""
    rows = [*figures["answers"], figures["latest"]]
    for line in [*_made(figures["filled"], figures["kept"]), *_table(rows), *_costs(figures)]:
        print(line)
    verdicts = _verdicts(rows, figures["answers"], figures["slowed"])
    for aim, met in verdicts:
        print(f"{'met' if met else 'MISSED':<8}{aim}")
    return {**figures, "met": all(met for _, met in verdicts)}


def _made(filled: Figures, kept: Figures) -> Sequence[str]:
    return [
        "",
        f"{filled['readings']:,.0f} readings of {filled['devices']:,} devices in 30 days",
        f"written at {filled['a_second']:,.0f} a second",
        f"minutes, hours and days computed in {kept['took_s']:,.0f} s",
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        "",
    ]


def _table(rows: Sequence[Figures]) -> Sequence[str]:
    ours = f"{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>8}"
    told = [f"{'question':<46}{ours}{'raw SQL ms':>12}{'CPU ms':>8}{'times':>8}{'by CPU':>8}"]
    for row in rows:
        ours = f"{row['p50_ms']:>9.1f}{row['p95_ms']:>9.1f}{row['cpu_ms']:>8.1f}"
        raw = f"{row['raw_ms']:>12.0f}{row['raw_cpu_ms']:>8.0f}"
        by_cpu = row["raw_cpu_ms"] / row["cpu_ms"]
        told.append(f"{row['name']:<46}{ours}{raw}{row['times']:>8.0f}{by_cpu:>8.0f}")
    return [*told, f"{'… asked for the first time by a process':<46}{rows[-1]['first_ms']:>9.1f}", ""]


def _costs(figures: Figures) -> Sequence[str]:
    sizes, slowed = figures["sizes"], figures["slowed"]
    share = f"{slowed['share']:.0%} of its rate alone ({slowed['least']:.0%}-{slowed['most']:.0%})"
    return [
        f"bytes a reading: {sizes['raw']:.0f}; in a plain table of jsonb {sizes['plain']:.0f}",
        f"besides, minutes {sizes['minute']:.0f}, hours {sizes['hour']:.1f}, days {sizes['day']:.2f}",
        f"ingest beside ten questions a second: {share}: {slowed['beside']:,.0f} of {slowed['alone']:,.0f} a second",
        "",
    ]


def _verdicts(rows: Sequence[Figures], answers: Sequence[Figures], slowed: Figures) -> list[tuple[str, bool]]:
    found = [(f"{row['name']}: p95 under {row['limit_ms']} ms", row["p95_ms"] < row["limit_ms"]) for row in rows]
    found += [(f"{row['name']}: at least 50 x raw", row["times"] >= 50) for row in answers[1:]]
    return [*found, ("ingest slowed by no more than 10 %", slowed["share"] >= 0.9)]
