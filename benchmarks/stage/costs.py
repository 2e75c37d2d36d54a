"""What a process and its children cost, as /proc tells it: CPU seconds and resident memory. Ticks are 10 ms."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its living descendants and the ended ones waited for."""
    ticks = 0
    for member in family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
    return ticks / _TICK


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it. Threads may have children too."""
    yield pid
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
            for child in children:
                yield from family(int(child))


def resident_mib(pid: int) -> float:
    """Resident memory of a process and its descendants, shared pages counted for each."""
    total = 0
    for member in family(pid):
        with suppress(OSError, StopIteration):
            rows = Path(f"/proc/{member}/status").read_text().splitlines()
            total += int(next(row for row in rows if row.startswith("VmRSS")).split()[1])
    return total / 1024


def busy_seconds() -> float:
    """CPU seconds that all cores together have worked since the start, other guests' theft included."""
    user, nice, system, _idle, _wait, *rest = (int(word) for word in Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + sum(rest)) / _TICK


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds by whom; the difference of two is what happened between. `machine` is everybody's."""

    consumer: float
    database: float
    broker: float
    machine: float

    def __sub__(self, before: "Costs") -> "Costs":
        return Costs(
            self.consumer - before.consumer, self.database - before.database, self.broker - before.broker,
            self.machine - before.machine,
        )  # fmt: skip
