"""What an actor sees of the engine over the interface: operators all, everybody else what the own scope has touched.

The same scopes and roles as in the inbox (DESIGN.md 10): an instance is seen by who may work, or could have worked, on
one of its tasks, and by who has started it.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, select, true

from kernel.actors import Actor, Role
from store.tables import instance, task

SEE_ALL = frozenset({Role.OPS, Role.SYSTEM_ADMIN})


def tasks_of(actor: Actor) -> ColumnElement[bool]:
    """The condition on rows of `task`."""
    if actor.has(*SEE_ALL):
        return true()
    return task.c.scope.in_(actor.scopes) & _role_of(actor)


def instances_of(actor: Actor) -> ColumnElement[bool]:
    """The condition on rows of `instance`."""
    if actor.has(*SEE_ALL):
        return true()
    of_instance = select(task.c.id).where((task.c.instance_id == instance.c.id) & tasks_of(actor))
    touched = of_instance.correlate(instance).exists()  # not with a `task` that is read beside it
    return or_(touched, instance.c.started_by == actor.id)


def external_tasks_of(actor: Actor) -> ColumnElement[bool]:
    """The condition on service tasks left to other systems: any service account may do any of them."""
    return true() if actor.has(Role.SERVICE, *SEE_ALL) else false()


def jobs_of(actor: Actor) -> ColumnElement[bool]:
    """The condition on rows of `job`, joined with their `instance`."""
    return true() if actor.has(*SEE_ALL) else instances_of(actor)


def _role_of(actor: Actor) -> ColumnElement[bool]:
    """A task of an instance that was archived names its roles no more (ADR 11): there the scope alone counts."""
    archived = task.c.candidate_groups == ""
    return or_(archived, *(task.c.candidate_groups.contains(f",{role.value},") for role in actor.roles))
