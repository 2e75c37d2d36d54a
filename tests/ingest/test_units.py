"""Symbols become the wire's units, foreign names become metrics, and what is private stays behind."""

import pytest

from ingest.adapter import Source
from ingest.units import chosen_name, own_metrics, own_name, own_value, unit_of


@pytest.mark.parametrize(
    ("base", "symbol", "raw", "name", "value"),
    [
        ("temperature", "°F", 212, "temperature_c", 100),
        ("temperature", "Cel", "21.5", "temperature_c", 21.5),
        ("rssi", "dBm", -61, "signal_dbm", -61),
        ("rx", "MiB/s", 2, "rx_bps", 16_777_216),
        ("disk", "GiB", 1, "disk_bytes", 2**30),
        ("humidity", "/", 0.5, "humidity_pct", 50),
        ("volume_pct", "%", 70, "volume_pct", 70),
        ("volume", "%", 170, "volume_pct", None),
        ("gap", "min", 1.5, "gap_s", 90),
        ("noise", "Bspl", 4.2, "noise_db", 42),
        ("clients", "clients", 7, "clients", 7),
        ("level", None, "nan", "level", None),
    ],
)
def test_a_symbol_names_the_metric_and_converts_its_value(base, symbol, raw, name, value):
    unit = unit_of(symbol)
    assert (unit.name(base), unit.value(raw)) == (name, value)


def test_a_foreign_name_is_kept_where_it_may_stand():
    assert own_name("field_N") == "field_N"
    assert own_name("Nhiệt độ tủ") == "nhiet_do_tu"
    assert own_name("1st") == "x1st"
    assert own_name("…") == ""


def test_the_options_name_a_value():
    assert chosen_name(Source("s", {"name.h": "humidity_pct"}), "h") == "humidity_pct"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("true", True), ("False", False), ("12", 12), ("1,5", "1,5"), ("nan", None), ("null", None), ("", None),
     ("auto\0", "auto"), (None, None), (float("inf"), None), (False, False), (3.5, 3.5)],
)  # fmt: skip
def test_a_value_of_which_nothing_is_known_is_read_with_care(raw, value):
    assert own_value(raw) == value


def test_nested_and_private_values_are_left_out():
    said = {"t": 15, "deep": {"x": 1}, "list": [1], "mac": "aa:bb:cc:dd:ee:ff", "password": "x", "at": "59-A1 234.56"}
    assert own_metrics(Source("s"), said) == {"t": 15, "at": "***"}


def test_a_name_with_a_unit_holds_numbers_alone():
    said = {"x_pct": 140, "y_pct": "hot", "z_c": True, "w_total": "12", "mode": "hot"}
    assert own_metrics(Source("s"), said) == {"x_pct": None, "y_pct": None, "z_c": None, "w_total": 12, "mode": "hot"}
