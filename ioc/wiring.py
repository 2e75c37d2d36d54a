"""Wires the parts: straight down, each start followed by the line that registers its named stop."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.errors import IngestError, StoreUnavailableError
from ingest.model import Admission, Heard
from ingest.mqtt import BrokerUrl, PahoReader
from ingest.registry import Registry
from ingest.service import IngestService, Pace
from ingest.store import Loaded
from ingest.timescale import TimescaleStore
from ioc import site as sites
from ioc.clock import now_ms
from ioc.errors import CommandError, SettingsError
from ioc.lifecycle import Stops
from ioc.settings import Settings
from ioc.site import SiteFile

_log = logging.getLogger(__name__)


def find_site(settings: Settings, *, demo: bool = False) -> SiteFile:
    """The site file that the settings name, the demo's, or a nameless centre."""
    if settings.site.file is not None:
        return sites.read(Path(settings.site.file))
    return sites.shipped("nong-son") if demo else sites.NOBODY


def wire_ingest(
    settings: Settings, site: SiteFile, dsn: str, broker: str, stops: Stops, *,
    listener: Callable[[Heard], None], died: Callable[[], None], stopping: threading.Event,
) -> IngestService:  # fmt: skip
    """Start the ingest in a thread of its own; `died` is called if it ends by itself."""
    admit = _admission(settings, site)
    try:
        chosen = choose(settings.ingest.adapters)
        url = BrokerUrl.parse(broker)
    except (IngestError, ValueError) as error:
        raise SettingsError(str(error)) from error
    store = TimescaleStore(dsn, admit)
    stops.add("store", store.close)
    loaded = _load(store, stopping)
    filters = [pattern for adapter in chosen for pattern in adapter.subscriptions]
    client_id = settings.mqtt.client_id or f"ioc-ingest-{site.slug}"
    reader = PahoReader(url, client_id, filters, now_ms, ca_file=settings.mqtt.ca_file)
    sources = {adapter.name: Source(site.slug, settings.adapters.get(adapter.name, {})) for adapter in chosen}
    service = IngestService(
        reader, store, Judge(chosen, sources, Gate()), Registry(reader.hearing, loaded.devices), admit,
        now=now_ms, listener=listener, pace=Pace(settings.ingest.batch_messages, settings.ingest.linger_ms / 1000),
    )  # fmt: skip
    service.take_up(loaded)

    def run() -> None:
        try:
            service.run()
        except Exception:
            _log.exception("the ingest broke; nothing is acknowledged that was not kept", extra={"action": "broke"})
        finally:
            died()

    thread = threading.Thread(target=run, name="ingest")
    thread.start()

    def stop() -> None:
        service.stop()
        thread.join()

    stops.add("ingest", stop)
    return service


def _admission(settings: Settings, site: SiteFile) -> Callable[[str], Admission]:
    """Rule 8: what becomes of a device never heard of."""
    everyone = (settings.site.admit or site.admit) == "all"
    listed = frozenset(device.address for device in site.devices)

    def admit(address: str) -> Admission:
        return Admission.ADMITTED if everyone or address in listed else Admission.PENDING

    return admit


def _load(store: TimescaleStore, stopping: threading.Event) -> Loaded:
    """Take up the last state; a database that is away, or held by an ingest just ending, is waited for."""
    while True:
        try:
            return store.load()
        except StoreUnavailableError as error:
            _log.warning("waiting for the database", extra={"action": "store_wait", "why": str(error)})
            if stopping.wait(1):
                raise CommandError("Dừng khi đang chờ cơ sở dữ liệu (stopped while waiting for the database)") from error


def wire_judging(settings: Settings, site: SiteFile, dsn: str, broker: str, stops: Stops, told: threading.Event):
    broke = threading.Event()

    def died() -> None:
        if not told.is_set():
            broke.set()
            told.set()

    wire_ingest(settings, site, dsn, broker, stops, listener=lambda heard: None, died=died, stopping=told)

    class J:
        pass

    j = J()
    j.broke = broke
    return j
