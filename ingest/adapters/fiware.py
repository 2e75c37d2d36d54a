"""FIWARE's JSON IoT agent (docs/adapters.md): `/json/<key>/<device>/attrs[/<name>]`, with or without the first slash.

A message is an object of measures, a list of such, or one bare measure; `TimeInstant` is its time. The agent's short
names mean something to the server alone: the option `name.<theirs>` tells it to us. The key is a secret and is not
read. Source: iotagent-json's user manual.
"""

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample
from ingest.scalars import moment_ms
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import own_metrics

_PREFIXES = ("/json/", "json/")
_MOST = 500
_TIME = "TimeInstant"
_AGENTS = frozenset(("cmd", "configuration", "configuration/commands"))  # from the agent to the device


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a device; None where the topic is not of the agent's form."""
    levels = message.topic.removeprefix("/").split("/")
    match levels[2:]:
        case [device, "attrs"] if slug(device):
            name = ""
        case [device, "attrs", name] if slug(device) and slug(name):
            pass
        case [_, *rest] if "/".join(rest) in _AGENTS:
            return Ignored("own_order")
        case [_, "cmdexe"]:
            return Ignored("not_used")
        case _:
            return None
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        text = decoded(message.payload, "text")
        if not name or not text or isinstance(text, Rejected):
            return body
        body = text  # a bare word
    groups = [{name: body}] if name else body if isinstance(body, list) else [body]
    samples = [_sample(device, group, message, source) for group in groups[:_MOST] if isinstance(group, dict)]
    return [sample for sample in samples if sample.metrics] or Rejected("bad_shape", "no measure")


def _sample(device: str, group: dict[str, object], message: Message, source: Source) -> Sample:
    own = moment_ms(group.get(_TIME), "utc")
    metrics = own_metrics(source, {key: value for key, value in group.items() if key != _TIME})
    ts = message.received_at if own is None else own
    return Sample(source.address("gateway", device), ts, metrics, message.received_at,
                  origin=message.topic.rsplit("/", 1)[-1][:120], stamped=own is not None)  # fmt: skip


ADAPTER = Adapter("fiware", tuple(f"{prefix}#" for prefix in _PREFIXES), paced(stateless(read)))
