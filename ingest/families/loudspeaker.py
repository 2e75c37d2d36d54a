"""Loudspeakers of the communes and villages."""

from ingest.family import Family

FAMILY = Family(
    slug="loudspeaker",
    vi="Loa truyền thanh",
    en="Loudspeaker",
    interval_s=60,
    figures=("playing", "volume_pct", "amp_temperature_c", "mains_v"),
    numbers=("volume_pct", "amp_temperature_c", "mains_v", "uptime_s"),
    counters=("plays_total",),
    switches=("playing", "amp_fault", "speaker_test_ok"),
)
