"""Cheap hashing and a few accounts for the tests of identity."""

from datetime import date

import pytest
from argon2 import PasswordHasher

from identity.accounts import Accounts, NewAccount
from identity.passwords import Passwords
from kernel.actors import SYSTEM, Role
from registry.enterprises import Enterprise, Enterprises
from registry.people import People, Person

PASSWORD = "Right-2026-pass"
E01 = "91110000XA0000015W"


@pytest.fixture(scope="session")
def passwords():
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def accounts(database, system_clock, passwords):
    """The ids of accounts by user name: p05 (an individual), e01_admin, e01_user, city_a, admin."""
    with database.write() as work:
        People(work.connection).add(
            Person("person-5", "赵克勤", "11000019910228905X", "male", date(1991, 2, 28), verified=True)
        )
        Enterprises(work.connection).add(Enterprise(E01, "XA0000015", "北京恒筑建设工程有限公司"))
        room = Accounts(work.connection, system_clock, passwords)
        new = [
            NewAccount("p05", "赵克勤", "个人", frozenset({Role.INDIVIDUAL}), person_id="person-5"),
            NewAccount("e01_user", "经办人", "恒筑", frozenset({Role.ENTERPRISE_USER}), enterprise=E01),
            NewAccount("e01_admin", "管理员", "恒筑", frozenset({Role.ENTERPRISE_ADMIN}), enterprise=E01),
            NewAccount("city_a", "市审核员甲", "市住建委", frozenset({Role.CITY_REVIEWER})),
            NewAccount("admin", "系统管理员", "系统管理", frozenset({Role.SYSTEM_ADMIN})),
        ]
        return {each.username: room.create(each, PASSWORD, PASSWORD, by=SYSTEM).id for each in new}
