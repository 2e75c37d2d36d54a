"""The table reader: topics with groups, paths, units, clocks, states, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapter import Source
from ingest.errors import BadOptionError
from ingest.model import Birth, Ignored, Message, Rejected, Sample, Status
from ingest.scalars import moment_ms, truth, zone_named
from ingest.table import Clock, Metric, Row, by_table, filters
from ingest.topics import matches

NOW = 1_795_319_000_000
ROWS = (
    Row("/?t/{device}/power", family="gateway", gateway="gateway/hub-{device}", clock=Clock("at", "local"), metrics=(
        Metric("rx_bps", "net.0.kbytes", 8192), Metric("on", "on", convert=truth), Metric("battery_pct", "b"),
        Metric("people", "people", unknown=(-1, "?")))),
    Row("t/{device}/up", states={"1": "online", "0": "offline/lwt", "true": "online"}, body="text"),
    Row("t/{device}/count/{label}", metrics=(Metric("count_{label}"),), sure=False),
    Row("all/{rest*}", family="wifi", device_path="host", metrics=(Metric("clients", "c"),)),
)  # fmt: skip


def read(topic, payload, **options):
    return by_table(ROWS)(Source("s", options))(Message(topic, payload.encode(), NOW))


def test_a_row_reads_units_lists_words_and_the_unknown():
    birth, sample = read(
        "/t/A 1/power", '{"at":"2026-11-22 11:00:00","net":[{"kbytes":"2"}],"on":"ON","b":101,"people":-1}'
    )
    assert birth == Birth("s/gateway/a-1", sample.ts, gateway="s/gateway/hub-a-1")
    assert sample == Sample(
        "s/gateway/a-1", 1795320000000, {"rx_bps": 16384, "on": True, "battery_pct": None, "people": None}, NOW,
        origin="power",
    )  # fmt: skip


def test_an_absent_value_is_left_out_and_a_null_is_unknown():
    assert read("t/a/power", '{"b":null}')[1].metrics == {"battery_pct": None}


def test_without_a_time_that_can_be_read_the_receive_time_counts():
    sample = read("t/a/power", '{"b":1,"at":"yesterday"}')[1]
    assert (sample.ts, sample.stamped) == (NOW, False)


def test_words_become_states():
    assert read("t/a/up", "1\n") == [Status("s/gateway/a", NOW, "online")]
    assert read("t/a/up", "0") == [Status("s/gateway/a", NOW, "offline", reason="lwt", will=True)]
    assert read("t/a/up", "maybe").reason == "bad_value"


def test_a_group_of_the_topic_names_the_metric():
    assert read("t/a/count/Xe máy", "4")[0].metrics == {"count_xe_may": 4}


def test_the_device_may_stand_in_the_body():
    assert read("all/x/y", '{"host":"AP-1","c":3}')[0].device == "s/wifi/ap-1"
    assert read("all/x/y", '{"c":3}').reason == "bad_shape"


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [("t/a/power", "{", "not_json"), ("t/a/power", "[]", "bad_shape"), ("t/--/up", "1", "bad_topic"),
     ("t/a/power", "1" * 70_000, "too_large"), ("nobody/a", "1", None), ("t/a/count/x", "{", None)],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_or_left_to_others(topic, payload, expected):
    assert getattr(read(topic, payload), "reason", None) == expected


def test_the_filters_bring_the_topics():
    assert filters(ROWS) == ("t/+/power", "/t/+/power", "t/+/up", "t/+/count/+", "all/#")
    for topic in ("t/a/power", "/t/a/power", "all/b/c"):
        assert any(matches(pattern, topic) for pattern in filters(ROWS))


@given(
    st.sampled_from(["t/a/power", "t/a/up", "t/é/count/{x}", "all/x"]),
    st.text() | st.just('{"net":{"0":[]},"at":1e99}'),
)
def test_nothing_makes_it_raise(topic, payload):
    assert isinstance(read(topic, payload), list | Ignored | Rejected | None)


@pytest.mark.parametrize(
    ("raw", "form", "expected"),
    [("1795320000", "s", 1795320000000), (1795320000.25, "s", 1795320000250), (1795320000000, "ms", 1795320000000),
     (1795320000000123, "us", 1795320000000), (1795320000000000123, "ns", 1795320000000),
     ("2026-11-22T11:00:00+0700", "rfc3339", 1795320000000), ("2026-11-22T11:00:00", "rfc3339", None),
     ("2026-11-22T04:00:00", "utc", 1795320000000), ("20261122110000", "local", 1795320000000),
     ("2026-11-22T04:00:00Z", "local", 1795320000000), ("20261322110000", "local", None),
     ("0001-01-01", "local", None), (None, "s", None), (5, "local", None), ("nan", "s", None)],
)  # fmt: skip
def test_the_fields_clocks(raw, form, expected):
    assert moment_ms(raw, form, zone_named("Asia/Ho_Chi_Minh")) == expected


def test_an_unknown_zone_is_said_when_the_adapter_opens():
    with pytest.raises(BadOptionError, match="Asia/Hanoi"):
        read("t/a/up", "1", time_zone="Asia/Hanoi")
