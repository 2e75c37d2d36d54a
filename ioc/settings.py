"""Settings: one TOML file, overridden by `IOC_<SECTION>__<KEY>` in the environment.

An unknown key is an error that names the nearest known one; a secret never shows in a representation. Every setting
is described in docs/settings.md (a test compares).
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from ioc.errors import SettingsError

_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose centre this is. `admit`: what becomes of a device never heard of (`ask` an operator, or `all`)."""

    file: str | None = None
    admit: Literal["ask", "all"] | None = None


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where readings are kept; without a DSN, an embedded PostgreSQL in `data_dir`."""

    dsn: str | None = None

    def __repr__(self) -> str:
        return "Database(dsn=***)" if self.dsn else "Database(dsn=None)"


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long what is kept, in days (0: for ever); the zone whose days the daily figures are of; the database's disk.

    `disk_gb`: the disk's size where we cannot see it; `watch_s`: how often we look (0: never); `give_up`: what goes
    first where room becomes short.
    """

    zone: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_+/-]+$")] = "Asia/Ho_Chi_Minh"
    keep_raw_days: _Days = 90
    keep_minutes_days: _Days = 30
    keep_hours_days: _Days = 1100
    keep_days_days: _Days = 0
    compress_after_days: _Days = 7
    disk_gb: Annotated[float, msgspec.Meta(ge=0)] = 0
    watch_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 60
    give_up: tuple[str, ...] = (
        "raw beyond 90 days", "minute beyond 365 days", "raw beyond 30 days", "minute beyond 90 days",
        "raw beyond 7 days", "hour beyond 1825 days",
    )  # fmt: skip

    def __post_init__(self) -> None:
        raw, minutes, hours, days = (
            kept or 10**6
            for kept in (self.keep_raw_days, self.keep_minutes_days, self.keep_hours_days, self.keep_days_days)
        )
        if not (max(raw, minutes) <= hours <= days):
            raise ValueError(
                "readings and minutes must not be kept longer than hours, nor hours longer than days "
                "(số liệu gốc và phút không được giữ lâu hơn giờ, giờ không lâu hơn ngày)"
            )


class Mqtt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker; without a URL, an embedded one. `client_id` is fixed so that the broker keeps our session."""

    url: str | None = None
    client_id: str | None = None
    ca_file: str | None = None

    def __repr__(self) -> str:
        return "Mqtt(url=***)" if self.url else "Mqtt(url=None)"


class Ingest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is heard, by which reader, in which batches; how much goes to disk; how much one device may say."""

    adapters: list[str] | None = None
    reader: Literal["bulk", "bulk-5", "paho"] = "bulk"
    batch_messages: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 5000
    linger_ms: Annotated[int, msgspec.Meta(ge=0, le=5000)] = 50
    spool_mb: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 1024
    device_rate: Annotated[float, msgspec.Meta(gt=0)] = 200
    device_burst: Annotated[float, msgspec.Meta(gt=0)] = 10_000


class Probe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The self-probe: a marked sample every so many seconds; 0 is none."""

    every_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 5


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP face. `https` says that a proxy before us speaks TLS, so that cookies are marked secure."""

    host: str = "127.0.0.1"
    port: _Port = 8080
    admin_password: str | None = None
    https: bool = False

    def __repr__(self) -> str:
        return f"Web(host={self.host!r}, port={self.port}, admin_password=***, https={self.https})"


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`rules`: files instead of the shipped ones; `webhooks`: URLs that get every announcement.

    `channels` are ways to people, each a table of name, kind and the kind's own options; `link` is the wall's address
    in messages; `heartbeat_url` is told every so often that we live.
    """

    rules: list[str] = []
    webhooks: list[str] = []
    channels: list[dict[str, Any]] = []
    link: str | None = None
    heartbeat_url: str | None = None
    heartbeat_every_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60
    heartbeat_form: Literal["ping", "alertmanager"] = "ping"

    def __repr__(self) -> str:
        return f"Alerts(rules={self.rules!r}, webhooks={len(self.webhooks)}, channels={len(self.channels)})"


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is logged, and whether for people (`text`) or machines (`json`)."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set. `adapters` holds the options of each adapter's source, by adapter and option."""

    data_dir: str = "data"
    site: Site = Site()
    database: Database = Database()
    store: Store = Store()
    mqtt: Mqtt = Mqtt()
    ingest: Ingest = Ingest()
    adapters: dict[str, dict[str, str]] = {}
    probe: Probe = Probe()
    web: Web = Web()
    alerts: Alerts = Alerts()
    log: Log = Log()


_SECTIONS = ("site", "database", "store", "mqtt", "ingest", "probe", "web", "alerts", "log")


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of a file (`ioc.toml` where it exists, if none is named) and the environment."""
    raw: dict[str, Any] = {}
    path = file or Path("ioc.toml")
    if file is not None or path.is_file():
        raw = _read(path)
    for section, key, value in _overrides(environment):
        target = raw if section is None else raw.setdefault(section, {})
        target[key] = value
    _refuse_unknown(raw)
    try:
        return msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Thiết lập không hợp lệ (invalid setting): {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"Không có tệp thiết lập {path} (no such settings file)") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Không đọc được {path} (cannot read it): {error}") from error


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[str | None, str, Any]]:
    for name, value in sorted(environment.items()):
        if name == "IOC_DATA_DIR":
            yield None, "data_dir", value
        elif name.startswith("IOC_") and "__" in name:
            section, key = name.removeprefix("IOC_").lower().split("__", 1)
            yield section, key, _read_value(section, key, value)
        elif name.startswith(tuple(f"IOC_{section.upper()}_" for section in _SECTIONS)):
            section, key = name.removeprefix("IOC_").split("_", 1)
            raise SettingsError(f"Viết IOC_{section}__{key} với hai gạch dưới, không phải {name} "
                                f"(two underscores between section and key)")  # fmt: skip


_TABLES = {("alerts", "channels")}
_LISTS = {("ingest", "adapters"), ("store", "give_up"), ("alerts", "rules"), ("alerts", "webhooks")}


def _read_value(section: str, key: str, value: str) -> object:
    if (section, key) in _LISTS:
        return _many(value)
    if (section, key) in _TABLES:
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise SettingsError(
                f"IOC_{section.upper()}__{key.upper()} cần mảng JSON (a JSON array is needed)"
            ) from error
    return value


def _many(value: str) -> list[str]:
    """A list in the environment: a JSON array, or words parted by commas."""
    if value.strip().startswith("["):
        try:
            return [str(item) for item in json.loads(value)]
        except json.JSONDecodeError:
            pass
    return [word.strip() for word in value.split(",") if word.strip()]


def _refuse_unknown(raw: Mapping[str, Any]) -> None:
    known = [field.name for field in msgspec.structs.fields(Settings)]
    for name, value in raw.items():
        _refuse(name, known, name)
        if name in _SECTIONS and isinstance(value, dict):
            section = getattr(Settings(), name)
            keys = [field.name for field in msgspec.structs.fields(section)]
            for key in value:
                _refuse(key, keys, f"{name}.{key}")


def _refuse(key: str, known: list[str], shown: str) -> None:
    if key not in known:
        near = get_close_matches(key, known, n=1, cutoff=0.0)
        where = shown.rsplit(".", 1)[0] + "." if "." in shown else ""
        raise SettingsError(f"Không có thiết lập {shown!r}, có phải {where}{near[0]!r}? "
                            f"(no setting {shown!r}; did you mean {where}{near[0]!r}?)")  # fmt: skip
