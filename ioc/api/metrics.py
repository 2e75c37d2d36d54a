"""The centre in numbers, as Prometheus reads them (text exposition format 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from psycopg import Connection

from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, row, rows, tuples
from ioc.api.parts import Has, Parts
from ioc.api.routing import router
from ioc.disk import forecast
from ioc.disklook import remembered
from ioc.echoes import BOUNDS_MS, Health, Latency, Leg

routes = router("", "operations")

_OUTCOMES = ("stored", "duplicate", "ignored", "quarantined", "shed")
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples: labels and value of each."""

    name: str
    kind: str  # counter, gauge
    purpose: str
    samples: Iterable[tuple[Mapping[str, str], float]]

    def lines(self) -> Iterator[str]:
        """The metric as it is written."""
        yield f"# HELP {self.name} {self.purpose}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            told = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
            yield f"{self.name}{{{told}}} {value}" if told else f"{self.name} {value}"


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of seconds for each leg of the probe, as Prometheus writes one."""

    name: str
    purpose: str
    legs: Mapping[Leg, Latency]

    def lines(self) -> Iterator[str]:
        """The histogram as it is written."""
        yield f"# HELP {self.name} {self.purpose}"
        yield f"# TYPE {self.name} histogram"
        for leg, took in self.legs.items():
            for bound, count in zip(BOUNDS_MS, took.buckets, strict=True):
                yield f'{self.name}_bucket{{leg="{leg}",le="{bound / 1000:g}"}} {count}'
            yield f'{self.name}_bucket{{leg="{leg}",le="+Inf"}} {took.count}'
            yield f'{self.name}_sum{{leg="{leg}"}} {took.total / 1000:.6f}'
            yield f'{self.name}_count{{leg="{leg}"}} {took.count}'


@routes.get("/metrics", dependencies=[requires(Role.VIEWER, local=True)], response_class=Response)
def metrics(parts: Has) -> Response:
    """The centre in numbers."""
    with parts.pool.connection() as connection:
        found: list[Metric | Histogram] = [*_ingest(row(connection, "newest_run")), *_kept(connection)]
        found += [*_store(connection), *_disk(connection), *_here(parts), *_probe(parts)]
    text = "".join(f"{line}\n" for metric in found for line in metric.lines())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _ingest(run: Row | None) -> Iterator[Metric]:
    if run is None:
        return
    settled = [({"outcome": name}, run[name]) for name in _OUTCOMES]
    yield Metric(
        "ioc_messages_received_total", "counter", "Messages since the ingest started.", [({}, run["received"])]
    )
    yield Metric("ioc_messages_settled_total", "counter", "What became of them.", settled)
    yield Metric("ioc_messages_in_flight", "gauge", "Received and not settled yet.", [({}, run["in_flight"])])
    yield Metric("ioc_messages_spooled", "gauge", "Of these, waiting on disk.", [({}, run["spooled"])])
    yield Metric(
        "ioc_seq_gaps_total", "counter", "Messages that devices sent and we never heard.", [({}, run["seq_gaps"])]
    )
    yield Metric("ioc_ingest_hearing", "gauge", "1 while connected to the broker.", [({}, int(run["hearing"]))])
    kept = run["kept_at"].timestamp()
    yield Metric("ioc_ingest_kept_timestamp_seconds", "gauge", "When the ingest last kept its account.", [({}, kept)])
    started = run["started_at"].timestamp()
    yield Metric("ioc_ingest_start_timestamp_seconds", "gauge", "When the ingest started.", [({}, started)])


def _kept(connection: Connection[Any]) -> Iterator[Metric]:
    devices = [({"family": kind, "admission": word}, n) for kind, word, n in tuples(connection, "device_counts")]
    reasons = [({"reason": reason}, n) for reason, n in tuples(connection, "quarantine_reasons")]
    size = rows(connection, "database_size")[0]["pg_database_size"]
    yield Metric("ioc_devices", "gauge", "Devices on record.", devices)
    ever = [({"reason": reason}, n) for reason, n in tuples(connection, "reasons_ever")]
    waiting = rows(connection, "letters_waiting")[0]["count"]
    yield Metric("ioc_quarantine_rows", "gauge", "Messages kept in quarantine.", reasons)
    yield Metric("ioc_quarantined_total", "counter", "Messages ever quarantined, whatever was restarted since.", ever)
    people = [({"state": state}, n) for state, n in tuples(connection, "messages_ever")]
    unanswered = rows(connection, "unanswered")[0]["count"]
    yield Metric("ioc_messages", "gauge", "Messages to people that are kept, by what became of them.", people)
    yield Metric(
        "ioc_unanswered_alerts", "gauge", "Alerts everybody was told of and nobody answers.", [({}, unanswered)]
    )
    yield Metric("ioc_letters_waiting", "gauge", "Messages owed to people and not sent yet.", [({}, waiting)])
    yield Metric("ioc_database_bytes", "gauge", "Size of the database on disk.", [({}, size)])


def _disk(connection: Connection[Any]) -> Iterator[Metric]:
    """The room on the database's disk as the disk watch last saw it; what nobody knows is left out."""
    looks = remembered(connection)
    standing = forecast(looks)
    told = (
        ("ioc_disk_free_bytes", "Free room on the database's disk.", looks[-1].free if looks else None),
        ("ioc_disk_used_ratio", "Share of the disk in use.", _share(standing.used_pct)),
        ("ioc_disk_growth_bytes_per_day", "Growth of the database over two weeks.", standing.bytes_a_day),
        ("ioc_disk_days_left", "Days until the disk is full at that growth; 3650 is ten years or more.",
         standing.days_left),
    )  # fmt: skip
    for name, purpose, value in told:
        if value is not None:
            yield Metric(name, "gauge", purpose, [({}, value)])


def _share(pct: float | None) -> float | None:
    return None if pct is None else pct / 100


def _store(connection: Connection[Any]) -> Iterator[Metric]:
    jobs, families = rows(connection, "store_jobs"), rows(connection, "store_behind")
    good = [({"job": job["job"]}, int(job["problem"] is None)) for job in jobs]
    last = [({"job": job["job"]}, job["good_at"] or 0) for job in jobs]
    took = [({"job": job["job"]}, job["took_ms"] / 1000) for job in jobs]
    behind = [({"family": row["family"]}, round(row["behind_s"])) for row in families]
    waiting = [({"family": row["family"]}, row["waiting"]) for row in families]
    yield Metric("ioc_store_job_ok", "gauge", "1 where the store's job last ran without a problem.", good)
    yield Metric("ioc_store_job_good_timestamp_seconds", "gauge", "When it last did; 0 is never.", last)
    yield Metric("ioc_store_job_seconds", "gauge", "How long its last run took.", took)
    yield Metric("ioc_store_behind_seconds", "gauge", "How long ago the kept hours end: up to some 4,000.", behind)
    yield Metric("ioc_store_hours_waiting", "gauge", "Hours to be computed again for late readings.", waiting)


def _here(parts: Parts) -> Iterator[Metric]:
    ready = [({"part": name}, int(probe() is None)) for name, probe in parts.readiness.items()]
    yield Metric("ioc_ready", "gauge", "1 while the part is ready.", ready)
    pool = [({"what": name}, value) for name, value in sorted(parts.pool.get_stats().items())]
    yield Metric("ioc_web_pool", "gauge", "The web's database connections, by psycopg_pool's names.", pool)
    queues = [({"queue": name}, filling) for name, filling in parts.fillings().items()]
    yield Metric("ioc_queue", "gauge", "How much waits in a queue of this process.", queues)
    if parts.hub is not None:
        hub = [({"what": name}, value) for name, value in parts.hub.stats().items()]
        yield Metric("ioc_wall", "gauge", "The live stream: clients, number of the picture, frames made.", hub)


def _probe(parts: Parts) -> Iterator[Metric | Histogram]:
    probe = parts.probe
    if probe is None or not probe.every_s:
        return
    sent, lost, took = probe.numbers()
    healths = [({"health": each.value}, int(probe.verdict.health is each)) for each in Health if each is not Health.OFF]
    late = [({"leg": leg.value}, count) for leg, count in lost.items()]
    yield Metric("ioc_probe_health", "gauge", "1 for what the self-probe says now.", healths)
    yield Metric("ioc_probe_sent_total", "counter", "Marked samples sent.", [({}, sent)])
    yield Metric("ioc_probe_lost_total", "counter", "Of these, without an echo within 10 s.", late)
    yield Histogram("ioc_probe_seconds", "From publishing a marked sample to its echo.", took)
