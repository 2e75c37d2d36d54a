"""The wire's papers and the code say the same: of golden messages and of simulated ones."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from ingest.adapters.native import read
from ingest.commands import rebirth
from ingest.model import FAMILIES, Message
from ingest.papers import papers
from ingest.papers.channels import CHANNELS
from ingest.papers.schemas import components
from ingest.papers.words import KEYS, RULES
from ingest.topics import CHANNELS as NAMES
from ingest.topics import split
from ioc.cli import main
from simulators.__main__ import main as simulate

NOW = 1_795_319_000_000
DEVICE = "nong-son/loudspeaker/loa-trung-ha"
ROOT = Path(__file__).parents[2]
PAPERS = papers()
ASYNCAPI = json.loads(PAPERS["asyncapi.json"])
VALIDATORS = {name: Draft202012Validator(json.loads(PAPERS[f"schemas/{name}.json"])) for name in NAMES}
GOLDEN = [json.loads(line) for line in ROOT.joinpath("tests/golden/native.jsonl").read_text("utf-8").splitlines()]


def follow(reference, document):
    for key in reference.removeprefix("#/").split("/"):
        document = document[key]
    return document


def references(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    for inner in node if isinstance(node, list) else []:
        yield from references(inner)


# --- the files ---


def test_the_papers_in_docs_are_those_of_the_code():
    folder = ROOT / "docs"
    kept = {str(file.relative_to(folder)): file.read_text("utf-8") for file in folder.rglob("*.json")}
    assert kept == PAPERS, "run `ioc papers`"


def test_the_command_writes_them_where_it_is_told(tmp_path, capsys):
    assert main(["papers", "--out", str(tmp_path / "new")]) == 0
    assert {str(f.relative_to(tmp_path / "new")) for f in (tmp_path / "new").rglob("*.json")} == set(PAPERS)
    assert str(tmp_path / "new" / "asyncapi.json") in capsys.readouterr().out
    tmp_path.joinpath("file").touch()
    assert main(["papers", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


def test_the_page_of_the_wire_has_the_same_examples_and_the_same_rules():
    page = ROOT.joinpath("docs/wire.md").read_text("utf-8")
    shown = [
        json.loads(text)
        for block in re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)
        for text in re.split(r"\n(?=\{)", block)
    ]
    assert shown == [example for channel in CHANNELS for example in channel.spoken()]
    rules = page.partition("\n## Rules\n")[2].partition("\n## ")[0]
    assert rules.split() == RULES.split(), "ingest/papers/words.py and docs/wire.md tell different rules"


# --- the schemas ---


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_its_examples_fit(name):
    schema = VALIDATORS[name].schema
    Draft202012Validator.check_schema(schema)
    assert schema["examples"]
    assert all(VALIDATORS[name].is_valid(example) for example in schema["examples"])


def test_every_key_that_is_explained_exists():
    assert set(KEYS) <= {key for schema in components("#/").values() for key in schema["properties"]}


@pytest.mark.parametrize("line", GOLDEN, ids=lambda line: line["says"])
def test_a_golden_message_fits_its_schema_where_it_is_good_and_only_there(line):
    said = line.get("schema", "good" if isinstance(line["expect"], list) else "bad")
    if said == "silent":
        return
    channel = line["topic"].rpartition("/")[2]
    assert VALIDATORS[channel].is_valid(json.loads(line["payload"])) == (said == "good")


def test_golden_messages_are_there_for_every_channel_good_and_bad():
    told = {
        (line["topic"].rpartition("/")[2], line.get("schema", "good" if isinstance(line["expect"], list) else "bad"))
        for line in GOLDEN
    }
    assert {(name, word) for name in NAMES for word in ("good", "bad")} <= told


@pytest.mark.parametrize("scenario", ["calm", "demo", "a-day-of-faults"])
def test_simulated_messages_fit_where_they_are_read_and_only_there(scenario, capsys):
    options = ["--dry", "--start", "2026-11-22T00:00:00Z", "--scenario", scenario]
    assert simulate([*options, "--duration", "10", "--speed", "60"]) == 0
    channels = set()
    for line in capsys.readouterr().out.splitlines():
        topic, _, payload = line.partition(" ")
        channel = topic.rpartition("/")[2]
        channels.add(channel)
        good = isinstance(read(Message(topic, payload.encode(), NOW)), list)
        assert VALIDATORS[channel].is_valid(json.loads(payload)) == good, line
        assert good or scenario != "calm"
    assert {"birth", "status", "telemetry"} <= channels


def test_the_order_that_the_centre_sends_fits():
    assert VALIDATORS["command"].is_valid(json.loads(rebirth(DEVICE, NOW).payload()))


# --- the AsyncAPI document ---


def test_every_reference_of_the_document_leads_somewhere():
    assert all(follow(reference, ASYNCAPI) for reference in references(ASYNCAPI))


def test_the_document_tells_every_channel_with_its_topic():
    assert tuple(ASYNCAPI["channels"]) == NAMES
    parameters = ASYNCAPI["components"]["parameters"]
    assert tuple(parameters["family"]["enum"]) == FAMILIES
    examples = {name: told["examples"][0] for name, told in parameters.items()}
    for name, channel in ASYNCAPI["channels"].items():
        assert split(channel["address"].format(**examples)) == ("/".join(examples.values()), name)
        assert set(channel["parameters"]) == set(re.findall(r"\{(\w+)\}", channel["address"]))


def test_devices_send_all_but_orders_and_what_sets_state_is_retained():
    told = {}
    for operation in ASYNCAPI["operations"].values():
        mqtt = operation["bindings"]["mqtt"]
        told[operation["channel"]["$ref"].rpartition("/")[2]] = operation["action"], mqtt["qos"], mqtt["retain"]
    assert told == {
        "birth": ("send", 1, True), "status": ("send", 1, True), "telemetry": ("send", 1, False),
        "event": ("send", 1, False), "ack": ("send", 1, False), "command": ("receive", 1, False),
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_message_of_the_document_has_the_schema_of_its_channel(name):
    message = ASYNCAPI["components"]["messages"][name]
    inside = Draft7Validator({"$ref": message["payload"]["$ref"], "components": ASYNCAPI["components"]})
    for line in GOLDEN:
        if line["topic"].endswith(f"/{name}") and line.get("schema") != "silent":
            body = json.loads(line["payload"])
            assert inside.is_valid(body) == VALIDATORS[name].is_valid(body)
    assert [told["payload"] for told in message["examples"]] == VALIDATORS[name].schema["examples"]
