"""A one-stop desk's figures: dossiers received, done and done on time today."""

from collections.abc import Sequence

from simulators.device import HUNG, POWER_OFF, REBIRTH, Kind, Model, Sample, Scene, number

_YEARLY = 49_314  # dossiers of one rural district in a year (Cái Bè, 2023); 47,937 of 48,697 solved were on time
_OFFICE_S = 7.5 * 3600 * 250  # the seconds in which a desk is open in a year
_SOLVED, _IN_TIME = 0.985, 0.984


def _title(area: str, _villages: Sequence[str], number_there: int) -> str:
    again = f" {number_there + 1}" if number_there else ""
    return f"Bộ phận một cửa xã {area}{again}"


def _sample(scene: Scene) -> Sample:
    """Numerators and denominator of the day so far, `period_s` long: who reads them divides."""
    around, memory = scene.around, scene.memory
    period = round(around.hour * 3600)
    if period < memory.get("period", 0.0):  # midnight has passed
        memory.clear()
    memory["period"] = period
    came = scene.elapsed * _YEARLY / _OFFICE_S * (around.office == 1)
    received = scene.count("received", came * scene.rng.uniform(0.5, 1.5))
    done = int(received * _SOLVED)
    return {
        "dossiers_received": received,
        "dossiers_done": done,
        "dossiers_on_time": int(done * _IN_TIME),
        "period_s": period,
    }


KIND = Kind(
    family="indicator",
    prefix="ct",
    interval_s=300,
    models=(Model("Tỉnh", "Một cửa điện tử", "3.4"),),
    metrics={
        **dict.fromkeys(("dossiers_received", "dossiers_done", "dossiers_on_time"), number(0, 10_000)),
        "period_s": number(0, 86_400),
    },
    title=_title,
    solitary=True,
    sample=_sample,
    orders={"rebirth": REBIRTH},
    ills=(POWER_OFF, HUNG),
)
