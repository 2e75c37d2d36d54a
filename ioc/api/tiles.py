"""The site's own base map: one tile file in the data folder, served in ranges (PMTiles) or tile by tile (MBTiles).

Whoever may see the wall may see it. No file, no base map: the wall works without.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path as File
from typing import Annotated, Final, Literal

from fastapi import Path, Request
from fastapi.responses import FileResponse, Response
from typing_extensions import TypedDict

from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router

routes = router("", "maps")

_CACHED: Final = {"Cache-Control": "private, max-age=86400"}
_FORMS: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg", b"RIFF": "image/webp"}
Level = Annotated[int, Path(ge=0, le=24)]
Place = Annotated[int, Path(ge=0, lt=2**24)]


class Base(TypedDict):
    """What lies under the devices: `vector` (PMTiles), `raster` (MBTiles) or nothing, and whom to thank for it."""

    kind: Literal["vector", "raster"] | None
    attribution: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """The file there is."""

    vector: File | None
    raster: File | None
    thanks: str | None


@routes.get("/api/v1/map/base", dependencies=[requires(Role.VIEWER)])
def base(parts: Has) -> Base:
    """Which base map there is."""
    found = _find(parts)
    kind: Literal["vector", "raster"] | None = "vector" if found.vector else "raster" if found.raster else None
    return {"kind": kind, "attribution": found.thanks if kind else None}


@routes.get("/tiles/base.pmtiles", dependencies=[requires(Role.VIEWER)], response_class=Response)
def pmtiles(request: Request, parts: Has) -> Response:
    """The PMTiles file, in the ranges that the map asks for."""
    found = _find(parts).vector
    if found is None:
        raise Problem(404, "there is no base map", code="no_base_map")
    if "range" not in request.headers:
        raise Problem(416, "ask for a range: the whole file may be large", code="range_wanted")
    return FileResponse(found, media_type="application/octet-stream", headers=_CACHED)


@routes.get("/tiles/{z}/{x}/{y}", dependencies=[requires(Role.VIEWER)], response_class=Response)
def tile(z: Level, x: Place, y: Place, parts: Has) -> Response:
    """One tile of the MBTiles file (a picture); rows there count from the south."""
    found = _find(parts).raster
    if found is None:
        raise Problem(404, "there is no base map", code="no_base_map")
    with closing(sqlite3.connect(f"{found.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as tiles:
        wanted = (z, x, (1 << z) - 1 - y)
        sql = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        row = tiles.execute(sql, wanted).fetchone()
    if row is None:
        return Response(status_code=204, headers=_CACHED)
    kind = next((form for start, form in _FORMS.items() if row[0].startswith(start)), "application/octet-stream")
    return Response(row[0], media_type=kind, headers=_CACHED)


def _find(parts: Parts) -> _Found:
    """The files in the folder of maps; looked for each time, so that one dropped in is there at once."""
    folder = parts.maps
    if folder is None:
        return _Found(None, None, None)
    vector, raster, thanks = (folder / f"base.{kind}" for kind in ("pmtiles", "mbtiles", "txt"))
    return _Found(
        vector if vector.is_file() else None,
        raster if raster.is_file() else None,
        thanks.read_text("utf-8").strip()[:200] if thanks.is_file() else None,
    )
