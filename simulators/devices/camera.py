"""A street camera: pictures a second, what it sees, its disk and its heat."""

from collections.abc import Sequence

from simulators.device import ANY, BOOLEAN, REBIRTH, REBOOT, Ill, Kind, Model, Order, Sample, Scene, number

_FPS = 25
_PLACES = (
    "cổng chào xã",
    "chợ",
    "trụ sở UBND xã",
    "trường THCS",
    "trạm y tế",
    "ngã ba {}",
    "nhà văn hóa {}",
    "cầu {}",
    "đường vào {}",
)


def _title(area: str, villages: Sequence[str], number_there: int) -> str:
    place = _PLACES[number_there % len(_PLACES)].format(villages[number_there % len(villages)])
    again = number_there // len(_PLACES)
    return f"Camera {place}{f' {again + 1}' if again else ''} – {area}"


def _sample(scene: Scene) -> Sample:
    """Busy streets cost bits and processor; sun, weather and work make it warm; old ones lose their stream at times."""
    around, rng = scene.around, scene.rng
    people, light = around.people, around.light
    walkers = int(rng.expovariate(1 / (0.1 + 4 * people)))
    riders = int(rng.expovariate(1 / (0.1 + 6 * people)))
    busy = min(1.0, people)
    heat = around.temperature_c + scene.trait("warmth", 8, 16) + 11 * light + 4 * busy + 3 * scene.wear
    return {
        "fps": scene.wobble(_FPS - 0.2 - 2 * scene.wear * busy, 0.3, 20, _FPS),
        "expected_fps": _FPS,
        "bitrate_bps": int(scene.trait("bitrate", 2.5e6, 4.5e6) * (0.5 + 0.5 * busy) * rng.uniform(0.9, 1.1)),
        "motion": walkers + riders > 0,
        "occupancy": walkers > 0,
        "count_person": walkers,
        "count_motorcycle": riders,
        "storage_used_pct": scene.wobble(scene.trait("storage", 45, 78), 0.2, 0, 88),
        "cpu_pct": scene.wobble(28 + 20 * busy, 4, 5, 90),
        "reconnects_1h": int(rng.random() < 0.03 + 0.1 * scene.wear),
        "temperature_c": scene.wobble(heat, 0.6, -5, 71),
        "light_lux": scene.wobble(3 + 24_000 * light, 40 + 800 * light, 0, 60_000),
    }


def _overheats(sample: Sample, age: float) -> Sample:
    """After a minute it is past 80 °C and the picture rate suffers."""
    heat = 81 + min(3.5, age / 120)
    return {
        "temperature_c": round(min(heat, 60 + age / 2), 1),
        "cpu_pct": 96.0,
        "fps": 18.0 if age > 60 else sample["fps"],
    }


def _fills(_sample: Sample, age: float) -> Sample:
    return {"storage_used_pct": round(min(96.0, 91 + age / 60), 1)}


def _is_full(_sample: Sample, _age: float) -> Sample:
    return {"storage_used_pct": 100.0}


def _stalls(_sample: Sample, _age: float) -> Sample:
    return {"fps": 0.0, "bitrate_bps": 9_000, "reconnects_1h": 7, "motion": False, "occupancy": False}


def _is_covered(_sample: Sample, _age: float) -> Sample:
    """A bag over the lens: all is dark and still, and such a picture packs well."""
    still = {"motion": False, "occupancy": False, "count_person": 0, "count_motorcycle": 0}
    return {"light_lux": 0.0, "bitrate_bps": 180_000, **still}


def _leaks(sample: Sample, age: float) -> Sample:
    """Memory runs out within ten minutes: first it is slow, then there are no pictures."""
    left = max(0.0, 1 - age / 600)
    return {"cpu_pct": round(99 - 50 * left, 1), "fps": round(float(sample["fps"] or 0) * left, 1)}


def _flaps(_sample: Sample, age: float) -> Sample:
    return {"reconnects_1h": 13 + min(40, int(age / 60))}


KIND = Kind(
    family="camera",
    prefix="cam",
    interval_s=30,
    range_m=80,
    angle_deg=84,  # a lens of 4 mm
    models=(
        Model("Hikvision", "DS-2CD2T47G2-L", "V5.7.15"),
        Model("Dahua", "IPC-HFW3449T1-ZAS-PV", "2.840.0000000.28"),
        Model("KBVision", "KX-CAi4003N-A", "2.800.0000.16", "local_offset"),
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
        *ANY,
        Ill(
            name="overheating",
            bend=_overheats,
            metric="temperature_c",
            event="overtemp",
            severity="major",
            rules=("camera-hot",),
        ),
        Ill(
            name="storage_filling",
            bend=_fills,
            metric="storage_used_pct",
            event="storage_nearly_full",
            rules=("camera-storage-full",),
            lasts=(600.0, 1800.0),
        ),
        Ill(
            name="storage_full",
            bend=_is_full,
            metric="storage_used_pct",
            event="storage_full",
            severity="major",
            rules=("camera-storage-full",),
            lasts=(600.0, 1800.0),
        ),
        Ill(name="fps_stall", bend=_stalls, metric="fps", severity="major", rules=("camera-no-picture",)),
        Ill(
            name="lens_covered",
            bend=_is_covered,
            metric="bitrate_bps",
            event="tamper",
            severity="major",
            rules=("camera-tampered",),
        ),
        Ill(
            name="memory_leak",
            bend=_leaks,
            metric="fps",
            severity="major",
            rules=("camera-no-picture",),
            lasts=(900.0, 1500.0),
        ),
        Ill(
            name="link_flapping",
            bend=_flaps,
            metric="reconnects_1h",
            severity="warning",
            rules=("camera-reconnects",),
            lasts=(600.0, 1800.0),
        ),
    ),
)
