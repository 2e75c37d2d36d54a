"""Open data: which areas, devices and figures are public, and how they are told. Pure.

Only what is named here leaves: each data set is a list of fields, and a device is public only where the site file says
so of its family or of itself. Nothing of a private device is in it, not even in a sum. Catalogue: DCAT 2 (W3C) as
JSON-LD.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ioc.history.parquet import Column, Shape, parquet
from ioc.site import OpenData

Row = Mapping[str, Any]

FORMS: Final[Mapping[str, str]] = {
    "geojson": "application/geo+json", "csv": "text/csv", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_PLACES: Final = 5  # decimals of a degree: a metre


@dataclass(frozen=True, slots=True)
class DataSet:
    """A table that is published: its title and text in both languages, its fields, and no others."""

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    fields: Mapping[str, Shape]


AREAS: Final = DataSet(
    "areas",
    {"vi": "Khu vực", "en": "Areas"},
    {"vi": "Các đơn vị, thời gian hiệu lực và đơn vị kế tiếp.", "en": "Areas, when they are valid, what they became."},
    {"area": "text", "name": "text", "parent": "text", "valid_from": "text", "valid_to": "text", "becomes": "text",
     "lat": "number", "lon": "number"},
)  # fmt: skip
DEVICES: Final = DataSet(
    "devices",
    {"vi": "Thiết bị công cộng", "en": "Public devices"},
    {"vi": "Thiết bị phục vụ người dân và nơi đặt.", "en": "Equipment that serves the public, and where it stands."},
    {"device": "text", "family": "text", "name": "text", "area": "text", "lat": "number", "lon": "number"},
)  # fmt: skip
FIGURES: Final = DataSet(
    "figures",
    {"vi": "Mức độ sẵn sàng theo tháng", "en": "Availability by month"},
    {"vi": "Tỷ lệ thời gian phục vụ của thiết bị công cộng, theo tháng, khu vực và loại.",
     "en": "Share of the time known that public devices were in service, by month, area and family."},
    {"month": "text", "area": "text", "family": "text", "devices": "integer", "share": "number",
     "known_share": "number", "lat": "number", "lon": "number"},
)  # fmt: skip
DATA_SETS: Final[Mapping[str, DataSet]] = {one.name: one for one in (AREAS, DEVICES, FIGURES)}


def is_public(rules: OpenData, address: str, admission: str) -> bool:
    """Whether a device may be told of: its family or itself is named, it is not set private, and it is admitted."""
    named = address.split("/")[1] in rules.families or address in rules.devices
    return rules.publish and named and address not in rules.private and admission == "admitted"


def told(data_set: DataSet, row: Row) -> dict[str, Any]:
    """Of a row what is public of it: the fields of the data set, positions rounded to a metre."""
    found = {field: row.get(field) for field in data_set.fields}
    return {name: round(value, _PLACES) if name in ("lat", "lon") and value is not None else value
            for name, value in found.items()}  # fmt: skip


def as_geojson(data_set: DataSet, rows: Sequence[Row]) -> bytes:
    """RFC 7946: the boundary of an area where there is one, else the point."""
    return msgspec.json.encode({"type": "FeatureCollection", "features": [_feature(data_set, row) for row in rows]})


def as_csv(data_set: DataSet, rows: Sequence[Row]) -> bytes:
    """RFC 4180 with a head; nothing where nothing is known."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(data_set.fields), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(told(data_set, row) for row in rows)
    return lines.getvalue().encode()


def as_parquet(data_set: DataSet, rows: Sequence[Row]) -> bytes:
    """The same table as a Parquet file."""
    columns = [Column(name, shape) for name, shape in data_set.fields.items()]
    table = [tuple(told(data_set, row).values()) for row in rows]
    return b"".join(parquet(columns, [table] if table else []))


WRITERS: Final[Mapping[str, Callable[[DataSet, Sequence[Row]], bytes]]] = {
    "geojson": as_geojson, "csv": as_csv, "parquet": as_parquet,
}  # fmt: skip


def catalogue(rules: OpenData, site: str, base: str) -> Row:
    """The DCAT catalogue; `base` is the address that the files' addresses begin with."""
    publisher = {"@type": "foaf:Agent", "foaf:name": rules.publisher or site}
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{base}/open/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _in_both({"vi": f"Dữ liệu mở – {site}", "en": f"Open data – {site}"}),
        "dct:publisher": publisher,
        "dct:license": {"@id": rules.licence},
        "dcat:dataset": [_data_set(one, rules, base, publisher) for one in DATA_SETS.values()],
    }  # fmt: skip


def _data_set(one: DataSet, rules: OpenData, base: str, publisher: Row) -> Row:
    return {
        "@id": f"{base}/open/{one.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": one.name,
        "dct:title": _in_both(one.title),
        "dct:description": _in_both(one.text),
        "dct:publisher": publisher,
        "dct:license": {"@id": rules.licence},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": f"{base}/open/{one.name}.{form}"},
                "dcat:mediaType": media,
                "dct:license": {"@id": rules.licence},
            }
            for form, media in FORMS.items()
        ],
    }


def _in_both(words: Mapping[str, str]) -> Sequence[Row]:
    return [{"@language": language, "@value": text} for language, text in words.items()]


def _feature(data_set: DataSet, row: Row) -> Row:
    facts = told(data_set, row)
    lat, lon = facts.pop("lat"), facts.pop("lon")
    point = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
    boundary = row.get("boundary") if data_set is not DEVICES else None
    return {"type": "Feature", "geometry": boundary or point, "properties": facts}
