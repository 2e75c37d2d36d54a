"""Takes private data out (rule 9) before anything is stored, quarantined or logged.

Plates, faces, people's names, MAC addresses and passwords. Whole keys are dropped from what is understood; what is
not understood is kept only as first bytes with every such pattern masked. When unsure it masks: a lost detail of a
bad message costs less than a kept plate.
"""

import re
from collections.abc import Mapping

MASK = "***"
_PRIVATE_KEY = re.compile(
    r"plate|(?<![a-z])faces?(?![a-z])|sub_label|password|passwd|secret|token|mac_?addr|^mac$|bssid|person_?name|user_?name|full_?name"
    r"|phone|email|attendee|owner",
    re.IGNORECASE,
)
_KEY_IN_TEXT = re.compile(
    r"""("(?:[^"\\]*(?:plate|face|sub_label|passw|secret|token|mac|name|phone|email)[^"\\]*)"\s*:\s*)"""
    r"""("(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|\{[^}]*\}?|[^\s,}\]]+)""",
    re.IGNORECASE,
)
_MAC = re.compile(r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b")
_PLATE = re.compile(r"\b\d{2}[- ]?[A-Z][A-Z0-9]?[- .]?\d{3}[.]?\d{1,2}\b")  # Vietnamese: 92A-123.45, 29-B1 234.56


def without_private(data: Mapping[str, object], depth: int = 4) -> dict[str, object]:
    """The mapping without private keys, at any depth to `depth`; deeper parts are left out whole."""
    return {key: _value(value, depth - 1) for key, value in data.items() if not _PRIVATE_KEY.search(key)}


def _value(value: object, depth: int) -> object:
    if isinstance(value, str):
        return masked(value)[:1024]
    if depth <= 0:
        return None if isinstance(value, Mapping | list) else value
    if isinstance(value, Mapping):
        return without_private(value, depth)
    return [_value(item, depth - 1) for item in value[:64]] if isinstance(value, list) else value


def masked(text: str) -> str:
    """Free text with MAC addresses and plates masked."""
    return _PLATE.sub(MASK, _MAC.sub(MASK, text))


def first_bytes(payload: bytes, limit: int = 200) -> str:
    """The beginning of an unusable message, fit to be shown: text with private values masked, else hexadecimal."""
    head = payload[: limit * 4]
    try:
        text = head.decode("utf-8", "strict" if len(payload) <= limit * 4 else "ignore")
    except UnicodeDecodeError:
        return head[: limit // 2].hex(" ")
    shown = "".join(c if c.isprintable() else "·" for c in text)
    return masked(_KEY_IN_TEXT.sub(rf'\1"{MASK}"', shown))[:limit]
