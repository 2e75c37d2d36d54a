"""Every golden message gives what stands beside it; no message whatever makes an adapter raise."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapter import Source, adapters, choose, filters, unwanted
from ingest.errors import UnknownAdapterError
from ingest.model import Ignored, Message, Rejected

NOW = 1_795_319_000_000
GOLDEN = [
    pytest.param(file.stem, json.loads(line), id=f"{file.stem}-{number}")
    for file in sorted(Path(__file__).parent.parent.joinpath("golden").glob("*.jsonl"))
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
]


def payload(line):
    return bytes.fromhex(line["payload_hex"]) if "payload_hex" in line else line["payload"].encode()


@pytest.mark.parametrize(("name", "line"), GOLDEN)
def test_a_golden_message_gives_what_stands_beside_it(name, line):
    adapter = adapters()[name]
    assert adapter.takes(line["topic"])
    read = adapter.open(Source("golden", line.get("options", {})))
    for earlier in line.get("before", ()):  # what a stateful adapter remembers
        read(Message(earlier["topic"], payload(earlier), NOW, retained=True))
    parsed = read(Message(line["topic"], payload(line), NOW, retained=line.get("retain", False)))
    if line["expect"] is None:
        assert parsed is None
        return
    if isinstance(line["expect"], str):
        assert isinstance(parsed, Ignored | Rejected)
        assert parsed.reason == line["expect"]
        return
    assert not isinstance(parsed, Ignored | Rejected)
    assert len(parsed) == len(line["expect"])
    for report, expected in zip(parsed, line["expect"], strict=True):
        said = {name: getattr(report, name) for name in expected if name != "kind"}
        assert {"kind": type(report).__name__, **said} == expected


def test_every_adapter_has_golden_messages():
    assert set(adapters()) == {param.values[0] for param in GOLDEN}


@given(
    st.sampled_from([(name, pattern) for name, adapter in adapters().items() for pattern in adapter.subscriptions]),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="#+\0"), max_size=12), max_size=8),
    st.binary(max_size=120) | st.sampled_from([b"{}", b"[]", b"null", b'{"after":[],"type":"new"}', b"1:nan:2"]),
)
def test_no_message_makes_an_adapter_raise(of, levels, payload):
    name, pattern = of
    topic = fitting(pattern, levels)
    assert adapters()[name].takes(topic)
    assert isinstance(
        adapters()[name].open(Source("s"))(Message(topic, payload, NOW)), Rejected | Ignored | list | None
    )


def fitting(pattern, levels):
    """A topic that the filter matches: its own levels, these in the places of `+`, and the rest of them for `#`."""
    left = iter([level.replace("/", "").replace("$", "") for level in levels])
    topic = [next(left, "") if level == "+" else level for level in pattern.removesuffix("#").rstrip("/").split("/")]
    return "/".join([*topic, *left] if pattern.endswith("#") else topic)


def test_an_unknown_adapter_is_named_with_the_nearest_known_one():
    with pytest.raises(UnknownAdapterError, match="frigate"):
        choose(["frigatte"])


def test_adapters_are_asked_the_native_one_first_and_those_that_only_guess_last():
    order = list(adapters())
    assert order[0] == "native"
    assert [adapter.rank for adapter in adapters().values()] == sorted(a.rank for a in adapters().values())
    assert [a.name for a in choose(["frigate", "native", "frigate"])] == ["native", "frigate"]


def test_who_listens_to_everything_is_the_only_subscription():
    assert filters(choose(["frigate"]), everything=False) == ["/frigate/#", "frigate/#"]
    assert filters(choose(["frigate"]), everything=True) == ["#"]


def test_what_others_adapters_listen_to_is_not_wanted():
    left = unwanted(["/frigate/#", "frigate/#"])
    assert {"#", "ioc/v1/#"} <= set(left)
    assert "frigate/#" not in left
