"""Wires the alerts: the engine as the database left it, who is told, a courier for each channel, the heartbeat."""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from alerts.alertmanager import RULE as OUTSIDE
from alerts.channel import Channel
from alerts.courier import Courier
from alerts.engine import Engine
from alerts.letters import Names
from alerts.model import Transition
from alerts.outside import Porter, PostgresInbox
from alerts.people_postgres import PostgresMailroom
from alerts.postgres import PostgresStore
from alerts.posting import is_address
from alerts.pulse import Pulse
from alerts.routing import Plan
from alerts.rule import Rule
from alerts.service import AlertService
from alerts.store import LetterStore
from alerts.switchboard import open_channels
from ingest.reader import BrokerUrl
from ioc import people
from ioc.accounts.store import Pool
from ioc.baselines import Teacher
from ioc.clock import now_ms
from ioc.errors import SettingsError
from ioc.lifecycle import Stops, end_thread
from ioc.memories import wire_memories
from ioc.postman import Postman
from ioc.rulebooks import RuleFiles, find_grounds
from ioc.settings import Settings
from ioc.site import SiteFile

Publish = Callable[[Sequence[Transition]], None]


def wire_alerts(
    settings: Settings,
    site: SiteFile,
    pool: Pool,
    broker: str,
    stops: Stops,
    publish: Publish,
    clock: Callable[[], int] = now_ms,
) -> AlertService:
    """The engine and everything that goes along with its ticks."""
    files, channels, plan = (
        RuleFiles(settings.alerts.rules),
        _channels(settings, broker, stops),
        find_plan(settings, site),
    )
    mailroom = PostgresMailroom(pool, plan, partial(_names, settings, site, files))
    store = PostgresStore(pool, owe=mailroom.owe)
    alerts, evaluated_at = store.load()
    now = clock()
    grounds = find_grounds(site, pool)
    engine = Engine(files.rules, alerts, now=now, evaluated_at=evaluated_at, grounds=grounds)
    personal = {way for contact in plan.contacts.values() for way in contact.ways}
    couriers = {
        each.name: _start_courier(each, mailroom if each.name in personal else store, stops, clock) for each in channels
    }
    mailroom.begin(couriers, now)
    common = [name for name in couriers if name not in personal]
    service = AlertService(engine, store, publish=publish, channels=common, rules=files.poll)
    service.begin(now)
    wire_memories(pool, files.rules, service.expect, service.remember, now, stops)
    porter = Porter(PostgresInbox(pool), site.slug, tell=service.report, saved=lambda: not service.stats()["unsaved"])
    service.accompany(porter.tick)
    service.accompany(mailroom.advance)
    service.accompany(partial(_ring, mailroom, couriers))
    _start_teacher(pool, files, service, stops)
    _start_pulse(settings, site, partial(mailroom.oldest_due, [*couriers]), service, stops)
    return service


def find_rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules of the settings' files, or those shipped."""
    return tuple(RuleFiles(settings.alerts.rules).rules)


def find_plan(settings: Settings, site: SiteFile, *, carries: bool = True) -> Plan:
    """Who is told of what, as the site file says; checked against the rules, and the channels where we carry."""
    names = [str(table.get("name")) for table in settings.alerts.channels] if carries else None
    rules = [OUTSIDE.name, *(rule.name for rule in find_rules(settings))]
    return people.plan(site.people, site.areas, channels=names, rules=rules)


def rule_words(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """The rules' titles by language, for the pages."""
    rules = (*find_rules(settings), OUTSIDE)
    return {lang: {f"rule.{rule.name}": rule.title[lang] for rule in rules} for lang in ("vi", "en")}


def _names(settings: Settings, site: SiteFile, files: RuleFiles) -> Names:
    """What people call places, what the rules now say is to be done, and where the wall is, for messages."""
    advice = {rule.name: rule.advice for rule in files.rules}
    return Names({area.slug: area.name for area in site.areas}, link=settings.alerts.link, advice=advice)


def _channels(settings: Settings, broker: str, stops: Stops) -> tuple[Channel, ...]:
    """The configured channels; a line to the broker is opened where one of them speaks there."""
    webhooks = enumerate(settings.alerts.webhooks, 1)
    tables = [{"name": f"webhook-{number}", "kind": "webhook", "url": url} for number, url in webhooks]
    tables += settings.alerts.channels
    lines: dict[str, object] = {}
    if any(table.get("kind") == "mqtt" for table in tables):
        postman = Postman(BrokerUrl.parse(broker), f"ioc-people-{uuid.uuid4().hex[:8]}", settings.mqtt.ca_file)
        postman.start()
        stops.add("line of channels to the broker", postman.stop)
        lines["publish"] = postman.deliver
    try:
        return open_channels(tables, lines)
    except ValueError as error:
        raise SettingsError(f"alerts.webhooks, alerts.channels: {error}") from error


def _start_courier(channel: Channel, letters: LetterStore, stops: Stops, clock: Callable[[], int]) -> Courier:
    courier, ending = Courier(channel, letters, clock=clock), threading.Event()
    thread = threading.Thread(target=courier.run, args=(ending,), daemon=True)
    thread.start()
    stops.add(f"courier {channel.name}", partial(_end_courier, ending, courier, thread))
    return courier


def _start_teacher(pool: Pool, files: RuleFiles, service: AlertService, stops: Stops) -> None:
    ending = threading.Event()
    thread = threading.Thread(target=Teacher(pool, files, service.teach).run, args=(ending,), daemon=True)
    thread.start()
    stops.add("what is usual", partial(end_thread, ending, thread))


def _start_pulse(
    settings: Settings, site: SiteFile, oldest_due: Callable[[], int | None], service: AlertService, stops: Stops
) -> None:
    """The dead man's switch, where someone outside waits for it."""
    url, every_s = settings.alerts.heartbeat_url, settings.alerts.heartbeat_every_s
    if url is None:
        return
    if not is_address(url):
        raise SettingsError("alerts.heartbeat_url bắt đầu bằng https:// (begins with https:// or http://)")
    pulse = Pulse(site.slug, url, settings.alerts.heartbeat_form, every_s, oldest_due=oldest_due)
    service.accompany(pulse.tick)
    ending = threading.Event()
    thread = threading.Thread(target=pulse.run, args=(ending, now_ms), name="heartbeat", daemon=True)
    thread.start()
    stops.add("heartbeat", partial(end_thread, ending, thread))


def _ring(mailroom: PostgresMailroom, couriers: Mapping[str, Courier], now: int) -> None:
    """Wake the couriers who have something to carry: one question a second, however many there are."""
    for name in mailroom.channels_due(now) if couriers else ():
        if name in couriers:
            couriers[name].ring()


def _end_courier(ending: threading.Event, courier: Courier, thread: threading.Thread) -> None:
    ending.set()
    courier.ring()
    thread.join()
