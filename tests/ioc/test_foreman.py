"""What the wall is told of planned work, and when."""

from alerts.domains import Grounds
from alerts.errors import StoreDownError
from alerts.store import MemoryStore
from alerts.suppression import DAY_MS, Maintenance, Scope
from ioc.foreman import Foreman
from maps.works import Work

HOUR = 3_600_000
MONDAY = 1_795_395_600_000  # 2026-11-23 00:00 in Viet Nam


class Site:
    """A store, a clock and a wall: `at` looks at an hour after Monday's midnight and gives what the wall was told."""

    def __init__(self):
        self.store, self.now, self.told, self.down = MemoryStore(), MONDAY, [], False
        self.foreman = Foreman(self, lambda: Grounds({"xa-1": None, "thon-1": "xa-1"}), self.told.append, self.clock)

    def clock(self):
        return self.now

    def quiets(self, now):
        if self.down:
            raise StoreDownError
        return self.store.quiets(now)

    def plan(self, **facts):
        once = {"id": "m1", "scope": Scope(areas=("xa-1",)), "starts_at": MONDAY + HOUR, "length_ms": 2 * HOUR}
        self.store.add_quiet(Maintenance(**{**once, "author": "lan", "reason": "thay nguồn", **facts}))

    def at(self, hour):
        self.now = MONDAY + round(hour * HOUR)
        self.foreman.step()
        told = [{(work.since - MONDAY) / HOUR for work in works} for works in self.told]
        self.told.clear()
        return told


def test_the_wall_is_told_when_work_begins_and_ends_and_nothing_in_between():
    site = Site()
    site.plan()
    assert [site.at(hour) for hour in (0, 0.9, 1, 1.5, 2.9, 3, 4)] == [[], [], [{1}], [], [], [set()], []]


def test_areas_cover_those_below_them():
    site = Site()
    site.plan()
    site.now = MONDAY + HOUR
    site.foreman.step()
    assert site.told == [{Work(MONDAY + HOUR, MONDAY + 3 * HOUR, frozenset({"xa-1", "thon-1"}))}]


def test_work_planned_or_called_off_while_it_goes_on_is_told_at_the_next_look():
    site = Site()
    assert site.at(1.2) == []
    site.plan()
    assert site.at(1.3) == [{1}]
    site.store.end_quiet(Maintenance, "m1", "lan", site.now)
    assert site.at(1.4) == [set()]


def test_weekly_work_begins_and_ends_by_its_clock_on_its_days():
    site = Site()
    site.plan(days=(0, 2))
    told = [site.at(day * DAY_MS / HOUR + hour) for day in range(4) for hour in (0, 1, 3)]
    assert told == [[], [{1}], [set()], [], [], [], [], [{49}], [set()], [], [], []]


def test_work_on_single_rules_takes_no_device_off_the_wall():
    site = Site()
    site.plan(scope=Scope(areas=("xa-1",), rules=("camera-hot",)))
    assert site.at(1) == []


def test_while_the_database_is_away_what_was_planned_goes_on_beginning_and_ending():
    site = Site()
    site.plan()
    site.at(0)
    site.down = True
    assert [site.at(hour) for hour in (0.5, 1, 3)] == [[], [{1}], [set()]]
