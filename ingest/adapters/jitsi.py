"""Jitsi Meet's servers (docs/adapters.md): `bridge/{jvb,jicofo,jigasi}/<server>/stats`, the answers of their HTTP APIs.

Rates are kbit/s, loss and stress fractions, `current_timestamp` is UTC without saying so. Sources: jitsi-videobridge's
doc/statistics.md, jicofo's and jigasi's statistics.
"""

from ingest.adapter import Adapter
from ingest.scalars import truth
from ingest.table import Clock, Metric, Row, by_table, filters

_CLOCK = Clock("current_timestamp", "utc")
_CONFERENCES = (
    Metric("conferences", "conferences"), Metric("participants", "participants"),
    Metric("largest_conference", "largest_conference"), Metric("healthy", "healthy", convert=truth),
)  # fmt: skip
_STRESS = Metric("stress_pct", "stress_level", 100)

_ROWS = (
    Row("bridge/jvb/{device}/stats", "videoconference", (
        *_CONFERENCES, _STRESS,
        Metric("rx_bps", "bit_rate_download", 1000), Metric("tx_bps", "bit_rate_upload", 1000),
        Metric("rtt_ms", "rtt_aggregate"), Metric("loss_rx_pct", "incoming_loss", 100),
        Metric("loss_tx_pct", "outgoing_loss", 100), Metric("loss_pct", "overall_loss", 100),
        Metric("ice_failed_total", "total_ice_failed"),
    ), clock=_CLOCK),
    Row("bridge/jicofo/{device}/stats", "videoconference", (
        *_CONFERENCES, Metric("bridges_total", "bridge_selector.bridge_count"),
        Metric("bridges_operational", "bridge_selector.operational_bridge_count"),
        Metric("recordings", "jibri.recording_active"),
    )),
    Row("bridge/jigasi/{device}/stats", "videoconference", (
        *_CONFERENCES, _STRESS, Metric("calls_dropped_media_total", "total_calls_with_dropped_media"),
    ), clock=_CLOCK),
)  # fmt: skip

ADAPTER = Adapter("jitsi", filters(_ROWS), by_table(_ROWS))
