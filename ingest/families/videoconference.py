"""Videoconference rooms."""

from ingest.family import Family

FAMILY = Family(
    slug="videoconference",
    vi="Phòng họp trực tuyến",
    en="Videoconference room",
    interval_s=60,
    figures=("in_call", "participants", "rtt_ms", "audio_rx_loss_pct", "mos"),
    numbers=(
        "participants",
        "audio_rx_loss_pct",
        "audio_rx_jitter_ms",
        "video_rx_loss_pct",
        "video_rx_jitter_ms",
        "video_rx_bps",
        "rtt_ms",
        "mos",
        "uptime_s",
    ),
    switches=("in_call", "sip_registered"),
)
