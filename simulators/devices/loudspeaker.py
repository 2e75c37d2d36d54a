"""A public loudspeaker: it plays the morning and evening bulletins and whatever the centre orders."""

from collections.abc import Sequence
from random import Random

from simulators.device import (
    ANY,
    BOOLEAN,
    COUNTER,
    REBIRTH,
    Arguments,
    Ill,
    Kind,
    Memory,
    Model,
    Order,
    Sample,
    Scene,
    number,
)

_PLAYS = frozenset({"play", "selftest"})


def _title(area: str, villages: Sequence[str], number_there: int) -> str:
    again, which = divmod(number_there, len(villages))
    return f"Loa {villages[which]}{f' {again + 1}' if again else ''} – {area}"


def _sample(scene: Scene) -> Sample:
    """It is warm from the air, the sun and its own work; the mains sag a little when everybody cooks."""
    around, at = scene.around, scene.around.hour
    bulletin = 5 <= at < 5.5 or 17 <= at < 17.5  # the two relays of the communal radio
    playing = bulletin or bool(scene.memory.get("ordered"))
    begins = bulletin and not scene.memory.get("bulletin")
    scene.memory["bulletin"] = bulletin
    warmth = around.temperature_c + scene.trait("warmth", 4, 9) + 9 * around.light + (8 if playing else 0)
    mains = scene.trait("mains", 216, 228) - (4 if 17 <= at < 20 else 0)
    return {
        "playing": playing,
        "volume_pct": _volume(scene.memory),
        "amp_temperature_c": scene.wobble(warmth, 0.5, 0, 66),
        "amp_fault": False,
        "mains_v": scene.wobble(mains, 1.5, 203, 238),
        "speaker_test_ok": True,
        "plays_total": scene.count("plays", int(begins)),
    }


def _volume(memory: Memory) -> float:
    return memory.get("volume", 70.0)


def _number(arguments: Arguments, key: str, low: float, high: float) -> float | None:
    """A number an order gives, brought within bounds; None when it gives none."""
    wanted = arguments.get(key)
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return None
    return min(high, max(low, float(wanted)))


def _set_volume(memory: Memory, arguments: Arguments) -> Sample:
    wanted = _number(arguments, "volume_pct", 0, 100)
    memory["volume"] = _volume(memory) if wanted is None else wanted
    return {"volume_pct": memory["volume"]}


def _begin_play(memory: Memory, arguments: Arguments) -> Sample:
    memory["ordered"] = True
    memory["plays"] = memory.get("plays", 0.0) + 1
    return {"playing": True, **_set_volume(memory, arguments), "plays_total": int(memory["plays"])}


def _end_play(memory: Memory, _arguments: Arguments) -> Sample:
    memory["ordered"] = False
    return {"playing": bool(memory.get("bulletin"))}


def _playing_time(arguments: Arguments, rng: Random) -> float:
    """As long as the order says, up to an hour; a spoken notice otherwise."""
    wanted = _number(arguments, "duration_s", 0.5, 3600)
    return rng.uniform(8, 16) if wanted is None else wanted


def _overheats(_sample: Sample, age: float) -> Sample:
    heat = round(min(94.0, 62 + age / 2), 1)
    return {"amp_temperature_c": heat, "amp_fault": heat > 85, "playing": False}


def _is_torn(_sample: Sample, _age: float) -> Sample:
    return {"speaker_test_ok": False}


def _is_dead(_sample: Sample, _age: float) -> Sample:
    """A dead amplifier is cold and silent, whatever it was told to play."""
    return {"amp_fault": True, "playing": False, "amp_temperature_c": 27.0, "speaker_test_ok": None}


def _sags(_sample: Sample, _age: float) -> Sample:
    return {"mains_v": 168.5}


KIND = Kind(
    family="loudspeaker",
    prefix="loa",
    interval_s=60,
    range_m=350,
    models=(
        Model("ITC", "T-7707", "2.1.4"),
        Model("TOA", "NX-300", "1.06.00", "epoch_ms"),
        Model("Gtech", "GT-IP60", "3.2.0", "changes_only"),
    ),
    metrics={
        "playing": BOOLEAN,
        "volume_pct": number(0, 100),
        "amp_temperature_c": number(-20, 150),
        "amp_fault": BOOLEAN,
        "mains_v": number(0, 300),
        "speaker_test_ok": BOOLEAN,
        "plays_total": COUNTER,
    },
    title=_title,
    sample=_sample,
    orders={
        "play": Order(lasts=_playing_time, begin=_begin_play, finish=_end_play, takes_turns=True),
        "stop": Order(halts=True),
        "volume": Order(begin=_set_volume),
        "selftest": Order(lasts=lambda _arguments, rng: rng.uniform(3, 6), takes_turns=True),
        "rebirth": REBIRTH,
    },
    ills=(
        *ANY,
        Ill(
            name="amp_overtemp",
            bend=_overheats,
            metric="amp_temperature_c",
            event="amp_overtemp",
            severity="major",
            rules=("loudspeaker-overtemp", "loudspeaker-amp-hot", "loudspeaker-amp-fault"),
            blocks=_PLAYS,
        ),
        Ill(
            name="amp_dead",
            bend=_is_dead,
            metric="amp_fault",
            event="amp_fault",
            severity="major",
            rules=("loudspeaker-amp-fault",),
            blocks=_PLAYS,
        ),
        Ill(
            name="speaker_torn",
            bend=_is_torn,
            metric="speaker_test_ok",
            severity="major",
            rules=("loudspeaker-test-failed",),
            blocks=_PLAYS,
        ),
        Ill(name="mains_low", bend=_sags, metric="mains_v", event="mains_low", rules=("loudspeaker-mains-low",)),
    ),
    edges={"playing": "bulletin"},
)
