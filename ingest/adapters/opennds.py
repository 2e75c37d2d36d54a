"""openNDS, a captive portal (docs/adapters.md): `ndsctl json`, handed on to `bridge/opennds/<router>/clients`.

Every value is text, also `null`; volumes are in kB of 1024 bytes. Only sums over the clients are read: their MACs,
addresses and tokens are people's. Source: openNDS's ndsctl.
"""

from collections.abc import Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample, Value
from ingest.scalars import number
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug

_PREFIX = "bridge/opennds/"
_KB = 1024
_VOLUMES = {"download_this_session": "down_bytes_total", "upload_this_session": "up_bytes_total"}


def read(message: Message, source: Source) -> Parsed:
    """Translate one list of clients."""
    levels = message.topic.removeprefix(_PREFIX).split("/")
    if len(levels) != 2 or not slug(levels[0]):
        return Rejected("bad_topic", "openNDS's topics are bridge/opennds/<router>/clients")
    if levels[1] != "clients":
        return Ignored("not_used")
    body = decoded(message.payload)
    if not isinstance(body, dict):
        return body if isinstance(body, Rejected) else Rejected("bad_shape", "the list is an object")
    listed = body.get("clients", {})
    if "client_list_length" not in body or not isinstance(listed, dict):
        return Rejected("bad_shape", "a list has client_list_length and clients")
    clients = [client for client in listed.values() if isinstance(client, dict)]
    metrics = {"clients": number(body["client_list_length"]), **_sums(clients)}
    return [Sample(source.address("wifi", levels[0]), message.received_at, metrics, message.received_at,
                   origin="clients", stamped=False)]  # fmt: skip


def _sums(clients: Sequence[Mapping[str, object]]) -> dict[str, Value]:
    found: dict[str, Value] = {
        "clients_authenticated": sum(client.get("state") == "Authenticated" for client in clients)
    }
    for theirs, ours in _VOLUMES.items():
        known = [value for client in clients if (value := number(client.get(theirs))) is not None]
        if known or not clients:
            found[ours] = sum(known) * _KB
        else:
            found[ours] = None
    return found


ADAPTER = Adapter("opennds", (f"{_PREFIX}#",), paced(stateless(read)))
