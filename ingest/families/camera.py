"""Cameras and the recorders in front of them."""

from ingest.family import Family

FAMILY = Family(
    slug="camera",
    vi="Camera",
    en="Camera",
    interval_s=60,
    figures=("fps", "bitrate_bps", "temperature_c", "storage_used_pct", "motion"),
    numbers=(
        "fps",
        "expected_fps",
        "bitrate_bps",
        "occupancy",
        "count_person",
        "count_vehicle",
        "storage_used_pct",
        "cpu_pct",
        "temperature_c",
        "light_lux",
        "uptime_s",
        "reconnects_1h",
    ),
    switches=("motion",),
)
