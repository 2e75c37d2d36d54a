"""The tables and the verdicts, as text. Medians with the least and the most of the rounds; ratios within a round."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stage import contestants as who
from stage.contestants import Contestant
from stage.runs import Loss, Memory, Speed

Rounds = Mapping[Contestant, Sequence[Speed]]
_FLAT = 1.25  # "flat": at most a quarter dearer, which is what two runs of the same differ by on a shared machine
_GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """One aim and what came of it."""

    aim: str
    found: str
    met: bool

    def __str__(self) -> str:
        return f"{'met   ' if self.met else 'MISSED'}  {self.aim}: {self.found}"


def speeds(rounds: Rounds) -> list[str]:
    """The main table."""
    costs = f"{'consumer CPU-s/M':>24}{'database':>10}{'broker':>8}{'generator':>11}{'others':>8}"
    head = f"{'contestant':<38}{'messages/s':>26}{costs}"
    rows = [head, "-" * len(head)]
    for contestant, found in rounds.items():
        rate = _spread([speed.rate for speed in found], 0, thousands=True)
        consumer = _spread([speed.consumer for speed in found], 1)
        rest = [statistics.median(getattr(s, part) for s in found) for part in ("database", "broker", "generator")]
        others = statistics.median(speed.others for speed in found)
        costs = f"{rest[0]:>10.1f}{rest[1]:>8.1f}{rest[2]:>11.1f}{others:>8.0%}"
        rows.append(f"{contestant.name:<38}{rate:>26}{consumer:>24}{costs}")
    rows.append("others: what else took of the machine meanwhile; where it is much, only CPU seconds compare")
    return rows


def ratios(rounds: Rounds) -> list[Verdict]:
    """The aims that are ratios to peers of the same run."""
    aims = [
        (who.NODERED, "rate", 3.0, "messages/s, at least 3 x Node-RED's batches"),
        (who.PAHO_COUNT, "rate", 1.3, "messages/s, at least 1.3 x paho that only counts"),
        (who.PAHO_COPY, "consumer", 0.25, "consumer CPU, at most 0.25 x the paho-and-COPY pipeline's"),
    ]
    found = []
    for peer, what, limit, aim in aims:
        if peer in rounds and who.INGEST in rounds:
            pairs = zip(rounds[who.INGEST], rounds[peer], strict=False)
            each = [getattr(ours, what) / getattr(theirs, what) for ours, theirs in pairs]
            ratio = statistics.median(each)
            found.append(Verdict(aim, _spread(each, 2), ratio >= limit if what == "rate" else ratio <= limit))
    return found


def losses(found: Mapping[Contestant, Sequence[Loss]]) -> tuple[list[str], list[Verdict]]:
    """What each lost under `kill -9`, and whether ours is nothing."""
    head = f"{'kill -9 under load, restarted after 1 s':<42}{'rate':>8}{'published':>12}{'lost':>22}{'kept twice':>18}"
    rows = [head, "-" * len(head)]
    for contestant, each in found.items():
        lost, doubled = ", ".join(str(x.lost) for x in each), ", ".join(str(x.doubled) for x in each)
        published = each[0].published
        rows.append(f"{contestant.name:<42}{contestant.kill_rate:>8,}{published:>12,}{lost:>22}{doubled:>18}")
    ours = found.get(who.INGEST, ())
    total, twice = sum(x.lost for x in ours), sum(x.doubled for x in ours)
    told = f"{total} lost, {twice} kept twice in {len(ours)} kills"
    return rows, [Verdict("kill -9 loses nothing", told, total == twice == 0)] if ours else []


def sweep(found: Mapping[int, Sequence[Speed]]) -> tuple[list[str], list[Verdict]]:
    """Cost a message by the number of devices."""
    head = f"{'devices':>8}{'messages/s':>26}{'consumer CPU-s/M':>24}{'database':>20}"
    rows = [head, "-" * len(head)]
    for devices, each in found.items():
        rate = _spread([speed.rate for speed in each], 0, thousands=True)
        parts = [_spread([getattr(speed, part) for speed in each], 1) for part in ("consumer", "database")]
        rows.append(f"{devices:>8,}{rate:>26}{parts[0]:>24}{parts[1]:>20}")
    least, most = min(found), max(found)
    ratio = statistics.median(s.consumer for s in found[most]) / statistics.median(s.consumer for s in found[least])
    aim = f"consumer CPU a message flat from {least:,} to {most:,} devices (at most {_FLAT} x)"
    return rows, [Verdict(aim, f"{ratio:.2f} x", ratio <= _FLAT)]


def memory(found: Memory) -> tuple[list[str], list[Verdict]]:
    """Resident memory over the run, in ten looks."""
    looks = [round(index * (len(found.mib) - 1) / 9) for index in range(10)]
    rows = [
        "   ".join(f"{found.seconds[look]:.0f} s" for look in looks),
        "   ".join(f"{found.mib[look]:.0f}" for look in looks) + "  MiB resident",
        f"{found.messages:,} messages in {found.seconds[-1]:.0f} s: {found.rate:,.0f} a second",
    ]
    if found.shortened:
        rows.append("cut short: the disk is nearly full")
    middle, last = found.thirds()
    aim = f"memory flat over {found.seconds[-1] / 60:.1f} min at full rate (last third at most {_GROWTH} x the second)"
    return rows, [Verdict(aim, f"{middle:.0f} -> {last:.0f} MiB, {last / middle:.2f} x", last <= _GROWTH * middle)]


def _spread(values: Sequence[float], places: int, *, thousands: bool = False) -> str:
    form = f",.{places}f" if thousands else f".{places}f"
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"
