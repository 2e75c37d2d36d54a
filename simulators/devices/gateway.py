"""A commune's gateway: the uplink of everything that stands behind it, on mains with a battery."""

from collections.abc import Sequence

from simulators.device import BOOLEAN, REBIRTH, REBOOT, Ill, Kind, Model, Sample, Scene, number


def _title(area: str, _villages: Sequence[str], number_there: int) -> str:
    again = f" {number_there + 1}" if number_there else ""
    return f"Cổng kết nối xã {area}{again}"


def _sample(scene: Scene) -> Sample:
    return {
        "uplink_ok": True,
        "mains_v": scene.wobble(scene.trait("mains", 217, 228), 1.5, 205, 238),
        "battery_pct": scene.wobble(99.5, 0.3, 97, 100),
    }


def _on_battery(_sample: Sample, age: float) -> Sample:
    """An hour and a half of battery."""
    return {"mains_v": 0.0, "battery_pct": round(max(3.0, 99 - age / 54), 1)}


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
        # Everything behind it vanishes with it: see World.
        Ill(name="gateway_down", effect="dark", expect="absence", severity="critical"),
        Ill(name="mains_gone", bend=_on_battery, metric="mains_v", event="mains_lost", severity="major"),
    ),
)
