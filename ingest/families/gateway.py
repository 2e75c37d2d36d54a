"""Gateways: what a commune's devices reach us through."""

from ingest.family import Family

FAMILY = Family(
    slug="gateway",
    vi="Thiết bị cổng",
    en="Gateway",
    interval_s=60,
    figures=("uplink_ok", "mains_v", "battery_pct"),
    numbers=(
        "mains_v",
        "battery_pct",
        "clients",
        "cpu_pct",
        "temperature_c",
        "signal_dbm",
        "loss_pct",
        "rtt_ms",
        "uptime_s",
    ),
    counters=("rx_bytes_total", "tx_bytes_total"),
    switches=("uplink_ok",),
)
