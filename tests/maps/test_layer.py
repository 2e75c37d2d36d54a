"""Layers are found by walking the folder; what a client says about them is checked."""

import json

import pytest

from maps.frames import MAX_HELLO, Ack, Hello, error, hear
from maps.layer import find_layers

LAYERS = find_layers()


def test_the_layers_are_the_files_of_the_folder():
    assert list(LAYERS) == ["alerts", "areas", "devices", "probe", "reaches"]


def test_the_hello_of_the_contract_is_understood():
    said = '{"type":"hello","layers":["devices","alerts"],"bbox":[107.9,15.6,108.1,15.7],"since":41}'
    assert hear(said.encode(), LAYERS) == Hello(("devices", "alerts"), (107.9, 15.6, 108.1, 15.7), 41)
    assert hear(b'{"type":"ack","seq":3}', LAYERS) == Ack(3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "not_json"),
        ('{"type":"dance"}', "unknown_type"),
        ("{}", "bad_message"),
        ('{"type":"hello","bbox":[1,2]}', "bad_message"),
        ('{"type":"ack"}', "bad_message"),
        ('{"type":"hello","layers":["weather"]}', "unknown_layer"),
        (json.dumps({"type": "hello", "layers": ["x" * MAX_HELLO]}), "too_long"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_word_and_a_sentence(text, code):
    refusal = hear(text.encode(), LAYERS)
    assert refusal.code == code
    assert json.loads(error(refusal))["detail"]
