"""Passwords, throttling and the first account."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from ioc.accounts import passwords, store
from ioc.accounts.first import ensure_first_admin
from ioc.accounts.model import Actor, Denied, Role, account_name
from ioc.accounts.throttle import LONGEST_MS, Throttle
from ioc.migrate import migrate

US = Actor("test", Role.ADMIN, "here")


@pytest.fixture
def pool(dsn: str) -> Iterator[ConnectionPool[Any]]:
    migrate(dsn)
    with ConnectionPool(dsn, min_size=1, max_size=2, open=True) as made:
        yield made


def test_without_a_configured_password_each_start_gives_a_new_one_until_one_is_chosen(
    pool: ConnectionPool[Any],
) -> None:
    first = ensure_first_admin(pool, None)
    second = ensure_first_admin(pool, None)
    assert first != second
    assert first is not None
    assert second is not None
    assert store.check(pool, "admin", first) is None
    admin = store.check(pool, "admin", second)
    assert admin is not None
    assert (admin.role, admin.must_change) == (Role.ADMIN, True)
    assert store.choose_password(pool, US, admin, second, "gio mua dong bac", None, 0) is None
    assert ensure_first_admin(pool, None) is None
    assert ensure_first_admin(pool, "configured later") is None
    assert store.check(pool, "admin", "gio mua dong bac") is not None


def test_a_configured_password_counts_until_one_is_chosen(pool: ConnectionPool[Any]) -> None:
    for configured in ("mat khau cai dat", "mat khau cai dat khac"):
        assert ensure_first_admin(pool, configured) is None
        admin = store.check(pool, "admin", configured)
        assert admin is not None
        assert not admin.must_change


def test_a_weak_configured_password_works_and_must_be_changed(pool: ConnectionPool[Any]) -> None:
    ensure_first_admin(pool, "admin")
    admin = store.check(pool, "admin", "admin")
    assert admin is not None
    assert admin.must_change


def test_one_admin_always_stays(pool: ConnectionPool[Any]) -> None:
    ensure_first_admin(pool, None)
    for loss in ({"role": Role.VIEWER, "enabled": None}, {"role": None, "enabled": False}):
        denied = store.change(pool, US, "admin", 0, password=None, **loss)  # type: ignore[arg-type]
        assert isinstance(denied, Denied)
        assert denied.reason == "last_admin"
    assert not isinstance(store.add(pool, US, "hoa", Role.ADMIN, "gio mua dong bac", 0), Denied)
    assert not isinstance(store.change(pool, US, "admin", 0, role=Role.VIEWER, enabled=None, password=None), Denied)


def test_a_one_time_password_reads_well_and_may_be_a_password() -> None:
    made = {passwords.one_time() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 19 and not set(one) & set("il1o0IO") for one in made)
    assert all(passwords.objection("admin", one) is None for one in made)


@given(st.text(max_size=300))
def test_any_text_may_be_tried_as_a_password(text: str) -> None:
    assert passwords.matches(None, text) is False


@given(st.text(max_size=80))
def test_an_account_name_stays_itself_when_read_again(text: str) -> None:
    name = account_name(text)
    assert name is None or account_name(name) == name


def test_waiting_doubles_from_the_fifth_failure_and_ends_at_a_quarter_of_an_hour() -> None:
    throttle, now, waits = Throttle(), 0, []
    for _ in range(18):
        throttle.failed("lan", "a", now)
        waits.append(throttle.wait_ms("lan", "a", now))
        now += waits[-1]
    assert waits[:8] == [0, 0, 0, 0, 1000, 2000, 4000, 8000]
    assert max(waits) == waits[-1] == LONGEST_MS
    assert throttle.wait_ms("lan", "b", now) == 0
    assert throttle.wait_ms("minh", "a", now) == 0


def test_a_success_forgets_failures_and_so_does_time() -> None:
    throttle = Throttle()
    for at in range(5):
        throttle.failed("lan", "a", at)
        throttle.failed("minh", "a", at)
    throttle.succeeded("lan", "a")
    assert throttle.wait_ms("lan", "a", 5) == 0
    throttle.failed("minh", "a", LONGEST_MS * 2)
    assert throttle.wait_ms("minh", "a", LONGEST_MS * 2) == 0


def test_guessing_many_names_costs_bounded_memory() -> None:
    throttle = Throttle(max_pairs=100)
    for number in range(1000):
        throttle.failed(f"name-{number}", "a", number)
    assert len(throttle) == 100
