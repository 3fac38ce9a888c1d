"""Accounts are created, changed and disabled by administrators (DESIGN.md 12, R-V-09, F-PASSWORD)."""

from dataclasses import replace

import pytest

from identity.accounts import Accounts, NewAccount
from identity.actors import actor_of
from identity.cli import create_admin
from kernel.actors import Actor, Role
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused
from tests.identity.conftest import E01, PASSWORD

CITY_B = NewAccount("City_B ", "市审核员乙", "市住建委", frozenset({Role.CITY_REVIEWER}))
ADMIN = Actor(id="somebody", name="somebody", roles=frozenset({Role.SYSTEM_ADMIN}))


@pytest.fixture
def work(database, accounts):
    with database.write() as work:
        yield work


@pytest.fixture
def room(work, system_clock, passwords):
    return Accounts(work.connection, system_clock, passwords)


def codes_of(call, *arguments, **options):
    with pytest.raises(InvalidInput) as refusal:
        call(*arguments, **options)
    return [(reason.code, reason.field) for reason in refusal.value.reasons]


def test_an_account_is_created_under_its_lower_case_name(room):
    created = room.create(CITY_B, PASSWORD, PASSWORD, by=ADMIN)
    assert created.username == "city_b"
    assert room.get(created.id) == created
    assert room.by_username("CITY_B") == created
    assert created.roles == {Role.CITY_REVIEWER}


@pytest.mark.parametrize("username", ["ab", "-abc", "a b c", "名字", "a" * 65, "", "a@b.c"])
def test_a_user_name_has_plain_characters(room, username):
    wrong = replace(CITY_B, username=username)
    assert codes_of(room.create, wrong, PASSWORD, PASSWORD, by=ADMIN) == [("FIELD_INVALID", "username")]


def test_a_taken_name_is_refused(room):
    taken = replace(CITY_B, username="CITY_A")
    assert codes_of(room.create, taken, PASSWORD, PASSWORD, by=ADMIN) == [("ACCOUNT_TAKEN", "username")]


def test_a_person_has_one_account_as_an_individual(room):
    """R-000-20"""
    second = NewAccount("p05b", "赵克勤", "个人", frozenset({Role.INDIVIDUAL}), person_id="person-5")
    assert codes_of(room.create, second, PASSWORD, PASSWORD, by=ADMIN) == [("ACCOUNT_EXISTS", "person_id")]


def test_every_role_needs_its_scope(room):
    everything = replace(
        CITY_B, name=" ", roles=frozenset({Role.INDIVIDUAL, Role.ENTERPRISE_USER, Role.DISTRICT_REVIEWER})
    )
    assert codes_of(room.create, everything, PASSWORD, PASSWORD, by=ADMIN) == [
        ("FIELD_REQUIRED", "name"),
        ("FIELD_REQUIRED", "person_id"),
        ("FIELD_REQUIRED", "enterprise"),
        ("FIELD_REQUIRED", "district"),
    ]
    nothing = replace(CITY_B, roles=frozenset())
    assert codes_of(room.create, nothing, PASSWORD, PASSWORD, by=ADMIN) == [("FIELD_REQUIRED", "roles")]


def test_a_new_password_is_strong_and_typed_twice(room, accounts):
    """R-V-09"""
    both = [("PASSWORD_WEAK", "password"), ("PASSWORD_MISMATCH", "repeat")]
    assert codes_of(room.create, CITY_B, "short", "shirt", by=ADMIN) == both
    assert codes_of(room.reset_password, accounts["p05"], "short", "shirt", by=ADMIN) == both
    assert codes_of(room.change_own_password, accounts["p05"], PASSWORD, "short", "shirt", token="") == both


def test_changing_the_password_needs_the_old_one(room, accounts):
    """R-004-12"""
    wrong = codes_of(room.change_own_password, accounts["p05"], "Wrong-2026-pass", PASSWORD, PASSWORD, token="")
    assert wrong == [("OLD_PASSWORD_WRONG", "old_password")]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMIN}))
def test_only_administrators_manage_accounts(room, accounts, role):
    somebody = Actor(id="x", name="x", roles=frozenset({role}))
    for call in (
        lambda: room.create(CITY_B, PASSWORD, PASSWORD, by=somebody),
        lambda: room.disable(accounts["p05"], by=somebody),
        lambda: room.enable(accounts["p05"], by=somebody),
        lambda: room.reset_password(accounts["p05"], PASSWORD, PASSWORD, by=somebody),
        lambda: room.set_roles(accounts["p05"], frozenset({Role.SYSTEM_ADMIN}), by=somebody),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_an_account_is_disabled_and_enabled(room, accounts):
    room.disable(accounts["p05"], by=ADMIN)
    assert room.get(accounts["p05"]).disabled
    room.enable(accounts["p05"], by=ADMIN)
    assert not room.get(accounts["p05"]).disabled


def test_somebody_always_manages_accounts(room, accounts):
    for call in (
        lambda: room.disable(accounts["admin"], by=ADMIN),
        lambda: room.set_roles(accounts["admin"], frozenset({Role.OPS}), by=ADMIN),
    ):
        with pytest.raises(Refused) as refusal:
            call()
        assert refusal.value.code == "LAST_ADMIN"
    room.set_roles(accounts["city_a"], frozenset({Role.SYSTEM_ADMIN}), by=ADMIN)
    room.disable(accounts["admin"], by=ADMIN)


def test_roles_are_replaced(room, work, accounts):
    changed = room.set_roles(accounts["city_a"], frozenset({Role.ANALYST, Role.OPS}), by=ADMIN)
    assert changed.roles == {Role.ANALYST, Role.OPS}
    assert actor_of(work.connection, accounts["city_a"]).roles == changed.roles
    wrong = codes_of(room.set_roles, accounts["city_a"], frozenset({Role.DISTRICT_REVIEWER}), by=ADMIN)
    assert wrong == [("FIELD_REQUIRED", "district")]


def test_unknown_accounts_are_not_found(room):
    for call in (
        lambda: room.get("nobody"),
        lambda: room.by_username("nobody"),
        lambda: room.disable("nobody", by=ADMIN),
        lambda: room.set_roles("nobody", frozenset({Role.OPS}), by=ADMIN),
    ):
        with pytest.raises(NotFound):
            call()


def test_accounts_are_searched_by_name_and_unit(room):
    assert [each.username for each in room.search("恒筑").items] == ["e01_admin", "e01_user"]
    assert [each.username for each in room.search("CITY").items] == ["city_a"]
    everybody = room.search("")
    assert everybody.total == 5
    assert everybody.items[0].roles == {Role.SYSTEM_ADMIN}
    assert room.search("", page=2).items == ()


def test_preferences_are_kept_beside_each_other(room, accounts):
    assert room.preferences(accounts["p05"]) == {}
    room.prefer(accounts["p05"], language="en")
    room.prefer(accounts["p05"], theme="dark")
    assert room.preferences(accounts["p05"]) == {"language": "en", "theme": "dark"}


def test_the_first_administrator_is_created_from_the_command_line(database, system_clock, passwords):
    with database.write() as work:
        created = create_admin(work, "Chief", PASSWORD, clock=system_clock, passwords=passwords)
    with database.read() as connection:
        actor = actor_of(connection, created.id)
    assert actor.roles == {Role.SYSTEM_ADMIN}
    with database.write() as work:
        again = codes_of(create_admin, work, "chief", PASSWORD, clock=system_clock, passwords=passwords)
    assert again == [("ACCOUNT_TAKEN", "username")]


def test_an_enterprise_account_carries_its_enterprise(work, accounts):
    assert actor_of(work.connection, accounts["e01_user"]).enterprise == E01
