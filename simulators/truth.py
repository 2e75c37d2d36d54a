"""What is really wrong, when and where: the record against which alerts can be scored.

Decides the words of one line; never who writes it where.
"""

import json
from dataclasses import dataclass

from simulators.device import Ill
from simulators.population import Identity
from simulators.wire import stamp


@dataclass(frozen=True, slots=True)
class Fault:
    """One ill of one device from `begins` to `ends`, epoch seconds; `behind` are those that vanish with a gateway."""

    ill: Ill
    device: Identity
    begins: float
    ends: float
    behind: tuple[str, ...] = ()

    def line(self) -> str:
        """One line of JSON. `expect` says which kind of rule should notice it, and by which metric."""
        metric = {"metric": self.ill.metric} if self.ill.metric else {}
        facts = {
            "fault": self.ill.name,
            "device": self.device.address,
            "area": self.device.area,
            "from": stamp(self.begins),
            "to": stamp(self.ends),
            "expect": {"kind": self.ill.expect, **metric, "severity": self.ill.severity},
            **({"behind": list(self.behind)} if self.behind else {}),
        }
        return json.dumps(facts, ensure_ascii=False)
