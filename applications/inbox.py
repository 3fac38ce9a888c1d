"""The inbox of employers and officers: 待办, 已办, 我发起的 (F-INBOX)."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, or_, select

from applications import records
from applications.deciding import last_completer
from applications.decisions import label_of
from applications.detail import detail_of
from applications.drafting import FILL_APPLICATION
from applications.lines import title_of
from applications.views import InboxCounts, InboxFilters, InboxItem, Page, TaskView
from kernel.actors import Actor
from kernel.clock import Clock, day_of, end_of, start_of
from kernel.errors import NotFound, Reason
from kernel.identifiers import mask_id_number
from kernel.permissions import may_see_application
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from processes.paths import element_at, step_at
from store.paging import keyset_page
from store.tables import account, application, instance, task

Queue = Literal["todo", "done", "mine"]

_COLUMNS = (
    task,
    application.c.number,
    application.c.line,
    application.c.applicant_name,
    application.c.applicant_id_number,
    application.c.old_employer,
    application.c.old_employer_name,
    application.c.new_employer,
    application.c.new_employer_name,
    application.c.status.label("application_status"),
    application.c.person_id,
    instance.c.definition_id,
    account.c.name.label("assignee_name"),
)


class Inbox:
    """Queries on tasks, always within the actor's scopes and roles."""

    def __init__(self, definitions: Definitions, clock: Clock, settings: Settings) -> None:
        self._definitions = definitions
        self._clock = clock
        self._settings = settings

    def page(
        self, connection: Connection, actor: Actor, queue: Queue, filters: InboxFilters, cursor: str | None = None
    ) -> Page[InboxItem]:
        """One page of a queue: open tasks oldest first, handled ones newest first."""
        query = _filtered(_base().where(self._queue(actor, queue)), filters, actor)
        if queue == "done":
            found = keyset_page(connection, query, task.c.ended_at, task.c.id, cursor)
        else:
            found = keyset_page(connection, query, task.c.opened_at, task.c.id, cursor, newest_first=False)
        items = (self._item(row, actor, self._refusal(connection, row, actor)) for row in found.rows)
        return Page(tuple(items), found.total, found.before, found.after)

    def counts(self, connection: Connection, actor: Actor) -> InboxCounts:
        """How many tasks stand in each queue, counted up to 10,000."""

        def count(queue: Queue, side: str = "") -> int:
            query = select(task.c.id).where(self._queue(actor, queue))
            if side:
                query = query.join(application, application.c.instance_id == task.c.instance_id)
                query = _filtered(query, InboxFilters(side=side), actor)
            return connection.execute(select(func.count()).select_from(query.limit(10_001).subquery())).scalar_one()

        sides = (count("todo", "in"), count("todo", "out")) if actor.enterprise else ()
        return InboxCounts(count("todo"), count("done"), count("mine"), *sides)

    def task(self, connection: Connection, task_id: str, actor: Actor) -> TaskView:
        """One task with its case. A closed one is shown too, with who closed it.

        Raises:
            NotFound: the task is not in the actor's scope.
        """
        row = connection.execute(_base().where(task.c.id == task_id)).one_or_none()
        if row is None or row.element_id == FILL_APPLICATION or row.scope not in actor.scopes:
            raise NotFound(detail=f"task {task_id} is not in the scope of {actor.id}")
        business = records.by_instance(connection, row.instance_id)
        if row.status != "open" and not may_see_application(actor, business) and row.ended_by != actor.id:
            raise NotFound(detail=f"task {task_id} is closed and its application not for {actor.id}")
        item = self._item(row, actor, self._refusal(connection, row, actor))
        ended_by = connection.execute(select(account.c.name).where(account.c.id == row.ended_by)).scalar()
        case = detail_of(connection, business, actor, self._definitions, day_of(self._clock.now()), self._settings)
        return TaskView(
            item=item,
            is_open=row.status == "open",
            may_decide=row.status == "open" and item.refusal is None,
            case=case,
            ended_by_name=ended_by,
            opinion=(row.answers or {}).get("opinion") or "",
        )

    def next_open(
        self, connection: Connection, actor: Actor, filters: InboxFilters, after_task_id: str | None = None
    ) -> str | None:
        """The oldest open task that no colleague holds, besides the one just decided, under the same filters."""
        query = _filtered(_base().where(self._queue(actor, "todo")), filters, actor)
        free = or_(task.c.assignee.is_(None), task.c.assignee == actor.id)
        query = query.where(free & (task.c.id != (after_task_id or ""))).order_by(task.c.opened_at, task.c.id).limit(1)
        row = connection.execute(query).first()
        return row.id if row else None

    # -- inside

    def _queue(self, actor: Actor, queue: Queue) -> Any:
        if queue == "done":
            return (
                (task.c.ended_by == actor.id) & (task.c.status == "completed") & (task.c.element_id != FILL_APPLICATION)
            )
        own = (task.c.status == "open") & task.c.scope.in_(actor.scopes) & (task.c.element_id != FILL_APPLICATION)
        roles = or_(*(task.c.candidate_groups.contains(f",{role.value},") for role in actor.roles))
        return own & roles & (task.c.assignee == actor.id) if queue == "mine" else own & roles

    def _refusal(self, connection: Connection, row: Row[Any], actor: Actor) -> Reason | None:
        """Why the actor may not decide an open task; one that is done is refused nobody."""
        if row.status != "open":
            return None
        if not {role.value for role in actor.roles} & set(row.candidate_groups.strip(",").split(",")):
            return Reason("ROLE_NOT_ALLOWED")
        if row.assignee not in (None, actor.id):
            return Reason("TASK_CLAIMED", {"holder": row.assignee_name or ""})
        if actor.person_id is not None and actor.person_id == row.person_id:
            return Reason("OWN_CASE", rule="R-D-11")
        separate = element_at(self._definitions.get(row.definition_id), row.path).properties.get("separate_from")
        if separate and last_completer(connection, row.instance_id, separate) == actor.id:
            return Reason("SAME_REVIEWER", rule="R-D-12")
        return None

    def _item(self, row: Row[Any], actor: Actor, refusal: Reason | None) -> InboxItem:
        step = step_at(self._definitions.get(row.definition_id), row.path)
        side = ""
        if actor.enterprise:
            side = "in" if row.new_employer == actor.enterprise else "out"
        return InboxItem(
            task_id=row.id,
            number=row.number,
            line=row.line,
            line_title=title_of(row.line),
            element_id=row.element_id,
            task_name=Text(step.name, step.properties.get("name_en", step.name)),
            form=row.form,
            form_sha256=row.form_sha256,
            applicant=row.applicant_name,
            id_number_masked=mask_id_number(row.applicant_id_number),
            other_employer=(row.old_employer_name if side == "in" else row.new_employer_name) or "",
            side=side,
            status=row.application_status,
            arrived_at=row.opened_at,
            due_on=day_of(row.due_at) if row.due_at else None,
            assignee=row.assignee,
            assignee_name=row.assignee_name,
            is_mine=row.assignee == actor.id,
            refusal=refusal,
            ended_at=row.ended_at,
            decision=label_of((row.answers or {}).get("decision"), row.element_id),
        )


def _base() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(application, application.c.instance_id == task.c.instance_id)
        .join(instance, instance.c.id == task.c.instance_id)
        .join(account, account.c.id == task.c.assignee, isouter=True)
    )


def _filtered(query: Select[Any], filters: InboxFilters, actor: Actor) -> Select[Any]:
    if filters.line:
        query = query.where(application.c.line == filters.line)
    if filters.text.strip():
        word = filters.text.strip()
        query = query.where(
            or_(
                application.c.applicant_name.contains(word, autoescape=True),
                application.c.applicant_id_number == word.upper(),
                application.c.number == word.upper(),
            )
        )
    if filters.arrived_from:
        query = query.where(task.c.opened_at >= start_of(filters.arrived_from))
    if filters.arrived_to:
        query = query.where(task.c.opened_at < end_of(filters.arrived_to))
    if filters.side in ("in", "out") and actor.enterprise:
        column = application.c.new_employer if filters.side == "in" else application.c.old_employer
        query = query.where(column == actor.enterprise)
    return query
