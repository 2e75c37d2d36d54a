"""Writes the Atom feed (RFC 4287) of public CAP messages: newest first, each entry with a link to its message.

Pure: which messages are public, and where they are served, is told to it.
"""

import xml.etree.ElementTree as ET  # only builds and writes
from collections.abc import Sequence
from typing import Final

from alerts.cap import CapMessage

ATOM: Final = "http://www.w3.org/2005/Atom"
CAP_TYPE: Final = "application/cap+xml"


def write_feed(messages: Sequence[CapMessage], *, title: str, address: str, updated: str) -> bytes:
    """The feed as XML; `address` is the feed's own, a message's is beside it: `<identifier>.cap`."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "vi"})
    _text(root, "id", address)
    _text(root, "title", title)
    _text(root, "updated", messages[0].sent if messages else updated)
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    _text(ET.SubElement(root, "author"), "name", title)
    for message in messages:
        _entry(root, message, address.rsplit("/", 1)[0])
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()


def _entry(root: ET.Element, message: CapMessage, folder: str) -> None:
    info = message.infos[0] if message.infos else None
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", f"urn:cap:{message.sender}:{message.identifier}")
    _text(entry, "title", message.msg_type if info is None else info.headline or info.event)
    _text(entry, "updated", message.sent)
    _text(entry, "published", message.sent)
    where = "; ".join(area.area_desc for area in info.areas) if info is not None else ""
    _text(entry, "summary", where or message.msg_type)
    ET.SubElement(entry, "link", {"type": CAP_TYPE, "href": f"{folder}/{message.identifier}.cap"})
    for category in () if info is None else (message.msg_type, info.severity, info.urgency, info.certainty):
        ET.SubElement(entry, "category", {"term": category})


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
