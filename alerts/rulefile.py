"""Reads rules from TOML or YAML text, with the line of each key, and the default that is shipped.

Decides whether a text can be used, and says in which line not; opening a site's files is the roof's affair.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import yaml

from alerts.errors import RuleError
from alerts.rule import Rule
from alerts.rulebook import Lines, read_rules

YAML_ENDS: Final = (".yaml", ".yml")
_TABLE: Final = re.compile(r"^\s*\[\[\s*rules?\s*\]\]")
_KEY: Final = re.compile(r"^\s*([A-Za-z_]+)")


def read_text(text: str, name: str = "rules.toml") -> tuple[Rule, ...]:
    """Read the rules of a file; its name says whether it is YAML. Raises `RuleError` with the line."""
    return _yaml(text) if name.endswith(YAML_ENDS) else read_toml(text)


def read_toml(text: str) -> tuple[Rule, ...]:
    """Read the `[[rule]]` tables of a TOML text."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise RuleError("?", f"not TOML: {why}") from why
    return read_rules(_listed(tables), list(_toml_lines(text)))


def default_rules() -> tuple[Rule, ...]:
    """The rules a district starts with: `alerts/default_rules.toml`."""
    return read_toml(files("alerts").joinpath("default_rules.toml").read_text("utf-8"))


def _yaml(text: str) -> tuple[Rule, ...]:
    try:
        tables, root = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as why:
        mark = getattr(why, "problem_mark", None)
        problem = getattr(why, "problem", None) or str(why)
        raise RuleError("?", f"not YAML: {problem}", None if mark is None else mark.line + 1) from why
    return read_rules(_listed(tables), yaml_lines(root))


def _listed(tables: Any) -> Sequence[Mapping[str, object]]:  # noqa: ANN401 - whatever stood in the file
    found = tables if isinstance(tables, list) else None
    if isinstance(tables, Mapping):
        strange = [key for key in tables if key not in ("rule", "rules")]
        if strange:
            raise RuleError("?", f"unknown key {strange[0]!r}; did you mean 'rule'?")
        found = tables.get("rule", tables.get("rules", []))
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise RuleError("?", "rules must be a list of tables: [[rule]] in TOML, `rules:` in YAML")
    return found


def yaml_lines(root: Any) -> list[Lines]:  # noqa: ANN401 - a node of PyYAML
    """The lines of each rule's keys in a composed YAML text; only where it is a list of mappings."""
    node = root
    if isinstance(root, yaml.MappingNode):
        node = next((value for key, value in root.value if key.value in ("rule", "rules")), None)
    if not isinstance(node, yaml.SequenceNode):
        return []
    return [
        {"": each.start_mark.line + 1, **{key.value: key.start_mark.line + 1 for key, _ in each.value}}
        if isinstance(each, yaml.MappingNode)
        else {}
        for each in node.value
    ]


def _toml_lines(text: str) -> Iterator[Lines]:
    found: dict[str, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if _TABLE.match(line):
            if found is not None:
                yield found
            found = {"": number}
        elif found is not None and (key := _KEY.match(line)):
            found.setdefault(key[1], number)
    if found is not None:
        yield found
