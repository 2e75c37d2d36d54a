"""A Cisco room behind a bridge: its status tree whole when it boots, then what changed, and the channels of a call.

Source: RoomOS xAPI reference, and CiscoDevNet's macro "Call Performance Monitoring" for `mediachannels`. Numbers come
as text in feedback, `-1` people is nobody knows, a call that is over is a ghost; loss is a count of packets.
"""

from simulators.device import Sample, Value
from simulators.dialect import ABSENCE, Foreign, measured
from simulators.population import Identity
from simulators.wire import Document, Message, foreign, local_stamp

_PACKETS = 3_000  # of sound in a minute, at fifty a second


class Cisco(Foreign):
    """A room device as its bridge tells of it."""

    tells = frozenset({"mos", "audio_rx_jitter_ms", "sip_registered", ABSENCE})

    def __init__(self, identity: Identity, seed: int) -> None:
        super().__init__(identity, seed)
        self._call, self._calls = False, 0

    def begin(self, now: float) -> None:
        """A new session."""
        super().begin(now)
        self._call = False

    def introduce(self, now: float, _interval: float) -> list[Message]:
        """The whole tree; offsets are written without a colon."""
        at = local_stamp(now + self.skew)
        tree = {
            "Audio": {"Microphones": {"Mute": "Off"}, "Volume": "65"},
            "RoomAnalytics": {"AmbientNoise": {"Level": {"A": "38"}}, "PeopleCount": {"Current": "-1"}},
            "SIP": {"Registration": [{"Status": "Registered"}]},
            "Standby": {"State": "Off"},
            "SystemUnit": {
                "ProductId": "Cisco Room Kit Mini",
                "Software": {"Version": "ce11.20.2.1"},
                "State": {"NumberOfActiveCalls": "0"},
                "Uptime": "1",
            },
            "Time": {"SystemTime": at[:-3] + at[-2:]},
        }
        return [self._say("status", {"Status": tree})]

    def telemetry(self, record: Document) -> list[Message]:
        """Who is registered, how many are in the room; a call when it begins and ends; its channels while it lasts."""
        sample, _ = measured(record)
        in_call = bool(sample.get("in_call"))
        people = sample.get("participants") if in_call else -1
        registered = "Registered" if sample.get("sip_registered") else "Failed"
        state = {
            "RoomAnalytics": {"PeopleCount": {"Current": str(people)}},
            "SIP": {"Registration": {"Status": registered}},
            "SystemUnit": {"State": {"NumberOfActiveCalls": str(int(in_call))}},
        }
        said = [self._say("feedback", {"Status": state})]
        if in_call != self._call:
            self._call = in_call
            self._calls += in_call
            call = {"Status": "Connected", "Direction": "Incoming"} if in_call else {"ghost": "True"}
            said.append(self._say("feedback", {"Status": {"Call": [{"id": str(self._calls), **call}]}}))
        if in_call:
            said.append(self._say("mediachannels", {"device_data": _channels(sample)}))
        return said

    def _say(self, kind: str, document: Document) -> Message:
        return foreign(self.identity.address, f"bridge/cisco/{self.identity.id}/{kind}", document)


def _channels(sample: Sample) -> Document:
    def channel(media: str, rate: float | None) -> Document:
        loss, jitter = (sample.get(f"{media}_rx_{what}") for what in ("loss_pct", "jitter_ms"))
        lost = round(_PACKETS * _figure(loss) / 100)
        facts = {"Jitter": str(round(_figure(jitter))), "Loss": str(lost), "Packets": str(_PACKETS - lost)}
        return {"ChannelRate": str(int(rate or 0)), **facts}

    video = sample.get("video_rx_bps")
    return {"Audio_Main_Incoming": channel("audio", 64_000), "Video_Main_Incoming": channel("video", _figure(video))}


def _figure(value: Value) -> float:
    return float(value or 0)


DIALECT = Cisco
