"""Makes the wall's alarm sounds: `python maps/vendor/sounds.py`. Run by hand; the files are kept.

After IEC 60601-1-8's idea of bursts: more pulses, higher and faster, the more urgent; soft edges, several harmonics, so
that old ears and bad loudspeakers hear where it comes from. 16 kHz, 8 bit, mono: some ten kilobytes each.
"""

import math
import wave
from pathlib import Path

RATE = 16_000
FOLDER = Path(__file__).parent.parent / "static" / "ioc" / "sounds"
# By severity: pulses as (pitch in Hz, length in ms, silence after in ms).
BURSTS = {
    "warning": [(440, 220, 0)],
    "minor": [(523, 200, 120), (523, 200, 0)],
    "major": [(659, 160, 90), (523, 160, 90), (659, 160, 0)],
    "critical": [(784, 120, 70), (784, 120, 70), (784, 120, 180), (1047, 120, 70), (1047, 120, 0)],
}


def pulse(pitch: float, length_ms: int) -> list[float]:
    """One tone with four harmonics, rising and falling within 20 ms."""
    count = RATE * length_ms // 1000
    edge = RATE // 50
    return [
        min(1, n / edge, (count - n) / edge)
        * sum(math.sin(2 * math.pi * pitch * k * n / RATE) / k for k in (1, 2, 3, 4))
        / 2.1
        for n in range(count)
    ]


def sound(burst: list[tuple[int, int, int]]) -> bytes:
    """The samples of one burst, unsigned bytes."""
    samples = [s for pitch, length, rest in burst for s in (*pulse(pitch, length), *[0.0] * (RATE * rest // 1000))]
    return bytes(round(127.5 + 100 * sample) for sample in samples)


def write() -> None:
    """All of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, burst in BURSTS.items():
        with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(RATE)
            file.writeframes(sound(burst))


if __name__ == "__main__":
    write()
