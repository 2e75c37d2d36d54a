"""The real parts that tests talk to, as fixtures; each starts when the first test asks for it.

A test that uses one is marked `real`. Where a part is missing the test is skipped with a sentence, and
fails under CI=true. Every xdist worker has servers of its own on ports of its own; nothing outlives the
run. The starters are in `tests/provision/realparts`, importable as `realparts` in any test:

    mosquitto       a broker for the session: .url .host .port (use topics or client ids of your own)
    make_mosquitto  brokers of this test's own: .start() .stop() .restart() .save() .kill()
    timescale       a TimescaleDB server for the session: .dsn
    make_timescale  servers of this test's own, to kill and restart
    dsn             an empty database on `timescale`; dropped after the test
    plain_dsn       an empty database on plain PostgreSQL (the embedded one)
    community_dsn   an empty database on TimescaleDB Community, in WebAssembly: one backend, shared by turns
    edition         the test runs on each of the three, with a migrated database: .name .dsn .sessions
    migrated        a function that gives such a database of the edition named
    chromium        path of the browser
    browser         a Playwright browser (sync), one a module: keep asyncio.run() out of such modules
    firefox         a Firefox for the module: .tab()
    make_alertmanager  real Alertmanagers with the configuration you give: .url
    promtool        path of Prometheus' tester of rules
    make_collectd   real collectd daemons with the configuration you give
    open_folder     a folder through which another user may be let, unlike pytest's own
    free_port       a function that gives a port on 127.0.0.1 that nobody listens on
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from realparts import places
from realparts.alertmanager import Alertmanager
from realparts.collectd import Collectd
from realparts.community import Community
from realparts.firefox import Firefox
from realparts.mosquitto import Mosquitto
from realparts.plain import plain_server
from realparts.processes import Server, scratch_folder
from realparts.processes import free_port as find_free_port
from realparts.timescale import NamedTimescale, Timescale, fresh_database

from ioc.migrate import migrate

Running = TypeVar("Running", bound=Server)

REAL = {
    "mosquitto",
    "make_mosquitto",
    "timescale",
    "make_timescale",
    "dsn",
    "community",
    "community_dsn",
    "edition",
    "chromium",
    "browser",
    "firefox",
    "make_collectd",
    "make_alertmanager",
    "promtool",
}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Two cores, noisy neighbours: how long an example takes says nothing here.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `real` every test that uses a real part."""
    for item in items:
        if REAL.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("real")


def require(part: str) -> None:
    """Skip the test where a part is missing; fail in CI, where nothing is skipped."""
    wanted = places.PARTS[part]
    if wanted.present():
        return
    if places.in_ci():
        pytest.fail(wanted.lacking(), pytrace=False)
    pytest.skip(wanted.lacking())


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Give free ports, apart for each test process; below those that client connections take."""
    return find_free_port


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder outside pytest's, which pytest closes to the user that root's database runs as."""
    made = scratch_folder(Path(tempfile.gettempdir()))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A real broker that the tests of this process share."""
    require("mosquitto")
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def make_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Mosquitto]]:
    """Give a factory of started brokers of this test's own; takes more lines of configuration."""
    require("mosquitto")
    with ExitStack() as stops:

        def make(extra: str = "") -> Mosquitto:
            broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"), extra)
            stops.callback(broker.stop)
            broker.start()
            return broker

        yield make


@pytest.fixture(scope="session")
def timescale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timescale | NamedTimescale]:
    """A real TimescaleDB server that the tests of this process share: never kill it."""
    require("timescale")
    if named := places.timescale_dsn():
        yield NamedTimescale(named)
        return
    with ExitStack() as stops:
        server = Timescale(tmp_path_factory.mktemp("timescale"))
        stops.callback(server.close)
        server.start()
        yield server


@pytest.fixture
def make_timescale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Timescale]]:
    """Give a factory of started TimescaleDB servers of this test's own, to kill and restart."""
    require("timescale")
    if places.timescale_tree() is None:
        pytest.skip("the TimescaleDB of IOC_TEST_TIMESCALE_DSN is not ours to kill")
    with ExitStack() as stops:

        def make() -> Timescale:
            server = Timescale(tmp_path_factory.mktemp("timescale"))
            stops.callback(server.close)
            server.start()
            return server

        yield make


@pytest.fixture
def dsn(timescale: Timescale | NamedTimescale) -> Iterator[str]:
    """An empty database on a real TimescaleDB (the extension is yours to create)."""
    with fresh_database(timescale.dsn) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def plain_postgres() -> Iterator[str]:
    """DSN of a plain PostgreSQL server that the tests of this process share."""
    with plain_server() as server:
        yield server


@pytest.fixture
def plain_dsn(plain_postgres: str) -> Iterator[str]:
    """An empty database on plain PostgreSQL, as `ioc up` has without a configured one."""
    with fresh_database(plain_postgres) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """TimescaleDB Community, which the tests of this process share."""
    require("community")
    server = Community(tmp_path_factory.mktemp("community"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def community_dsn(community: Community) -> Iterator[str]:
    """An empty database on TimescaleDB Community (the extension is yours to create)."""
    with community.fresh_database() as fresh:
        yield fresh


@dataclass(frozen=True)
class MigratedDatabase:
    """A database of one edition, at this version. `sessions`: each connection has a session of its own."""

    name: str
    dsn: str
    sessions: bool


EDITIONS = {"postgresql": "plain_dsn", "timescaledb-apache": "dsn", "timescaledb-community": "community_dsn"}


@pytest.fixture
def migrated(request: pytest.FixtureRequest) -> Callable[[str], MigratedDatabase]:
    """Give a migrated database of the edition named."""

    def make(name: str) -> MigratedDatabase:
        dsn = request.getfixturevalue(EDITIONS[name])
        migrate(dsn)
        return MigratedDatabase(name, dsn, sessions=name != "timescaledb-community")

    return make


@pytest.fixture(params=EDITIONS)
def edition(request: pytest.FixtureRequest, migrated: Callable[[str], MigratedDatabase]) -> MigratedDatabase:
    """Each edition in turn, with a migrated database."""
    return migrated(request.param)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of a real Chromium."""
    require("chromium")
    found = places.chromium()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Path of Debian's promtool."""
    require("promtool")
    found = places.promtool()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A headless browser. Playwright's loop occupies this thread as long as the fixture lives."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A headless Firefox."""
    require("firefox")
    opened = Firefox(tmp_path_factory.mktemp("firefox"))
    opened.start()
    yield opened
    opened.stop()


@contextmanager
def _started(
    make: Callable[[Path, str], Running], part: str, folders: pytest.TempPathFactory
) -> Iterator[Callable[[str], Running]]:
    """Give a factory of started daemons with a configuration each; all are stopped at the end."""
    require(part)
    with ExitStack() as stops:

        def started(configuration: str) -> Running:
            daemon = make(folders.mktemp(part), configuration)
            stops.callback(daemon.stop)
            daemon.start()
            return daemon

        yield started


@pytest.fixture
def make_collectd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Collectd]]:
    """Give a factory of started collectd daemons; takes the configuration after the logging lines."""
    with _started(Collectd, "collectd", tmp_path_factory) as make:
        yield make


@pytest.fixture
def make_alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Alertmanager]]:
    """Give a factory of started Alertmanagers; takes the YAML of their routes and receivers."""
    with _started(Alertmanager, "alertmanager", tmp_path_factory) as make:
        yield make
