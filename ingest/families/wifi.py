"""Public Wi-Fi points."""

from ingest.family import Family

FAMILY = Family(
    slug="wifi",
    vi="Điểm Wi-Fi",
    en="Wi-Fi point",
    interval_s=60,
    figures=("clients", "channel_util_pct", "rx_bps", "tx_bps", "loss_pct"),
)
