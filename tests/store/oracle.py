"""What minutes, hours and days must say, computed from the readings in the plainest way."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from ingest.family import Kind, families


def expected(readings, family, resolution, zone="Asia/Ho_Chi_Minh"):
    """Aggregates by bucket and device of readings (Samples); repeats count once, suspect ones not at all."""
    once = {(s.device, s.ts, -1 if s.seq is None else s.seq, s.origin): s for s in reversed(readings)}
    groups = {}
    for device, ts, *rest in sorted(once):
        sample = once[device, ts, *rest]
        if sample.suspect:
            continue
        groups.setdefault((bucket(ts, resolution, zone), device), []).append(sample.metrics)
    return {key: _aggregate(group, families()[family].columns) for key, group in groups.items()}


def bucket(epoch_ms, resolution, zone):
    at = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    if resolution == "day":
        local = at.astimezone(ZoneInfo(zone))
        return datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return (
        at.replace(second=0, microsecond=0) if resolution == "minute" else at.replace(minute=0, second=0, microsecond=0)
    )


def _aggregate(group, columns):
    found = {"n": len(group)}
    for metric, kind in columns.items():
        values = [m[metric] for m in group if m.get(metric) is not None]
        found[f"{metric}_n"] = len(values)
        found[f"{metric}_last"] = values[-1] if values else None
        if kind is Kind.NUMBER:
            found |= {f"{metric}_{f.__name__}": f(values) if values else None for f in (min, max, sum)}
        if kind is Kind.COUNTER:
            found[f"{metric}_first"] = values[0] if values else None
            found[f"{metric}_inc"] = growth(values) if values else None
        if kind is Kind.SWITCH:
            found[f"{metric}_on"] = sum(values)
    return found


def growth(values):
    return sum(b - a if b >= a else b for a, b in pairwise(values))
