"""What the HTTP face is handed: everything it needs, and nothing it makes itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import Depends
from fastapi.requests import HTTPConnection

from alerts.health import Health
from alerts.incident_book import IncidentStore
from alerts.routing import Plan
from alerts.store import AlertStore, QuietStore
from ingest.model import View
from ioc.accounts.inner import InnerKey
from ioc.accounts.store import Pool
from ioc.accounts.throttle import Throttle
from ioc.api.shelf import Shelf
from ioc.history.availability import Maintenance, no_maintenance
from ioc.history.latest import Newest
from ioc.probe import SelfProbe
from ioc.rulebooks import RuleFiles
from ioc.site import NOTHING_OPEN, Cap, OpenData
from ioc.snapshots import Snapshots
from maps.hub import Hub
from maps.model import NO_REACHES, Reach

Probe = Callable[[], str | None]
"""Looks at one part: None when it is ready, else a sentence for everyone to read (no addresses, no names)."""


class KeptAlerts(AlertStore, QuietStore, Protocol):
    """Alerts, and what suppresses them."""


class WallPage(Protocol):
    """Renders the wall of the site with this display name."""

    def __call__(self, lang: str, nonce: str, site: str) -> str:
        """A whole HTML document; `nonce` stands on each inline script and style."""


class DevicePage(Protocol):
    """Renders the page of one device."""

    def __call__(self, lang: str, nonce: str, address: str, *, site: str) -> str:
        """A whole HTML document."""


class PlainPage(Protocol):
    """Renders a page that knows the site's name only, by its name: `sign-in`, `account`, `alerts` and so on."""

    def __call__(self, name: str, lang: str, nonce: str, *, site: str) -> str:
        """A whole HTML document."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages, the policy they work under, the files they load from `/static`, and how a language is picked."""

    wall: WallPage
    device: DevicePage
    plain: PlainPage
    policy: Callable[[str], str]  # of a nonce
    language: Callable[..., str]  # of wishes, best first; each may be None
    static: Path


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything handed in.

    `now` gives epoch ms. `views` gives the devices as the ingest in this process sees them; None where the ingest
    is another process: then presence is judged from the database. `hub` may be None where no wall is served, `probe`
    where nothing measures it, `cap` where nothing is public. `plan` says who is told, `maintenance` what was planned,
    `open_data` what is public.
    `fillings` tells how full the queues of this process are; `inner` is the key of its own.
    `rules` are the alert rules' files, `health` how the rules fare, empty where the engine is another process.
    """

    pool: Pool
    alerts: KeptAlerts
    incidents: IncidentStore
    pages: Pages
    now: Callable[[], int]
    site: str
    hub: Hub | None = None
    views: Callable[[], Mapping[str, View]] | None = None
    readiness: Mapping[str, Probe] = field(default_factory=dict)
    https: bool = False
    probe: SelfProbe | None = None
    fillings: Callable[[], Mapping[str, int]] = dict
    maintenance: Maintenance = no_maintenance
    cap: Cap | None = None
    plan: Plan = field(default_factory=Plan)
    snapshots: Snapshots | None = None  # of cameras
    reaches: Mapping[str, Reach] = field(default_factory=lambda: NO_REACHES)  # by address
    maps: Path | None = None  # the folder of the site's own base map
    newest: Newest = field(default_factory=Newest)
    open_data: OpenData = NOTHING_OPEN
    shelf: Shelf = field(default_factory=Shelf)
    inner: InnerKey = field(default_factory=InnerKey)
    throttle: Throttle = field(default_factory=Throttle)
    rules: RuleFiles = field(default_factory=RuleFiles)
    health: Callable[[], Mapping[str, Health]] = dict


async def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the app that a request came to."""
    parts: Parts = connection.app.state.parts
    return parts


Has = Annotated[Parts, Depends(parts_of)]
"""A route's parameter that is given the parts."""
