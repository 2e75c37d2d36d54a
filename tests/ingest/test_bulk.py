"""The bulk reader against a broker that says what the test wants, and its parts that decide."""

import random
import select
import socket
import struct
import threading
from time import monotonic

import pytest

from ingest.bulk import BulkReader
from ingest.conversation import Conversation
from ingest.errors import BrokerClosedError, BrokerRefusedError, ProtocolError
from ingest.model import Message
from ingest.outgoing import MOST, Outgoing
from ingest.packets import encode
from ingest.packets.encode import PINGREQ, Login
from ingest.reader import BrokerUrl
from ioc.clock import now_ms

NOW = 1_795_319_000_000
CONNACK, SUBACK = b"\x20\2\0\0", b"\x90\3\xff\xff\1"
CONNACK_5, SUBACK_5 = b"\x20\6\0\0\3\x21\0\2", b"\x90\4\xff\xff\0\1"  # receive maximum 2


def publication(mid, payload=b"x"):
    return encode.publish(mid, "t/a", payload, five=False)


# The conversation: bytes and times in, bytes and errors out.


def conversation(*said, login=None, outgoing=None, now=0.0):
    login = login or Login("us", keepalive_s=10)
    talk = Conversation(login, ["t/#"], 1, outgoing or Outgoing(five=login.five), now)
    for data in said:
        talk.receive(data, NOW, now, [])
    return talk


def test_it_hears_when_the_subscription_is_granted_and_not_before():
    talk = conversation(CONNACK)
    assert (talk.greeted, talk.hearing) == (True, False)
    assert bytes(talk.to_send).endswith(encode.subscribe(0xFFFF, ["t/#"], five=False))
    talk.receive(SUBACK, NOW, 0, [])
    assert talk.hearing


@pytest.mark.parametrize("present", [True, False])
def test_what_is_not_wanted_is_left_after_subscribing_where_the_broker_kept_a_session(present):
    talk = Conversation(Login("us"), ["t/#"], 1, Outgoing(five=False), 0, unwanted=["#", "old/+"])
    talk.receive(b"\x20\2" + bytes((present, 0)), NOW, 0, [])
    farewell = encode.unsubscribe(0xFFFE, ["#", "old/+"], five=False) if present else b""
    assert bytes(talk.to_send).endswith(encode.subscribe(0xFFFF, ["t/#"], five=False) + farewell)


@pytest.mark.parametrize(("answer", "why"), [(b"\x20\2\0\4", "bad user name"), (b"\x20\2\0\5", "not authorized")])
def test_a_refusal_says_why(answer, why):
    with pytest.raises(BrokerRefusedError, match=why):
        conversation(answer)


def test_a_subscription_that_is_refused_whole_is_a_refusal():
    with pytest.raises(BrokerRefusedError, match="none of our topics"):
        conversation(CONNACK, b"\x90\3\xff\xff\x80")


@pytest.mark.parametrize("wrong", [SUBACK, publication(1), CONNACK + CONNACK, CONNACK + b"\x90\4\xff\xff\1\1"])
def test_what_is_out_of_place_is_against_the_protocol(wrong):
    with pytest.raises(ProtocolError):
        conversation(wrong)


def test_a_broker_of_version_5_that_ends_the_connection_is_quoted():
    with pytest.raises(BrokerClosedError, match="two use one client id"):
        conversation(CONNACK_5, b"\xe0\1\x8e", login=Login("us", five=True))


def test_it_pings_after_silence_of_either_side_and_expects_an_answer_within_half_of_that():
    talk = conversation(CONNACK, SUBACK)
    talk.wrote(len(talk.to_send), 0)
    talk.ping(9.9)
    assert not talk.to_send
    talk.ping(10)
    assert talk.to_send == PINGREQ
    talk.wrote(2, 10)
    talk.expect_life(14.9)
    with pytest.raises(BrokerClosedError, match="does not answer"):
        talk.expect_life(15)
    talk.receive(b"\xd0\0", NOW, 15, [])
    talk.expect_life(19.9)


def test_it_pings_though_it_hears_when_it_says_nothing_itself():
    talk = conversation(CONNACK, SUBACK)
    talk.wrote(len(talk.to_send), 0)
    talk.receive(publication(1), NOW, 9, [])
    talk.ping(10)
    assert talk.to_send == PINGREQ


def test_the_brokers_shorter_keep_alive_counts():
    talk = conversation(b"\x20\6\0\0\3\x13\0\4", SUBACK_5, login=Login("us", five=True))
    talk.wrote(len(talk.to_send), 0)
    talk.ping(4)
    assert talk.to_send == PINGREQ


def test_a_message_of_qos_2_left_in_the_session_is_brought_to_its_end():
    talk = conversation(CONNACK, SUBACK)
    talk.to_send.clear()
    out = []
    talk.receive(b"\x34\6\0\1t\0\5x", NOW, 0, out)
    talk.acknowledge(out)
    talk.receive(b"\x62\2\0\5", NOW, 0, out)
    assert talk.to_send == b"\x50\2\0\5" + b"\x70\2\0\5"


def test_orders_keep_to_the_brokers_window_and_go_on_as_it_confirms():
    outgoing = Outgoing(five=True)
    for name in "abc":
        assert outgoing.add("t", name.encode())
    talk = conversation(CONNACK_5, SUBACK_5, login=Login("us", five=True), outgoing=outgoing)
    first = [encode.publish(mid, "t", body, five=True) for mid, body in ((1, b"a"), (2, b"b"))]
    assert bytes(talk.to_send).endswith(b"".join(first))
    talk.receive(b"\x40\2\0\1", NOW, 0, [])
    assert bytes(talk.to_send).endswith(encode.publish(3, "t", b"c", five=True))


@pytest.mark.parametrize(("present", "first"), [(True, 0x3A), (False, 0x32)])
def test_unconfirmed_orders_go_again_on_the_next_connection(present, first):
    outgoing = Outgoing(five=False)
    outgoing.add("t", b"a")
    outgoing.resume(10, session_present=False)
    [again] = [outgoing.resume(10, session_present=present)]
    assert again[0] == first
    outgoing.confirm(1)
    assert outgoing.resume(10, session_present=present) == b""


def test_orders_that_nobody_takes_are_bounded():
    outgoing = Outgoing(five=False)
    assert [outgoing.add("t", b"") for _ in range(MOST + 1)] == [True] * MOST + [False]


# The reader on a socket.


class Broker:
    """Accepts, answers CONNECT and SUBSCRIBE, and then does what the test says."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(10)
        self.url = BrokerUrl.parse(f"mqtt://127.0.0.1:{self.server.getsockname()[1]}")
        self.line = None

    def welcome(self, more=b""):
        """In the background: a connection that hears; then `more`."""
        thread = threading.Thread(target=self._welcome, args=(more,))
        thread.start()
        return thread

    def _welcome(self, more):
        self.hang_up()
        self.line = self.server.accept()[0]
        self.line.settimeout(10)
        self.line.recv(1000)
        self.line.sendall(CONNACK)
        self.line.recv(1000)
        self.line.sendall(SUBACK + more)

    def read(self, count):
        got = b""
        while len(got) < count and (data := self.line.recv(1 << 20)):
            got += data
        return got

    def hang_up(self):
        if self.line is not None:
            self.line.close()

    def close(self):
        self.hang_up()
        self.server.close()


@pytest.fixture
def broker():
    broker = Broker()
    yield broker
    broker.close()


@pytest.fixture
def read():
    readers = []

    def make(url, **options):
        options = {"pauses": (0.05, 0.2), **options}
        readers.append(BulkReader(url, "us", ["t/#"], now_ms, **options))
        readers[-1].start()
        return readers[-1]

    yield make
    for reader in readers:
        reader.stop()


def until(reader, so, seconds=10):
    """Take until it is so; what was taken."""
    end, taken = monotonic() + seconds, []
    while not so():
        assert monotonic() < end
        taken += reader.take(100, 0, 0.05)
    return taken


def connected(reader, broker, more=b""):
    welcoming = broker.welcome(more)
    taken = until(reader, lambda: reader.hearing.deaf_since is None)
    welcoming.join()
    return taken


def test_a_broker_that_falls_silent_is_taken_for_dead_and_dialled_again(broker, read):
    reader = read(broker.url, keepalive_s=1)
    connected(reader, broker)
    began = monotonic()
    until(reader, lambda: reader.hearing.deaf_since is not None)
    assert 1.4 < monotonic() - began < 4
    connected(reader, broker)


def test_tending_pings_and_takes_nothing(broker, read):
    reader = read(broker.url, keepalive_s=1)
    connected(reader, broker)
    broker.line.sendall(publication(1))
    received = reader.received
    ending = monotonic() + 2.6
    while monotonic() < ending:
        reader.tend()
        threading.Event().wait(0.05)
    assert broker.read(4) == PINGREQ * 2
    assert (reader.received, reader.hearing.deaf_since) == (received, None)
    assert [message.payload for message in reader.take(10, 0, 5)] == [b"x"]


def test_receipts_that_the_socket_does_not_take_at_once_go_later_and_in_order(broker, read):
    reader = read(broker.url)
    connected(reader, broker)
    generation = reader._generation << 16
    many = [Message("t", b"", NOW, 1, False, False, generation | n % 65_000 + 1) for n in range(3_000_000)]
    reader.ack(many)
    assert reader._talk.to_send
    got = bytearray()
    collecting = threading.Thread(target=lambda: got.extend(broker.read(4 * len(many))))
    collecting.start()
    until(reader, lambda: not collecting.is_alive())
    assert got == encode.receipts(many, reader._generation)


def test_a_broker_that_hands_out_a_hundred_and_waits_is_answered_at_once(broker, read):
    reader = read(broker.url)
    connected(reader, broker)
    began = monotonic()
    for _ in range(10):
        broker.line.sendall(b"".join(publication(mid) for mid in range(1, 101)))
        taken = reader.take(2000, 5, 5)
        reader.ack(taken)
        assert len(taken) == 100
        assert len(broker.read(400)) == 400
    assert monotonic() - began < 3


def test_a_trickle_is_gathered_for_as_long_as_it_may(broker, read):
    reader = read(broker.url)
    connected(reader, broker)
    trickle = threading.Thread(
        target=lambda: [broker.line.sendall(publication(n)) or threading.Event().wait(0.02) for n in range(1, 9)]
    )
    trickle.start()
    assert len(reader.take(2000, 1, 5)) == 8
    trickle.join()


def test_receipts_given_just_before_stopping_still_arrive(broker, read):
    reader = read(broker.url)
    messages = connected(reader, broker, publication(1) + publication(2)) or reader.take(2, 1, 5)
    broker.line.sendall(publication(3) * 10_000)  # more that nobody will read
    reader.ack(messages)
    stopping = threading.Thread(target=reader.stop)
    stopping.start()
    assert broker.read(10) == b"\x40\2\0\1\x40\2\0\2\xe0\0"
    broker.hang_up()
    stopping.join()


def test_messages_of_before_a_loss_are_kept_but_not_confirmed_after_it(broker, read):
    reader = read(broker.url)
    connected(reader, broker)
    broker.line.sendall(publication(1) + publication(2) + b"\0\0")  # and then nonsense
    taken = until(reader, lambda: reader.hearing.deaf_since is not None)
    taken += reader.take(10, 0, 0)
    assert [message.token & 0xFFFF for message in taken] == [1, 2]
    connected(reader, broker)
    reader.ack(taken)
    assert select.select([broker.line], [], [], 0.3)[0] == []


@pytest.mark.parametrize("reset", [True, False])
def test_what_had_come_when_the_broker_died_is_kept_though_its_receipts_find_nobody(broker, read, reset):
    """A broker that dies may not remember what it owed us: what it had already sent is ours."""
    reader = read(broker.url)
    connected(reader, broker)
    broker.line.sendall(publication(1))
    taken = reader.take(1, 0, 5)
    broker.line.sendall(b"".join(publication(mid) for mid in range(2, 2001)))
    broker.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", reset, 0))
    broker.hang_up()
    while reader.hearing.deaf_since is None:
        reader.ack(taken)  # as after a commit, while nobody reads
    taken = [*taken, *reader.take(5000, 0, 0)]
    assert [message.token & 0xFFFF for message in taken] == [*range(1, 2001)]
    assert reader.received == 2000


def test_an_order_given_while_taking_goes_out_at_once(broker, read):
    reader = read(broker.url)
    connected(reader, broker)
    taking = threading.Thread(target=reader.take, args=(1, 0, 10))
    taking.start()
    began = monotonic()
    reader.publish("t/order", b"now")
    assert broker.read(1).endswith(b"now")
    assert monotonic() - began < 1
    reader.stop()
    taking.join()


class Dice(random.Random):
    """Takes no part of any pause, and remembers how long it might have been."""

    def __init__(self):
        super().__init__(0)
        self.asked = []

    def uniform(self, least, most):
        self.asked.append((least, most))
        return 0


def test_pauses_grow_twofold_to_their_limit_and_any_part_of_them_may_be_taken(read, free_port):
    dice = Dice()
    reader = read(BrokerUrl("127.0.0.1", free_port(), tls=False), pauses=(1, 30), dice=dice)
    until(reader, lambda: len(dice.asked) >= 7)
    assert dice.asked[:7] == [(0, longest) for longest in (1, 2, 4, 8, 16, 30, 30)]


def test_what_keeps_us_from_the_broker_is_said_once(read, free_port, caplog):
    dice = Dice()
    reader = read(BrokerUrl("127.0.0.1", free_port(), tls=False), dice=dice)
    until(reader, lambda: len(dice.asked) >= 5)
    [said] = [record for record in caplog.records if getattr(record, "action", "") == "mqtt_lost"]
    assert "refused" in said.reason


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a..b", "x" * 70])
def test_a_name_that_nobody_knows_is_said_and_tried_again(read, host, caplog):
    dice = Dice()
    reader = read(BrokerUrl(host, 1883, tls=False), dice=dice)
    until(reader, lambda: len(dice.asked) >= 2, 60)
    assert "mqtt_lost" in [getattr(record, "action", "") for record in caplog.records]


def test_a_slow_connection_holds_up_neither_taking_nor_stopping_and_is_closed_when_it_comes(read, monkeypatch):
    ours, late = socket.socketpair()
    slow = threading.Event()
    monkeypatch.setattr(socket, "create_connection", lambda *_: slow.wait(10) and late)
    monkeypatch.setattr(socket.socket, "setsockopt", lambda *_: None)
    reader = read(BrokerUrl("slow.example", 1883, tls=False))
    began = monotonic()
    assert reader.take(10, 0.1, 0.2) == []
    reader.stop()
    assert monotonic() - began < 2
    slow.set()
    ours.settimeout(10)
    assert ours.recv(1) == b""
    ours.close()
