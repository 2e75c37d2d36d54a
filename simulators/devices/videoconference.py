"""A videoconference room: meetings in office hours, and how well sound and picture come through."""

from collections.abc import Sequence

from simulators.device import (
    ANY,
    BOOLEAN,
    REBIRTH,
    REBOOT,
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

_LINE = ("audio_rx_loss_pct", "audio_rx_jitter_ms", "video_rx_loss_pct", "video_rx_jitter_ms", "rtt_ms", "mos")

_LOSSES = ("videoconference-audio-loss", "videoconference-video-loss")
_POOR = "videoconference-poor-quality"


def _title(area: str, _villages: Sequence[str], number_there: int) -> str:
    again = f" {number_there + 1}" if number_there else ""
    return f"Phòng họp trực tuyến UBND xã {area}{again}"


def _sample(scene: Scene) -> Sample:
    in_call = _meets(scene)
    if not in_call:  # nothing to hear: the quality of a line without a call is unknown, not zero
        return {"in_call": False, "participants": 0, "video_rx_bps": 0, "sip_registered": True, **dict.fromkeys(_LINE)}
    rain = min(10.0, scene.around.rain_mm_h / 4)  # the last mile is often by air
    return {
        "in_call": True,
        "participants": scene.rng.randint(4, 9),
        "audio_rx_loss_pct": scene.wobble(0.3 + rain * 0.05, 0.2, 0, 2),
        "audio_rx_jitter_ms": scene.wobble(6, 2, 0.5, 25),
        "video_rx_loss_pct": scene.wobble(0.4, 0.3, 0, 2.5),
        "video_rx_jitter_ms": scene.wobble(9, 3, 0.5, 30),
        "video_rx_bps": int(scene.rng.uniform(1.6e6, 2.4e6)),
        "rtt_ms": scene.wobble(32, 5, 12, 90),
        "mos": scene.wobble(4.2, 0.1, 3.6, 4.5),
        "sip_registered": True,
    }


def _meets(scene: Scene) -> bool:
    """A meeting begins about every three office hours and lasts about one; a hang-up ends it.

    All are in the call when the whole district meets.
    """
    if scene.around.meeting:
        scene.memory["in_call"] = True
        return True
    was = bool(scene.memory.get("in_call"))
    chance = scene.elapsed / (3600 if was else 3 * 3600 / scene.around.office)
    scene.memory["in_call"] = was != (scene.rng.random() < chance)
    return bool(scene.memory["in_call"])


def _hang_up(memory: Memory, _arguments: Arguments) -> Sample:
    memory["in_call"] = False
    return {"in_call": False, "participants": 0}


def _line_is_bad(_sample: Sample, _age: float) -> Sample:
    return {
        "in_call": True,
        "participants": 3,
        "audio_rx_loss_pct": 14.5,
        "audio_rx_jitter_ms": 88.0,
        "video_rx_loss_pct": 19.0,
        "video_rx_jitter_ms": 120.0,
        "video_rx_bps": 210_000,
        "rtt_ms": 410.0,
        "mos": 1.9,
    }


def _jitters(_sample: Sample, age: float) -> Sample:
    """Packets come, but not in time: words are swallowed as if they were lost."""
    late = min(140.0, 60 + age / 4)
    return {
        "in_call": True,
        "participants": 5,
        "audio_rx_jitter_ms": round(late, 1),
        "video_rx_jitter_ms": round(late * 1.3, 1),
        "audio_rx_loss_pct": 4.5,
        "video_rx_loss_pct": 3.0,
        "video_rx_bps": 900_000,
        "rtt_ms": 180.0,
        "mos": 2.7,
    }


def _is_unregistered(_sample: Sample, _age: float) -> Sample:
    return {"sip_registered": False, "in_call": False, "participants": 0, "video_rx_bps": 0, **dict.fromkeys(_LINE)}


KIND = Kind(
    family="videoconference",
    prefix="vc",
    interval_s=60,
    models=(
        Model("Poly", "Studio X50", "4.2.2"),
        Model("Cisco", "Room Kit Mini", "RoomOS 11.20"),
        Model("AVer", "VC520 Pro2", "0.0.7201"),
    ),
    metrics={
        "in_call": BOOLEAN,
        "participants": number(0, 500),
        "audio_rx_loss_pct": number(0, 100),
        "audio_rx_jitter_ms": number(0, 10_000),
        "video_rx_loss_pct": number(0, 100),
        "video_rx_jitter_ms": number(0, 10_000),
        "video_rx_bps": number(0, 50_000_000),
        "rtt_ms": number(0, 60_000),
        "mos": number(1, 5),
        "sip_registered": BOOLEAN,
    },
    title=_title,
    solitary=True,
    sample=_sample,
    orders={
        "reboot": REBOOT,
        "hangup": Order(begin=_hang_up),
        "rebirth": REBIRTH,
    },
    ills=(
        *ANY,
        Ill(name="bad_line", bend=_line_is_bad, metric="mos", event="poor_quality", rules=(*_LOSSES, _POOR)),
        Ill(name="jitter", bend=_jitters, metric="audio_rx_jitter_ms", event="poor_quality", rules=(_LOSSES[0], _POOR)),
        Ill(
            name="sip_lost",
            bend=_is_unregistered,
            metric="sip_registered",
            rules=("videoconference-unregistered",),
        ),
    ),
    edges={"in_call": "call"},
)
