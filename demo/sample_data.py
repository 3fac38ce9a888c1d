"""Loads the sample data of REQUIREMENTS.md chapter 7, as far as class-2 registrations and enterprises need it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, insert, select

from demo.accounts import sample_accounts
from demo.enterprises import ENTERPRISES
from demo.mirrors import enterprise_rows, ministry_rows
from demo.people import sample_people
from demo.registrations import HELD, certificates_of, exam_result_rows, qualification_rows, registration_of
from identity.accounts import Accounts
from identity.passwords import Passwords
from kernel.clock import Clock
from registry.enterprises import Enterprises
from registry.people import People
from registry.registrations import Registrations
from store.tables import (
    account,
    enterprise,
    enterprise_qualification,
    exam_result,
    ministry_registration,
    person,
    qualification,
    registration,
)
from store.unit_of_work import UnitOfWork

T = TypeVar("T")


def load(work: UnitOfWork, day: date, password: str, *, clock: Clock, passwords: Passwords) -> None:
    """Enter what is not there yet, dated relative to `day`; what is there stays as it has become meanwhile.

    All accounts get the same password, hashed once: the start of the service waits for this. `clock` is the
    system's.
    """
    connection = work.connection
    Enterprises(connection).add(*_new(connection, enterprise.c.uscc, ENTERPRISES, "uscc"))
    people = tuple(sample_people())
    People(connection).add(*_new(connection, person.c.id, people, "id"))
    _load_mirrors(connection, day, clock.now())
    _load_registrations(connection, day)
    id_numbers = {str(each.key): each.id_number for each in people}
    _load_rows(connection, qualification, qualification_rows(day, id_numbers))
    _load_rows(connection, exam_result, exam_result_rows(day, id_numbers))
    accounts = _new(connection, account.c.id, sample_accounts(clock.now()), "id")
    if accounts:
        Accounts(connection, clock, passwords).enter(accounts, passwords.hash(password))


def _load_mirrors(connection: Connection, day: date, at: datetime) -> None:
    """What other authorities say already on the day; each copy of their data replaces it."""
    for table, rows in (
        (enterprise_qualification, enterprise_rows(at)),
        (ministry_registration, ministry_rows(day, at)),
    ):
        key = table.primary_key.columns.values()[0]
        there = set(connection.execute(select(key)).scalars())
        new = [row for row in rows if row[key.name] not in there]
        if new:
            connection.execute(insert(table), new)


def _load_registrations(connection: Connection, day: date) -> None:
    there = set(connection.execute(select(registration.c.id)).scalars())
    new = [held for held in HELD if registration_of(held, day).id not in there]
    Registrations(connection).add(
        *(registration_of(held, day) for held in new),
        certificates=[certificate for held in new for certificate in certificates_of(held, day)],
    )


def _load_rows(connection: Connection, table: Table, wanted: Iterable[dict[str, Any]]) -> None:
    """Enter the rows whose id is not there yet."""
    there = set(connection.execute(select(table.c.id)).scalars())
    rows = [row for row in wanted if row["id"] not in there]
    if rows:
        connection.execute(insert(table), rows)


def _new(connection: Connection, column: Column[Any], values: Iterable[T], key: str) -> list[T]:
    """The values whose key no row has yet."""
    there = set(connection.execute(select(column)).scalars())
    return [value for value in values if getattr(value, key) not in there]
