"""Minutes, hours and days say what the readings say, in whatever order these came."""

from contextlib import suppress

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ioc.clock import now_ms
from ioc.jobs.resolutions import run
from tests.store.conftest import HOUR, said
from tests.store.oracle import expected

LONG = 26  # hours: a midnight of any zone is among them
RESOLUTIONS = ("minute", "hour", "day")
DEVICES = ("demo/loudspeaker/l1", "demo/loudspeaker/l2")
VALUES = st.none() | st.integers(-9, 9)
# Hours apart by a little and by days, with their beginnings and ends; some minutes have several readings.
PLACES = st.builds(
    lambda hour, ms: hour * HOUR + ms,
    st.sampled_from((0, 1, 2, 13, 14, 23, 24, LONG)),
    st.sampled_from((0, 1, 59_999, 60_000, 61_000, 62_000, HOUR - 1)),
)
READINGS = st.tuples(
    PLACES,
    st.sampled_from(DEVICES),
    st.fixed_dictionaries({"seq": st.none() | st.integers(0, 3), "origin": st.sampled_from(("", "s1")),
                           "suspect": st.integers(0, 9).map(lambda n: n == 0)}),
    st.fixed_dictionaries(
        {}, optional={"volume_pct": VALUES, "plays_total": st.integers(0, 9), "playing": st.booleans()}
    ),
)  # fmt: skip
STEPS = st.lists(st.lists(READINGS, min_size=1, max_size=8) | st.just("run") | st.integers(1, 60), max_size=8)


class DiedError(Exception):
    """The job's end in the middle of something."""


class DyingConnection(psycopg.Connection):
    """Dies at its so-manieth statement, wherever that is."""

    left = 0

    def execute(self, *args, **more):
        DyingConnection.left -= 1
        if DyingConnection.left <= 0:
            raise DiedError
        return super().execute(*args, **more)


def die(kept, after):
    DyingConnection.left = after
    with suppress(DiedError), kept.work(kind=DyingConnection) as work:
        run(work)


def same(kept, readings, zone="Asia/Ho_Chi_Minh", family="loudspeaker"):
    numbers = dict(kept.sql("SELECT address, id FROM device"))
    for resolution in RESOLUTIONS:
        wanted = expected(readings, family, resolution, zone)
        assert kept.told(family, resolution) == {(at, numbers[d]): row for (at, d), row in wanted.items()}, resolution


@given(steps=STEPS)
@settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_resolution_equals_the_aggregate_of_the_readings_whatever_the_order_of_arrival(kept, steps):
    start = now_ms() // HOUR * HOUR - LONG * HOUR  # so that the last of PLACES is the hour that runs
    kept.begin("loudspeaker", start)
    written = []
    for step in steps:
        if step == "run":
            kept.run("resolutions")
        elif isinstance(step, int):
            die(kept, step)
        else:
            batch = [said(start + at, device, **facts, **m) for at, device, facts, m in step]
            kept.write(*batch)
            written += batch
    kept.run("resolutions")
    same(kept, written)
