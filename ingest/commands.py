"""Orders to devices as the wire carries them. Builds; never sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from ingest.topics import native

REBIRTH_EXPIRES_MS = 60_000


@dataclass(frozen=True, slots=True)
class Order:
    """One order: `args` belong to its name; it is void after `expires_at`."""

    id: str
    device: str
    name: str
    issued_at: int
    expires_at: int
    priority: str = "normal"
    args: Mapping[str, object] | None = None

    @property
    def topic(self) -> str:
        """Where the device listens for it."""
        return native(self.device, "command")

    def payload(self) -> bytes:
        """The order as JSON."""
        return msgspec.json.encode(
            {
                "v": 1, "id": self.id, "ts": _rfc3339(self.issued_at), "expires": _rfc3339(self.expires_at),
                "name": self.name, "priority": self.priority, "args": self.args or {},
            }
        )  # fmt: skip


def rebirth(device: str, now: int) -> Order:
    """Ask a device to say again who it is: some of its messages were missed (rule 3)."""
    return Order(f"rebirth-{now}-{device.replace('/', '-')}"[:64], device, "rebirth", now, now + REBIRTH_EXPIRES_MS)


def _rfc3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
