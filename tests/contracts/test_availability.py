"""Availability from the presence log: the same on every edition, and the same as counting minute by minute."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.history.availability import Figures, Span, Window, availability, known_until
from ioc.history.scope import Areas, Wanted, stays

START = datetime(2026, 11, 1, tzinfo=UTC)
ENROLLED = START - timedelta(days=9)
HOUR = 3600.0


def at(hours):
    return START + timedelta(hours=hours)


@pytest.fixture
def database(edition):
    with psycopg.connect(edition.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO area (slug, name, parent) VALUES ('ns', 'Nông Sơn', NULL), ('a', 'A', 'ns'), ('b', 'B', 'ns')"
        )
        for address, maker, area in (
            ("ns/camera/c1", "Axis", "a"),
            ("ns/camera/c2", "Axis", "b"),
            ("ns/wifi/w1", None, "a"),
        ):
            connection.execute(
                "INSERT INTO device (address, admission, maker, area, enrolled_at) VALUES (%s, 'admitted', %s, %s, %s)",
                (address, maker, area, ENROLLED),
            )
        yield connection


def note(connection, address, hours, state, reason=""):
    connection.execute(
        "INSERT INTO presence (ts, device_id, state, reason) SELECT %s, id, %s, %s FROM device WHERE address = %s",
        (at(hours), state, reason, address),
    )


def ask(
    connection, since, until, wanted=None, windows=(), group=lambda stay: stay.address, *, by_area=False, known=None
):
    span = Span(at(since), at(until), at(until if known is None else known))
    return availability(connection, span, stays(connection, wanted or Wanted(), by_area=by_area), windows, group)


def test_what_was_noted_before_the_span_holds_into_it(database):
    note(database, "ns/camera/c1", -3, "in")
    note(database, "ns/camera/c1", 2, "out", "lwt")
    note(database, "ns/camera/c1", 3, "in")
    found = ask(database, 0, 10)["ns/camera/c1"]
    assert found == Figures(1, 9 * HOUR, 1 * HOUR, 0, 0, 1)
    assert found.share == pytest.approx(0.9)


def test_before_the_first_note_and_where_none_was_said_again_for_a_day_nothing_is_known(database):
    note(database, "ns/camera/c1", 4, "in")
    assert ask(database, 0, 40)["ns/camera/c1"] == Figures(1, 26 * HOUR, 0, 14 * HOUR, 0, 0)
    assert ask(database, 0, 40)["ns/wifi/w1"] == Figures(1, 0, 0, 40 * HOUR, 0, 0)
    assert ask(database, 0, 40)["ns/wifi/w1"].share is None


def test_unknown_is_neither_in_nor_out_and_nothing_is_known_after_the_ingest_ended(database):
    note(database, "ns/camera/c1", 0, "in")
    note(database, "ns/camera/c1", 2, "unknown", "down")
    note(database, "ns/camera/c1", 5, "out", "silent")
    assert ask(database, 0, 10, known=7)["ns/camera/c1"] == Figures(1, 2 * HOUR, 2 * HOUR, 6 * HOUR, 0, 1)


def test_maintenance_counts_for_nothing_and_overlapping_windows_once(database):
    note(database, "ns/camera/c1", 0, "in")
    note(database, "ns/camera/c1", 4, "out")
    windows = [
        Window(at(3), at(6), device="ns/camera/c1"),
        Window(at(5), at(7), area="a"),
        Window(at(1), at(2), area="b"),
    ]
    assert ask(database, 0, 10, windows=windows)["ns/camera/c1"] == Figures(1, 3 * HOUR, 3 * HOUR, 0, 4 * HOUR, 1)


def test_an_outage_wholly_within_maintenance_is_none(database):
    note(database, "ns/camera/c1", 0, "in")
    note(database, "ns/camera/c1", 4, "out")
    note(database, "ns/camera/c1", 5, "in")
    assert ask(database, 0, 10, windows=[Window(at(3), at(6))])["ns/camera/c1"].outages == 0


def test_a_device_counts_from_its_enrolment_until_it_is_retired(database):
    database.execute("UPDATE device SET enrolled_at = %s WHERE address = 'ns/camera/c1'", (at(2),))
    database.execute("UPDATE device SET admission = 'retired'")
    database.execute("UPDATE device SET retired_at = %s", (at(6),))
    note(database, "ns/camera/c1", 2, "in")
    assert ask(database, 0, 10)["ns/camera/c1"] == Figures(1, 4 * HOUR, 0, 0, 0, 0)


def test_areas_as_they_were_then_and_as_they_are_now(database):
    note(database, "ns/camera/c1", 0, "in")
    database.execute("UPDATE device SET area = 'b' WHERE address = 'ns/camera/c1'")
    database.execute("UPDATE device_area SET valid_to = %s WHERE area = 'a' AND valid_to IS NOT NULL", (at(4),))
    database.execute("UPDATE device_area SET valid_from = %s WHERE area = 'b' AND valid_from > %s", (at(4), ENROLLED))
    by_area = {"group": lambda stay: stay.area, "by_area": True}
    then = ask(database, 0, 10, Wanted(family="camera", areas=Areas.THEN), **by_area)
    now = ask(database, 0, 10, Wanted(family="camera", areas=Areas.NOW), **by_area)
    assert {area: (figures.devices, figures.in_s) for area, figures in then.items()} == {
        "a": (1, 4 * HOUR), "b": (2, 6 * HOUR),
    }  # fmt: skip
    assert {area: (figures.devices, figures.in_s) for area, figures in now.items()} == {"b": (2, 10 * HOUR)}
    of_a = ask(database, 0, 10, Wanted(area="a", family="camera", areas=Areas.THEN), group=lambda stay: stay.address)
    assert of_a == {"ns/camera/c1": Figures(1, 4 * HOUR, 0, 0, 0, 0)}
    assert len(ask(database, 0, 10, Wanted(area="ns", areas=Areas.THEN))) == 3


def test_time_in_no_area_is_told_too(database):
    note(database, "ns/wifi/w1", 0, "in")
    database.execute("UPDATE device SET area = NULL WHERE address = 'ns/wifi/w1'")
    database.execute("UPDATE device_area SET valid_to = %s WHERE valid_to IS NOT NULL", (at(4),))
    found = ask(database, 0, 10, Wanted(family="wifi", areas=Areas.THEN), group=lambda stay: stay.area, by_area=True)
    assert {area: figures.in_s for area, figures in found.items()} == {"a": 4 * HOUR, None: 6 * HOUR}


def test_by_family_and_by_maker(database):
    note(database, "ns/camera/c1", 0, "in")
    by_maker = ask(database, 0, 1, group=lambda stay: stay.maker)
    assert {maker: figures.devices for maker, figures in by_maker.items()} == {"Axis": 2, None: 1}
    assert set(ask(database, 0, 1, Wanted(maker="Axis"))) == {"ns/camera/c1", "ns/camera/c2"}


def test_an_ingest_that_runs_knows_until_now_and_one_that_ended_until_its_last_word(database):
    assert known_until(database, at(5)) == at(5)
    database.execute("INSERT INTO ingest_run VALUES (%s, %s, 0, 0, 0, 0, 0, 0, 0, 0, 0, true)", (at(0), at(4)))
    assert known_until(database, at(4) + timedelta(seconds=29)) == at(4) + timedelta(seconds=29)
    assert known_until(database, at(5)) == at(4)


NOTES = st.lists(
    st.tuples(st.integers(-30, 60), st.sampled_from(["in", "out", "unknown"])), max_size=8, unique_by=lambda n: n[0]
)
SPANS = st.lists(st.tuples(st.integers(-2, 40), st.integers(1, 20)), max_size=3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(NOTES, SPANS, st.integers(0, 50))
def test_it_is_what_counting_hour_by_hour_gives(database, notes, spans, known):
    database.execute("DELETE FROM presence")
    for hours, state in notes:
        note(database, "ns/camera/c1", hours, state)
    windows = [Window(at(begin), at(begin + length)) for begin, length in spans]
    found = ask(database, 0, 40, Wanted(devices=("ns/camera/c1",)), windows, known=known)["ns/camera/c1"]
    counted = {"in": 0, "out": 0, "unknown": 0, "apart": 0}
    for hour in range(40):
        if any(begin <= hour < begin + length for begin, length in spans):
            counted["apart"] += 1
            continue
        before = max((one for one in notes if one[0] <= hour), default=None)
        holds = before is not None and hour < before[0] + 26 and hour < known
        counted[before[1] if holds else "unknown"] += 1
    told = (found.in_s, found.out_s, found.unknown_s, found.maintenance_s)
    assert told == tuple(HOUR * counted[word] for word in ("in", "out", "unknown", "apart"))
