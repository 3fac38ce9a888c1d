"""The variables of instances as they are, or were at the end: the state of an instance keeps them when it is over.

They are no rows, so they are found by instance and not by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, select

from kernel.actors import Actor
from kernel.errors import NotFound
from processes import codec
from processes.history import state_of
from processes.queries.history.named import Asked, FoundByInstance, instances_named
from processes.queries.visibility import instances_of
from store.tables import definition, instance


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the root process of an instance; `id` is made of the instance and the name."""

    id: str
    instance_id: str
    definition_id: str
    line: str
    name: str
    value: Any
    created_at: datetime  # of the instance: when a variable was set first is not told
    deserialize: bool  # whether a list or context goes out as it is, or as JSON text


class Variables(FoundByInstance[Variable]):
    """The list of them, asked like a `Query`."""

    name = "historic variable instance"
    criteria: ClassVar[Mapping[str, Asked]] = MappingProxyType(
        {
            "processInstanceId": Asked("text", "this or processInstanceIdIn is needed"),
            "processInstanceIdIn": Asked("texts", "this or processInstanceId is needed"),
            "variableName": Asked("text"),
            "variableNameIn": Asked("texts"),
            "deserializeValues": Asked("choice", "false gives lists and contexts as JSON text"),
        }
    )
    orders: ClassVar[Mapping[str, Callable[[Variable], str]]] = MappingProxyType(
        {"instanceId": lambda one: one.instance_id, "variableName": lambda one: one.name}
    )

    def one(self, connection: Connection, actor: Actor, key: str) -> Variable:
        """
        Raises:
            NotFound: there is none with this id, or it is not the actor's to see.
        """
        instance_id, _, name = key.partition(":")
        asked = {"processInstanceId": instance_id, "variableName": name}
        for found in self._found(connection, actor, asked):
            return found
        raise NotFound(detail=f"Cannot find {self.name} with id {key}")

    def _found(self, connection: Connection, actor: Actor, asked: Mapping[str, Any]) -> list[Variable]:
        columns: tuple[Any, ...] = (
            instance.c.id, instance.c.definition_id, instance.c.line, instance.c.started_at,
            instance.c.state, instance.c.archive, definition.c.pattern,
        )  # fmt: skip
        query = (
            select(*columns)
            .join(definition)
            .where(instances_named(asked) & instances_of(actor))
            .order_by(instance.c.id)
        )
        as_values = asked.get("deserializeValues", True)
        found = [one for row in connection.execute(query) for one in _in(row, as_values)]
        return [one for one in found if _is_named(one.name, asked)]


VARIABLES = Variables()


def _is_named(name: str, asked: Mapping[str, Any]) -> bool:
    return name == asked.get("variableName", name) and name in asked.get("variableNameIn", (name,))


def _in(row: Row[Any], deserialize: bool) -> list[Variable]:
    found = codec.variables_of(state_of(row))
    return [
        Variable(f"{row.id}:{name}", row.id, row.definition_id, row.line, name, value, row.started_at, deserialize)
        for name, value in sorted(found.items())
    ]
