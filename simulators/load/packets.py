"""MQTT packets of many devices, each made once, whole.

Before one goes out again only its packet id, number, stamp and one value are written over, thousands at a time. Decides
what the devices say, on the native wire at QoS 1; never sends it.
"""

import json
from dataclasses import dataclass

import numpy as np

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Places = np.ndarray[tuple[int, int], np.dtype[np.int64]]
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]

FIRST_SEQ = 1_000_001  # seven digits for the whole run, so that numbers can be written over in place
_PUBLISH_QOS1, _RETAINED = 0x32, 0x01
_BLOCK = 4000  # packets are prepared about so many at a time

# What a device of each family says; `##` is the value that changes from message to message.
FAMILIES = {
    "camera": '"fps":25,"bitrate_bps":21##03,"temperature_c":41.7,"storage_used_pct":63.2,"motion":false,"light_lux":8',
    "wifi": '"clients":##,"signal_dbm":-58.5,"channel_util_pct":37.4,"rx_bps":18233101,"tx_bps":2210332,"loss_pct":0',
    "loudspeaker": '"volume_pct":##,"playing":true,"mains_v":221.3,"amp_temperature_c":38.4,"plays_total":912,"rssi":5',
    "gateway": '"uplink_ok":true,"mains_v":226.1,"battery_pct":87.5,"temperature_c":33.8,"cpu_pct":##,"uptime_s":10293',
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who speaks: `devices` of a site in their `boot`-th session, each of which has said `said` samples before."""

    devices: int
    site: str = "bench"
    boot: int = 1
    said: int = 0

    def topic(self, device: int, channel: str) -> bytes:
        """Where a device speaks; the families take turns."""
        family = list(FAMILIES)[device % len(FAMILIES)]
        return f"ioc/v1/{self.site}/{family}/dev-{device:05d}/{channel}".encode()

    def birth(self, device: int) -> bytes:
        """Who a device is."""
        who = {"name": f"Device {device}", "fw": "2.1.4"}
        return json.dumps({"v": 1, "session": self._session(device), "device": who, "interval_s": 60}).encode()

    def telemetry(self, device: int) -> bytes:
        """One sample, with places for its number (`seq`), stamp (`ts`) and changing value."""
        values = list(FAMILIES.values())[device % len(FAMILIES)]
        head = f'{{"v":1,"session":"{self._session(device)}","seq":{"S" * 7},"ts":{"T" * 13},"m":{{'
        return f"{head}{values}}}}}".encode()

    def nth(self, index: int) -> tuple[int, int]:
        """The device and the number of the message at a place in the stream of one connection, counted from 0."""
        return int(self.order()[index % self.devices]), FIRST_SEQ + self.said + index // self.devices

    def order(self) -> Numbers:
        """In which order they speak: shuffled, and always the same."""
        return np.random.default_rng(7).permutation(self.devices)

    def _session(self, device: int) -> str:
        """A session as devices choose it, anew at each boot."""
        return f"01JB{self.boot:02d}{device:06d}"


def connect(name: str, user: str | None = None, password: str | None = None) -> bytes:
    """A CONNECT of MQTT 3.1.1 (§3.1): a clean session without keep-alive."""
    flags = 0x02 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    fields = [text.encode() for text in (name, user, password) if text is not None]
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x00"
    return _packet(0x10, body + b"".join(len(field).to_bytes(2, "big") + field for field in fields))


def publish(where: bytes, payload: bytes, *, packet: int = 0, retain: bool = False) -> bytes:
    """A PUBLISH of QoS 1 (§3.3)."""
    body = len(where).to_bytes(2, "big") + where + packet.to_bytes(2, "big") + payload
    return _packet(_PUBLISH_QOS1 | (_RETAINED if retain else 0), body)


def _packet(kind: int, body: bytes) -> bytes:
    head, length = bytearray([kind]), len(body)
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def births(crowd: Crowd, members: Numbers) -> tuple[memoryview, list[int]]:
    """Every member says who it is, retained: the packets, and where each ends."""
    packets = [
        publish(crowd.topic(device, "birth"), crowd.birth(device), packet=at % 65_535 + 1, retain=True)
        for at, device in enumerate(members.tolist())
    ]
    return memoryview(b"".join(packets)), np.cumsum([len(packet) for packet in packets]).tolist()


@dataclass(slots=True)
class Block:
    """Samples of some devices, several rounds of them, one after the other in `data`; packet i ends at `ends[i]`."""

    data: Bytes
    ends: list[int]
    members: int
    packet_ids: Places
    numbers: Places
    stamps: Places
    values: Places

    @classmethod
    def of(cls, crowd: Crowd, members: Numbers) -> "Block":
        """Make the packets of these devices, in this order."""
        rounds = max(1, _BLOCK // len(members))
        packets = [publish(crowd.topic(each, "telemetry"), crowd.telemetry(each)) for each in members.tolist()] * rounds
        ends = np.cumsum([len(packet) for packet in packets])
        starts = ends - [len(packet) for packet in packets]
        # The id stands behind the fixed header (3 bytes at these lengths) and the topic.
        ids = starts + [5 + int.from_bytes(packet[3:5], "big") for packet in packets]

        def places(mark: bytes, width: int) -> Places:
            first = starts + [packet.index(mark) for packet in packets]
            return first[:, None] + np.arange(width)

        data = np.frombuffer(bytearray(b"".join(packets)), np.uint8)
        return cls(
            data, ends.tolist(), len(members), ids[:, None] + np.arange(2),
            places(b"S" * 7, 7), places(b"T" * 13, 13), places(b"##", 2),
        )  # fmt: skip

    def write(self, first: int, last: int, said: int, now_ms: int) -> memoryview:
        """Number and stamp the messages from the `first` to before the `last` of the stream; their bytes.

        They must lie in one run of the block: `last` is at most the next multiple of its size.
        """
        size = len(self.ends)
        start, stop = first % size, (last - 1) % size + 1
        index = np.arange(first, last)
        packet = index % 65_535 + 1
        rows = slice(start, stop)
        self.data[self.packet_ids[rows]] = np.stack([packet >> 8, packet & 255], axis=1)
        self.data[self.numbers[rows]] = _digits(FIRST_SEQ + said + index // self.members, 7)
        self.data[self.stamps[rows]] = np.frombuffer(f"{now_ms:013d}".encode(), np.uint8)
        self.data[self.values[rows]] = _digits(10 + index * 7 % 90, 2)
        begin = self.ends[start - 1] if start else 0
        return self.data.data.cast("B")[begin : self.ends[stop - 1]]


def _digits(values: Numbers, width: int) -> Bytes:
    return (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + 48).astype(np.uint8)
