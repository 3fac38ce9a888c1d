"""Which tasks stand in a queue of the inbox: 待办, 已办, 我发起的, under the filters of F-INBOX, in SQL.

An officer's scope may hold hundreds of thousands of open tasks. So a queue is asked for scope by scope, each in the
order of the index `ix_task_inbox`, which also tells the role; the business record is looked at only where a filter
asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select

from applications.views import InboxFilters
from kernel.actors import WITHOUT_INBOX, Actor
from kernel.clock import end_of, start_of
from store.tables import COMPLETED_TASK, OPEN_TASK, application, task

Queue = Literal["todo", "done", "mine"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What readers have in common whom the same statements serve."""

    roles: tuple[str, ...]
    scopes: int
    has_enterprise: bool

    @property
    def reader(self) -> Reader:
        """Any of them: names where the statement is given values."""
        scopes: tuple[Any, ...] = tuple(bindparam(f"in_scope_{place}") for place in range(self.scopes))
        return Reader(bindparam("reader"), bindparam("enterprise") if self.has_enterprise else None, scopes, self.roles)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose queues are asked for."""

    id: Any
    enterprise: Any
    scopes: tuple[Any, ...]  # but for those whose tasks stand in no inbox
    roles: tuple[str, ...]

    @classmethod
    def of(cls, actor: Actor) -> Reader:
        scopes = tuple(scope for scope in actor.scopes if scope not in WITHOUT_INBOX)
        return cls(actor.id, actor.enterprise or None, scopes, tuple(sorted(role.value for role in actor.roles)))

    @property
    def kind(self) -> Kind:
        return Kind(self.roles, len(self.scopes), self.enterprise is not None)

    def values(self, queue: Queue | None = None) -> dict[str, Any]:
        """What a statement of the reader's kind is given, on one queue or on all."""
        scopes = {f"in_scope_{place}": scope for place, scope in enumerate(self.scopes)} if queue != "done" else {}
        own = {"reader": self.id} if queue != "todo" else {}
        return own | scopes | ({"enterprise": self.enterprise} if self.enterprise and queue is None else {})


def tasks_in(queue: Queue, reader: Reader, filters: InboxFilters) -> list[Select[Any]]:
    """Ids and moments of the tasks of a queue, as queries that have no task in common."""
    query = select(task.c.id, task.c.opened_at, task.c.ended_at).where(*_of_the_task(filters))
    if asked := _of_the_record(filters, reader):
        query = query.join(application, application.c.instance_id == task.c.instance_id).where(*asked)
    return [query.where(part) for part in _parts(queue, reader)]


def _parts(queue: Queue, reader: Reader) -> list[ColumnElement[bool]]:
    if queue == "done":
        return [COMPLETED_TASK & (task.c.ended_by == reader.id)]
    if not reader.scopes:  # an empty IN would be written out for its values only
        return [false()]
    own = OPEN_TASK & or_(false(), *(task.c.candidate_groups.contains(f",{role},") for role in reader.roles))
    if queue == "mine":
        return [own & (task.c.assignee == reader.id) & task.c.scope.in_(reader.scopes)]
    return [own & (task.c.scope == scope) for scope in reader.scopes]


def _of_the_task(filters: InboxFilters) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if filters.arrived_from:
        asked.append(task.c.opened_at >= start_of(filters.arrived_from))
    if filters.arrived_to:
        asked.append(task.c.opened_at < end_of(filters.arrived_to))
    return asked


def _of_the_record(filters: InboxFilters, reader: Reader) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if filters.line:
        asked.append(application.c.line == filters.line)
    if word := filters.text.strip():
        asked.append(_search(word))
    if filters.side in ("in", "out") and reader.enterprise is not None:
        column = application.c.new_employer if filters.side == "in" else application.c.old_employer
        asked += [column == reader.enterprise, application.c.old_employer.is_not(None)]  # of a transfer
    return asked


def _search(word: str) -> ColumnElement[bool]:
    """What has digits is a number, which an index finds as a whole; anything else is a part of a name."""
    if any(letter.isdigit() for letter in word):
        return or_(application.c.number == word.upper(), application.c.applicant_id_number == word.upper())
    return application.c.applicant_name.contains(word, autoescape=True)
