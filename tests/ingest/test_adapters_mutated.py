"""Golden messages with random parts exchanged, cut or gone: never an exception, never a number that is none."""

import json
import math
import random
from pathlib import Path

import pytest

from ingest.adapter import Source, adapters
from ingest.model import Ignored, Message, Rejected, Sample

ODD = (
    None,
    True,
    False,
    0,
    -1,
    1e308,
    10**30,
    -(10**25),
    0.5,
    "",
    "nan",
    "1,5",
    "x" * 300,
    "\0",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
)
GOLDEN = {
    file.stem: [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for file in sorted(Path(__file__).parent.parent.joinpath("golden").glob("*.jsonl"))
}


def mutated(value, chance):
    if chance.random() < 0.15:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: mutated(part, chance) for key, part in value.items() if chance.random() > 0.05}
    return [mutated(part, chance) for part in value] if isinstance(value, list) else value


def payload(line, chance):
    if "payload_hex" in line:
        raw = bytearray.fromhex(line["payload_hex"])
        for _ in range(chance.randrange(4) if raw else 0):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw)
    raw = line["payload"].encode()
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    whole = body is not None and chance.random() < 0.9
    return json.dumps(mutated(body, chance)).encode() if whole else raw[: chance.randrange(len(raw) + 1)]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_mutated_message_is_read_or_refused(name):
    chance = random.Random(name)
    read = adapters()[name].open(Source("golden"))
    for _ in range(600):
        line = chance.choice(GOLDEN[name])
        message = Message(line["topic"], payload(line, chance), 1_795_319_000_000)
        parsed = read(message)
        assert isinstance(parsed, list | tuple | Ignored | Rejected | None), message
        for sample in parsed if isinstance(parsed, list) else ():
            if not isinstance(sample, Sample):
                continue
            for metric, value in sample.metrics.items():
                assert value is None or isinstance(value, bool | str) or math.isfinite(value), message
                assert not metric.endswith("_pct") or value is None or 0 <= value <= 100, message
