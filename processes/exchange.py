"""What instances tell each other and are told from elsewhere: messages to one, signals to all who wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, select

from kernel.actors import SYSTEM, Actor
from kernel.errors import ConcurrentChange, Fault, Reason, StateConflict
from processes import correlation
from processes.advancing import Advancing, refuse_suspended
from processes.ports import InstanceRef
from store.tables import subscription
from store.unit_of_work import UnitOfWork
from store.writing import lock_instance


class Exchange(Advancing):
    """Delivers messages and signals; one that is addressed to an instance never waits and is never swallowed."""

    def open_message(self, work: UnitOfWork, instance_id: str, message: str) -> str | None:
        """The open subscription of an instance to a message, its instance locked; None when nothing waits for it.

        Raises:
            InstanceSuspended: it is to stand still.
        """
        refuse_suspended(self._lock(work, instance_id))
        waits = (
            (subscription.c.instance_id == instance_id)
            & (subscription.c.name == message)
            & (subscription.c.status == "open")
        )
        found = work.connection.execute(select(subscription.c.id).where(waits).order_by(subscription.c.opened_at))
        return found.scalars().first()

    def send_message(
        self,
        work: UnitOfWork,
        instance_id: str,
        message: str,
        payload: dict[str, Any],
        *,
        by: Actor,
        deferred: frozenset[str],
        refusal: str = "STATE_CONFLICT",
    ) -> None:
        """Deliver a message to the one element of the instance that waits for it.

        Raises:
            StateConflict: (`refusal`) nothing waits for it: a message is never swallowed (DESIGN.md 4).
        """
        waiting = self.open_message(work, instance_id, message)
        if waiting is None:
            raise StateConflict(Reason(refusal), detail=f"Expected {instance_id} to wait for {message}")
        row = self._lock(work, instance_id)
        with naming(instance_id, message):
            execution, before = self._load(row)
            execution.deliver(waiting, payload)
            self._advance(work, row, execution, before, by, deferred)

    def deliver_sent(self, work: UnitOfWork, message_id: str, deferred: frozenset[str]) -> bool:
        """Give a sent message to the instance that waits for it, or start one; false when it stays buffered.

        The instance is locked before the key, as in every command, so what was found before is looked at anew.
        """
        name, key = correlation.address_of(work.connection, message_id)
        waiting = correlation.waiting_for(work.connection, name, key)
        row = None if waiting is None else lock_instance(work, waiting[0])
        found = correlation.buffered(work, message_id, self._system.now())
        if found is None:
            return False
        if row is None or waiting is None:
            if correlation.waiting_for(work.connection, name, key) is not None:
                raise ConcurrentChange(detail=f"somebody began to wait for {name} {key}")
            return self._start_by(work, found, deferred)
        if row.status == "suspended":
            return False  # it stays buffered; whoever activates the instance gives it the message
        execution, before = self._load(row)
        if row.status != "active" or not any(one.id == waiting[1] for one in execution.subscriptions()):
            raise ConcurrentChange(detail=f"{row.id} waits for {name} {key} no more")
        correlation.consume(work, message_id, row.id)
        execution.deliver(waiting[1], found.payload)
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def deliver(
        self,
        work: UnitOfWork,
        instance_id: str,
        subscription_id: str,
        payload: Mapping[str, Any],
        deferred: frozenset[str],
        *,
        by: Actor = SYSTEM,
    ) -> bool:
        """Let a message or signal happen to one subscription; false when it waits no more."""
        row, execution, before = self._active(work, instance_id)
        if execution is None:
            return False
        if not any(one.id == subscription_id for one in execution.subscriptions()):
            return False
        execution.deliver(subscription_id, payload)
        self._advance(work, row, execution, before, by, deferred)
        return True

    def start_at(
        self,
        work: UnitOfWork,
        definition_id: str,
        element_id: str,
        key: str,
        variables: Mapping[str, Any],
        deferred: frozenset[str],
    ) -> None:
        """Start an instance of a version at one of its start events, unless another version is active by now, or it
        has been suspended."""
        line = self._definitions.get(definition_id).key
        if self._definitions.active_id(work.connection, line) == definition_id:
            ref = self._create_unless_suspended(work, line, key)
            if ref is not None:
                self.begin(work, ref, variables, by=SYSTEM, deferred=deferred, at=element_id)

    def _start_by(self, work: UnitOfWork, sent: Row[Any], deferred: frozenset[str]) -> bool:
        """Start an instance by a message; false when no active version begins with it."""
        for definition_id, element_id in self._definitions.starts(work.connection, "message", sent.name):
            ref = self._create_unless_suspended(work, self._definitions.get(definition_id).key, sent.correlation_key)
            if ref is None:
                continue
            correlation.consume(work, sent.id, ref.id)
            self.begin(work, ref, {sent.name: sent.payload}, by=SYSTEM, deferred=deferred, at=element_id)
            return True
        return False

    def _create_unless_suspended(self, work: UnitOfWork, line: str, key: str) -> InstanceRef | None:
        try:
            return self.create(work, line, key)
        except StateConflict:
            return None


@contextmanager
def naming(instance_id: str, element_id: str) -> Iterator[None]:
    """Have a fault say where it happened, so that it can become an incident there."""
    try:
        yield
    except Fault as fault:
        fault.instance_id, fault.element_id = instance_id, element_id
        raise
