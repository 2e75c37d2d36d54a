"""The names of the wire: slugs, device addresses and native topics. Pure text; decides nothing else."""

import re
import unicodedata
from functools import lru_cache

PREFIX = "ioc/v1/"
CHANNELS = ("birth", "status", "telemetry", "event", "command", "ack")
_SLUG = re.compile(r"[a-z0-9-]{1,63}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def is_slug(text: str) -> bool:
    """Whether the text may stand as one level of an address."""
    return _SLUG.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def slug(text: str) -> str:
    """A foreign name as a slug: `Cổng Chợ/1` becomes `cong-cho-1`; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    ascii_only = plain.encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", ascii_only).strip("-")[:63].strip("-")


@lru_cache(maxsize=65536)
def address(site: str, family: str, name: str) -> str:
    """A foreign device's address: `<site>/<family>/<its id as a slug>`."""
    return f"{site}/{family}/{slug(name)}"


@lru_cache(maxsize=131072)
def split(topic: str) -> tuple[str, str] | None:
    """A native topic as (device's address, channel); None where it is not of the six-level form."""
    levels = topic.split("/")
    if len(levels) != 6 or levels[:2] != ["ioc", "v1"] or levels[5] not in CHANNELS:
        return None
    if not all(is_slug(level) for level in levels[2:5]):
        return None
    return "/".join(levels[2:5]), levels[5]


def native(device: str, channel: str) -> str:
    """The topic of a device's channel."""
    return f"{PREFIX}{device}/{channel}"


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT filter matches a topic (MQTT 3.1.1, section 4.7)."""
    if topic.startswith("$") or pattern[:1] not in ("+", "#", topic[:1]):
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    for at, want in enumerate(wanted):
        if want == "#":
            return True
        if at >= len(levels) or want not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)
