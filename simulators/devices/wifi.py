"""A public Wi-Fi point: who is on it, how clean its channel is, what goes through it."""

from collections.abc import Sequence

from simulators.device import ANY, COUNTER, REBIRTH, REBOOT, Ill, Kind, Model, Sample, Scene, number

_MOST_CLIENTS = 75.0
_PLACES = ("UBND xã", "chợ", "nhà văn hóa {}", "điểm bưu điện văn hóa xã", "trường học", "điểm du lịch")


def _title(area: str, villages: Sequence[str], number_there: int) -> str:
    place = _PLACES[number_there % len(_PLACES)].format(villages[number_there % len(villages)])
    again = number_there // len(_PLACES)
    return f"Wi-Fi {place}{f' {again + 1}' if again else ''} – {area}"


def _sample(scene: Scene) -> Sample:
    """The more are on it the busier its channel, and a busy channel loses; rain damps the signal."""
    around = scene.around
    wanted = scene.trait("popularity", 8, 45) * around.people
    clients = int(scene.wobble(min(_MOST_CLIENTS, wanted), 2, 0, 120))
    rx, tx = (int(clients * each * scene.rng.uniform(0.5, 1.5)) for each in (60_000, 340_000))
    busy = scene.wobble(12 + clients * 0.9, 4, 2, 82)  # it turns guests away before its channel is full
    rain = min(10.0, around.rain_mm_h / 4)
    return {
        "clients": clients,
        "signal_dbm": scene.wobble(-58 - rain / 2 - 4 * scene.wear, 3, -85, -40),
        "noise_dbm": scene.wobble(-93, 1.5, -98, -80),
        "channel_util_pct": busy,
        "rx_bps": rx,
        "tx_bps": tx,
        "rx_bytes_total": scene.count("rx", rx / 8 * scene.elapsed),
        "tx_bytes_total": scene.count("tx", tx / 8 * scene.elapsed),
        "loss_pct": scene.wobble(0.3 + max(0.0, busy - 20) * 0.03 + rain * 0.1, 0.3, 0, 3.6),
        "uptime_s": scene.count("uptime", scene.elapsed),
        "dhcp_leases": clients + int(scene.trait("leases", 2, 12)),
    }


def _loses(_sample: Sample, age: float) -> Sample:
    return {"loss_pct": round(min(45.0, 18 + age / 15), 1), "signal_dbm": -82.0}


def _is_crowded(sample: Sample, _age: float) -> Sample:
    clients = 110 + int(sample["clients"] or 0) // 10
    return {"clients": clients, "channel_util_pct": 96.5, "dhcp_leases": clients + 12}


KIND = Kind(
    family="wifi",
    prefix="wifi",
    interval_s=60,
    models=(
        Model("Ruijie", "RG-AP680(CD)", "AP_RGOS 11.9(6)B1"),
        Model("TP-Link", "EAP225-Outdoor", "5.1.6"),
        Model("Ubiquiti", "UAP-AC-M", "6.6.77"),
    ),
    metrics={
        "clients": number(0, 512),
        "signal_dbm": number(-120, 0),
        "noise_dbm": number(-120, 0),
        "channel_util_pct": number(0, 100),
        "rx_bps": number(0, 1_000_000_000),
        "tx_bps": number(0, 1_000_000_000),
        "rx_bytes_total": COUNTER,
        "tx_bytes_total": COUNTER,
        "loss_pct": number(0, 100),
        "uptime_s": number(0, 10_000_000_000),
        "dhcp_leases": number(0, 1024),
    },
    title=_title,
    sample=_sample,
    orders={"reboot": REBOOT, "rebirth": REBIRTH},
    ills=(
        *ANY,
        Ill(name="wifi_loss", bend=_loses, metric="loss_pct", event="link_poor", rules=("wifi-loss",)),
        Ill(
            name="crowded",
            bend=_is_crowded,
            metric="channel_util_pct",
            severity="warning",
            rules=("wifi-channel-busy",),
            lasts=(900.0, 2400.0),
        ),
    ),
)
