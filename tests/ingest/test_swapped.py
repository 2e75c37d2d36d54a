"""No adapter raises when a topic it reads brings another's payload, or its own with values put in wrong places."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.adapter import Source, adapters
from ingest.model import Event, Ignored, Message, Rejected, Sample

NOW = 1_795_319_000_000
LINES = [
    (file.stem, json.loads(line))
    for file in sorted(Path(__file__).parent.parent.joinpath("golden").glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]
TEXTS = [line["payload"] for _, line in LINES if "payload" in line]


def bodies(texts):
    for text in texts:
        try:
            yield json.loads(text)
        except ValueError:
            continue


BODIES = list(bodies(TEXTS))
ODD = st.sampled_from([None, True, -1, 1e308, "", "nan", "a.b/ç", [], {}, [[1]], {"a": None}, 10**30, "\0", "9" * 400])


@st.composite
def bent(draw):
    """A golden body with one value, at any depth, replaced by an odd one."""
    root = {"": json.loads(json.dumps(draw(st.sampled_from(BODIES))))}
    here, key = root, ""
    while isinstance(here[key], dict | list) and here[key] and draw(st.booleans()):
        here = here[key]
        key = draw(st.sampled_from(list(here) if isinstance(here, dict) else range(len(here))))
    here[key] = draw(ODD)
    return json.dumps(root[""])


@given(st.sampled_from(LINES), st.sampled_from(TEXTS) | bent(), st.booleans())
def test_a_payload_in_the_wrong_place_is_refused_or_read_but_never_raises(named, payload, retained):
    name, line = named
    reader = adapters()[name].open(Source("s", line.get("options", {})))
    for _ in range(2):  # once more with what it remembers
        parsed = reader(Message(line["topic"], payload.encode("utf-8", "replace"), NOW, retained=retained))
        assert isinstance(parsed, Rejected | Ignored | list | None)
        for report in parsed if isinstance(parsed, list) else ():
            assert report.device.count("/") == 2
            assert not report.device.endswith("/")
            if isinstance(report, Event):
                assert len(report.id) <= 64
            if isinstance(report, Sample):
                assert all(
                    value is None or isinstance(value, bool | int | float | str) for value in report.metrics.values()
                )
