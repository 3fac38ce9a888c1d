"""Lists that are asked like a `Query` but found by instance: what is no row cannot be looked for in all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, true

from kernel.actors import Actor
from kernel.errors import InvalidInput, Reason
from kernel.texts import Text
from processes.queries.query import MOST_ROWS, Kind, Page
from store.tables import instance

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter of such a list."""

    kind: Kind
    about: str = ""


class FoundByInstance(ABC, Generic[One]):
    """Such a list: `_found` makes the whole of it in memory, which is one instance or a few."""

    name: ClassVar[str]
    criteria: ClassVar[Mapping[str, Asked]]
    orders: ClassVar[Mapping[str, Callable[[Any], Any]]]

    def page(
        self,
        connection: Connection,
        actor: Actor,
        asked: Mapping[str, Any],
        page: Page,
        *,
        now: datetime | None = None,
    ) -> Sequence[One]:
        """
        Raises:
            InvalidInput: no instance is named.
        """
        found = self._found(connection, actor, asked)
        for name, descends in reversed(page.sorting):
            found.sort(key=self.orders[name], reverse=descends)
        return found[page.first : page.first + min(page.most, MOST_ROWS)]

    def count(
        self, connection: Connection, actor: Actor, asked: Mapping[str, Any], *, now: datetime | None = None
    ) -> int:
        return len(self._found(connection, actor, asked))

    @abstractmethod
    def _found(self, connection: Connection, actor: Actor, asked: Mapping[str, Any]) -> list[One]: ...


def instances_named(asked: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition on rows of `instance` that the parameters processInstanceId and processInstanceIdIn say.

    Raises:
        InvalidInput: neither is given.
    """
    if not asked.keys() & {"processInstanceId", "processInstanceIdIn"}:
        needed = Text("流程实例编号", "processInstanceId or processInstanceIdIn")
        raise InvalidInput(Reason("FIELD_REQUIRED", {"field": needed}))
    one = instance.c.id == asked["processInstanceId"] if "processInstanceId" in asked else true()
    several = instance.c.id.in_(asked["processInstanceIdIn"]) if "processInstanceIdIn" in asked else true()
    return one & several
