"""Starts, suspensions, deletions and deployments of one process at the same moment (RELIABILITY.md 3)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.actors import SYSTEM
from processes.retiring import version, versions_of
from store.tables import decision_definition, definition, instance
from tests.api.deploying import CHANGED, ORDER, RATE
from tests.concurrency.racing import FEWER_ROUNDS, codes, race
from wiring import Services


class Orders:
    """One process that systems start."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def deploy(self, data: bytes = ORDER, *more: tuple[str, bytes]) -> str:
        files = {"order.bpmn": data, **dict(more)}
        made = self.services.deployments.create(files, name="orders", source=None, by=SYSTEM)
        return made.definitions[0]

    def start(self, definition_id: str, command_id: str = "") -> str:
        return self.services.starting.start(definition_id, {}, by=SYSTEM, command_id=command_id).id

    def suspend(self, definition_id: str) -> int:
        """Suspend a version, and count what runs on it when that is done."""
        self.services.retiring.suspend(version(definition_id), suspended=True)
        return self.running(definition_id)

    def delete(self, definition_id: str) -> None:
        self.services.retiring.delete(version(definition_id), by=SYSTEM, cascade=False)

    def running(self, definition_id: str) -> int:
        return self._count(select(func.count()).where(instance.c.definition_id == definition_id))

    def active(self) -> int:
        return self._count(select(func.count()).where((definition.c.key == "order") & definition.c.is_active))

    def versions(self, table: Any, key: str) -> list[int]:
        with self.services.database.read() as connection:
            query = select(table.c.version).where(table.c.key == key).order_by(table.c.version)
            return list(connection.execute(query).scalars())

    def _count(self, query: Any) -> int:
        with self.services.database.read() as connection:
            found: int = connection.execute(query).scalar_one()
        return found


@pytest.fixture
def orders(services: Services) -> Orders:
    return Orders(services)


def test_a_version_is_suspended_while_instances_start_on_it(orders: Orders) -> None:
    """Each start commits before the suspension or is refused: none comes after it."""
    for _ in range(FEWER_ROUNDS):
        made = orders.deploy()

        *starts, suspended = race(
            partial(orders.start, made), partial(orders.start, made), partial(orders.suspend, made)
        )

        assert {outcome.code for outcome in starts} <= {None, "DEFINITION_SUSPENDED"}
        assert suspended.is_done
        assert suspended.answer == orders.running(made) == sum(outcome.is_done for outcome in starts)


def test_a_version_is_deleted_while_an_instance_starts_on_it(orders: Orders) -> None:
    """One of them wins: nothing runs on a version that is deleted."""
    for _ in range(FEWER_ROUNDS):
        made = orders.deploy()

        outcomes = race(partial(orders.start, made), partial(orders.delete, made))

        assert codes(outcomes) in ([None, "IN_USE"], [None, "NOT_FOUND"])
        assert orders.running(made) == outcomes[0].is_done


def test_two_deployments_of_a_process_come_at_once(orders: Orders) -> None:
    """Both get a version of their own, and the later one is active."""
    for round_ in range(1, FEWER_ROUNDS + 1):
        outcomes = race(
            partial(orders.deploy, ORDER, ("rate.dmn", RATE)), partial(orders.deploy, CHANGED, ("rate.dmn", RATE))
        )

        assert codes(outcomes) == [None, None]
        assert orders.versions(definition, "order") == list(range(1, 2 * round_ + 1))
        assert orders.versions(decision_definition, "rate") == list(range(1, 2 * round_ + 1))
        assert orders.active() == 1


def test_one_command_to_start_comes_twice(orders: Orders) -> None:
    """It starts one instance, and both are told of it."""
    made = orders.deploy()
    for round_ in range(FEWER_ROUNDS):
        outcomes = race(*[partial(orders.start, made, command_id=f"order {round_}")] * 2)

        assert codes(outcomes) == [None, None]
        assert len({outcome.answer for outcome in outcomes}) == 1
        assert orders.running(made) == round_ + 1


def test_a_process_is_deployed_and_deleted_at_once(orders: Orders) -> None:
    """What is active is not deleted, and what is deleted is not active."""
    orders.deploy()
    for _ in range(FEWER_ROUNDS):
        delete = partial(orders.services.retiring.delete, versions_of("order"), by=SYSTEM, cascade=False)

        outcomes = race(partial(orders.deploy, CHANGED), delete)

        assert codes(outcomes) == [None, None]
        assert (
            orders._count(select(func.count()).where(definition.c.is_active & definition.c.deleted_at.is_not(None)))
            == 0
        )
        assert orders.active() <= 1
        orders.deploy()
