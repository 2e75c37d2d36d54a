"""Microsoft Teams' devices (docs/adapters.md): media quality of Microsoft Graph, `bridge/teams/<device>/quality`.

Durations are ISO 8601 (`PT0.0092S` is 9.2 ms), loss is a percentage already. Source: `teleconferenceDeviceMediaQuality`
and the resources derived of it, learn.microsoft.com. Addresses are not read.
"""

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Report, Sample, Value
from ingest.scalars import duration_ms
from ingest.table import Metric, decoded, told
from ingest.topics import slug

_MEDIA = {"audioquality": "audio", "videoquality": "video"}
_QUALITY = (
    Metric("{media}_rx_jitter_ms", "averageInboundJitter", convert=duration_ms),
    Metric("{media}_tx_jitter_ms", "averageOutboundJitter", convert=duration_ms),
    Metric("{media}_rx_loss_pct", "averageInboundPacketLossRateInPercentage"),
    Metric("{media}_tx_loss_pct", "averageOutboundPacketLossRateInPercentage"),
    Metric("rtt_ms", "averageInboundRoundTripDelay", convert=duration_ms),
)
_MOST = 32


def read(message: Message, source: Source) -> Parsed:
    """Translate one quality, or a list of those of one call."""
    name = message.topic.split("/")[2]
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if not slug(name) or not isinstance(body, dict | list):
        return Rejected("bad_shape", "a quality is an object, or a list of objects")
    device = source.address("videoconference", name)
    reports: list[Report] = []
    for one in (body if isinstance(body, list) else [body])[:_MOST]:
        media = _media(one)
        metrics: dict[str, Value] = told(_QUALITY, one, {"media": media}) if media else {}
        if metrics:
            reports.append(
                Sample(device, message.received_at, metrics, message.received_at, origin=media, stamped=False)
            )  # fmt: skip
    return reports or Ignored("not_used")


def _media(said: object) -> str:
    """`#microsoft.graph.teleconferenceDeviceAudioQuality`; of a shared screen nothing is asked."""
    kind = str(said.get("@odata.type")) if isinstance(said, dict) else ""
    return _MEDIA.get(kind.lower().rpartition("teleconferencedevice")[2], "")


ADAPTER = Adapter("msgraph", ("bridge/teams/+/quality",), stateless(read))
