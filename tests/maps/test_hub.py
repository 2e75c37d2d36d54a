"""The hand-over from the threads that hear to the loop that shows."""

import asyncio
import json
import threading
from dataclasses import replace

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Admission, Device, Heard, Presence, View
from maps.frames import Hello
from maps.hub import MAX_WAITING, Hub
from maps.model import State, everything
from maps.scene import Scene
from maps.works import Work


def view(number, **facts):
    presence = Presence(**{"connected": True, "fresh": True, **facts})
    return View(Device(f"s/camera/c{number}", Admission.ADMITTED), presence)


def step(number, cause="bad"):
    alert = Alert(
        f"A{number}",
        "k",
        "r",
        "s/camera/c0",
        Severity.MAJOR,
        Severity.MAJOR,
        Condition.FIRING,
        since=1,
        last_observed=1,
    )
    return Transition(alert, None, cause, 1)


def make_hub(**facts):
    clock = iter(range(0, 10**9, 200))
    return Hub(Scene("s"), clock=lambda: next(clock), **facts)


def nobody():
    """Wakes nobody: the test takes when it likes."""


def types(frames):
    return [json.loads(frame)["type"] for frame in frames]


def test_what_many_threads_put_down_is_all_in_the_next_picture():
    hub = make_hub()

    def work(first):
        for number in range(first, first + 200):
            hub.show(Heard(number, (view(number, connected=False),)))
            hub.show(Heard(number, (view(number),)))
            hub.show_alerts([step(number)])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 800, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hub.tick()
    picture = hub.scene.snapshot()
    assert (len(picture.dots), len(picture.alerts)) == (800, 800)
    assert picture.dots[5].state is not State.OFFLINE


def test_planned_work_is_in_the_next_picture_and_draws_who_comes_with_it_only_once():
    hub = make_hub()
    hub.show(Heard(1, (view(0), view(1))))
    hub.show_works([Work(5, 9, devices=frozenset({"s/camera/c0"}))])
    hub.tick()
    assert [dot.state for dot in hub.scene.snapshot().dots.values()] == [State.MAINTENANCE, State.OK]
    assert hub.scene.seq == 1
    hub.show_works([])
    hub.tick()
    assert hub.scene.snapshot().dots[0].state is State.OK
    hub.tick()
    assert hub.scene.seq == 2


def test_only_a_stuck_loop_merges_steps_and_then_keeps_the_newest_of_each_alert():
    hub = make_hub()
    hub.show_alerts([step(n % 10) for n in range(MAX_WAITING)])
    hub.show_alerts([step(3, "ack")])
    hub.tick()
    delta = hub.scene.delta_since(0)
    assert len(delta.steps) == 10


def test_a_client_gets_a_snapshot_then_figures_and_a_beat_each_second():
    hub = make_hub(ledger=lambda: {"received": 1, "stored": 1})
    client = hub.join(Hello(), everything, nobody)
    hub.show(Heard(5, (view(0),)))
    hub.tick()
    frames = client.take()
    assert types(frames) == ["snapshot", "figures", "heartbeat"]
    assert json.loads(frames[-1])["heard"] == 5
    beats = 0
    for _ in range(20):  # four seconds at five a second
        hub.tick()
        beats += types(client.take()).count("heartbeat")
    assert beats == 4


def test_a_client_with_enough_under_way_gets_nothing_not_even_beats():
    hub = make_hub()
    client = hub.join(Hello(), everything, nobody)
    for turn in range(30):
        hub.show(Heard(turn, (replace(view(0), presence=Presence(connected=True, fresh=turn % 2 == 0)),)))
        hub.tick()
        frames = client.take() if client.ready() else []
    assert frames == []
    client.ack(hub.scene.seq)
    assert types(client.take())[0] == "delta"


def test_the_probes_newest_stamp_reaches_who_asks_for_it_and_more_figures_reach_all():
    hub = make_hub(more=lambda: {"probe": "ok"})
    client, page = (
        hub.join(Hello(("probe",)), everything, nobody),
        hub.join(Hello(("devices", "areas", "alerts")), everything, nobody),
    )
    hub.show_probe(70)
    hub.show_probe(75)
    hub.tick()
    frames = [json.loads(frame) for frame in client.take()]
    assert frames[0]["layers"] == {"probe": {"stamp": 75}}
    assert frames[1]["probe"] == "ok"
    assert "probe" not in json.loads(page.take()[0])["layers"]
    hub.show(Heard(5, (view(0),)))
    hub.tick()
    assert json.loads(client.take()[0])["layers"] == {}


def test_there_are_only_so_many_clients():
    hub = make_hub(max_clients=1)
    first = hub.join(Hello(), everything, nobody)
    assert hub.join(Hello(), everything, nobody) is None
    hub.leave(first)
    assert hub.join(Hello(), everything, nobody) is not None


def test_running_ends_when_told_and_wakes_everyone():
    async def act():
        hub = make_hub(hz=100)
        woken, stop = asyncio.Event(), asyncio.Event()
        hub.join(Hello(), everything, woken.set)
        running = asyncio.create_task(hub.run(stop))
        await woken.wait()
        woken.clear()
        stop.set()
        await running
        return hub.stopping, woken.is_set()

    assert asyncio.run(act()) == (True, True)
