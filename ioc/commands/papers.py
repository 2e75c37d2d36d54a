"""`ioc papers`: writes the wire's AsyncAPI document and JSON Schemas, for those who make devices."""

import argparse
from pathlib import Path

from ingest.papers import papers
from ioc import command
from ioc.errors import CommandError
from ioc.settings import Settings


def run(_: Settings, known: argparse.Namespace) -> int:
    """Write every paper and say where it is."""
    for name, text in papers().items():
        path = Path(known.out, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise CommandError(f"Không ghi được (cannot write) {path}: {error.strerror}") from error
        print(path)
    return 0


COMMAND = command.Command(
    "papers",
    "viết mô tả giao thức thiết bị: AsyncAPI, JSON Schema (write the wire's AsyncAPI document and JSON Schemas)",
    "ioc papers --out giao-thuc",
    run,
    [("--out", {"metavar": "DIR", "default": "docs", "help": "thư mục (the folder; default docs)"})],
)
