"""Much at once: readings of many devices as CSV or Parquet, and the newest state of every device."""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from ingest.family import families
from ioc.accounts.model import Role
from ioc.accounts.store import Pool
from ioc.api.auth import requires
from ioc.api.history import Area, Devices, Meant, Since, Until, Word, span, wanted
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import moment, written
from ioc.history.availability import known_until
from ioc.history.exports import Export, as_csv, as_parquet
from ioc.history.resolution import Resolution
from ioc.history.scope import Areas, Stay, Wanted, stays

routes = router("/api/v1", "history")

AT_ONCE: Final = 2  # each holds a connection for as long as its reader takes
_turns = threading.BoundedSemaphore(AT_ONCE)

_Family = Annotated[str, Query(max_length=63, description="exports hold one family: its metrics are the columns")]
_Metrics = Annotated[str | None, Query(max_length=2000, description="with commas between them; else all with a column")]
_Kind = Annotated[Resolution, Query()]
_CSV: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/csv": {}}}}
_PARQUET: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/vnd.apache.parquet": {}}}}


@routes.get("/history.csv", dependencies=[requires(Role.VIEWER)], response_class=Response, responses={**_CSV})
def history_csv(
    parts: Has, family: _Family, metrics: _Metrics = None, resolution: _Kind = Resolution.HOUR, devices: Devices = None,
    area: Area = None, maker: Word = None, since: Since = None, until: Until = None, areas: Meant = Areas.NOW,
) -> Response:  # fmt: skip
    """Readings or buckets of a family's devices, device after device."""
    begin, end = span(parts, since, until)
    export = Export(family, _chosen(family, metrics), resolution, begin, end)
    rows = _streamed(parts, as_csv, export, wanted(devices, family, area, maker, areas))
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=_named(family, "csv"))


@routes.get("/history.parquet", dependencies=[requires(Role.VIEWER)], response_class=Response, responses={**_PARQUET})
def history_parquet(
    parts: Has, family: _Family, metrics: _Metrics = None, resolution: _Kind = Resolution.HOUR, devices: Devices = None,
    area: Area = None, maker: Word = None, since: Since = None, until: Until = None, areas: Meant = Areas.NOW,
) -> Response:  # fmt: skip
    """The same as a Parquet file."""
    begin, end = span(parts, since, until)
    export = Export(family, _chosen(family, metrics), resolution, begin, end)
    blocks = _streamed(parts, as_parquet, export, wanted(devices, family, area, maker, areas))
    return StreamingResponse(blocks, media_type="application/vnd.apache.parquet", headers=_named(family, "parquet"))


@routes.get("/latest", dependencies=[requires(Role.VIEWER)], response_class=Response)
def latest(parts: Has) -> Response:
    """The newest state of every device in one answer, in rows; times in epoch ms."""
    now = moment(parts.now())
    with parts.pool.connection() as connection:
        known = known_until(connection, now)
        body = parts.newest.told(connection, written(now), None if known >= now else known)
    return Response(body, media_type="application/json")


def _chosen(family: str, metrics: str | None) -> tuple[str, ...]:
    known = families().get(family)
    if known is None:
        raise Problem(422, f"there is no family {family!r}; there are {', '.join(families())}", code="no_such_family")
    chosen = tuple(known.columns) if metrics is None else tuple(dict.fromkeys(metrics.split(",")))
    unknown = [metric for metric in chosen if metric not in known.columns]
    if unknown:
        raise Problem(422, f"{family} has no column {unknown[0]!r}; it has {', '.join(known.columns)}",
                      code="no_such_metric")  # fmt: skip
    return chosen


def _streamed(
    parts: Parts, write: Callable[[Pool, Export, Sequence[Stay]], Iterator[bytes]], export: Export, asked: Wanted
) -> Iterator[bytes]:
    """The stream, where a turn is free for it."""
    with parts.pool.connection() as connection:
        found = stays(connection, asked, by_area=True)
    if not _turns.acquire(blocking=False):
        raise Problem(503, f"{AT_ONCE} exports are running: ask again when one has ended", code="too_busy",
                      headers={"Retry-After": "30"})  # fmt: skip
    return _Turn(write(parts.pool, export, found))


class _Turn:
    """A stream that gives its turn back when it ends or breaks, or is let go unfinished."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self._give_back = weakref.finalize(self, _turns.release)  # once, whoever calls it

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._stream)
        except BaseException:
            self._give_back()
            raise


def _named(family: str, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{family}.{kind}"'}
