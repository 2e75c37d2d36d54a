"""Whom a demo tells of its alerts: made-up people, whose messages go to topics of the demo's own broker.

So that who is on duty, who was told of what and who has not answered is there to be looked at, and nothing leaves
the machine. A site that has people of its own, or settings with channels, keeps them and gets none of these.
"""

from importlib.resources import files
from typing import Final

import msgspec

from ioc.people import People
from ioc.settings import Settings
from ioc.site import SiteFile

TOPIC: Final = "told/"  # and the contact's name


def staffed(settings: Settings, site: SiteFile) -> tuple[Settings, SiteFile]:
    """The same, with the demo's people and their ways."""
    if site.contacts or settings.alerts.channels:
        return settings, site
    people = msgspec.toml.decode(files("ioc").joinpath("demo.toml").read_text("utf-8"), type=People)
    ways = [{"name": each.name, "kind": "mqtt", "topic": TOPIC + each.name} for each in people.contacts]
    alerts = msgspec.structs.replace(settings.alerts, channels=ways)
    return (
        msgspec.structs.replace(settings, alerts=alerts),
        msgspec.structs.replace(site, contacts=people.contacts, duties=people.duties, routes=people.routes),
    )
