"""The two lists that are compared, as values: what was really wrong (`Truth`) and what people were told (`Alert`).

Decides how a line of either is read; never opens a file. Times are epoch seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from simulators.errors import UnusableError
from simulators.wire import moment

_SCOPES = ("device", "gateway", "area", "feeder", "uplink", "model", "centre")
_PLACES = ("area", "gateway", "feeder", "uplink")
_SYNONYMS = {"batch": "model"}


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing that was wrong, from `begins` to `ends` (infinity: it still is), and the one alert expected of it.

    `rules` are names or patterns (`*-absent`) of rules that may tell it; none: any rule may. Without an `expected`
    alert nobody need be told: every alert about it is one too many.
    """

    id: str
    kind: str
    begins: float
    ends: float
    devices: frozenset[str]
    places: frozenset[str]
    expected: bool
    scope: str = "device"
    subject: str = ""
    rules: tuple[str, ...] = ()
    severity: str | None = None
    within_s: float | None = None
    """The longest that the first message may take; None: as long as it is wrong."""

    def fits_rule(self, alert: "Alert") -> bool:
        """Whether the alert's rule, or its rule's kind, is one that should tell this."""
        named = {alert.rule, alert.kind} - {""}
        return not self.rules or any(fnmatchcase(name, rule) for name in named for rule in self.rules)

    def fits_place(self, alert: "Alert") -> bool:
        """Whether the alert names exactly this subject, at this scope where it names one."""
        same_scope = alert.scope in {"", self.scope} or {alert.scope, self.scope} == {"device", "gateway"}
        return same_scope and _same(alert.subject, self.subject)

    def holds(self, alert: "Alert") -> bool:
        """Whether the alert is about something that is wrong because of this."""
        if alert.subject in self.devices or self.fits_place(alert):
            return True
        return short(alert.subject) in self.places

    def at_work(self, alert: "Alert", slack_s: float) -> bool:
        """Whether the alert was up at some time while this was wrong, or up to `slack_s` around it."""
        return alert.raised <= self.ends + slack_s and alert.ended >= self.begins - slack_s


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert that people were told of, from `raised` to `ended` (infinity: still open).

    `folded` ones were told as a part of another (a parent, a suppression): they stand in no one's list by themselves.
    `messages` is how often people were told something of it; `noticed`, since when the engine knows of it.
    """

    id: str
    rule: str
    subject: str
    raised: float
    ended: float
    kind: str = ""
    scope: str = ""
    area: str | None = None
    severity: str = "minor"
    folded: bool = False
    messages: int = 1
    noticed: float | None = None

    @property
    def key(self) -> str:
        """What comes again when the same trouble comes again."""
        return f"{self.rule}@{self.subject}"


def _same(one: str, other: str) -> bool:
    """Two addresses, or an address and a slug, that name the same."""
    return one == other if "/" in one and "/" in other else short(one) == short(other)


def short(subject: str) -> str:
    """A subject without the site and family before it."""
    return subject.rpartition("/")[2]


def read_truth(document: Mapping[str, Any], where: str) -> Truth:
    """One line of a truth file; UnusableError says what is wrong with it. `where` names the line."""
    try:
        at: Mapping[str, Any] = document["where"]
        expect: Mapping[str, Any] | None = document["expect"]
        found = Truth(
            id=str(document["id"]),
            kind=str(document["kind"]),
            begins=_time(document["from"]),
            ends=inf if document.get("to") is None else _time(document["to"]),
            devices=frozenset(at.get("devices") or ()),
            places=frozenset(short(name) for name in (*(at.get("areas") or ()), *map(at.get, _PLACES)) if name),
            expected=bool(expect),
            **(_expectation(expect) if expect else {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableError(f"{where} is no line of truth: {_reason(error)}") from error
    if found.expected and found.scope not in _SCOPES:
        raise UnusableError(f"{where}: scope '{found.scope}' should be one of {', '.join(_SCOPES)}")
    return found


def _expectation(expect: Mapping[str, Any]) -> dict[str, Any]:
    within = expect.get("within_s")
    return {
        "scope": str(expect.get("scope") or "device"),
        "subject": str(expect["subject"]),
        "rules": tuple(map(str, expect.get("rules") or ())),
        "severity": expect.get("severity"),
        "within_s": None if within is None else float(within),
    }


def read_alert(document: Mapping[str, Any], where: str) -> Alert | None:
    """One alert as the API tells it; None for one that nobody was told of. UnusableError says what is wrong."""
    try:
        if document.get("firing_since") is None:
            return None
        ended = document.get("cleared_at") or document.get("closed_at")
        scope, subject = _about(document)
        return Alert(
            id=str(document["id"]),
            rule=str(document["rule"]),
            subject=subject,
            raised=_told_at(document),
            noticed=_time(document.get("since") or document["firing_since"]),
            ended=_time(ended) if ended else inf,
            kind=str(document.get("kind") or ""),
            scope=scope,
            area=document.get("area"),
            severity=str(document.get("severity") or "minor"),
            folded=_folded(document),
            messages=_messages(document, ended=bool(ended)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableError(f"{where} is no alert as GET /api/v1/alerts tells it: {_reason(error)}") from error


def _about(document: Mapping[str, Any]) -> tuple[str, str]:
    """Scope and subject: `device` is an address, or a scope and a name as in `area:que-trung`."""
    about = str(document["device"])
    scope, colon, name = about.partition(":")
    if colon and "/" not in scope:
        return _SYNONYMS.get(scope, scope), name
    named = str(document.get("subject") or "")
    return (named if named in _SCOPES else ""), about


def _announcements(document: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The steps of its timeline by which people were told something; None where it has no timeline."""
    timeline: Sequence[Mapping[str, Any]] | None = document.get("timeline")
    return None if timeline is None else [entry for entry in timeline if entry.get("announce")]


def _told_at(document: Mapping[str, Any]) -> float:
    """When people were first told; where only the alert is known, when it fired."""
    told = _announcements(document)
    return min(_time(entry["at"]) for entry in told) if told else _time(document["firing_since"])


def _folded(document: Mapping[str, Any]) -> bool:
    """Whether people were never told of it by itself, because of a parent or of another suppression."""
    told = _announcements(document)
    if told or (told is None and document.get("announced")):
        return False
    return bool(document.get("parent") or document.get("suppressed") or document.get("suppressions"))


def _messages(document: Mapping[str, Any], *, ended: bool) -> int:
    """How often people were told: by its timeline where it has one, else once when it came and once when it went."""
    told = _announcements(document)
    if told is not None:
        return len(told)
    return 0 if _folded(document) else 1 + ended


def _time(value: object) -> float:
    found = moment(value)
    if found is None:
        raise ValueError(f"'{value}' is no time such as 2026-11-22T05:00:00Z")
    return found


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def read_all_truth(documents: Iterator[tuple[str, Mapping[str, Any]]]) -> list[Truth]:
    """Every line; ids must differ."""
    found = [read_truth(document, where) for where, document in documents]
    if len({each.id for each in found}) < len(found):
        raise UnusableError("two lines of the truth have the same id")
    return found


def read_all_alerts(documents: Iterator[tuple[str, Mapping[str, Any]]]) -> list[Alert]:
    """Every alert that people were told of; one that came again is one for each time."""
    every = ((each, where) for where, document in documents for each in _episodes(document))
    return [alert for each, where in every if (alert := read_alert(each, where))]


def _episodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The alert as often as its timeline says that it began anew; people were told of each."""
    timeline: Sequence[Mapping[str, Any]] = document.get("timeline") or ()
    numbers = sorted({entry["episode"] for entry in timeline if "episode" in entry})
    if len(numbers) < 2:
        yield document
        return
    for number in numbers:
        mine = [entry for entry in timeline if entry["episode"] == number]
        fired = [entry["at"] for entry in mine if entry["after"] == "firing"]
        over = [entry["at"] for entry in mine if entry["after"] in ("cleared", "closed")]
        if fired:
            since = document["since"] if number == numbers[-1] else mine[0]["at"]
            ends = {"cleared_at": over[0] if over else None, "closed_at": None}
            yield {**document, **ends, "id": f"{document['id']}.{number}", "timeline": mine, "since": since,
                   "firing_since": fired[0]}  # fmt: skip
