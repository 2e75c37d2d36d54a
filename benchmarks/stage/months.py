"""Months of readings in minutes: what the simulators' devices say in a day, told again by many devices on many days.

Each family's kind is asked for some days of samples; every device of the benchmark lives one of them, its counters grow
on, and it goes out of service now and then. Rows go in by binary COPY, laid out with numpy, oldest day first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import numpy as np
import psycopg

from ingest.family import Kind, families
from ingest.rows import FACTS, HEADER, TRAILER, copy_statement
from simulators.device import Scene, find_kinds
from simulators.surroundings import Place

MINUTES, LIVES = 1440, 6
SHARES = {"camera": 0.4, "wifi": 0.25, "loudspeaker": 0.25, "videoconference": 0.05, "gateway": 0.05}
AREAS = 6  # as Nông Sơn has
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fleet:
    """The devices that lived the whole time, by family: their numbers in the database."""

    numbers: Mapping[str, np.ndarray]
    begin: datetime
    days: int


def enrol(connection: psycopg.Connection, devices: int, begin: datetime, days: int) -> Fleet:
    """Areas, and devices that stood in them from the beginning."""
    connection.execute("INSERT INTO area (slug, name) VALUES ('d', 'D')")
    for area in range(AREAS):
        connection.execute("INSERT INTO area (slug, name, parent) VALUES (%s, %s, 'd')", (f"a{area}", f"A{area}"))
    numbers = {}
    for family, share in SHARES.items():
        found = connection.execute(
            "INSERT INTO device (address, admission, maker, area, enrolled_at, interval_s, latest, standing) "
            "SELECT format('bench/%%s/%%s-%%s', %(family)s::text, %(family)s::text, lpad(n::text, 5, '0')), "
            "'admitted', 'M' || n %% 3, 'a' || n %% %(areas)s, %(begin)s, 60, %(latest)s, 'in' "
            "FROM generate_series(1, %(many)s) n RETURNING id",
            {"family": family, "many": max(1, round(devices * share)), "areas": AREAS, "begin": begin,
             "latest": json.dumps({name: [value, 1_790_000_000_000] for name, value in _life(family, 0)[720].items()})},
        ).fetchall()  # fmt: skip
        numbers[family] = np.array([number for (number,) in found], np.int32)
    return Fleet(numbers, begin, days)


def outages(fleet: Fleet, device: int) -> Sequence[tuple[int, int]]:
    """When a device was out, in minutes since the beginning: about once in two days, for minutes to hours."""
    chance = Random(device)
    found, at = [], 0.0
    while (at := at + chance.expovariate(1 / (2 * MINUTES))) < fleet.days * MINUTES:
        length = min(chance.lognormvariate(2.5, 1.2), MINUTES)
        found.append((int(at), int(at + length) + 4))
        at += length + 5
    return found


def presence(fleet: Fleet) -> Iterator[tuple[datetime, int, str, str]]:
    """What the ingest would have noted: each change, and once a day what holds."""
    for ids in fleet.numbers.values():
        for device in map(int, ids):
            notes = {day * MINUTES: "in" for day in range(fleet.days)}
            for begin, end in outages(fleet, device):
                notes = {at: state for at, state in notes.items() if not begin <= at < end}
                notes |= {begin: "out", end: "in"}
            for at, state in notes.items():
                yield fleet.begin + timedelta(minutes=at), device, state, "silent" if state == "out" else ""


def day_of(fleet: Fleet, family: str, day: int) -> Iterator[bytes]:
    """One day of a family as COPY takes it, some devices at a time."""
    yield HEADER
    for first in range(0, len(fleet.numbers[family]), 20):
        yield b"".join(_rows(fleet, family, int(device), day) for device in fleet.numbers[family][first : first + 20])
    yield TRAILER


def copy_day(connection: psycopg.Connection, fleet: Fleet, family: str, day: int) -> None:
    """Write one day of a family."""
    with connection.cursor() as cursor, cursor.copy(copy_statement(family)) as copy:
        for block in day_of(fleet, family, day):
            copy.write(block)


def _rows(fleet: Fleet, family: str, device: int, day: int) -> bytes:
    at = np.arange(day * MINUTES, (day + 1) * MINUTES)
    there = np.ones(MINUTES, bool)
    for begin, end in outages(fleet, device):
        there[max(0, begin - day * MINUTES) : max(0, end - day * MINUTES)] = False
    rows = np.repeat(_empty(family), MINUTES)
    moments = (fleet.begin - _EPOCH_2000) // timedelta(microseconds=1) + at * 60_000_000 + device * 37 % 60_000 * 1000
    rows["device_id"], rows["ts"], rows["received_at"], rows["seq"], rows["stamped"] = device, moments, moments, at, 1
    for name in _columns(family, 0):
        values = _columns(family, device % LIVES)[name]
        growth = values[-1] * day if families()[family].columns[name] is Kind.COUNTER else 0
        rows[name] = values + growth
    return rows[there].tobytes()


@cache
def _columns(family: str, life: int) -> Mapping[str, np.ndarray]:
    known, samples = families()[family].columns, _life(family, life)
    return {
        name: np.array([sample[name] for sample in samples], np.float64)
        for name in known
        if all(isinstance(sample.get(name), int | float) for sample in samples)
    }


@cache
def _life(family: str, life: int) -> Sequence[Mapping[str, Any]]:
    """A day of one simulated device, a sample a minute."""
    kind, address = find_kinds()[family], f"bench/{family}/{life}"
    chance, memory, around = Random(address), dict[str, float](), Place("a1", 15.7)
    found: list[Mapping[str, Any]] = []
    for minute in range(MINUTES):
        now = 1_790_000_000.0 + 60 * minute
        sample = kind.sample(Scene(address, now, 60.0, chance, around(now), memory))
        found.append({**(found[-1] if found else {}), **sample})
    return found


@cache
def _empty(family: str) -> np.ndarray:
    """A row in the form of COPY (`ingest.rows`): sizes and room for the values of those metrics that are said."""
    kinds, said = families()[family].columns, _columns(family, 0)
    sizes = {"device_id": ">i4", "ts": ">i8", "received_at": ">i8", "seq": ">i8", "stamped": "u1", "suspect": "u1",
             "origin": "", "more": ""}  # fmt: skip
    sizes |= {name: ("u1" if kind is Kind.SWITCH else ">f8") if name in said else "" for name, kind in kinds.items()}
    fields = [("fields", ">i2")]
    for name, kind in sizes.items():
        fields += [(f"{name} size", ">i4"), *([(name, kind)] if kind else [])]
    row = np.zeros(1, np.dtype(fields))
    row["fields"] = len(FACTS) + len(kinds)
    for name, kind in sizes.items():
        row[f"{name} size"] = np.dtype(kind).itemsize if kind else (0 if name == "origin" else -1)
    return row
