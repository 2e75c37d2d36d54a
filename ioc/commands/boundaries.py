"""`ioc boundaries`: brings the boundaries of areas from a file into the database."""

import argparse
import json
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from ingest.queries import load
from ioc import boundaries, command
from ioc.errors import CommandError
from ioc.settings import Settings

_SQL = load("ioc", "site.sql")


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Import what is named like an area there is; 1 where nothing was."""
    if settings.database.dsn is None:
        raise CommandError("Chưa đặt database.dsn; đặt IOC_DATABASE__DSN=postgresql://… (database.dsn is not set)")
    path = Path(known.file)
    found = boundaries.read(path, name=known.name, crs=known.crs, layer=known.layer)
    source = f"{path.name}{f' ({known.licence})' if known.licence else ''}"
    try:
        with psycopg.connect(settings.database.dsn) as connection:
            areas: dict[str, str] = dict(connection.execute(_SQL["area_names"]).fetchall())
            fitting, strange = boundaries.matched(found, areas)
            for slug, boundary in fitting.items():
                row = {"slug": slug, "boundary": Jsonb(boundary.geometry), "source": source}
                connection.execute(_SQL["set_boundary"], row)
    except psycopg.OperationalError as error:
        raise CommandError(f"Không nối được cơ sở dữ liệu (cannot reach the database): {error}") from error
    _tell(areas, set(fitting), strange, as_json=known.json)
    return 0 if fitting else 1


def _tell(areas: dict[str, str], fitting: set[str], strange: list[str], *, as_json: bool) -> None:
    without = sorted(areas[slug] for slug in areas.keys() - fitting)
    if as_json:
        print(json.dumps({"imported": sorted(fitting), "unknown": strange, "without": without}, ensure_ascii=False))
        return
    print(f"Đã nhập ranh giới {len(fitting)} khu vực. (imported)")
    if strange:
        print(f"Không khớp khu vực nào (of no area here): {', '.join(strange[:20])}{' …' if len(strange) > 20 else ''}")
    if without:
        print(f"Còn thiếu ranh giới (still without): {', '.join(without)}")


COMMAND = command.Command(
    "boundaries",
    "nhập ranh giới khu vực từ tệp GeoJSON, Shapefile, GPKG, KML, MapInfo (import the boundaries of areas)",
    "ioc boundaries ranh-gioi-xa.shp --crs EPSG:9217 --name TEN_XA --licence 'Sở TN&MT, 2025'",
    run,
    [
        ("file", {"metavar": "FILE", "help": "tệp ranh giới (the file)"}),
        ("--name", {"metavar": "COLUMN", "help": "cột tên khu vực (the column of names)"}),
        ("--crs", {"metavar": "EPSG:N", "help": "hệ toạ độ, khi tệp không ghi (the coordinate system)"}),
        ("--layer", {"metavar": "LAYER", "help": "lớp trong tệp (the layer)"}),
        ("--licence", {"metavar": "TEXT", "help": "nguồn, giấy phép (source and licence), kept with it"}),
        ("--json", {"action": "store_true", "help": "in dạng JSON (print JSON)"}),
    ],
)
