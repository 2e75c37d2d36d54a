"""Shapes for areas of which only the centre is known: each point belongs to the nearest one.

Decides polygons (Voronoi cells clipped to a rim a few kilometres around the outermost centres) from the centres alone;
they are stand-ins, good for a map and for nothing that is measured. Points are (longitude, latitude) in degrees.
"""

from collections.abc import Iterable, Sequence
from math import cos, pi, radians, sin

Point = tuple[float, float]
Ring = list[Point]

_RIM_DEG = 0.03  # how far land reaches beyond the outermost centres, in degrees of latitude
_DIGITS = 4  # about ten metres


def cells(centres: Sequence[Point]) -> list[Ring]:
    """The cell of each centre: an open ring, counter-clockwise, no two overlapping."""
    shrink = cos(radians(sum(lat for _, lat in centres) / len(centres)))
    flat = [(lon * shrink, lat) for lon, lat in centres]
    rim = _rim(flat)
    return [_rounded((x / shrink, y) for x, y in _cell(at, flat, rim)) for at in flat]


def union(rings: Iterable[Ring]) -> list[Ring]:
    """The outlines of touching cells taken together: what borders two of them is no border."""
    onward: dict[Point, list[Point]] = {}
    for ring in rings:
        for here, there in zip(ring, [*ring[1:], ring[0]], strict=True):
            if here in onward.get(there, []):
                onward[there].remove(here)
            else:
                onward.setdefault(here, []).append(there)
    return list(_walk(onward))


def area_of(ring: Ring) -> float:
    """Square degrees within a ring; negative where it runs clockwise."""
    turns = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turns) / 2


def _walk(onward: dict[Point, list[Point]]) -> Iterable[Ring]:
    while any(onward.values()):
        start = min(point for point, ways in onward.items() if ways)
        ring, here = [start], onward[start].pop()
        while here != start:
            ring.append(here)
            here = onward[here].pop()
        yield ring


def _rounded(points: Iterable[Point]) -> Ring:
    """Without those that fall together."""
    return list(dict.fromkeys((round(x, _DIGITS), round(y, _DIGITS)) for x, y in points))


def _rim(points: Sequence[Point]) -> Ring:
    """The convex hull of points widened by the rim (Andrew's monotone chain), counter-clockwise."""
    ways = [(_RIM_DEG * cos(turn * pi / 4), _RIM_DEG * sin(turn * pi / 4)) for turn in range(8)]
    wide = sorted({(x + dx, y + dy) for x, y in points for dx, dy in ways})
    return _chain(wide)[:-1] + _chain(wide[::-1])[:-1]


def _chain(points: Sequence[Point]) -> Ring:
    chain: Ring = []
    for x, y in points:
        while len(chain) > 1 and _left_of(chain[-2], chain[-1], (x, y)) <= 0:
            chain.pop()
        chain.append((x, y))
    return chain


def _left_of(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cell(centre: Point, centres: Sequence[Point], rim: Ring) -> Ring:
    """The rim, cut by the line half-way to every other centre."""
    ring = rim
    for other in centres:
        if other != centre:
            ring = _nearer(ring, centre, other)
    return ring


def _nearer(ring: Ring, centre: Point, other: Point) -> Ring:
    """What of a convex ring lies nearer to the centre than to the other (Sutherland and Hodgman)."""
    nx, ny = other[0] - centre[0], other[1] - centre[1]
    limit = (other[0] ** 2 + other[1] ** 2 - centre[0] ** 2 - centre[1] ** 2) / 2
    beyond = [nx * x + ny * y - limit for x, y in ring]
    kept: Ring = []
    for at, (x, y) in enumerate(ring):
        (px, py), before, here = ring[at - 1], beyond[at - 1], beyond[at]
        if (before <= 0) != (here <= 0):
            share = before / (before - here)
            kept.append((px + share * (x - px), py + share * (y - py)))
        if here <= 0:
            kept.append((x, y))
    return kept
