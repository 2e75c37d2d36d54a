"""Load for the benchmarks: devices on the native wire, QoS 1, as fast as the broker takes it or at a given rate.

A process of its own that is never the bottleneck: every packet is made once, whole; before it is sent again only its
packet id, number, stamp and one value are written over, thousands at a time. It counts acknowledgements by their
bytes and keeps a window of them open. Called with nothing, it measures itself against a real broker that nobody
listens to.
"""

import argparse
import json
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
SITE = "bench"
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


def topic(device: int, channel: str) -> bytes:
    """Where a device speaks; the families take turns."""
    family = list(FAMILIES)[device % len(FAMILIES)]
    return f"ioc/v1/{SITE}/{family}/dev-{device:05d}/{channel}".encode()


def session(device: int, boot: int) -> str:
    """A session as devices choose it, anew at each boot."""
    return f"01JB{boot:02d}{device:06d}"


def birth(device: int, boot: int) -> bytes:
    """Who a device is."""
    who = {"name": f"Device {device}", "fw": "2.1.4"}
    return json.dumps({"v": 1, "session": session(device, boot), "device": who, "interval_s": 60}).encode()


def telemetry(device: int, boot: int) -> bytes:
    """One sample, with places for its number (`seq`), stamp (`ts`) and changing value."""
    values = list(FAMILIES.values())[device % len(FAMILIES)]
    head = f'{{"v":1,"session":"{session(device, boot)}","seq":{"S" * 7},"ts":{"T" * 13},"m":{{'
    return f"{head}{values}}}}}".encode()


def publish(where: bytes, payload: bytes, *, packet: int = 0, retain: bool = False) -> bytes:
    """A PUBLISH packet of QoS 1."""
    body = len(where).to_bytes(2, "big") + where + packet.to_bytes(2, "big") + payload
    head, length = bytearray([_PUBLISH_QOS1 | (_RETAINED if retain else 0)]), len(body)
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


@dataclass(slots=True)
class Block:
    """Packets of every device, several rounds of them, one after the other in `data`; packet i ends at `ends[i]`."""

    data: Bytes
    ends: list[int]
    round: np.ndarray[tuple[int], np.dtype[np.int64]]
    packet_ids: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    numbers: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    stamps: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    values: np.ndarray[tuple[int, int], np.dtype[np.int64]]

    @classmethod
    def of(cls, devices: int, boot: int) -> "Block":
        """Make the packets, devices in a fixed shuffled order."""
        rounds = max(1, _BLOCK // devices)
        order = _order(devices)
        packets = [publish(topic(device, "telemetry"), telemetry(device, boot)) for device in order.tolist()] * rounds
        ends = np.cumsum([len(packet) for packet in packets])
        starts = ends - [len(packet) for packet in packets]
        # The id stands behind the fixed header (3 bytes at these lengths) and the topic.
        ids = starts + [5 + int.from_bytes(packet[3:5], "big") for packet in packets]

        def places(mark: bytes, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
            first = starts + [packet.index(mark) for packet in packets]
            return first[:, None] + np.arange(width)

        data = np.frombuffer(bytearray(b"".join(packets)), np.uint8)
        return cls(
            data, ends.tolist(), np.repeat(np.arange(rounds), devices), ids[:, None] + np.arange(2),
            places(b"S" * 7, 7), places(b"T" * 13, 13), places(b"##", 2),
        )  # fmt: skip

    def write(self, first_packet: int, first_seq: int, now_ms: int) -> memoryview:
        """Number and stamp the packets anew; their bytes."""
        count = len(self.ends)
        packet = (first_packet + np.arange(count)) % 65535 + 1
        self.data[self.packet_ids] = np.stack([packet >> 8, packet & 255], axis=1)
        self.data[self.numbers] = _digits(first_seq + self.round, 7)
        self.data[self.stamps] = np.frombuffer(f"{now_ms:013d}".encode(), np.uint8)
        self.data[self.values] = _digits(10 + (first_packet + np.arange(count)) * 7 % 90, 2)
        return memoryview(self.data).cast("B")


def _digits(values: np.ndarray[tuple[int], np.dtype[np.int64]], width: int) -> Bytes:
    return (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + 48).astype(np.uint8)


class Line:
    """A connection to the broker that keeps a window of unacknowledged packets open."""

    def __init__(self, host: str, port: int, window: int) -> None:
        self.sent = self.acked = 0
        self._window, self._odd = window, 0
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"bench-generator-{self._socket.getsockname()[1]}".encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name  # 3.1.1, clean, no keep-alive
        self._socket.sendall(b"\x10" + bytes([len(body)]) + body)
        answer = self._socket.recv(4, socket.MSG_WAITALL)
        if answer[:1] != b"\x20" or answer[3]:
            raise ConnectionError(f"the broker refused the generator: {answer!r}")
        self._socket.setblocking(False)

    def send(self, data: memoryview, ends: list[int]) -> None:
        """Send packets, whole, as the window allows."""
        done, start, base = 0, 0, self.sent
        while done < len(ends):
            room = min(len(ends) - done, self._window - (self.sent - self.acked))
            if room > 0:
                stop = ends[done + room - 1]
                self._push(data[start:stop])
                done, start = done + room, stop
                self.sent = base + done
            self._hear(wait=room <= 0)

    def settle(self) -> None:
        """Wait until all is acknowledged."""
        while self.acked < self.sent:
            self._hear(wait=True)

    def _push(self, data: memoryview) -> None:
        at = 0
        while at < len(data):
            try:
                at += self._socket.send(data[at : at + 262_144])
            except BlockingIOError:
                select.select([self._socket], [self._socket], [])
                self._hear(wait=False)

    def _hear(self, *, wait: bool) -> None:
        """Count acknowledgements: PUBACKs of four bytes are all that comes."""
        if wait:
            select.select([self._socket], [], [])
        try:
            got = len(self._socket.recv(1 << 20))
        except BlockingIOError:
            return
        if not got:
            raise ConnectionError("the broker closed the line")
        self.acked, self._odd = self.acked + (self._odd + got) // 4, (self._odd + got) % 4


def send_births(line: Line, devices: int, boot: int) -> None:
    """Every device says who it is, retained."""
    packets = [
        publish(topic(device, "birth"), birth(device, boot), packet=device % 65535 + 1, retain=True)
        for device in range(devices)
    ]
    line.send(memoryview(b"".join(packets)), np.cumsum([len(packet) for packet in packets]).tolist())
    line.settle()


def nth(index: int, devices: int) -> tuple[int, int]:
    """The device and the number of the message at a place in the stream, counted from 0."""
    return int(_order(devices)[index % devices]), FIRST_SEQ + index // devices


def _order(devices: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng(7).permutation(devices)


def allowances() -> Iterator[int]:
    """How many messages may have been sent by now, told line by line on stdin; the last one told, each time."""
    told = [0]

    def listen() -> None:
        for row in sys.stdin:
            told[0] = int(row)
        told[0] = 1 << 62  # whoever led us is gone

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield told[0]


def send_telemetry(line: Line, args: argparse.Namespace) -> None:
    """Send `count` samples round by round; paced by `rate`, or led by what stdin allows."""
    block = Block.of(args.devices, args.boot)
    size, sent, seq = len(block.ends), 0, FIRST_SEQ + args.rounds_before
    if args.waits:
        print("ready", flush=True)
        sys.stdin.readline()
    began, idle = time.perf_counter(), threading.Event()
    allowed = allowances() if args.led else None
    ends_at = began + args.seconds if args.seconds else None
    while sent < args.count and (ends_at is None or time.perf_counter() < ends_at):
        data = block.write(sent, seq, time.time_ns() // 1_000_000)
        start = 0
        for part in range(0, size, args.step or size):
            ends = block.ends[part : min(part + (args.step or size), size, part + args.count - sent)]
            if args.rate:
                idle.wait(max(0.0, began + sent / args.rate - time.perf_counter()))
            while allowed is not None and next(allowed) < sent + len(ends):
                idle.wait(0.005)
            line.send(data[start : ends[-1]], [end - start for end in ends])
            start, sent = ends[-1], sent + len(ends)
            if sent >= args.count:
                break
        seq += size // args.devices
    line.settle()


def main() -> None:
    """Send births or telemetry, then tell in one line of JSON what was sent and what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="the broker's; without it, measure the generator itself")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--count", type=int, default=1 << 60, help="samples to send")
    parser.add_argument("--seconds", type=float, help="stop after so long, whatever the count")
    parser.add_argument("--window", type=int, default=2000, help="packets unacknowledged at most")
    parser.add_argument("--rate", type=float, help="samples a second; otherwise as fast as the broker takes them")
    parser.add_argument("--waits", action="store_true", help="print `ready` when prepared and wait for a line on stdin")
    parser.add_argument("--led", action="store_true", help="read on stdin how many samples may have been sent by now")
    parser.add_argument("--births", action="store_true", help="send births instead of telemetry")
    parser.add_argument("--rounds-before", type=int, default=0, help="samples that every device has sent already")
    parser.add_argument("--boot", type=int, default=1, help="which boot of the devices this is: their session")
    args = parser.parse_args()
    args.step = max(1, min(500, int(args.rate / 100))) if args.rate else (2000 if args.led else 0)
    if args.port is None:
        from stage.generator_alone import measure  # noqa: PLC0415 - the stage runs this file

        measure()
        return
    line = Line(args.host, args.port, args.window)
    began, cpu = time.perf_counter(), time.process_time()
    if args.births:
        send_births(line, args.devices, args.boot)
    else:
        send_telemetry(line, args)
    told = {"sent": line.sent, "seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
