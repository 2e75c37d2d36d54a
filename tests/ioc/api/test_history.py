"""The course of a metric."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from ioc.accounts.access import moment
from ioc.accounts.model import Role
from ioc.api.history import step_s

PATH = "/api/v1/devices/ns/camera/c1/history"
START = 1_795_305_600_000  # 2026-11-22T00:00:00Z


@pytest.fixture
def viewer(district: Any) -> Any:
    """Half an hour of readings a minute apart with ten minutes missing, one of a suspect clock, one unknown."""
    number = district.sql("SELECT id FROM device WHERE address = 'ns/camera/c1'")[0][0]
    rows = [
        (
            moment(START + minute * 60_000),
            number,
            minute,
            minute,
            minute % 2 == 0,
            Jsonb({"note": "x"}),
        )
        for minute in range(30)
        if not 10 <= minute < 20
    ]
    insert = """
        INSERT INTO reading_camera (ts, device_id, seq, fps, motion, more, received_at, suspect)
        VALUES (%s, %s, %s, %s, %s, %s, now(), %s)"""
    district.sql("UPDATE resolution SET hours_until = '2026-11-20', days_until = '2026-11-20 17:00Z'")
    with district.pool.connection() as connection:
        connection.cursor().executemany(insert, [(*row, False) for row in rows])
        late = moment(START + 15 * 60_000)
        connection.execute(insert, (late, number, 99, 9999, None, None, True))
        connection.execute(insert, (late, number, 98, None, None, Jsonb({"fps": None}), False))
    return district.signed_in(Role.VIEWER)


def ask(client: Any, **query: Any) -> Any:
    span = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-22T00:30:00Z", **query}
    return client.get(PATH, params=span)


def test_buckets_hold_least_mean_most_and_count_and_gaps_stay_gaps(viewer: Any) -> None:
    answer = ask(viewer, metric="fps", points=7).json()
    assert answer["step_s"] == 300
    assert answer["points"] == [
        {"ts": "2026-11-22T00:00:00.000Z", "min": 0, "avg": 2, "max": 4, "count": 5},
        {"ts": "2026-11-22T00:05:00.000Z", "min": 5, "avg": 7, "max": 9, "count": 5},
        {"ts": "2026-11-22T00:20:00.000Z", "min": 20, "avg": 22, "max": 24, "count": 5},
        {"ts": "2026-11-22T00:25:00.000Z", "min": 25, "avg": 27, "max": 29, "count": 5},
    ]


def test_on_and_off_count_as_one_and_zero_and_text_not_at_all(viewer: Any) -> None:
    points = ask(viewer, metric="motion", points=2).json()["points"]
    assert {(point["min"], point["avg"], point["max"]) for point in points} == {(0, 0.5, 1)}
    assert ask(viewer, metric="note").json()["points"] == []
    assert ask(viewer, metric="never_heard_of").json()["points"] == []


def test_without_a_span_it_is_the_last_day(viewer: Any) -> None:
    answer = viewer.get(PATH, params={"metric": "fps"}).json()
    assert (answer["from"], answer["to"]) == ("2026-11-21T04:05:06.789Z", "2026-11-22T04:05:06.789Z")
    assert sum(point["count"] for point in answer["points"]) == 20


def test_an_offset_is_understood_and_a_time_without_one_refused(viewer: Any) -> None:
    whole = ask(viewer, metric="fps").json()
    shifted = ask(viewer, metric="fps", **{"from": "2026-11-22T07:00:00+07:00", "to": "2026-11-22T07:30:00+07:00"})
    assert shifted.json() == whole
    assert ask(viewer, metric="fps", to="2026-11-22T07:00:00").status_code == 422
    assert ask(viewer, metric="fps", to="2026-11-21T00:00:00Z").status_code == 422
    assert ask(viewer, metric="fps", to="9999-12-31T23:59:59-23:59").status_code == 422
    assert viewer.get("/api/v1/devices/ns/camera/c9/history?metric=fps").status_code == 404


@given(st.floats(min_value=0.001, max_value=timedelta(days=3000).total_seconds()), st.integers(1, 2000))
def test_the_step_gives_at_most_so_many_buckets_and_is_never_needlessly_long(span: float, points: int) -> None:
    step = step_s(span, points)
    assert span / step + 1 <= max(points, 2) + 1e-9
    assert step == 1 or span / step + 1 >= max(points, 2) / 4 - 1
