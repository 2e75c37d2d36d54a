"""Who caused what went wrong in a batch: the account by device (`ledger_device`). Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ingest.batch import Judged
from ingest.ledger import Outcome
from ingest.topics import split

TROUBLE = frozenset((Outcome.DUPLICATE, Outcome.QUARANTINED, Outcome.SHED))


def troubles(batch: Sequence[Judged], outcomes: Sequence[Outcome], gaps: Mapping[str, int]) -> dict[str, Counter[str]]:
    """By device's address: how many of its messages were repeats, unusable or let go, and the numbers it skipped."""
    found: dict[str, Counter[str]] = {}
    for judged, outcome in zip(batch, outcomes, strict=True):
        if outcome in TROUBLE:
            found.setdefault(culprit(judged), Counter())[outcome.value] += 1
    for device, skipped in gaps.items():
        if skipped:
            found.setdefault(device, Counter())["seq_gaps"] += skipped
    return found


def culprit(judged: Judged) -> str:
    """The device of a message; where nothing names one, its topic."""
    if judged.reports:
        return judged.reports[0].device
    if judged.outcome is Outcome.SHED and judged.detail:
        return judged.detail
    native = split(judged.message.topic)
    return native[0] if native else judged.message.topic[:512].replace("\0", "")
