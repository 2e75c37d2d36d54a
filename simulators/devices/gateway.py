"""A commune's gateway: the uplink of everything that stands behind it, on mains with a battery."""

from collections.abc import Sequence

from simulators.device import ANY, BOOLEAN, REBIRTH, REBOOT, Ill, Kind, Model, Sample, Scene, number


def _title(area: str, _villages: Sequence[str], number_there: int) -> str:
    again = f" {number_there + 1}" if number_there else ""
    return f"Cổng kết nối xã {area}{again}"


def _sample(scene: Scene) -> Sample:
    """The mains sag a little when everybody cooks; an old battery no longer charges to the full."""
    sag = 4 if 17 <= scene.around.hour < 20 else 0
    return {
        "uplink_ok": True,
        "mains_v": scene.wobble(scene.trait("mains", 217, 228) - sag, 1.5, 203, 238),
        "battery_pct": scene.wobble(99.5 - 8 * scene.wear, 0.3, 88, 100),
    }


def _on_battery(_sample: Sample, age: float) -> Sample:
    """An hour and a half of battery."""
    return {"mains_v": 0.0, "battery_pct": round(max(3.0, 99 - age / 54), 1)}


def _on_a_dying_battery(_sample: Sample, age: float) -> Sample:
    """Mains are there, but the battery no longer holds."""
    return {"battery_pct": round(max(12.0, 28 - age / 60), 1)}


def _on_its_spare_line(_sample: Sample, _age: float) -> Sample:
    return {"uplink_ok": False}


KIND = Kind(
    family="gateway",
    prefix="gw",
    interval_s=30,
    models=(Model("Teltonika", "RUT956", "RUT9M_R_00.07.06"), Model("MikroTik", "LtAP mini LTE", "7.14.3")),
    metrics={"uplink_ok": BOOLEAN, "mains_v": number(0, 300), "battery_pct": number(0, 100)},
    title=_title,
    solitary=True,
    sample=_sample,
    orders={"reboot": REBOOT, "rebirth": REBIRTH},
    ills=(
        # Everything behind it is cut off with it: see `simulators.faults`.
        Ill(name="gateway_down", effect="dark", severity="critical", rules=("gateway-absent",)),
        Ill(
            name="mains_gone",
            bend=_on_battery,
            metric="mains_v",
            event="mains_lost",
            severity="major",
            rules=("gateway-mains-low",),
        ),
        Ill(
            name="battery_worn",
            bend=_on_a_dying_battery,
            metric="battery_pct",
            severity="major",
            rules=("gateway-battery-low",),
            lasts=(600.0, 1800.0),
        ),
        Ill(
            name="uplink_lost",  # the fibre is gone, and it speaks over its SIM card
            bend=_on_its_spare_line,
            metric="uplink_ok",
            severity="critical",
            rules=("gateway-uplink-down",),
        ),
        *(each for each in ANY if each.name in {"clock_drift", "shouting"}),
    ),
)
