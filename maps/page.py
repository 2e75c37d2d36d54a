"""The pages: wall, device, way in, account, desks. Rendered once per language and site, then only stamped.

Decides the HTML and the content security policy it needs. It never looks at who asks: whoever mounts the
pages decides that, and picks the language with `maps.words.pick_language`.
"""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from maps.localmap import render_map
from maps.words import catalogue, fill

_HERE = Path(__file__).parent
_NONCE = "nonce-goes-here"  # in the kept pages; each answer gets its own
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

NO_WORDS: Mapping[str, str] = {}
DESKS: Final = ("alerts", "incidents", "devices", "quiets", "history", "areas", "people", "kpis", "ledger")
"""The operators' desks, in the order of their links."""
PLAIN: Final = ("sign-in", "account", *DESKS)
"""Pages made of the site's name and a language only."""


def static_dir() -> Path:
    """The folder to mount at `/static`; send it with `Cache-Control: no-cache` (the files keep their names)."""
    return _HERE / "static"


@cache
def build() -> str:
    """Which version of the pages this is: a digest of all they are made of. A wall of another one loads itself anew."""
    files = sorted([*(_HERE / "templates").iterdir(), *(_HERE / "static" / "ioc").rglob("*.*")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def security_policy(nonce: str) -> str:
    """The `Content-Security-Policy` under which every page here works."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'"
    )


def wall_page(lang: str, nonce: str, site: str, *, words: Mapping[str, str] = NO_WORDS) -> str:
    """The wall of the site with this display name.

    `words` are more words of this language, say the titles of the site's rules as `rule.<name>`.
    """
    return _wall(lang, site, tuple(words.items())).replace(_NONCE, nonce)


def device_page(lang: str, nonce: str, address: str, *, site: str = "", words: Mapping[str, str] = NO_WORDS) -> str:
    """The page of the device at `site/family/name`; what it shows it asks of the API."""
    return _render("device.html", lang, site, dict(words), address=address).replace(_NONCE, nonce)


def plain_page(name: str, lang: str, nonce: str, *, site: str = "", words: Mapping[str, str] = NO_WORDS) -> str:
    """One of `PLAIN`: what it shows it asks of the API (and `?next=`, `?at=` … of its own address)."""
    return _render(f"{name}.html", lang, site, dict(words)).replace(_NONCE, nonce)


@lru_cache(maxsize=16)
def _wall(lang: str, site: str, words: tuple[tuple[str, str], ...]) -> str:
    mine = catalogue(lang)
    parts = render_map(
        label=mine["map.label"],
        described_by="map-help",
        zoom_in=mine["map.zoom_in"],
        zoom_out=mine["map.zoom_out"],
    )
    # Folium made these of our own constants: nothing a device or a reader said is in them.
    trusted = {name: Markup(getattr(parts, name)) for name in ("head", "body", "script")}  # noqa: S704
    return _render("wall.html", lang, site, dict(words), map=trusted)


def _render(template: str, lang: str, site: str, more: Mapping[str, str], **values: object) -> str:
    words = {**catalogue(lang), **more}
    page = {
        "lang": lang,
        "site": site,
        "words": words,
        "build": build(),
        **({"address": values.pop("address")} if "address" in values else {}),
    }
    return _templates.get_template(template).render(
        lang=lang, site=site, nonce=_NONCE, page=page, t=partial(fill, words), desks=DESKS, **values
    )
