"""Courses, top talkers and exports ask every edition the same and get the same, kept or not kept yet."""

import csv
import io
from itertools import groupby, pairwise

import psycopg
import pytest
from arro3.io import read_parquet
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from ingest.presence import Note, Service
from ioc.clock import now_ms
from ioc.history.courses import Asked, courses
from ioc.history.exports import Export, as_csv, as_parquet
from ioc.history.resolution import Reach, Resolution, fitting, floor
from ioc.history.scope import Areas, Wanted, stays
from ioc.history.talkers import changed_most, sent_most
from tests.store.conftest import HOUR, moment, said

DAY = 24 * HOUR
MINUTE = 60_000
START = now_ms() // DAY * DAY - 4 * DAY - 7 * HOUR  # a day begins in Ha Noi
L1, L2, W1 = "demo/loudspeaker/l1", "demo/loudspeaker/l2", "demo/wifi/w1"


def begin(kept):
    """As on the day before, for the two families that speak here."""
    kept.begin("loudspeaker", START - DAY)
    kept.sql("INSERT INTO resolution (family, zone, hours_until, days_until) "
             "SELECT 'wifi', zone, hours_until, days_until FROM resolution")  # fmt: skip


def course(kept, metric, since, until, points=300, wanted=None, *, together=False):
    """The courses by device's address, times in ms since `START`, and the resolution they came from."""
    with psycopg.connect(kept.dsn) as connection:
        found = stays(connection, wanted or Wanted())
        made = courses(connection, Asked(metric, moment(START + since), moment(START + until), points, together), found)
    names = {0: "*", **{stay.device_id: stay.address for stay in found}}
    told = {}
    for one in made.values():
        for device, *facts in one.buckets:
            at = round(facts[0].timestamp() * 1000) - START
            told.setdefault(names[device], []).append((at, *facts[1:]))
    return told, {one.resolution.value for one in made.values()}


def test_a_gap_stays_a_gap_at_every_resolution(kept):
    begin(kept)
    kept.write(
        *[
            said(START + minute * MINUTE, seq=minute, volume_pct=minute)
            for minute in range(600)
            if not 120 <= minute < 360
        ]
    )
    for points, resolution, step in ((2000, "raw", 30), (600, "minute", 60), (10, "hour", 3600)):
        if resolution == "raw":
            told, found = course(kept, "volume_pct", 0, 2 * HOUR, points)
        else:
            told, found = course(kept, "volume_pct", 0, 10 * HOUR, points + 1)
        assert found == {resolution}
        gaps = {later - earlier for (earlier, *_), (later, *_) in pairwise(told[L1])}
        assert gaps <= {MINUTE, step * 1000, 4 * HOUR + step * 1000}
    assert 5 * HOUR in gaps


def test_a_counter_is_told_as_its_rate_over_resets_and_not_across_gaps(kept):
    begin(kept)
    values = [100, 160, 220, 30, 90, 150]  # begun anew after the third
    kept.write(*[said(START + n * MINUTE, seq=n, plays_total=value) for n, value in enumerate(values)])
    kept.write(said(START + 3 * HOUR, seq=99, plays_total=1000))
    told, found = course(kept, "plays_total", 0, 4 * HOUR, 5)
    assert found == {"hour"}
    [(_, low, mean, high, count, growth), (_, *after)] = told[L1]
    assert (count, growth) == (6, 60 + 60 + 30 + 60 + 60)
    assert (low, mean, high) == (None, None, None)  # one kept bucket without a neighbour: no time to divide by
    assert after == [pytest.approx(850 / (3 * HOUR / 1000))] * 3 + [1, 850]
    told, found = course(kept, "plays_total", 0, 10 * MINUTE, 2000)
    assert found == {"raw"}
    assert [(count, growth, mean) for _, _, mean, _, count, growth in told[L1]] == [
        (1, 0, None), (1, 60, 1.0), (1, 60, 1.0), (1, 30, 0.5), (1, 60, 1.0), (1, 60, 1.0),
    ]  # fmt: skip


def test_a_counter_just_before_the_span_is_remembered(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, seq=n, plays_total=60 * n) for n in range(10)])
    told, _ = course(kept, "plays_total", 5 * MINUTE, 10 * MINUTE, 2000)
    assert [(at, mean) for at, _, mean, *_ in told[L1]] == [(n * MINUTE, 1.0) for n in range(5, 10)]


def test_a_switch_is_the_share_of_readings_that_were_on(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, seq=n, playing=n % 4 == 0) for n in range(120)])
    told, found = course(kept, "playing", 0, 2 * HOUR, 3)
    assert found == {"hour"}
    assert [facts for _, *facts in told[L1]] == [[0.0, 0.25, 1.0, 60, None]] * 2


def test_days_are_days_of_the_zone_and_weeks_begin_on_monday(kept):
    begin(kept)
    kept.write(*[said(START + n * HOUR, seq=n, volume_pct=n // 24) for n in range(72)])
    told, found = course(kept, "volume_pct", 0, 3 * DAY, 4)
    assert found == {"day"}
    assert told[L1] == [(n * DAY, n, float(n), n, 24, None) for n in range(3)]


def test_many_devices_each_and_all_together(kept):
    begin(kept)
    for device, offset in ((L1, 0), (L2, 10)):
        kept.write(
            *[said(START + n * MINUTE, device, seq=n, volume_pct=n + offset, plays_total=60 * n) for n in range(60)]
        )
    each, _ = course(kept, "volume_pct", 0, HOUR, 61)
    assert {device: len(buckets) for device, buckets in each.items()} == {L1: 60, L2: 60}
    together, _ = course(kept, "volume_pct", 0, HOUR, 61, together=True)
    assert together["*"][7] == (7 * MINUTE, 7, 12.0, 17, 2, None)
    rates, _ = course(kept, "plays_total", 0, HOUR, 61, together=True)
    assert rates["*"][7] == (7 * MINUTE, 1.0, 2.0, 1.0, 2, 120)


def test_an_area_s_course_holds_each_device_while_it_stood_there(kept):
    begin(kept)
    kept.write(*[said(START + n * HOUR, seq=n, volume_pct=n) for n in range(10)])
    kept.sql("INSERT INTO area (slug, name) VALUES ('a', 'A'), ('b', 'B')")
    for area in ("a", "b"):
        kept.sql("UPDATE device SET area = %s", area)
    kept.sql("UPDATE device_area SET valid_from = %s, valid_to = %s WHERE area = 'a'", moment(START - DAY),
             moment(START + 4 * HOUR))  # fmt: skip
    kept.sql("UPDATE device_area SET valid_from = %s WHERE area = 'b'", moment(START + 4 * HOUR))
    counts = {
        (area, areas): sum(bucket[4] for bucket in course(
            kept, "volume_pct", 0, 10 * HOUR, 11, Wanted(area=area, areas=areas))[0].get(L1, []))
        for area in ("a", "b") for areas in Areas
    }  # fmt: skip
    assert counts == {("a", Areas.THEN): 4, ("b", Areas.THEN): 6, ("a", Areas.NOW): 0, ("b", Areas.NOW): 10}


def test_a_metric_without_a_column_is_asked_of_the_readings(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, seq=n, hum_db=n, note="x", lit=n > 0) for n in range(3)])
    assert [facts[1] for _, *facts in course(kept, "hum_db", 0, HOUR, 2000)[0][L1]] == [0, 1, 2]
    assert [facts[1] for _, *facts in course(kept, "lit", 0, HOUR, 2000)[0][L1]] == [0, 1, 1]
    assert course(kept, "note", 0, HOUR)[0] == {}


@pytest.mark.parametrize(
    ("step", "since", "given"),
    [(30, 50, "raw"), (60, 50, "minute"), (3600, 50, "hour"), (86_400, 50, "day"), (30, 15, "minute"), (30, 5, "hour"),
     (60, 1, "day")],
)  # fmt: skip
def test_what_was_let_go_is_told_by_the_next_coarser_resolution(step, since, given):
    days = {name: moment(START + many * DAY) for name, many in (("raw", 20), ("minute", 10), ("hour", 2))}
    resolution, made = fitting(step, moment(START + since * DAY), Reach("Asia/Ho_Chi_Minh", **days))
    assert (resolution.value, made) == (given, max(step, resolution.seconds))


def test_a_day_with_another_clock_begins_at_its_own_midnight():
    summer = moment(1_774_760_400_000)  # 2026-03-29 05:00 UTC: Europe's clocks went forward that night
    assert floor(summer, Resolution.DAY, "Europe/Paris").isoformat() == "2026-03-29T00:00:00+01:00"


def test_who_sent_most_and_who_came_and_went_most(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, L1, seq=n, volume_pct=1) for n in range(90)])
    kept.write(*[said(START + n * MINUTE, L2, seq=n, volume_pct=1) for n in range(30)])
    kept.write(*[said(START + n * MINUTE, W1, seq=n, clients=1) for n in range(60)])
    states = [Service.IN, Service.OUT, Service.UNKNOWN, Service.OUT, Service.IN, Service.IN]
    kept.store.note_presence([Note(L2, START + n * HOUR, state, "") for n, state in enumerate(states)])
    kept.store.note_presence([Note(W1, START + n * HOUR, state, "") for n, state in enumerate(states[:2])])
    span = moment(START), moment(START + 6 * HOUR)
    with psycopg.connect(kept.dsn) as connection:
        found = stays(connection, Wanted())
        assert sent_most(connection, *span, found, 2) == [(L1, 90), (W1, 60)]
        assert changed_most(connection, *span, found, 9) == [(L2, 2), (W1, 1)]


PLACES = st.builds(
    lambda hour, ms: hour * HOUR + ms, st.integers(0, 30), st.sampled_from((0, 1, 59_999, 61_000, HOUR - 1))
)
READINGS = st.lists(
    st.tuples(PLACES, st.integers(0, 9), st.booleans(), st.integers(0, 50)), max_size=20, unique_by=lambda r: r[0]
)


@given(readings=READINGS, job_after=st.integers(0, 20))
@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_each_resolution_gives_what_the_readings_give(kept, readings, job_after):
    begin(kept)
    kept.write(said(START - DAY))  # so that the device is known
    for number, (at, volume, playing, plays) in enumerate(readings):
        if number == job_after:
            kept.run("resolutions")
        kept.write(said(START + at, seq=number, volume_pct=volume, playing=playing, plays_total=plays))
    if job_after < len(readings):
        kept.run("resolutions")  # what came late
    for points, step in ((1861, MINUTE), (32, HOUR), (3, DAY)):
        for metric, place in (("volume_pct", 1), ("playing", 2)):
            told, _ = course(kept, metric, 0, 31 * HOUR, points)
            groups = groupby(sorted(readings), lambda row, step=step: row[0] // step)
            wanted = [
                (at * step, min(values), sum(values) / len(values), max(values), len(values), None)
                for at, values in ((at, [int(row[place]) for row in rows]) for at, rows in groups)
            ]
            assert told.get(L1, []) == [(at, *map(pytest.approx, facts)) for at, *facts in wanted]
        told, _ = course(kept, "plays_total", 0, 31 * HOUR, points)
        plays = [row[3] for row in sorted(readings)]
        grown = sum(b - a if b >= a else b for a, b in pairwise(plays))
        assert sum(bucket[5] for bucket in told.get(L1, [])) == grown


def exported(kept, write, resolution, metrics=("volume_pct", "playing", "plays_total")):
    export = Export("loudspeaker", metrics, resolution, moment(START), moment(START + 3 * HOUR))
    with ConnectionPool(kept.dsn, min_size=1, max_size=2) as pool:
        with pool.connection() as connection:
            found = stays(connection, Wanted(family="loudspeaker"))
        return b"".join(write(pool, export, found))


def test_csv_and_parquet_tell_the_same_rows(kept):
    begin(kept)
    for device in (L1, L2):
        kept.write(*[said(START + n * MINUTE, device, seq=n, volume_pct=n / 2, playing=n % 2 == 0) for n in range(5)])
    kept.write(said(START + 30_000, seq=77, volume_pct=1, suspect=True))
    rows = list(csv.DictReader(io.StringIO(exported(kept, as_csv, Resolution.RAW).decode())))
    assert len(rows) == 10
    assert rows[1] == {"ts": (moment(START + MINUTE).strftime("%Y-%m-%dT%H:%M:%S.000Z")), "device": L1, "area": "",
                       "volume_pct": "0.5", "playing": "f", "plays_total": ""}  # fmt: skip
    table = read_parquet(io.BytesIO(exported(kept, as_parquet, Resolution.RAW))).read_all()
    assert table.column_names == list(rows[0])
    columns = {name: table[name].to_pylist() for name in table.column_names}
    assert columns["device"] == [row["device"] for row in rows]
    assert columns["ts"] == [moment(START + n * MINUTE) for n in range(5)] * 2
    assert columns["volume_pct"] == [n / 2 for n in range(5)] * 2
    assert columns["playing"] == [n % 2 == 0 for n in range(5)] * 2
    assert columns["plays_total"] == [None] * 10


def test_an_export_by_the_hour_has_counts_and_limits(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, seq=n, volume_pct=n, playing=True, plays_total=n) for n in range(90)])
    rows = list(csv.DictReader(io.StringIO(exported(kept, as_csv, Resolution.HOUR).decode())))
    assert [{name: row[name] for name in row if name not in ("ts", "device", "area")} for row in rows] == [
        {"volume_pct_count": "60", "volume_pct_min": "0", "volume_pct_avg": "29.5", "volume_pct_max": "59",
         "playing_count": "60", "playing_on": "60", "plays_total_count": "60", "plays_total_first": "0",
         "plays_total_last": "59", "plays_total_growth": "59"},
        {"volume_pct_count": "30", "volume_pct_min": "60", "volume_pct_avg": "74.5", "volume_pct_max": "89",
         "playing_count": "30", "playing_on": "30", "plays_total_count": "30", "plays_total_first": "60",
         "plays_total_last": "89", "plays_total_growth": "29"},
    ]  # fmt: skip


def test_an_export_of_nothing_has_a_head_and_a_shape(kept):
    begin(kept)
    assert exported(kept, as_csv, Resolution.RAW) == b"ts,device,area,volume_pct,playing,plays_total\n"
    assert read_parquet(io.BytesIO(exported(kept, as_parquet, Resolution.RAW))).read_all().num_rows == 0


def test_a_broken_connection_is_told_to_the_reader_of_a_parquet_file(kept):
    begin(kept)
    kept.write(said(START, volume_pct=1))
    kept.sql("DROP VIEW day_loudspeaker")
    with pytest.raises(psycopg.errors.UndefinedTable):
        exported(kept, as_parquet, Resolution.DAY)


def test_a_span_ends_where_it_is_asked_to(kept):
    begin(kept)
    kept.write(*[said(START + n * MINUTE, seq=n, volume_pct=n) for n in range(60)])
    told, _ = course(kept, "volume_pct", 10 * MINUTE, 20 * MINUTE, 11)
    assert [at for at, *_ in told[L1]] == [n * MINUTE for n in range(10, 20)]
