"""The self-probe's shell: what it sends, whose echoes it takes, what it says; and the key it comes in with."""

import json
import threading

from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.native import read
from ingest.model import Heard, Message, Sample
from ioc.accounts.inner import LIFE_MS, InnerKey
from ioc.accounts.model import Role, Via
from ioc.echoes import Health, Leg
from ioc.probe import METRIC, SelfProbe


class Postman:
    """Hands each message to a listener instead of a broker."""

    def __init__(self, listener):
        self.listener, self.sent = listener, threading.Semaphore(0)

    def start(self):
        pass

    stop = start

    def wait(self, seconds):
        pass

    def send(self, topic, payload):
        self.listener(topic, payload)
        self.sent.release()


class Visitor:
    def run(self, ending):
        ending.wait()


def sample(device, session, stamp):
    return Sample(device, stamp, {METRIC: stamp}, stamp, session, 1)


def test_a_sample_is_one_of_the_native_wire_and_comes_back_on_both_legs():
    probe = SelfProbe("nong-son", 0.05)

    def echo(topic, payload):
        [said] = read(Message(topic, payload, 5))
        assert (said.device, said.session) == ("nong-son/indicator/self-probe", probe.session)
        assert json.loads(payload)["ts"] == said.ts
        shown = probe.hear(Heard(5, samples=(said,)))
        probe.shown(shown)

    postman = Postman(echo)
    probe.start(postman, Visitor())
    for _ in range(3):
        assert postman.sent.acquire(timeout=5)
    probe.stop()
    sent, lost, took = probe.numbers()
    assert sent >= 3
    assert set(lost.values()) == {0}
    assert took[Leg.LIVE].count >= 3
    assert probe.verdict.health in (Health.OK, Health.WAITING)
    assert probe.problem() is None


def test_others_samples_and_those_of_an_earlier_start_are_not_its_own():
    probe = SelfProbe("s", 5)
    mine = sample(probe.device, probe.session, 7)
    others = (sample("s/camera/c1", probe.session, 8), sample(probe.device, "before", 9))
    assert probe.hear(Heard(1, samples=others)) is None
    assert probe.hear(Heard(1, samples=(*others, mine))) == 7


def test_where_it_is_off_it_says_and_starts_nothing():
    probe = SelfProbe("s", 0)
    probe.start(None, None)
    probe.stop()
    assert (probe.verdict.health, probe.figures(), probe.problem()) == (Health.OFF, {}, None)


def test_what_fails_is_told_where_people_and_machines_look():
    probe = SelfProbe("s", 5)
    probe._echoes.sent(1, -20_000)
    probe._echoes.heard(Leg.STORED, 1, -19_000)
    probe._look()
    assert "the live stream does not show it" in probe.problem()
    assert probe.figures() == {"probe": "lost"}


@given(st.lists(st.integers(0, 2 * LIFE_MS), max_size=8))
def test_the_inner_key_only_looks_and_lives_while_it_is_used(waits):
    key, now = InnerKey(), 1_000
    secret, alive = key.mint(now), True
    assert key.person("", now) is None
    for wait in waits:
        now += wait
        alive = alive and wait <= LIFE_MS
        person = key.person(secret, now)
        assert (person is not None) == alive
        assert person is None or (person.role, person.via) == (Role.VIEWER, Via.WALL)


def test_a_new_inner_key_ends_the_one_before():
    key = InnerKey()
    first, second = key.mint(0), key.mint(0)
    assert key.person(first, 1) is None
    assert key.person(second, 1) is not None
