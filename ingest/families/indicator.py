"""Indicators: figures of other systems, sent as numerator and denominator with their period."""

from ingest.family import Family

FAMILY = Family(
    slug="indicator",
    vi="Chỉ tiêu",
    en="Indicator",
    interval_s=86400,
    figures=("dossiers_done", "dossiers_on_time"),
    numbers=("dossiers_done", "dossiers_on_time"),
)
