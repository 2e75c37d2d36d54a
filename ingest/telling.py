"""How adapters tell what equipment said: who it is (once), and what happened (an event and the state it leaves).

Equipment that speaks only when something happens is not dead because it is quiet: its adapter says how long silence
may last, by `interval_s` of a birth of its own making. Pure; the memory is bounded.
"""

from collections.abc import Callable, Mapping

from ingest.adapter import Parsed, Read, Source
from ingest.model import Birth, Event, Message, Metrics, Report, Sample
from ingest.scalars import number

QUIET_S = 28_800.0  # speaks only of what happens, and has no Will: a day (three times this) without a word is silence
WILLED_S = 864_000.0  # its Will, or its bridge's, tells of its death: only a month without a word is silence
PHASES: Mapping[bool, str] = {True: "start", False: "end"}
_MOST = 8192  # devices remembered; the oldest goes out, and is introduced again


class Roll:
    """The devices already introduced: a birth is told once per run, and again when it says something else.

    The option `interval_s` of the source goes before what the adapter thinks of silence.
    """

    def __init__(self, source: Source) -> None:
        self._known: dict[str, tuple[object, ...]] = {}
        wanted = number(source.options.get("interval_s"))
        self._interval_s = float(wanted) if wanted is not None and wanted > 0 else None

    def __contains__(self, device: str) -> bool:
        return device in self._known

    def introduce(
        self,
        device: str,
        ts: int,
        *,
        interval_s: float | None = None,
        gateway: str | None = None,
        name: str | None = None,
        maker: str | None = None,
        model: str | None = None,
        fw: str | None = None,
    ) -> list[Report]:
        """The device's birth, where it is not told yet."""
        interval_s = self._interval_s or interval_s
        facts = (interval_s, gateway, name, maker, model, fw)
        if self._known.get(device) == facts:
            return []
        self._known.pop(device, None)
        self._known[device] = facts
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return [
            Birth(device, ts, name=name, maker=maker, model=model, fw=fw, gateway=gateway, interval_s=interval_s)
        ]  # fmt: skip


def paced(begin: Callable[[Source], Read], interval_s: float | None = None) -> Callable[[Source], Read]:
    """An adapter's `open`, whose devices are first introduced with how often they speak.

    Without an interval only the option tells one, else the family's counts.
    """

    def open_on(source: Source) -> Read:
        roll, read = Roll(source), begin(source)
        if interval_s is None and "interval_s" not in source.options:
            return read

        def introduced(message: Message) -> Parsed:
            parsed = read(message)
            if not isinstance(parsed, list):
                return parsed
            devices = {report.device: report.ts for report in parsed if not isinstance(report, Birth)}
            births = (roll.introduce(device, ts, interval_s=interval_s) for device, ts in devices.items())
            return [*(birth for told in births for birth in told), *parsed]

        return introduced

    return open_on


def happened(
    device: str,
    message: Message,
    what: str,
    phase: str,
    *,
    part: str,
    own: int | None = None,
    id: str = "",  # noqa: A002 - the event's field
    severity: str | None = None,
    state: Metrics | None = None,
    data: Mapping[str, object] | None = None,
) -> list[Report]:
    """What happened as an event; the `state` it leaves also as a sample, for rules and the wall read samples.

    `own` is the device's time; `part` what of the device spoke, also the event's id where it has none of its own.
    """
    ts, stamped = (message.received_at, False) if own is None else (own, True)
    state = state or {}
    event = Event(
        device, ts, (id or part)[:64], what[:64], phase, message.received_at, severity, {**state, **(data or {})},
        origin=part[:120], stamped=stamped,
    )  # fmt: skip
    if not state:
        return [event]
    return [event, Sample(device, ts, state, message.received_at, origin=part[:120], stamped=stamped)]


def text(raw: object, longest: int = 128) -> str | None:
    """A name or a model as equipment writes it; None where there is none."""
    return raw.strip()[:longest] or None if isinstance(raw, str) else None
