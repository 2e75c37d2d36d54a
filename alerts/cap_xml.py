"""Writes CAP 1.2 messages as XML and reads them: the one place that knows the order of elements.

Pure. What cannot be read as CAP (no XML, a DTD, an element unknown, twice or out of order) is faults, never an error.
Reading goes through defusedxml, which refuses DTDs and entities. Signatures (XML-DSig) after the infos are passed over.
"""

import xml.etree.ElementTree as ET  # only builds and writes; what comes from outside goes through defusedxml
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from defusedxml import ElementTree as Safe
from defusedxml.common import DefusedXmlException

from alerts.cap import NAMESPACE, CapArea, CapInfo, CapMessage, CapResource, Fault, Pair

MAX_BYTES: Final = 512 * 1024
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"


@dataclass(frozen=True, slots=True)
class _Element:
    """One element of a sequence: its name, our field's name, whether it repeats, and what stands in it."""

    tag: str
    field: str
    many: bool = False
    inside: "_Shape | None" = None
    pair: bool = False


@dataclass(frozen=True, slots=True)
class _Shape:
    """A record and its elements in the schema's order (xs:sequence)."""

    record: type
    elements: tuple[_Element, ...]
    needed: tuple[str, ...]


def _texts(*names: str) -> tuple[_Element, ...]:
    return tuple(_Element(name, _snake(name)) for name in names)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


_RESOURCE: Final = _Shape(
    CapResource, _texts("resourceDesc", "mimeType", "size", "uri", "derefUri", "digest"), ("resourceDesc", "mimeType")
)
_AREA: Final = _Shape(
    CapArea,
    (
        *_texts("areaDesc"),
        _Element("polygon", "polygons", many=True),
        _Element("circle", "circles", many=True),
        _Element("geocode", "geocodes", many=True, pair=True),
        *_texts("altitude", "ceiling"),
    ),
    ("areaDesc",),
)
_INFO: Final = _Shape(
    CapInfo,
    (
        *_texts("language"),
        _Element("category", "categories", many=True),
        *_texts("event"),
        _Element("responseType", "responses", many=True),
        *_texts("urgency", "severity", "certainty", "audience"),
        _Element("eventCode", "event_codes", many=True, pair=True),
        *_texts("effective", "onset", "expires", "senderName", "headline", "description", "instruction", "web"),
        *_texts("contact"),
        _Element("parameter", "parameters", many=True, pair=True),
        _Element("resource", "resources", many=True, inside=_RESOURCE),
        _Element("area", "areas", many=True, inside=_AREA),
    ),
    ("category", "event", "urgency", "severity", "certainty"),
)
_MESSAGE: Final = _Shape(
    CapMessage,
    (
        *_texts("identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses"),
        _Element("code", "codes", many=True),
        *_texts("note", "references", "incidents"),
        _Element("info", "infos", many=True, inside=_INFO),
    ),
    ("identifier", "sender", "sent", "status", "msgType", "scope"),
)


def write(message: CapMessage) -> bytes:
    """The message as an XML document in UTF-8, always the same bytes for the same message."""
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _fill(root, message, _MESSAGE)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()


def read(document: bytes) -> CapMessage | tuple[Fault, ...]:
    """The message of an XML document, or why it is none."""
    if len(document) > MAX_BYTES:
        return (Fault("", "too_large", f"lớn hơn {MAX_BYTES} byte", f"larger than {MAX_BYTES} bytes"),)
    try:
        root = Safe.fromstring(document, forbid_dtd=True)
    except DefusedXmlException:
        return (Fault("", "dtd", "DTD và thực thể không được phép", "a DTD or an entity is not allowed"),)
    except (ET.ParseError, ValueError, LookupError) as error:
        return (Fault("", "not_xml", f"không phải XML: {error}", f"not XML: {error}"),)
    if root.tag != f"{{{NAMESPACE}}}alert":
        sentence = f"gốc phải là alert của {NAMESPACE}", f"the root must be an alert of {NAMESPACE}"
        return (Fault("", "not_cap", *sentence),)
    faults: list[Fault] = []
    found: CapMessage = _take(root, _MESSAGE, "alert", faults)
    return tuple(faults) or found


def _fill(parent: ET.Element, record: object, shape: _Shape) -> None:
    for element in shape.elements:
        value: Any = getattr(record, element.field)
        for each in value if element.many else () if value is None else (value,):
            child = ET.SubElement(parent, element.tag)
            if element.inside is not None:
                _fill(child, each, element.inside)
            elif element.pair:
                ET.SubElement(child, "valueName").text, ET.SubElement(child, "value").text = each
            else:
                child.text = each


def _take(node: ET.Element, shape: _Shape, where: str, faults: list[Fault]) -> Any:  # noqa: ANN401 - the shape's record
    places = {element.tag: place for place, element in enumerate(shape.elements)}
    values: dict[str, Any] = {element.field: [] for element in shape.elements}
    reached, counts = 0, dict.fromkeys(places, 0)
    for child in node:
        tag = child.tag.removeprefix(f"{{{NAMESPACE}}}")
        if child.tag == _SIGNATURE and shape is _MESSAGE:
            continue
        if tag not in places or child.tag == tag:
            faults.append(_unknown(where, child.tag))
            continue
        if places[tag] < reached:
            faults.append(_misplaced(where, tag))
        reached, counts[tag] = max(reached, places[tag]), counts[tag] + 1
        values[shape.elements[places[tag]].field].append(_read_one(child, shape.elements[places[tag]], where, faults))
    faults += _miscounted(shape, counts, where)
    return shape.record(**_settle(shape, values))


def _read_one(child: ET.Element, element: _Element, where: str, faults: list[Fault]) -> object:
    here = f"{where}.{element.tag}"
    if element.inside is not None:
        return _take(child, element.inside, here, faults)
    if element.pair:
        return _pair(child, here, faults)
    if len(child):
        faults.append(_unknown(here, child[0].tag))
    return child.text or ""


def _pair(child: ET.Element, where: str, faults: list[Fault]) -> Pair:
    tags = [each.tag for each in child]
    if tags != [f"{{{NAMESPACE}}}valueName", f"{{{NAMESPACE}}}value"]:
        faults.append(Fault(where, "not_a_pair", "cần valueName rồi value", "needs valueName and then value"))
        return "", ""
    return child[0].text or "", child[1].text or ""


def _settle(shape: _Shape, values: Mapping[str, Sequence[object]]) -> dict[str, object]:
    """Lists where an element repeats, else the one value; what is needed and missing becomes empty text."""
    settled: dict[str, object] = {}
    for element in shape.elements:
        found = values[element.field]
        if element.many:
            settled[element.field] = tuple(found)
        else:
            settled[element.field] = found[0] if found else "" if element.tag in shape.needed else None
    return settled


def _miscounted(shape: _Shape, counts: Mapping[str, int], where: str) -> Iterable[Fault]:
    for element in shape.elements:
        if element.tag in shape.needed and not counts[element.tag]:
            yield Fault(f"{where}.{element.tag}", "missing", f"thiếu {element.tag}", f"{element.tag} is missing")
        if not element.many and counts[element.tag] > 1:
            said = f"{element.tag} chỉ được có một", f"{element.tag} may stand only once"
            yield Fault(f"{where}.{element.tag}", "repeated", *said)


def _unknown(where: str, tag: object) -> Fault:
    name = str(tag).rsplit("}", 1)[-1][:80]
    return Fault(where, "unknown_element", f"không có phần tử {name}", f"there is no element {name} here")


def _misplaced(where: str, tag: str) -> Fault:
    said = f"{tag} đứng sai thứ tự của lược đồ", f"{tag} stands out of the schema's order"
    return Fault(f"{where}.{tag}", "wrong_order", *said)
