"""Videoconference rooms."""

from ingest.family import Family

FAMILY = Family(
    slug="videoconference",
    vi="Phòng họp trực tuyến",
    en="Videoconference room",
    interval_s=60,
    figures=("in_call", "participants", "rtt_ms", "audio_rx_loss_pct", "mos"),
)
