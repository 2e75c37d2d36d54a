"""The wire's own papers: an AsyncAPI document and a JSON Schema for each channel, made from what the ingest reads with.

Builds texts; `ioc papers` writes them, and a test refuses papers that differ from the code.
"""

import json
from collections.abc import Mapping

from ingest.papers.asyncapi import document
from ingest.papers.channels import CHANNELS
from ingest.papers.schemas import standalone


def papers() -> Mapping[str, str]:
    """Every paper: its path, and its text."""
    made = {f"schemas/{channel.name}.json": standalone(channel) for channel in CHANNELS}
    return {path: _text(paper) for path, paper in ({"asyncapi.json": document()} | made).items()}


def _text(paper: object) -> str:
    return json.dumps(paper, ensure_ascii=False, indent=2) + "\n"
