"""A street camera: pictures a second, what it sees, its disk and its heat."""

from collections.abc import Sequence

from simulators.device import BOOLEAN, HUNG, POWER_OFF, REBIRTH, REBOOT, Ill, Kind, Model, Order, Sample, Scene, number
from simulators.rhythm import bustle, daylight

_FPS = 25
_PLACES = (
    "cổng chào xã",
    "chợ",
    "trụ sở UBND xã",
    "trường THCS",
    "trạm y tế",
    "ngã ba thôn {}",
    "nhà văn hóa thôn {}",
    "cầu thôn {}",
    "đường vào thôn {}",
)


def _title(area: str, villages: Sequence[str], number_there: int) -> str:
    place = _PLACES[number_there % len(_PLACES)].format(villages[number_there % len(villages)])
    again = number_there // len(_PLACES)
    return f"Camera {place}{f' {again + 1}' if again else ''} – {area}"


def _sample(scene: Scene) -> Sample:
    people, light = bustle(scene.now), daylight(scene.now)
    walkers = int(scene.rng.expovariate(1 / (0.1 + 4 * people)))
    riders = int(scene.rng.expovariate(1 / (0.1 + 6 * people)))
    moves = walkers + riders > 0
    return {
        "fps": scene.wobble(_FPS - 0.2, 0.3, 22, _FPS),
        "expected_fps": _FPS,
        "bitrate_bps": int(scene.trait("bitrate", 2.5e6, 4.5e6) * (0.5 + 0.5 * people) * scene.rng.uniform(0.9, 1.1)),
        "motion": moves,
        "occupancy": walkers > 0,
        "count_person": walkers,
        "count_motorcycle": riders,
        "storage_used_pct": scene.wobble(scene.trait("storage", 45, 78), 0.2, 0, 90),
        "cpu_pct": scene.wobble(28 + 20 * people, 4, 5, 90),
        "reconnects_1h": int(scene.rng.random() < 0.03),
        "temperature_c": scene.wobble(scene.trait("warmth", 38, 46) + 14 * light, 0.6, 20, 72),
        "light_lux": scene.wobble(3 + 24_000 * light, 40 + 800 * light, 0, 60_000),
    }


def _overheats(sample: Sample, age: float) -> Sample:
    """After a minute it is past 80 °C and the picture rate suffers."""
    heat = 84 + min(9.0, age / 60)
    return {
        "temperature_c": round(min(heat, 60 + age / 2), 1),
        "cpu_pct": 96.0,
        "fps": 18.0 if age > 60 else sample["fps"],
    }


def _fills(_sample: Sample, age: float) -> Sample:
    return {"storage_used_pct": round(min(99.6, 91 + age / 20), 1)}


def _stalls(_sample: Sample, _age: float) -> Sample:
    return {"fps": 1.0, "bitrate_bps": 90_000, "reconnects_1h": 7, "motion": False, "occupancy": False}


KIND = Kind(
    family="camera",
    prefix="cam",
    interval_s=30,
    models=(
        Model("Hikvision", "DS-2CD2T47G2-L", "V5.7.15"),
        Model("Dahua", "IPC-HFW3449T1-ZAS-PV", "2.840.0000000.28"),
        Model("KBVision", "KX-CAi4003N-A", "2.800.0000.16"),
    ),
    metrics={
        "fps": number(0, 60),
        "expected_fps": number(0, 60),
        "bitrate_bps": number(0, 20_000_000),
        "motion": BOOLEAN,
        "occupancy": BOOLEAN,
        "count_person": number(0, 1000),
        "count_motorcycle": number(0, 1000),
        "storage_used_pct": number(0, 100),
        "cpu_pct": number(0, 100),
        "reconnects_1h": number(0, 1000),
        "temperature_c": number(-20, 120),
        "light_lux": number(0, 120_000),
    },
    title=_title,
    sample=_sample,
    orders={
        "reboot": REBOOT,
        "ptz": Order(lasts=lambda _arguments, rng: rng.uniform(1, 4), takes_turns=True),
        "rebirth": REBIRTH,
    },
    ills=(
        POWER_OFF,
        HUNG,
        Ill(name="overheating", bend=_overheats, metric="temperature_c", event="overtemp", severity="major"),
        Ill(name="storage_filling", bend=_fills, metric="storage_used_pct", event="storage_nearly_full"),
        Ill(name="fps_stall", bend=_stalls, metric="fps", severity="major"),
    ),
)
