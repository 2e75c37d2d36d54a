"""The fault lab does what it says: lines late, narrow, hung, cut and corrupt; disks full; parts frozen."""

import errno
import os
import signal
import socket
import threading
from pathlib import Path
from time import monotonic

import pytest
from realparts.centre import Centre
from realparts.clocks import HandClock
from realparts.proxy import Proxy
from realparts.small_disk import SmallDisk, small_disk


@pytest.fixture
def echo():
    """A server that sends back what it gets; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def meet():
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(line,), daemon=True).start()

        def serve(line):
            with line:
                while data := receive(line):
                    line.sendall(data)

        thread = threading.Thread(target=meet, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def receive(line):
    try:
        return line.recv(1 << 16)
    except OSError:
        return b""


@pytest.fixture
def proxy(echo):
    with Proxy(echo) as made:
        yield made


@pytest.fixture
def line(proxy):
    with socket.create_connection((proxy.host, proxy.port), 5) as made:
        yield made


def ask(line, data, seconds=5.0):
    """Send, and what comes back of it within so many seconds, and when."""
    began, got = monotonic(), b""
    line.sendall(data)
    line.settimeout(seconds)
    try:
        while len(got) < len(data) and (more := line.recv(1 << 16)):
            got += more
    except TimeoutError:
        pass
    return got, monotonic() - began


def test_a_line_passes_everything_both_ways(line):
    data = os.urandom(300_000)
    assert ask(line, data)[0] == data


def test_a_late_line_is_late_both_ways(proxy, line):
    proxy.delay_s = 0.1
    got, seconds = ask(line, b"hello")
    assert got == b"hello"
    assert seconds >= 0.2


def test_a_narrow_line_passes_so_many_bytes_a_second(proxy, line):
    proxy.bytes_per_s = 100_000
    got, seconds = ask(line, bytes(50_000))
    assert len(got) == 50_000
    assert seconds >= 0.4
    proxy.bytes_per_s = None
    assert ask(line, bytes(50_000))[1] < seconds


@pytest.mark.parametrize("ways", [(), ("there",), ("back",)], ids=["both", "there", "back"])
def test_a_hung_line_holds_what_comes_until_it_flows(ways, proxy, line):
    assert ask(line, b"one")[0] == b"one"
    proxy.hang(*ways)
    assert ask(line, b"two", seconds=0.2)[0] == b""
    proxy.flow()
    line.settimeout(5)
    assert line.recv(10) == b"two"


def test_one_way_hung_leaves_the_other_open():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Proxy(server.getsockname()[1]) as between,
        socket.create_connection((between.host, between.port), 5) as near,
        server.accept()[0] as far,
    ):
        far.settimeout(0.2)
        between.hang("there")
        near.sendall(b"up")
        far.sendall(b"down")
        assert near.recv(10) == b"down"
        with pytest.raises(TimeoutError):
            far.recv(10)


def test_a_cut_ends_every_connection_and_a_closed_door_turns_new_ones_away(proxy, line):
    ask(line, b"x")
    proxy.open = False
    proxy.cut()
    assert receive(line) == b""
    with socket.create_connection((proxy.host, proxy.port), 5) as again:
        assert receive(again) == b""
    assert proxy.cuts == 1


def test_a_corrupting_line_changes_single_bits(proxy, line):
    proxy.flip_every = 1000
    data = bytes(200_000)
    got, _ = ask(line, data)
    assert len(got) == len(data)
    assert 0 < sum(byte.bit_count() for byte in got) <= proxy.flipped


def test_a_small_disk_fills_up_to_what_is_to_be_left_and_gives_it_back(tmp_path):
    with small_disk(tmp_path / "small", 2) as disk:
        if disk is None:
            assert os.geteuid() != 0, "root may mount"
            return
        disk.fill(leave=1 << 20)
        (disk.folder / "half").write_bytes(bytes(500_000))
        disk.fill()
        with pytest.raises(OSError, match="No space left") as refused:
            (disk.folder / "more").write_bytes(bytes(100_000))
        assert refused.value.errno == errno.ENOSPC
        disk.free()
        (disk.folder / "more").write_bytes(bytes(100_000))


def test_a_disk_that_is_not_small_is_never_filled(tmp_path):
    with pytest.raises(ValueError, match="more than a gigabyte"):
        SmallDisk(tmp_path).fill()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
def test_a_frozen_part_keeps_its_connections_and_goes_on_when_thawed(make_mosquitto):
    broker = make_mosquitto()
    with socket.create_connection((broker.host, broker.port), 5) as line:
        broker.freeze()
        line.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01x")
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.recv(4)
        broker.thaw()
        line.settimeout(5)
        assert line.recv(4) == b"\x20\x02\x00\x00"


def test_a_frozen_centre_is_stopped_by_the_kernel(tmp_path):
    centre = Centre(["--help"], {}, tmp_path / "log")
    with centre:
        centre.freeze()
        assert os.waitid(os.P_PID, centre.pid, os.WSTOPPED | os.WNOWAIT).si_status == signal.SIGSTOP
        centre.thaw()
        assert centre.wait() == 0
    assert Path(tmp_path / "log").stat().st_size


def test_a_clock_moved_by_hand_stands_still_until_then():
    clock = HandClock(10.5)
    assert (clock(), clock()) == (10_500, 10_500)
    clock.move_to(3)
    assert clock() == 3000
