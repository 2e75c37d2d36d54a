"""The tables of `benchmarks/wall.py` and what came of its aims, as text. Medians of the rounds."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from stage import wallpages
from stage.brokerwalls import BrokerFanOut
from stage.report import Verdict
from stage.wallmonth import Point, growth
from stage.wallpages import Seen
from stage.walls import FanOut

Report = tuple[list[str], list[Verdict]]
# How much of its mean a thing may rise over the whole month and be called flat: what two looks at the same differ by.
FLAT = {"server_mib": 0.03, "heap_mb": 0.03, "page_mb": 0.03, "nodes": 0.1}
MEMORIES = {
    "server_mib": "server's memory", "heap_mb": "page's heap", "page_mb": "page's process", "nodes": "page's nodes",
}  # fmt: skip
ENOUGH = 1_000  # reconnects

# column, its width and format, what it shows
_COLUMNS: tuple[tuple[str, str, Callable[[Seen], float]], ...] = (
    ("fps rest", "8.0f", lambda seen: seen.rest.fps if seen.rest else math.nan),
    ("drag", "6.0f", lambda seen: seen.drag.fps if seen.drag else math.nan),
    ("p95 ms", "7.0f", lambda seen: seen.drag.p95_ms if seen.drag else math.nan),
    ("step", "6.0f", lambda seen: seen.step.fps if seen.step else math.nan),
    ("main% rest", "11.0f", lambda seen: seen.rest.main_pct if seen.rest else math.nan),
    ("drag", "6.0f", lambda seen: seen.drag.main_pct if seen.drag else math.nan),
    ("browser%", "9.0f", lambda seen: seen.rest.browser_pct if seen.rest else math.nan),
    ("server%", "8.0f", lambda seen: seen.rest.server_pct if seen.rest else math.nan),
    ("kB/s", "6.0f", lambda seen: seen.rest.bytes_s / 1000 if seen.rest else math.nan),
    ("p50 ms", "8.0f", lambda seen: seen.p50_ms),
    ("p95", "6.0f", lambda seen: seen.p95_ms),
    ("p99", "6.0f", lambda seen: seen.p99_ms),
    ("heap MB", "8.1f", lambda seen: seen.heap_mb),
    ("RSS", "6.0f", lambda seen: seen.resident_mb),
)


def pages(found: Mapping[str, Sequence[Seen]]) -> Report:
    """One wall in Chromium beside its peers."""
    head = f"{'in Chromium, 1920×1080, no GPU':<32}" + "".join(f"{name:>{_width(form)}}" for name, form, _ in _COLUMNS)
    rows = [head, "-" * len(head)]
    for name, seen in found.items():
        for devices in dict.fromkeys(each.devices for each in seen):
            rounds = [each for each in seen if each.devices == devices]
            title = f"{name}, {devices:,}" + ("" if all(each.draws for each in rounds) else ": DOES NOT DRAW")
            cells = (f"{median(of(each) for each in rounds):>{form}}" for _, form, of in _COLUMNS)
            rows.append(f"{title:<32}" + "".join(cells))
    rows += [
        "step: the map moved anew for every frame. p50 to p99: from a change until it is on the screen, at rest.",
        "main, browser, server: per cent of a core, of the page's main thread, of all Chromium, of what serves it.",
    ]
    mine, bare = found[wallpages.OURS.name], found[wallpages.TWO_CANVASES.name]
    return rows, [_delay(mine), *(_panning(how, mine, bare) for how in ("drag", "step"))]


def _delay(mine: Sequence[Seen]) -> Verdict:
    found = [seen.p99_ms for seen in mine]
    return Verdict("change to pixel, p99 under 400 ms", f"{median(found):.0f} ms", median(found) < 400)


def _panning(how: str, mine: Sequence[Seen], bare: Sequence[Seen]) -> Verdict:
    """50 frames a second, or where the bare canvas is slower than the study's 58, as large a part of its frames."""
    ours, theirs = (median(getattr(seen, how).fps for seen in rounds) for rounds in (mine, bare))
    word = "dragged by a mouse" if how == "drag" else "moved for every frame"
    aim = f"frames a second {word}, at least 50, or 50/58 of the bare canvas's where that is slower than the study's 58"
    return Verdict(aim, f"{ours:.0f} beside {theirs:.0f}", ours >= min(50.0, theirs * 50 / 58))


def fan_out(rows: Sequence[FanOut], brokers: Sequence[BrokerFanOut]) -> Report:
    """Many walls, half of them slow."""
    head = f"{'walls':>7}{'frames':>9}{'B/frame':>9}{'kB/s each':>11}{'ms to join':>12}{'CPU':>7}{'alone':>7}"
    head += f"{'frames/core':>13}{'bare':>10}{'ratio':>7}"
    lines = [head, "-" * len(head)]
    lines += [
        f"{row.walls:>7,}{row.frames:>9,}{row.bytes_a_frame:>9,}{row.bytes_a_wall_s / 1000:>11.1f}"
        f"{row.join_ms:>12.1f}{row.cpu_pct:>6.0f}%{row.alone_pct:>6.0f}%{row.a_core:>13,.0f}"
        f"{row.bare_a_core:>10,.0f}{row.ratio:>7.2f}"
        for row in rows
    ]
    lines.append("CPU without joining; alone: the scene with nobody looking, which `frames/core` leaves out.")
    lines += [
        f"Mosquitto's websocket, {each.walls:,}: {each.cpu_pct:.0f} % of a core, "
        f"{each.bytes_a_wall_s / 1000:.1f} kB/s each, {each.join_ms:.0f} ms to join"
        for each in brokers
    ]
    most = rows[-1]
    aim = f"frames a core with {most.walls:,} walls, at least 0.6 × the bare broadcast's"
    return lines, [Verdict(aim, f"{most.ratio:.2f} ×", most.ratio >= 0.6)]


def month(points: Sequence[Point]) -> Report:
    """Memory over the compressed month."""
    head = f"{'changes':>12}{'alerts':>9}{'page back':>11}{'others':>9}{'server MiB':>12}{'heap MB':>9}{'page MB':>9}"
    head += f"{'nodes':>8}"
    rows = [head, "-" * len(head)]
    rows += [
        f"{point.changes:>12,}{point.alerts:>9,}{point.reconnects:>11,}{point.others:>9,}{point.server_mib:>12.1f}"
        f"{point.heap_mb:>9.2f}{point.page_mb:>9.0f}{point.nodes:>8,}"
        for point in points
    ]
    if points[-1].reconnects < ENOUGH:
        return [*rows, f"fewer than {ENOUGH:,} reconnects are all warm-up: not judged"], []
    aims = []
    for field, what in MEMORIES.items():
        rise, mean = growth(points, field)
        found = f"{rise:+.2f} on {mean:.1f} (the rise of a line through the points after the warm-up)"
        aims.append(Verdict(f"{what} flat over the month", found, rise <= FLAT[field] * mean))
    return rows, aims


def _width(form: str) -> int:
    return int(form.partition(".")[0])
