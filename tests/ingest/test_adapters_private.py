"""What golden messages hold of people never leaves an adapter: the same names and secrets stand in all."""

import json
from pathlib import Path

import pytest

from ingest.adapter import Source, adapters
from ingest.model import Message

PRIVATE = (
    "Nguyễn Văn A",
    "ông An",
    "mat-khau-1",
    "mat-khau-2",
    "an@",
    "sip:",
    "0235-000",
    "00:11:22:33:44:55",
    "cb-0042",
    "4BD9E903",
)
LINES = [
    (file.stem, json.loads(line))
    for file in sorted(Path(__file__).parent.parent.joinpath("golden").glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]


def payload(line):
    return bytes.fromhex(line["payload_hex"]) if "payload_hex" in line else line["payload"].encode()


def test_golden_messages_hold_private_words():
    held = b"".join(payload(line) for _, line in LINES).decode("utf-8", "replace")
    assert all(word in held for word in PRIVATE)


@pytest.mark.parametrize("name", sorted({name for name, _ in LINES}))
def test_no_private_word_leaves_an_adapter(name):
    for line in (line for of, line in LINES if of == name):
        read = adapters()[name].open(Source("golden", line.get("options", {})))
        for earlier in line.get("before", ()):
            read(Message(earlier["topic"], payload(earlier), 1_795_319_000_000))
        said = repr(read(Message(line["topic"], payload(line), 1_795_319_000_000)))
        assert [word for word in PRIVATE if word in said] == []
