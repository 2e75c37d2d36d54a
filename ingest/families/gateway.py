"""Gateways: what a commune's devices reach us through."""

from ingest.family import Family

FAMILY = Family(
    slug="gateway",
    vi="Thiết bị cổng",
    en="Gateway",
    interval_s=60,
    figures=("uplink_ok", "mains_v", "battery_pct"),
)
