"""Public Wi-Fi points."""

from ingest.family import Family

FAMILY = Family(
    slug="wifi",
    vi="Điểm Wi-Fi",
    en="Wi-Fi point",
    interval_s=60,
    figures=("clients", "channel_util_pct", "rx_bps", "tx_bps", "loss_pct"),
    numbers=(
        "clients",
        "signal_dbm",
        "noise_dbm",
        "channel_util_pct",
        "rx_bps",
        "tx_bps",
        "loss_pct",
        "uptime_s",
        "dhcp_leases",
        "cpu_pct",
        "temperature_c",
        "rtt_ms",
    ),
    counters=("rx_bytes_total", "tx_bytes_total"),
)
