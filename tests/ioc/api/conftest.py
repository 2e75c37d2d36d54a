"""The API over a real database: one schema built per session, copied for each test."""

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool
from realparts.timescale import fresh_database

from alerts.incident_postgres import PostgresIncidents
from alerts.postgres import PostgresStore
from ioc.accounts import access, passwords
from ioc.accounts.model import Actor, Person, Role
from ioc.api.app import create_app
from ioc.api.parts import Pages, Parts
from ioc.migrate import migrate
from maps.frames import Frame
from maps.hub import Hub
from maps.scene import Scene
from maps.wire import EXTENSION
from maps.words import pick_language

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its import warns that another client library is to come
    from starlette.testclient import TestClient

NOW = 1_795_320_306_789  # 2026-11-22T04:05:06.789Z
PASSWORD = "lua vang tren nuong"
_HASH = passwords.hashed(PASSWORD)


@pytest.fixture(scope="session")
def template(timescale: Any) -> Iterator[str]:
    """Name of a database with the schema, which nobody uses."""
    with fresh_database(timescale.dsn) as dsn:
        migrate(dsn)
        name = conninfo_to_dict(dsn)["dbname"]
        with psycopg.connect(timescale.dsn, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield str(name)


@pytest.fixture
def pool(timescale: Any, template: str) -> Iterator[ConnectionPool[Any]]:
    """Connections to a fresh database with the schema."""
    with fresh_database(timescale.dsn, template) as dsn, ConnectionPool(dsn, min_size=1, max_size=8, open=True) as made:
        yield made


@dataclass
class Clock:
    """A clock that stands until it is put forward."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def advance(self, *, hours: float = 0, seconds: float = 0) -> None:
        self.now += round(hours * 3_600_000 + seconds * 1000)


class StandInLine:
    """What our server gives to a websocket (`maps.wire.Line`), over the test client's own way."""

    clear = True

    def __init__(self, send: Callable[[dict[str, str]], Coroutine[Any, Any, None]]) -> None:
        self._send = send
        self._sending: list[asyncio.Task[None]] = []

    def write(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._sending.append(asyncio.ensure_future(self._send({"type": "websocket.send", "text": frame})))

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """What is said comes by `receive`."""


@dataclass
class Web:
    """The app, its parts, and browsers signed in as anyone."""

    parts: Parts
    clock: Clock
    store: PostgresStore
    app: Any = None

    def __post_init__(self) -> None:
        self.app = create_app(self.parts)

    @property
    def pool(self) -> ConnectionPool[Any]:
        return self.parts.pool

    def sql(self, text: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        with self.pool.connection() as connection:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def change(self, **parts: Any) -> None:
        """Hand in other parts."""
        self.parts = replace(self.parts, **parts)
        self.app.state.parts = self.parts

    async def wired(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            scope["extensions"][EXTENSION] = {"line": StandInLine(send)}
        await self.app(scope, receive, send)

    def client(self, **options: Any) -> TestClient:
        return TestClient(self.wired, raise_server_exceptions=False, follow_redirects=False, **options)

    def account(self, name: str, role: Role) -> Person:
        text = (
            "INSERT INTO account (name, role, password, must_change, chosen) "
            "VALUES (%(name)s, %(role)s, %(password)s, false, true) "
            "ON CONFLICT (name) DO UPDATE SET name = account.name RETURNING id"
        )
        return Person(name, role, self.sql(text, {"name": name, "role": role, "password": _HASH})[0][0])

    def signed_in(self, role: Role, name: str | None = None) -> TestClient:
        person = self.account(name or role.value, role)
        secret = access.open_session(self.pool, Actor(person.name, role, "test"), person, self.clock())
        return self.client(cookies={"ioc_session": secret})

    def token(self, role: Role, kind: access.Via = access.Via.SCRIPT, name: str = "t") -> str:
        person = self.account(role.value, role)
        wall = kind is access.Via.WALL
        wanted = access.Grant(kind, name, Role.VIEWER if wall else role, None if wall else self.clock() + 3_600_000)
        return access.grant(self.pool, Actor(person.name, role, "test"), person, wanted, self.clock())[1]

    def bearer(self, token: str) -> TestClient:
        return self.client(headers={"Authorization": f"Bearer {token}"})

    def audit(self) -> list[tuple[str, str, str]]:
        return self.sql("SELECT actor, action, target FROM audit ORDER BY id")


@pytest.fixture
def web(pool: ConnectionPool[Any], tmp_path: Path) -> Web:
    """The app with stand-in pages."""
    (tmp_path / "a.js").write_text("export const a = 1;\n")
    pages = Pages(
        wall=lambda lang, nonce, site: f"wall {lang} {site} {nonce}",
        device=lambda lang, _nonce, address, *, site: f"device {lang} {site} {address}",
        plain=lambda name, lang, _nonce, *, site: f"{name} {lang} {site}",
        policy=lambda nonce: f"default-src 'none'; script-src 'nonce-{nonce}'",
        language=pick_language,
        static=tmp_path,
    )
    clock, store = Clock(), PostgresStore(pool)
    hub = Hub(Scene("Nông Sơn"), clock=clock)
    incidents = PostgresIncidents(pool)
    parts = Parts(pool=pool, alerts=store, incidents=incidents, pages=pages, now=clock, site="Nông Sơn", hub=hub)
    return Web(parts, clock, store)


@pytest.fixture
def district(web: Web) -> Web:
    """Two areas in one district, a gateway with a camera behind it, two loudspeakers; the ingest hears."""
    web.sql("""
        INSERT INTO area (slug, name, parent, lat, lon, boundary) VALUES
            ('nong-son', 'Nông Sơn', NULL, 15.7, 108.0, NULL),
            ('que-trung', 'Quế Trung', 'nong-son', 15.71, 108.03, NULL),
            ('que-loc', 'Quế Lộc', 'nong-son', 15.65, 108.1,
             '{"type": "Polygon", "coordinates": [[[108,15],[109,15],[109,16],[108,15]]]}');
    """)
    _devices(web)
    web.sql(
        "INSERT INTO ingest_run VALUES (%(began)s, %(now)s, 107, 100, 1, 2, 3, 0, 1, 0, 4, true)",
        {"began": access.moment(NOW - 3_600_000), "now": access.moment(NOW)},
    )
    return web


def _devices(web: Web) -> None:
    listed = [
        ("ns/gateway/g1", "admitted", "Cổng", 15.7, 108.0, "que-trung", None, "online", None, "{}"),
        ("ns/camera/c1", "admitted", "Camera chợ", 15.71, 108.03, "que-trung", "ns/gateway/g1", "online", None,
         '{"fps": [25, 1795320300000], "motion": [true, 1795320300000]}'),
        ("ns/loudspeaker/l1", "admitted", "Loa 100%", None, None, "que-loc", None, "offline", "lwt", "{}"),
        ("ns/loudspeaker/l2", "pending", None, None, None, None, None, None, None, "{}"),
    ]  # fmt: skip
    with web.pool.connection() as connection:
        connection.cursor().executemany(
            "INSERT INTO device (address, admission, name, lat, lon, area, gateway, state, state_reason, latest, "
            "interval_s, heard_at, enrolled_at, changed_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 60, %s, %s, 'epoch')",
            [(*one, access.moment(NOW), access.moment(NOW)) for one in listed],
        )
