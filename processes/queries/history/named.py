"""Lists that are asked like a `Query` but found by instance: what is no row cannot be looked for in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true

from kernel.errors import InvalidInput, Reason
from kernel.texts import Text
from processes.queries.query import Kind
from store.tables import instance


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter of such a list."""

    kind: Kind
    about: str = ""


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
