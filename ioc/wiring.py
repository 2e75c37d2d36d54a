"""Wires the parts: straight down, each start followed by the line that registers its named stop."""

import asyncio
import gc
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from alerts.health import Health
from alerts.incident_postgres import PostgresIncidents
from alerts.postgres import PostgresStore
from ingest.adapter import Adapter, Source, choose, filters, unwanted
from ingest.admission import Gate
from ingest.answering import AnsweringConnection
from ingest.batch import Judge
from ingest.bulk import BulkReader
from ingest.errors import IngestError, StoreUnavailableError
from ingest.model import Heard, View
from ingest.mqtt import PahoReader
from ingest.reader import BrokerUrl, Reader
from ingest.registry import Registry
from ingest.service import IngestService, Pace
from ingest.spool import Spool
from ingest.store import Loaded
from ingest.throttle import Throttle
from ingest.timescale import TimescaleStore
from ioc import planned
from ioc import site as sites
from ioc.accounts.store import Pool
from ioc.alerting import find_plan, rule_words
from ioc.api.app import create_app
from ioc.api.database import areas_below
from ioc.api.parts import Pages, Parts, Probe
from ioc.clock import now_ms
from ioc.errors import CommandError, SettingsError
from ioc.follow import Follower
from ioc.foreman import Foreman
from ioc.lifecycle import Stops, end_thread
from ioc.probe import SelfProbe
from ioc.rulebooks import RuleFiles, find_grounds
from ioc.serving import Server
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.snapshots import Snapshots
from ioc.strangers import admission
from maps import page
from maps.hub import Hub, no_more
from maps.scene import Scene
from maps.words import pick_language

_log = logging.getLogger(__name__)
LONGEST_S: Final = 15  # who asks has given up by then, and eight such would hold every connection
Listener = Callable[[Heard], None]
_READERS: Final[Mapping[str, Callable[..., Reader]]] = {
    "bulk": BulkReader,
    "bulk-5": partial(BulkReader, five=True),
    "paho": PahoReader,
}


@dataclass(slots=True)
class Told:
    """How a process learns that it is to end: `event` is set by a signal, or by a part that broke (`broke`)."""

    event: threading.Event
    broke: bool = False

    def died(self) -> None:
        """A part ended; by itself, unless we are ending already."""
        if not self.event.is_set():
            self.broke = True
            self.event.set()


def find_site(settings: Settings, *, demo: bool = False) -> SiteFile:
    """The site file that the settings name, the demo's, or a nameless centre."""
    if settings.site.file is not None:
        return sites.find(settings.site.file)
    return sites.shipped("nong-son") if demo else sites.NOBODY


def open_pool(dsn: str, stops: Stops) -> Pool:
    """The connections of everything but the ingest's own; no statement on them takes longer than `LONGEST_S`."""
    options = f"-c statement_timeout={LONGEST_S}s {conninfo_to_dict(dsn).get('options') or ''}"  # a site's own win
    given = {"application_name": "ioc", "options": options}
    pool: Pool = ConnectionPool(
        dsn, connection_class=AnsweringConnection, min_size=1, max_size=8, open=False, kwargs=given
    )
    pool.open()
    stops.add("database connections", pool.close)
    return pool


def wire_store(settings: Settings, site: SiteFile, dsn: str, stops: Stops, told: Told) -> tuple[TimescaleStore, Loaded]:
    """The ingest's own connection and what it finds; waits while another ingest still holds this database."""
    store = make_store(settings, site, dsn)
    stops.add("ingest's connection", store.close)
    return store, _load(store, told.event)


def make_store(settings: Settings, site: SiteFile, dsn: str) -> TimescaleStore:
    """The ingest's own store, not yet connected."""
    return TimescaleStore(dsn, admission(settings, site))


def wire_ingest(
    settings: Settings, site: SiteFile, found: tuple[TimescaleStore, Loaded], broker: str, stops: Stops, told: Told,
    listener: Listener,
) -> IngestService:  # fmt: skip
    """The ingest in a thread of its own, going on where the last run ended."""
    reader = make_reader(settings, site, broker)
    service = make_ingest(settings, site, found, reader, listener)
    thread = threading.Thread(target=_run_ingest, args=(service, told), name="ingest")
    thread.start()
    stops.add("ingest", partial(_stop_ingest, service, thread))
    return service


def make_reader(settings: Settings, site: SiteFile, broker: str, clock: Callable[[], int] = now_ms) -> Reader:
    """What hears the broker for the ingest, as the settings say."""
    try:
        chosen = choose(settings.ingest.adapters)
        url = BrokerUrl.parse(broker)
    except (IngestError, ValueError) as error:
        raise SettingsError(str(error)) from error
    wanted = filters(chosen, everything=settings.ingest.adapters is None)
    client_id = settings.mqtt.client_id or f"ioc-ingest-{site.slug}"
    make = _READERS[settings.ingest.reader]
    return make(url, client_id, wanted, clock, ca_file=settings.mqtt.ca_file, unwanted=unwanted(wanted))


def make_ingest(
    settings: Settings, site: SiteFile, found: tuple[TimescaleStore, Loaded], reader: Reader, listener: Listener,
    clock: Callable[[], int] = now_ms,
) -> IngestService:  # fmt: skip
    """The ingest, going on where the last run ended; whoever makes it lets it run."""
    store, loaded = found
    try:
        chosen = choose(settings.ingest.adapters)
    except IngestError as error:
        raise SettingsError(str(error)) from error
    admit = admission(settings, site)
    sources = {adapter.name: Source(site.slug, settings.adapters.get(adapter.name, {})) for adapter in chosen}
    service = IngestService(
        reader, store, _judge(chosen, sources), Registry(reader.hearing, loaded.devices), admit,
        now=clock, listener=listener, pace=Pace(settings.ingest.batch_messages, settings.ingest.linger_ms / 1000),
        spool=_spool(settings), throttle=Throttle(settings.ingest.device_rate, settings.ingest.device_burst),
    )  # fmt: skip
    service.take_up(loaded)
    return service


def wire_hub(
    site: SiteFile, ledger: Callable[[], Mapping[str, int]], more: Callable[[], Mapping[str, object]] = no_more
) -> Hub:
    """The picture that the wall shows; the web server runs it."""
    return Hub(Scene(site.name, first=now_ms(), reaches=site.reaches), ledger=ledger, more=more, build=page.build())


def wire_web(
    settings: Settings, site: SiteFile, pool: Pool, hub: Hub, server: Server, stops: Stops, told: Told, *,
    readiness: Mapping[str, Probe], views: Callable[[], Mapping[str, View]] | None = None,
    probe: SelfProbe | None = None, fillings: Callable[[], Mapping[str, int]] = dict,
    health: Callable[[], Mapping[str, Health]] = dict,
) -> Parts:  # fmt: skip
    """The HTTP face and the wall, in a thread of their own, on the server's port."""
    words = rule_words(settings)
    pages = Pages(
        wall=lambda lang, nonce, name: page.wall_page(lang, nonce, name, words=words[lang]),
        device=lambda lang, nonce, at, *, site: page.device_page(lang, nonce, at, site=site, words=words[lang]),
        plain=lambda name, lang, nonce, *, site: page.plain_page(name, lang, nonce, site=site, words=words[lang]),
        policy=page.security_policy, language=pick_language, static=page.static_dir(),
    )  # fmt: skip
    snapshots = Snapshots({each.address: each.snapshot for each in site.devices if each.snapshot}, now_ms)
    stops.add("snapshots", snapshots.close)
    alerts = PostgresStore(pool)
    parts = Parts(
        pool, alerts, PostgresIncidents(pool), pages, now_ms, site.name, hub, views, readiness,
        https=settings.web.https, probe=probe, fillings=fillings, cap=site.cap,
        plan=find_plan(settings, site, carries=False),
        maps=Path(settings.data_dir) / "map", snapshots=snapshots, open_data=site.open_data,
        reaches=site.reaches, rules=RuleFiles(settings.alerts.rules), health=health,
        maintenance=planned.maintenance(alerts, partial(_below, pool)),
    )  # fmt: skip
    thread = threading.Thread(target=_run_web, args=(server, create_app(parts), hub, told), name="web")
    thread.start()
    stops.add("web", partial(_stop_web, server, thread))
    return parts


def _below(pool: Pool, area: str) -> Sequence[str]:
    with pool.connection() as connection:
        return areas_below(connection, area) or [area]


def wire_follower(parts: Parts, hub: Hub, stops: Stops) -> None:
    """What shows a wall the work of an ingest in another process."""
    ending = threading.Event()
    thread = threading.Thread(target=Follower(parts, parts.alerts, hub).run, args=(ending,), name="follower")
    thread.start()
    stops.add("follower", partial(end_thread, ending, thread))


def wire_foreman(site: SiteFile, pool: Pool, hub: Hub, stops: Stops) -> None:
    """What shows the planned work on the wall."""
    ending = threading.Event()
    foreman = Foreman(PostgresStore(pool), partial(find_grounds, site, pool), hub.show_works, now_ms)
    thread = threading.Thread(target=foreman.run, args=(ending,), name="foreman")
    thread.start()
    stops.add("foreman", partial(end_thread, ending, thread))


def _judge(chosen: Sequence[Adapter], sources: Mapping[str, Source]) -> Judge:
    try:
        return Judge(chosen, sources, Gate())
    except IngestError as error:  # an adapter's option
        raise SettingsError(str(error)) from error


def _spool(settings: Settings) -> Spool | None:
    """Room on disk for when the database is away."""
    if not settings.ingest.spool_mb:
        return None
    folder = Path(settings.data_dir) / "spool"
    try:
        return Spool(folder, settings.ingest.spool_mb * 2**20)
    except OSError as error:
        raise CommandError(f"Không dùng được {folder} (cannot use it): {error.strerror}; đặt IOC_DATA_DIR sang thư mục "
                           "khác (set IOC_DATA_DIR to another folder)") from error  # fmt: skip


def _run_ingest(service: IngestService, told: Told) -> None:
    # What was loaded stays for good: looking through it again for garbage costs a fifth of the judging.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        service.run()
    except Exception:  # noqa: BLE001 - whatever broke, the process must end and say so
        _log.exception("the ingest broke; nothing was acknowledged that is not kept", extra={"action": "broke"})
    finally:
        told.died()


def _stop_ingest(service: IngestService, thread: threading.Thread) -> None:
    service.stop()
    thread.join()


def _run_web(server: Server, app: object, hub: Hub, told: Told) -> None:
    try:
        asyncio.run(server.serve(app, hub.run))
    except Exception:  # noqa: BLE001 - whatever broke, the process must end and say so
        _log.exception("the web server broke", extra={"action": "broke"})
    finally:
        told.died()


def _stop_web(server: Server, thread: threading.Thread) -> None:
    server.stop()
    thread.join()


def _load(store: TimescaleStore, stopping: threading.Event) -> Loaded:
    """Take up the last state; a database that is away, or held by an ingest just ending, is waited for."""
    while True:
        try:
            return store.load()
        except StoreUnavailableError as error:
            _log.warning("waiting for the database", extra={"action": "store_wait", "why": str(error)})
            if stopping.wait(1):
                sentence = "Dừng khi đang chờ cơ sở dữ liệu (stopped while waiting for the database)"
                raise CommandError(sentence) from error
