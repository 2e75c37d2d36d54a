"""Decides which of the notices that a contact is owed go out now, in how many messages; and which still wait.

Pure. Notices about one area go together (the first waits a moment for company), and name what else still fires there.
Quiet hours keep back what may wait. A contact's limit gathers the rest into one message; the first word of an area that
has been quiet, and what is critical, overtake. The truth table of what is worth sending is Alertmanager's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from alerts.model import Severity
from alerts.people import Contact, Notice, NoticeState, Quiet
from alerts.routing import Plan, Route

URGENT_MS: Final = 10_000  # what must not wait comes this far apart at least, about one area
FLOODED: Final = 3  # times a contact's limit: beyond it, what overtakes is gathered too


@dataclass(frozen=True, slots=True)
class Log:
    """What a contact was last told of a group: which alerts fire, which have ended, and when."""

    firing: frozenset[str]
    resolved: frozenset[str]
    at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the contact was lately sent, and the areas that it was about."""

    at: int
    areas: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """What one message tells: the news, and what still fires in the same areas. Without news it is a reminder."""

    news: tuple[Notice, ...]
    still: tuple[Notice, ...]
    areas: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """The messages to send now, and what became of notices that are not wanted after all."""

    packets: tuple[Packet, ...] = ()
    changed: tuple[Notice, ...] = ()


@dataclass(slots=True)
class _Group:
    """Everything about one area."""

    area: str | None
    news: list[Notice] = field(default_factory=list)
    told: dict[str, Notice] = field(default_factory=dict)
    last: int | None = None

    @property
    def urgent(self) -> bool:
        """Whether it has news that must not wait."""
        return any(each.severity is Severity.CRITICAL and not each.announce.settles for each in self.news)


def worth_sending(
    log: Log | None, firing: frozenset[str], resolved: frozenset[str], *, now: int, repeat_ms: int, tells_end: bool
) -> bool:
    """Whether a group is news to someone with this log: Alertmanager's rule (`notify.DedupStage.needsUpdate`)."""
    if log is None:
        return bool(firing)
    if not firing <= log.firing:
        return True
    if not firing:
        return bool(log.firing)
    if tells_end and not resolved <= log.resolved:
        return True
    return bool(repeat_ms) and now - log.at >= repeat_ms


def pack(contact: Contact, notices: Iterable[Notice], sent: Sequence[Sent], plan: Plan, now: int) -> Packed:
    """What the contact is sent now: `notices` are those waiting and told, `sent` the messages of their limit's span."""
    ready: list[_Group] = []
    changed: list[Notice] = []
    for group in _groups(notices, sent).values():
        group.news = [each for each in group.news if not _kept_back(contact.quiet, each, now)]
        if not _is_due(group, plan, now):
            continue
        if _worth(group, plan, now):
            ready.append(group)
        else:
            changed += _unwanted(group)
    return Packed(tuple(_bundle(each) for each in _share_out(ready, contact, sent, now)), tuple(changed))


def told(packet: Packet, message: str, now: int, earlier: Iterable[Notice]) -> tuple[Notice, ...]:
    """What its notices become once a message of this key has them; `earlier` are those told before."""
    over = {notice.alert_id for notice in packet.news if notice.announce.ends}
    news = [
        replace(
            notice,
            state=NoticeState.ENDED if notice.announce.ends else NoticeState.TOLD,
            message=message,
            told_at=now,
        )
        for notice in packet.news
    ]
    ended = [
        replace(each, state=NoticeState.ENDED)
        for each in earlier
        if each.state is NoticeState.TOLD and each.alert_id in over
    ]
    reminded = [] if packet.news else [replace(each, told_at=now) for each in packet.still]
    return (*news, *ended, *reminded)


def is_quiet(quiet: Quiet, at: int) -> bool:
    """Whether a moment lies in the quiet hours."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(quiet.zone)
    minutes = local.hour * 60 + local.minute
    if quiet.begins <= quiet.ends:
        return quiet.begins <= minutes < quiet.ends
    return minutes >= quiet.begins or minutes < quiet.ends


def _groups(notices: Iterable[Notice], sent: Sequence[Sent]) -> Mapping[str | None, _Group]:
    groups: dict[str | None, _Group] = {}
    for notice in sorted(notices, key=lambda each: (each.created_at, each.key)):
        group = groups.setdefault(notice.area, _Group(notice.area))
        if notice.state is NoticeState.WAITING:
            group.news.append(notice)
        elif notice.state is NoticeState.TOLD:
            group.told[notice.alert_id] = notice
    for group in groups.values():
        times = [each.told_at for each in group.told.values() if each.told_at is not None]
        times += [each.at for each in sent if group.area in each.areas]
        group.last = max(times, default=None)
    return groups


def _kept_back(quiet: Quiet | None, notice: Notice, now: int) -> bool:
    return quiet is not None and notice.severity.rank < quiet.at_least.rank and is_quiet(quiet, now)


def _is_due(group: _Group, plan: Plan, now: int) -> bool:
    """Whether its first news has waited long enough, or a reminder has come."""
    if not group.news:
        return any(_reminds(each, plan, now) for each in group.told.values())
    first = min(each.due_at for each in group.news)
    if group.last is None:
        return first <= now
    routes = [plan.routes[each.route] for each in group.news if each.route in plan.routes]
    interval = min((route.interval_ms for route in routes), default=0)
    return max(first, group.last + (min(interval, URGENT_MS) if group.urgent else interval)) <= now


def _reminds(notice: Notice, plan: Plan, now: int) -> bool:
    route = plan.routes.get(notice.route)
    if route is None or not route.repeat_ms or notice.rests or notice.told_at is None:
        return False
    return now - notice.told_at >= route.repeat_ms


def _worth(group: _Group, plan: Plan, now: int) -> bool:
    over = frozenset(each.alert_id for each in group.news if each.announce.ends)
    begun = frozenset(each.alert_id for each in group.news if not each.announce.ends)
    before = frozenset(group.told)
    if begun & before:  # worse, or once more on purpose: news although it was told before
        return True
    log = Log(before, frozenset(), group.last or 0) if group.told else None
    routes = [plan.routes[each.route] for each in (*group.news, *group.told.values()) if each.route in plan.routes]
    repeats = [route.repeat_ms for route in routes if route.repeat_ms]
    return worth_sending(
        log,
        (before | begun) - over,
        over,
        now=now,
        repeat_ms=min(repeats, default=0),
        tells_end=_tells_end(routes),
    )


def _unwanted(group: _Group) -> list[Notice]:
    """What a group's news become that are not worth a message: an end so passes unsaid."""
    over = {each.alert_id for each in group.news if each.announce.ends}
    ended = [replace(each, state=NoticeState.ENDED) for each in group.told.values() if each.alert_id in over]
    return [*(replace(each, state=NoticeState.DROPPED) for each in group.news), *ended]


def _tells_end(routes: Iterable[Route]) -> bool:
    return all(route.tells_end for route in routes)


def _share_out(ready: Sequence[_Group], contact: Contact, sent: Sequence[Sent], now: int) -> list[tuple[_Group, ...]]:
    """Which groups go in which messages, within the contact's limit."""
    recent = [each for each in sent if each.at > now - contact.limit.per_ms]
    heard = {area for each in recent for area in each.areas}
    ordered = sorted(ready, key=lambda group: (not group.urgent, group.last or 0, _first(group)))
    ahead = [group for group in ordered if group.urgent or group.area not in heard]
    rest = [group for group in ordered if not (group.urgent or group.area not in heard)]
    if len(recent) >= FLOODED * contact.limit.messages:  # too many even of these: one message for all, now and then
        late = max(each.at for each in recent) + URGENT_MS > now
        return [tuple(ahead)] if ahead and not late else []
    room = contact.limit.messages - len(recent) - len(ahead)
    alone = rest if room >= len(rest) else rest[: max(0, room - 1)]
    left = rest[len(alone) :] if room > 0 else []
    return [(group,) for group in (*ahead, *alone)] + ([tuple(left)] if left else [])


def _first(group: _Group) -> int:
    return min((each.created_at for each in group.news), default=0)


def _bundle(groups: Sequence[_Group]) -> Packet:
    news = tuple(each for group in groups for each in group.news)
    named = {each.alert_id for each in news}
    standing = (each for group in groups for each in group.told.values() if not each.rests)
    still = tuple(each for each in standing if each.alert_id not in named)
    return Packet(news, still, tuple(group.area for group in groups))
