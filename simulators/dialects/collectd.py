"""collectd on an OpenWrt access point: one line a value, `collectd/<host>/<plugin>/<type>`, ended by a NUL.

Source: collectd's MQTT plugin (`time:value[:value…]`, StoreRates on). It knows neither birth nor Will nor orders; ping
tells loss as a fraction.
"""

from collections.abc import Iterator, Sequence

from simulators.device import Value
from simulators.dialect import ABSENCE, CLOCK, Foreign, measured
from simulators.wire import Document, Message, foreign

_LINES: Sequence[tuple[str, Sequence[str], float]] = (
    # topic below the host, the metrics of its values, what they are multiplied by
    ("iwinfo-phy0-ap0/stations", ("clients",), 1),
    ("iwinfo-phy0-ap0/signal_power", ("signal_dbm",), 1),
    ("iwinfo-phy0-ap0/signal_noise", ("noise_dbm",), 1),
    ("interface-br-lan/if_octets", ("rx_bps", "tx_bps"), 0.125),
    ("ping/ping_droprate-10.1.0.1", ("loss_pct",), 0.01),
    ("dhcpleases/count", ("dhcp_leases",), 1),
    ("uptime/uptime", ("uptime_s",), 1),
)


class Collectd(Foreign):
    """Many short lines where a native device has one document."""

    tells = frozenset({"loss_pct", ABSENCE, CLOCK})

    def telemetry(self, record: Document) -> list[Message]:
        """A line for each value that is known."""
        return list(self._lines(record))

    def _lines(self, record: Document) -> Iterator[Message]:
        sample, at = measured(record)
        host = self.identity.id
        for path, names, factor in _LINES:
            if all(name in sample for name in names):
                values = ":".join(_text(sample[name], factor) for name in names)
                yield foreign(self.identity.address, f"collectd/{host}/{path}", f"{at:.3f}:{values}\0")


def _text(value: Value, factor: float) -> str:
    return "nan" if value is None else f"{float(value) * factor:.6g}"


DIALECT = Collectd
