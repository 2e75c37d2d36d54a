"""Cameras and the recorders in front of them."""

from ingest.family import Family

FAMILY = Family(
    slug="camera",
    vi="Camera",
    en="Camera",
    interval_s=60,
    figures=("fps", "bitrate_bps", "temperature_c", "storage_used_pct", "motion"),
)
