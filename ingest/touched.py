"""Which hours a batch of readings touches, so that hours that have ended are computed anew when readings come late.

Pure. The database decides by its own clock which of them had ended (the statement `touch`, in the transaction that
keeps the readings): the hour that is running needs no mark, it is computed when it ends.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ingest.model import Sample
from ingest.rows import Ids

HOUR_MS: Final = 3_600_000
_MANY: Final = 50  # devices of one hour in one batch; beyond them all of the family are looked at
_ALL: Final = 0  # no device has this number


def marks(batch: Mapping[str, Sequence[Sample]], ids: Ids) -> Mapping[str, Sequence[object]] | None:
    """The columns of the statement `touch`: family, hour (since 1970) and device; None where nothing is touched."""
    family: list[str] = []
    hour: list[int] = []
    device: list[int] = []
    for name, samples in batch.items():
        for at, devices in _touched(samples).items():
            numbers = sorted(map(ids, devices)) if 0 < len(devices) <= _MANY else [_ALL]
            family += [name] * len(numbers)
            hour += [at] * len(numbers)
            device += numbers
    return {"family": family, "hour": hour, "device": device} if family else None


def _touched(samples: Sequence[Sample]) -> Mapping[int, set[str]]:
    """The devices that spoke, by hour; none named where all spoke in the hour in which they were heard.

    That is what nearly every batch does, and what the database then passes over.
    """
    hours = {sample.ts // HOUR_MS for sample in samples if not sample.suspect}  # a suspect clock is in no figure
    if hours == {samples[-1].received_at // HOUR_MS}:
        return {hour: set() for hour in hours}
    found: dict[int, set[str]] = {}
    for sample in samples:
        if not sample.suspect:
            found.setdefault(sample.ts // HOUR_MS, set()).add(sample.device)
    return found
