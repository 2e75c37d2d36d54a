"""The documents keep up with the code: settings, commands, adapters are described; links lead somewhere."""

import json
import re
import unicodedata
from pathlib import Path

import msgspec
import pytest

from ingest.adapter import adapters
from ioc.command import commands
from ioc.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)


def settings():
    """Every setting by its dotted name, with its default."""
    for field in msgspec.structs.fields(Settings):
        value = getattr(Settings(), field.name)
        if isinstance(value, msgspec.Struct):
            for inner in msgspec.structs.fields(value):
                yield f"{field.name}.{inner.name}", getattr(value, inner.name)
        else:
            yield field.name, value


def documented():
    """The rows of docs/settings.md: type, default, environment, meaning by the setting's name."""
    text = (ROOT / "docs/settings.md").read_text("utf-8")
    return {name: cells for name, *cells in _ROW.findall(text)}


def environment(name):
    """What stands in the page for a setting's name in the environment."""
    section, _, key = name.partition(".")
    alone = {"data_dir": "`IOC_DATA_DIR`", "adapters": "none: only in the file"}
    return alone.get(name, f"`IOC_{section.upper()}__{key.upper()}`")


def test_the_settings_page_describes_every_setting_and_no_other():
    assert set(documented()) == {name for name, _ in settings()}


@pytest.mark.parametrize(("name", "default"), list(settings()))
def test_a_setting_is_told_with_its_default_and_its_name_in_the_environment(name, default):
    _, told, variable, meaning = documented()[name]
    if isinstance(default, str | int):
        assert told == f"`{json.dumps(default)}`"
    assert variable == environment(name)
    assert len(meaning) > 20


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_the_operators_page_tells_every_command_with_its_options(command):
    text = (ROOT / "docs/operate.md").read_text("utf-8")
    row = next((line for line in text.splitlines() if line.startswith(f"| `ioc {command.name}")), None)
    assert row is not None, f"docs/operate.md has no row for `ioc {command.name}`"
    for option, _ in command.options:
        assert not option.startswith("--") or option in row


@pytest.mark.parametrize("adapter", adapters())
def test_the_adapters_page_tells_every_adapter_with_its_topics(adapter):
    text = (ROOT / "docs/adapters.md").read_text("utf-8")
    row = next((line for line in text.splitlines() if line.startswith(f"| `{adapter}` |")), "")
    assert [topic for topic in adapters()[adapter].subscriptions if f"`{topic}`" not in row] == []


def anchors(document):
    """The places in a document that a link may name, as GitHub makes them of headings."""
    for heading in re.findall(r"^#+ (.+)$", _CODE.sub(_kept, document.read_text("utf-8")), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", heading.strip().lower()))
        yield words.replace(" ", "-")


def _kept(code):
    """Code in a heading keeps its words; a block of code has no headings."""
    return "" if code[0].startswith("```") else code[0].strip("`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document):
    broken = [link for link in links(document) if not leads_somewhere(document, link)]
    assert broken == []


def links(document):
    """The links of a document to others here; those in code are examples."""
    found = _LINK.findall(_CODE.sub("`code`", document.read_text("utf-8")))
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


def leads_somewhere(document, link):
    """Whether the file is there and, where one is named, the heading in it."""
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def test_every_document_is_linked_from_another():
    linked = {(doc.parent / link.partition("#")[0]).resolve() for doc in DOCUMENTS for link in links(doc)}
    assert [str(doc.relative_to(ROOT)) for doc in DOCUMENTS if doc not in linked and doc.name != "README.md"] == []
