"""The wire as an AsyncAPI 3.0 document, told from the device's side. Pure."""

from typing import Any, Final

from ingest.model import FAMILIES
from ingest.papers.channels import CHANNELS, Channel
from ingest.papers.schemas import components
from ingest.papers.words import ABOUT, RULES, TITLE
from ingest.topics import PREFIX

Node = dict[str, Any]

WIRE: Final = "1.0.0"
_BINDINGS: Final = "0.2.0"
_PLACE: Final = PREFIX + "{site}/{family}/{device}/"
_SLUG: Final = "a slug: `^[a-z0-9-]{1,63}$`"
_PARAMETERS: Final = {
    "site": {"description": f"Trung tâm (the operations centre), {_SLUG}", "examples": ["nong-son"]},
    "family": {"description": "Loại thiết bị (the kind of device)", "enum": list(FAMILIES), "examples": [FAMILIES[0]]},
    "device": {"description": f"Thiết bị (the device), {_SLUG}; it never changes", "examples": ["loa-trung-ha"]},
}


def document() -> Node:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:ioc:v1",
        "info": {
            "title": TITLE,
            "version": WIRE,
            "description": f"{ABOUT}\n## Rules\n\n{RULES}",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "plain": _server("mqtt", "1883", "Trong mạng riêng (within a network of one's own): `mqtt://`"),
            "tls": _server("secure-mqtt", "8883", "Có mã hoá (with TLS): `mqtts://`"),
        },
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {_operation_name(channel): _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {channel.name: _message(channel) for channel in CHANNELS},
            "schemas": components("#/components/schemas/"),
            "parameters": _PARAMETERS,
            "securitySchemes": {
                "password": {"type": "userPassword", "description": "Tài khoản của thiết bị (the device's account)"},
                "certificate": {"type": "X509", "description": "Chứng thư của thiết bị (its own certificate)"},
            },
        },
    }


def _server(protocol: str, port: str, says: str) -> Node:
    ways = ["password", "certificate"] if protocol == "secure-mqtt" else ["password"]
    return {
        "host": "{host}:{port}",
        "protocol": protocol,
        "description": says,
        "variables": {
            "host": {"default": "localhost", "description": "Máy chủ MQTT của trung tâm (the centre's broker)"},
            "port": {"default": port},
        },
        "security": [_to("components", "securitySchemes", way) for way in ways],
        "bindings": {
            "mqtt": {
                "lastWill": {
                    "topic": f"{_PLACE}status",
                    "qos": 1,
                    "message": '{"v":1,"session":"…","state":"offline","reason":"lwt"}',
                    "retain": True,
                },
                "bindingVersion": _BINDINGS,
            }
        },
    }


def _channel(channel: Channel) -> Node:
    return {
        "address": _PLACE + channel.name,
        "title": channel.title,
        "messages": {channel.name: _to("components", "messages", channel.name)},
        "parameters": {name: _to("components", "parameters", name) for name in _PARAMETERS},
    }


def _operation_name(channel: Channel) -> str:
    return f"{'send' if channel.sends else 'receive'}{channel.name.capitalize()}"


def _operation(channel: Channel) -> Node:
    rules = ", ".join(map(str, channel.rules))
    return {
        "action": "send" if channel.sends else "receive",
        "channel": _to("channels", channel.name),
        "title": channel.title,
        "description": f"Rules {rules}.",
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": _BINDINGS}},
        "messages": [_to("channels", channel.name, "messages", channel.name)],
    }


def _message(channel: Channel) -> Node:
    return {
        "name": channel.name,
        "title": channel.title,
        "contentType": "application/json",
        "payload": _to("components", "schemas", channel.shape.__name__),
        "examples": [{"payload": example} for example in channel.spoken()],
    }


def _to(*path: str) -> Node:
    return {"$ref": "#/" + "/".join(path)}
