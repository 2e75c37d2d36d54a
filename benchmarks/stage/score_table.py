"""The score of many scenarios as Markdown: a line each, a line for all, and what became of each kind of fault."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from realparts.pages import put_between

from stage.scenarios import Outcome

_COLUMNS = ("scenario", "true", "found", "late", "missing", "recall", "right", "doubled", "wrong place", "extra",
            "folded", "precision", "noticed p50, s", "noticed p95, s", "told p50, s",
            "told p95, s", "messages a cause", "alarms an hour", "most in 10 min", "samples", "not used")  # fmt: skip


def row(outcome: Outcome) -> list[str]:
    """A line of the table."""
    total, load = outcome.score["total"], outcome.score["operator"]
    counts = [str(total[name]) for name in ("truths", "found", "late", "missing")]
    alerts = [str(total[name]) for name in ("right", "doubled", "wrong_place", "extra", "folded")]
    messages = "-" if total["messages_mean"] is None else f"{total['messages_mean']:.1f} (max {total['messages_max']})"
    return [
        outcome.name, *counts, share(total["recall"]), *alerts, share(total["precision"]),
        *(_whole(total[f"{what}_s"]) for what in ("noticed_p50", "noticed_p95", "told_p50", "told_p95")),
        messages, f"{load['per_operator_hour']:.1f}", str(load["peak_10_min"]),
        f"{outcome.samples:,}", str(outcome.unused),
    ]  # fmt: skip


def sums(outcomes: Sequence[Outcome]) -> list[str]:
    """The last line: everything together."""

    def total(name: str) -> int:
        return sum(int(outcome.score["total"][name]) for outcome in outcomes)

    told = sum(total(name) for name in ("right", "doubled", "wrong_place", "extra")) + total("late")
    counts = [str(total(name)) for name in ("truths", "found", "late", "missing")]
    alerts = [str(total(name)) for name in ("right", "doubled", "wrong_place", "extra", "folded")]
    recall = total("found") / total("truths") if total("truths") else None
    precision = total("right") / told if told else None
    samples, unused = sum(each.samples for each in outcomes), sum(each.unused for each in outcomes)
    return [
        "**all**",
        *counts,
        share(recall),
        *alerts,
        share(precision),
        *[""] * 7,
        f"{samples:,}",
        str(unused),
    ]


def by_kind(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Recall and precision of each kind of fault over all scenarios."""
    found: dict[str, dict[str, int]] = {}
    names = ("truths", "found", "late", "missing", "right", "doubled", "wrong_place", "extra", "folded")
    for outcome in outcomes:
        for kind in outcome.score["kinds"]:
            sums_of = found.setdefault(kind["kind"], dict.fromkeys(names, 0))
            for name in names:
                sums_of[name] += kind[name]
    rows = [["kind of fault", "true", "found", "late", "missing", "recall", "right", "doubled", "wrong place", "extra",
             "folded", "precision"]]  # fmt: skip
    for kind, each in sorted(found.items()):
        told = sum(each[name] for name in ("right", "late", "doubled", "wrong_place", "extra"))
        counts, alerts = [str(each[name]) for name in names[:4]], [str(each[name]) for name in names[4:]]
        recall, precision = each["found"] / each["truths"], each["right"] / told if told else None
        rows.append([kind, *counts, share(recall), *alerts, share(precision)])
    return rows


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a table; the first is the head."""
    lines = [rows[0], ["---"] + ["--:"] * (len(rows[0]) - 1), *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page_text(outcomes: Sequence[Outcome], site: str, seed: int, step: float) -> str:
    """What stands between the page's markers."""
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"  # noqa: TID251 - a report
    strays: dict[str, int] = {}
    for outcome in outcomes:
        for rule, count in outcome.score["extra_by_rule"].items():
            strays[rule] = strays.get(rule, 0) + count
    about = ", ".join(f"`{rule}` {count}" for rule, count in sorted(strays.items())) or "none"
    simulated, took = sum(each.simulated_s for each in outcomes), sum(each.took_s for each in outcomes)
    return (
        f"Measured {today}: site `{site}`, seed {seed}, turns of {step:g} s; {simulated / 3600:.1f} hours of the "
        f"district's life in {took / 60:.1f} minutes ({simulated / took:.0f} × life).\n\n"
        f"{markdown([list(_COLUMNS), *map(row, outcomes), sums(outcomes)])}\n"
        f"Alerts about nothing that was wrong, by rule: {about}.\n\n{markdown(by_kind(outcomes))}"
    )


def share(value: float | None) -> str:
    """A share of 1, or of nothing."""
    return "-" if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def write_page(page: Path, text: str) -> None:
    """Put it between the markers of the page."""
    page.write_text(put_between(page.read_text("utf-8"), "scores", text), "utf-8")
