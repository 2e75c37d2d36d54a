"""Areas in time: which device stood where and when, whoever moved it; communes merge on their day."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from ioc.site import Area, ListedDevice, SiteFile, store

FAR = date.max
MERGER = datetime(2025, 6, 30, 17, tzinfo=UTC)  # 1 July 2025 begins in Viet Nam
DEVICE = "ns/loudspeaker/l1"
BEFORE = [Area("que-trung", "Quế Trung"), Area("que-loc", "Quế Lộc"), Area("que-lam", "Quế Lâm")]
AFTER = [
    Area("que-trung", "Quế Trung", valid_to=MERGER.date() + timedelta(days=1), becomes="nong-son-xa"),
    Area("que-loc", "Quế Lộc", valid_to=MERGER.date() + timedelta(days=1), becomes="nong-son-xa"),
    Area("que-lam", "Quế Lâm"),
    Area("nong-son-xa", "Xã Nông Sơn", valid_from=MERGER.date() + timedelta(days=1)),
]


@pytest.fixture
def database(edition):
    with psycopg.connect(edition.dsn, autocommit=True) as connection:
        yield connection


def enrol(connection, area, address=DEVICE, enrolled="2025-01-01"):
    connection.execute(
        "INSERT INTO device (address, admission, area, enrolled_at) VALUES (%s, 'admitted', %s, %s)",
        (address, area, enrolled),
    )


def stood(connection, address=DEVICE):
    return connection.execute(
        "SELECT device_area.area, valid_from, valid_to FROM device_area JOIN device ON device.id = device_id "
        "WHERE address = %s ORDER BY valid_from",
        (address,),
    ).fetchall()


def move(connection, area):
    connection.execute("UPDATE device SET area = %s WHERE address = %s", (area, DEVICE))


def test_the_first_area_told_holds_since_the_device_was_enrolled(database):
    store(database, SiteFile("ns", "Nông Sơn", areas=BEFORE))
    enrol(database, None)
    assert stood(database) == []
    move(database, "que-loc")
    assert stood(database) == [("que-loc", datetime(2025, 1, 1, tzinfo=UTC), None)]


def test_each_move_ends_one_period_and_begins_the_next(database):
    store(database, SiteFile("ns", "Nông Sơn", areas=BEFORE))
    enrol(database, "que-loc")
    move(database, "que-lam")
    move(database, None)
    move(database, "que-loc")
    periods = stood(database)
    assert [area for area, _, _ in periods] == ["que-loc", "que-lam", "que-loc"]
    assert periods[0][2] == periods[1][1]
    assert periods[1][2] < periods[2][1]
    assert periods[2][2] is None


def test_a_merger_moves_devices_on_its_day_though_it_is_told_later(database):
    store(database, SiteFile("ns", "Nông Sơn", areas=BEFORE))
    enrol(database, "que-trung")
    enrol(database, "que-lam", "ns/loudspeaker/l2")
    store(database, SiteFile("ns", "Nông Sơn", areas=AFTER))
    store(database, SiteFile("ns", "Nông Sơn", areas=AFTER))
    assert stood(database) == [
        ("que-trung", datetime(2025, 1, 1, tzinfo=UTC), MERGER),
        ("nong-son-xa", MERGER, None),
    ]
    assert [area for area, _, _ in stood(database, "ns/loudspeaker/l2")] == ["que-lam"]
    assert database.execute("SELECT area FROM device WHERE address = %s", (DEVICE,)).fetchone() == ("nong-son-xa",)


def test_a_device_that_goes_on_telling_the_old_name_stands_in_what_it_became(database):
    store(database, SiteFile("ns", "Nông Sơn", areas=AFTER))
    enrol(database, "que-trung")
    before = database.execute("SELECT changed_at FROM device").fetchone()
    move(database, "que-loc")
    [(area, changed)] = database.execute("SELECT area, changed_at FROM device").fetchall()
    assert area == "nong-son-xa"
    assert before is not None
    assert changed > before[0]  # the running ingest heard the old name, and follows this
    assert len(stood(database)) == 1


def test_a_merger_yet_to_come_moves_nobody(database):
    coming = [
        Area("que-trung", "Quế Trung", valid_to=FAR, becomes="nong-son-xa"),
        Area("nong-son-xa", "Xã Nông Sơn", valid_from=FAR),
    ]
    enrol(database, "que-trung")
    store(database, SiteFile("ns", "Nông Sơn", areas=coming))
    assert [area for area, _, _ in stood(database)] == ["que-trung"]


def test_a_listed_device_is_placed_by_the_site_file(database):
    store(database, SiteFile("ns", "Nông Sơn", areas=BEFORE, devices=[ListedDevice(DEVICE, area="que-loc")]))
    store(database, SiteFile("ns", "Nông Sơn", areas=BEFORE, devices=[ListedDevice(DEVICE, area="que-lam")]))
    assert [area for area, _, _ in stood(database)] == ["que-loc", "que-lam"]


def test_retiring_is_remembered_and_readmitting_forgets_it(database):
    enrol(database, None)
    for admission, gone in (("retired", True), ("admitted", False)):
        database.execute("UPDATE device SET admission = %s", (admission,))
        assert database.execute("SELECT retired_at IS NOT NULL FROM device").fetchone() == (gone,)
