"""Sessions end by themselves and when their account changes (F-AUTH-4)."""

import pytest

from identity.accounts import Accounts
from identity.actors import actor_of, signed_in
from identity.sessions import Sessions
from kernel.actors import SYSTEM, Role
from tests.identity.conftest import E01, PASSWORD

NEW_PASSWORD = "Other-2026-pass"


@pytest.fixture
def work(database, accounts):
    with database.write() as work:
        yield work


@pytest.fixture
def sessions(work, system_clock):
    return Sessions(work.connection, system_clock)


@pytest.fixture
def room(work, system_clock, passwords):
    return Accounts(work.connection, system_clock, passwords)


def test_a_session_ends_after_thirty_idle_minutes(sessions, accounts, system_clock):
    token = sessions.open(accounts["p05"], ip="")
    system_clock.advance(minutes=29, seconds=59)
    assert sessions.find(token).account_id == accounts["p05"]
    system_clock.advance(seconds=1)
    assert sessions.find(token) is None


def test_a_session_ends_after_eight_hours_of_work(sessions, accounts, system_clock):
    token = sessions.open(accounts["p05"], ip="")
    for _ in range(24):
        system_clock.advance(minutes=19, seconds=59)
        assert sessions.find(token) is not None
        sessions.touch(token)
    system_clock.advance(seconds=24)
    assert sessions.find(token) is None


def test_a_session_is_noted_at_most_once_a_minute(sessions, accounts, system_clock):
    token = sessions.open(accounts["p05"], ip="")
    system_clock.advance(seconds=59)
    assert not sessions.find(token).is_stale
    system_clock.advance(seconds=1)
    assert sessions.find(token).is_stale
    sessions.touch(token)
    assert not sessions.find(token).is_stale


def test_signing_out_ends_one_session(sessions, accounts):
    first, second = sessions.open(accounts["p05"], ip=""), sessions.open(accounts["p05"], ip="")
    sessions.close(first)
    assert sessions.find(first) is None
    assert sessions.find(second) is not None


def test_sessions_that_are_over_are_forgotten(sessions, accounts, system_clock):
    sessions.open(accounts["p05"], ip="")
    system_clock.advance(minutes=20)
    young = sessions.open(accounts["p05"], ip="")
    system_clock.advance(minutes=10)
    assert sessions.forget_expired() == 1
    assert sessions.find(young) is not None


def test_a_changed_password_ends_the_other_sessions(sessions, room, accounts):
    mine, other = sessions.open(accounts["p05"], ip=""), sessions.open(accounts["p05"], ip="")
    elsewhere = sessions.open(accounts["e01_user"], ip="")
    room.change_own_password(accounts["p05"], PASSWORD, NEW_PASSWORD, NEW_PASSWORD, token=mine)
    assert sessions.find(mine) is not None
    assert sessions.find(other) is None
    assert sessions.find(elsewhere) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda room, account: room.disable(account, by=SYSTEM),
        lambda room, account: room.reset_password(account, NEW_PASSWORD, NEW_PASSWORD, by=SYSTEM),
        lambda room, account: room.set_roles(account, frozenset({Role.OPS}), by=SYSTEM),
    ],
    ids=["disabled", "reset", "other roles"],
)
def test_what_administrators_change_ends_all_sessions(sessions, room, accounts, change):
    token = sessions.open(accounts["city_a"], ip="")
    change(room, accounts["city_a"])
    assert sessions.find(token) is None


def test_the_actor_is_the_account_as_it_stands_now(work, room, accounts):
    actor = actor_of(work.connection, accounts["e01_admin"], ip="10.0.0.1")
    assert actor.name == "管理员"
    assert actor.unit == "恒筑"
    assert actor.ip == "10.0.0.1"
    assert actor.roles == {Role.ENTERPRISE_ADMIN}
    assert actor.scopes == (f"enterprise:{E01}",)
    room.disable(accounts["e01_admin"], by=SYSTEM)
    assert actor_of(work.connection, accounts["e01_admin"]) is None
    assert actor_of(work.connection, "nobody") is None


def test_a_request_learns_actor_and_session_in_one_statement(work, sessions, room, accounts, system_clock):
    token = sessions.open(accounts["p05"], ip="")
    asked = []

    def ask(*questions):
        asked.append(questions)
        return work.ask(*questions)

    actor, session = signed_in(ask, token, clock=system_clock, ip="10.0.0.9")
    assert [len(questions) for questions in asked] == [1]
    assert actor.scopes == ("person:person-5",)
    assert actor.ip == "10.0.0.9"
    assert session.account_id == accounts["p05"]
    system_clock.advance(minutes=30)
    assert signed_in(work.ask, token, clock=system_clock) is None


def test_a_disabled_account_is_out_although_a_session_row_is_left(work, sessions, room, accounts, system_clock):
    room.disable(accounts["p05"], by=SYSTEM)
    token = sessions.open(accounts["p05"], ip="")
    assert signed_in(work.ask, token, clock=system_clock) is None
