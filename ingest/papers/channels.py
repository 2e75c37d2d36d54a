"""The six channels: what each carries, who speaks, with which examples. Values only; docs/wire.md tells the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest import wire


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: `sends` from the device's side; `examples` are JSON objects, each beginning a line."""

    name: str
    shape: type[wire.Wire]
    vi: str
    en: str
    rules: Sequence[int]
    examples: str
    sends: bool = True
    retained: bool = False

    @property
    def title(self) -> str:
        """In both languages."""
        return f"{self.vi} ({self.name}: {self.en})"

    def spoken(self) -> list[object]:
        """The examples as JSON values."""
        return [msgspec.json.decode(text) for text in re.split(r"\n(?=\{)", self.examples)]


CHANNELS: Final = (
    Channel(
        "birth", wire.BirthMessage, "Khai sinh", "who it is, what it measures, what it can be told", (2, 4, 6, 8),
        """\
{"v":1,"session":"01JD9Z6R0Q","ts":"2026-11-22T04:05:06.789Z","gateway":"gw-que-trung",
 "device":{"name":"Loa thôn Trung Hạ","maker":"ITC","model":"T-7707","fw":"2.1.4",
            "lat":15.71,"lon":108.03,"area":"que-trung"},
 "interval_s":60,"metrics":{"volume_pct":{"type":"number","min":0,"max":100},"plays_total":{"type":"counter"}},
 "commands":["play","stop","volume","selftest","rebirth"]}""",
        retained=True,
    ),
    Channel(
        "status", wire.StatusMessage, "Trạng thái kết nối", "its connection; also the Will", (2, 4, 5, 6),
        """\
{"v":1,"session":"01JD9Z6R0Q","state":"online","ts":"2026-11-22T04:05:06.789Z"}
{"v":1,"session":"01JD9Z6R0Q","state":"offline","reason":"lwt"}""",
        retained=True,
    ),
    Channel(
        "telemetry", wire.TelemetryMessage, "Số đo", "one sample, or a batch of late ones", (1, 2, 3, 6),
        """\
{"v":1,"session":"01JD9Z6R0Q","seq":42,"ts":"2026-11-22T04:06:06.000Z",
 "m":{"volume_pct":70,"playing":true,"mains_v":221.3}}
{"v":1,"session":"01JD9Z6R0Q",
 "batch":[{"seq":43,"ts":1795320400000,"m":{"volume_pct":70}},
          {"seq":44,"ts":1795320460000,"m":{"volume_pct":65}}]}""",
    ),
    Channel(
        "event", wire.EventMessage, "Sự kiện", "the start, update or end of something that happened", (2, 3, 6, 9),
        """\
{"v":1,"session":"01JD9Z6R0Q","seq":45,"ts":"2026-11-22T04:07:00Z",
 "id":"01JD9ZB7","type":"amp_overtemp","phase":"start","severity":"major","data":{"c":93}}""",
    ),
    Channel(
        "command", wire.CommandMessage, "Lệnh", "an order from the centre, void after `expires`", (2, 3),
        """\
{"v":1,"id":"01JD9ZC3","ts":"2026-11-22T04:05:06Z","expires":"2026-11-22T04:06:06Z",
 "name":"play","priority":"emergency","args":{}}""",
        sends=False,
    ),
    Channel(
        "ack", wire.AckMessage, "Báo thực hiện lệnh", "one step of an order", (2, 6),
        """\
{"v":1,"session":"01JD9Z6R0Q","ref":"01JD9ZC3","state":"started","ts":"2026-11-22T04:05:07Z","detail":""}""",
    ),
)  # fmt: skip
