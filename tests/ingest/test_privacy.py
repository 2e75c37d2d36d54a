"""Private data is taken out before anything is kept; harmless data stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.privacy import first_bytes, masked, without_private


@pytest.mark.parametrize("key", ["license_plate", "face", "sub_label", "password", "mac", "user_name", "phone"])
def test_private_keys_are_dropped_at_any_depth(key):
    assert without_private({"a": {key: "x", "b": [{key: 1, "c": 2}]}}) == {"a": {"b": [{"c": 2}]}}


@pytest.mark.parametrize("key", ["interface", "surface", "zone", "label", "scene"])
def test_harmless_keys_stay(key):
    assert without_private({key: 1}) == {key: 1}


@pytest.mark.parametrize("private", ["92A-123.45", "29B1 234.56", "a0:b1:c2:d3:e4:f5", "A0-B1-C2-D3-E4-F5"])
def test_plates_and_macs_in_free_text_are_masked(private):
    assert private not in masked(f"seen {private} here")


def test_first_bytes_mask_private_values_even_of_broken_json():
    shown = first_bytes(b'{"name":"Ba Nam","password" : "p\\"w","x":1,"faces":["An"],"broken')
    assert "Nam" not in shown
    assert 'p\\"w' not in shown
    assert "An" not in shown
    assert '"x":1' in shown


@given(st.binary(max_size=2000))
def test_first_bytes_are_short_and_printable_whatever_came(payload):
    shown = first_bytes(payload)
    assert len(shown) <= 300
    assert shown.isprintable() or not shown
