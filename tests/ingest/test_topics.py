"""Topics and slugs: what matches, what is refused, what foreign names become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from ingest.topics import address, is_slug, matches, native, slug, split

LEVEL = st.sampled_from(["a", "b", "", "1"])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join).filter(bool)
FILTER = st.tuples(st.lists(LEVEL | st.just("+"), min_size=1, max_size=4), st.booleans()).map(
    lambda made: "/".join([*made[0], "#"] if made[1] else made[0])
)


@given(FILTER.filter(bool), TOPIC)
def test_a_filter_matches_as_another_implementation_says(pattern, topic):
    assert matches(pattern, topic) == topic_matches_sub(pattern, topic)


def test_the_brokers_own_topics_are_nobodys():
    assert not matches("#", "$SYS/broker/uptime")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Cổng Chợ/1", "cong-cho-1"), ("OpenWrt-AP-01", "openwrt-ap-01"), ("ĐƯỜNG 5", "duong-5"), ("E4:30:22", "e4-30-22"),
     ("__", ""), ("x" * 80, "x" * 63)],
)  # fmt: skip
def test_a_foreign_name_becomes_a_slug(name, expected):
    assert slug(name) == expected


@given(st.text(max_size=90))
def test_whatever_a_name_is_its_slug_is_one_or_nothing(name):
    assert slug(name) == "" or is_slug(slug(name))


def test_a_native_topic_goes_there_and_back():
    assert split(native(address("s", "camera", "C 1"), "birth")) == ("s/camera/c-1", "birth")
