"""What is really wrong, when and where: the record against which alerts can be scored.

Decides the words of one line (docs/simulators.md); never who writes it where.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.device import Ill
from simulators.population import Identity
from simulators.wire import stamp, token

Scope = Literal["device", "gateway", "area", "feeder", "uplink", "model", "centre"]


@dataclass(frozen=True, slots=True)
class Strike:
    """One ill of one device from `begins` to `ends`, epoch seconds: a part of a fault."""

    ill: Ill
    device: Identity
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Where:
    """What a fault has in its grip, as far as that is one thing; addresses are `site/family/device`."""

    areas: tuple[str, ...] = ()
    gateway: str | None = None
    feeder: str | None = None
    uplink: str | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """The single alert that a good centre would raise: about `subject`, by one of `rules`; none named: by any."""

    scope: Scope
    subject: str
    rules: tuple[str, ...]
    severity: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One cause from `begins` to `ends` (epoch seconds), all that it does to devices, and what to make of it."""

    kind: str
    begins: float
    ends: float
    where: Where
    expect: Expect | None
    """None where nothing that the devices say can betray it."""
    strikes: tuple[Strike, ...]

    @property
    def devices(self) -> list[str]:
        """The addresses it touches, each once, in the order of its strikes."""
        return list(dict.fromkeys(strike.device.address for strike in self.strikes))

    def line(self) -> str:
        """One line of JSON."""
        where, expect = self.where, self.expect
        facts = {
            "id": token(10, self.kind, stamp(self.begins), *self.devices[:1]),
            "kind": self.kind,
            "where": {
                "devices": self.devices,
                "area": where.areas[0] if len(where.areas) == 1 else None,
                "areas": list(where.areas),
                "gateway": where.gateway,
                "feeder": where.feeder,
                "uplink": where.uplink,
            },
            "from": stamp(self.begins),
            "to": stamp(self.ends),
            "expect": None
            if expect is None
            else {
                "scope": expect.scope,
                "subject": expect.subject,
                "rules": list(expect.rules),
                "severity": expect.severity,
            },
        }
        return json.dumps(facts, ensure_ascii=False)


def areas_of(strikes: Sequence[Strike]) -> tuple[str, ...]:
    """The areas in which a fault strikes, in the order of its strikes."""
    return tuple(dict.fromkeys(strike.device.area for strike in strikes))
