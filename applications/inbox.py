"""The inbox of employers and officers: 待办, 已办, 我发起的 (F-INBOX)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select

from applications import records
from applications.decisions import PASS, REVIEW_BY_DISTRICT, label_of
from applications.detail import detail_of
from applications.lines import FILL_APPLICATION, title_of
from applications.queues import Kind, Queue, Reader, tasks_in
from applications.views import InboxCounts, InboxFilters, InboxItem, Page, TaskView
from kernel.actors import Actor
from kernel.clock import Clock, day_of
from kernel.errors import NotFound, Reason
from kernel.identifiers import mask_id_number
from kernel.permissions import may_see_application
from kernel.settings import Settings
from kernel.texts import Text
from processes.definition import Element
from processes.definitions import Definitions
from processes.paths import element_at, step_at
from registry.flags import FlagView, has_open_flags, open_flags_of, pass_refusals
from store.paging import Keyset, counted, together
from store.statements import Record, Statement
from store.tables import account, application, instance, task
from store.unit_of_work import ask_on

_ended_by = account.alias("ended_by_account")
_ROWS = (
    select(
        task,
        application.c.id.label("application_id"),
        application.c.number,
        application.c.line,
        application.c.applicant_name,
        application.c.applicant_id_number,
        application.c.old_employer_name,
        application.c.new_employer,
        application.c.new_employer_name,
        application.c.status.label("application_status"),
        application.c.person_id,
        instance.c.definition_id,
        account.c.name.label("assignee_name"),
        _ended_by.c.name.label("ended_by_name"),
        has_open_flags(application.c.id).label("is_flagged"),
    )
    .join(application, application.c.instance_id == task.c.instance_id)
    .join(instance, instance.c.id == task.c.instance_id)
    .join(account, account.c.id == task.c.assignee, isouter=True)
    .join(_ended_by, _ended_by.c.id == task.c.ended_by, isouter=True)
)
_ONE = Statement(_ROWS.where(task.c.id == bindparam("task_id")))


class Inbox:
    """Queries on tasks, always within the actor's scopes and roles."""

    def __init__(self, definitions: Definitions, clock: Clock, settings: Settings) -> None:
        self._definitions = definitions
        self._clock = clock
        self._settings = settings

    def page(
        self,
        connection: Connection,
        actor: Actor,
        queue: Queue,
        filters: InboxFilters,
        cursor: str | None = None,
        counts: InboxCounts | None = None,
    ) -> Page[InboxItem]:
        """One page of a queue: open tasks oldest first, handled ones newest first.

        Who has the counts gives them: they tell the total of a queue that is not filtered further.
        """
        reader, keyset = Reader.of(actor), _keyset(queue, cursor)
        total = None if counts is None else counts.total(queue, filters)
        if total is None:
            total = connection.execute(select(counted(*tasks_in(queue, reader, filters)))).scalar_one()
        if not total:
            return Page((), 0)  # a search without an answer need not be made twice
        if filters == InboxFilters() and cursor is None:
            (rows,) = ask_on(connection, _first_page(queue, reader.kind)(**reader.values(queue)))
        else:
            rows = list(connection.execute(_page(queue, reader, filters, keyset)))
        found = keyset.page(rows, total)
        refusals = self._refusals(connection, found.rows, actor)
        flagged = [row.application_id for row in found.rows if row.status == "open" and row.is_flagged]
        flags = open_flags_of(connection, flagged)
        items = (self._item(row, actor, refusals.get(row.id), flags.get(row.application_id, ())) for row in found.rows)
        return Page(tuple(items), found.total, found.before, found.after)

    def counts(self, connection: Connection, actor: Actor) -> InboxCounts:
        """How many tasks stand in each queue, counted up to 10,001."""
        reader = Reader.of(actor)
        ((row,),) = ask_on(connection, _counts(reader.kind)(**reader.values()))
        return InboxCounts(*row)

    def task(self, connection: Connection, task_id: str, actor: Actor, *, drawn: bool = False) -> TaskView:
        """One task with its case, and with its path when it is to be `drawn`.

        A closed one is shown too, with who closed it.

        Raises:
            NotFound: the task is not in the actor's scope.
        """
        found, of_record = ask_on(connection, _ONE(task_id=task_id), records.question_on(task_id))
        row = found[0] if found else None
        if row is None or row.element_id == FILL_APPLICATION or row.scope not in actor.scopes:
            raise NotFound(detail=f"task {task_id} is not in the scope of {actor.id}")
        business = records.of_answer(of_record)
        if row.status != "open" and not may_see_application(actor, business) and row.ended_by != actor.id:
            raise NotFound(detail=f"task {task_id} is closed and its application not for {actor.id}")
        item = self._item(row, actor, self._refusals(connection, [row], actor).get(row.id))
        today = day_of(self._clock.now())
        case = detail_of(connection, business, actor, self._definitions, today, self._settings, drawn=drawn)
        return TaskView(
            item=item,
            is_open=row.status == "open",
            may_decide=row.status == "open" and item.refusal is None,
            case=case,
            ended_by_name=row.ended_by_name,
            opinion=(row.answers or {}).get("opinion") or "",
            obstacles=self._obstacles(row, case.flags),
        )

    def next_open(
        self, connection: Connection, actor: Actor, filters: InboxFilters, after_task_id: str | None = None
    ) -> str | None:
        """The oldest open task that no colleague holds, besides the one just decided, under the same filters."""
        keyset = Keyset(task.c.opened_at, task.c.id, None, newest_first=False, size=1)
        free = or_(task.c.assignee.is_(None), task.c.assignee == actor.id) & (task.c.id != (after_task_id or ""))
        reader = Reader.of(actor)
        oldest = together([keyset.limited(query.where(free)) for query in tasks_in("todo", reader, filters)]).subquery()
        return connection.execute(select(oldest.c.id).order_by(oldest.c.opened_at, oldest.c.id).limit(1)).scalar()

    # -- inside

    def _obstacles(self, row: Record, flags: Sequence[FlagView]) -> Mapping[str, Sequence[Reason]]:
        if row.status != "open" or row.element_id != REVIEW_BY_DISTRICT:
            return {}
        return {PASS: pass_refusals(flags, "", today=day_of(self._clock.now()))}

    def _refusals(self, connection: Connection, rows: Sequence[Record], actor: Actor) -> Mapping[str, Reason]:
        """Why the actor may not decide open tasks, by task; those that are done are refused nobody."""
        open_rows = [row for row in rows if row.status == "open"]
        refusals = {row.id: reason for row in open_rows if (reason := _refusal(row, actor))}
        separate = {
            (row.instance_id, other): row.id
            for row in open_rows
            if row.id not in refusals and (other := self._element(row).properties.get("separate_from"))
        }
        for visit, completer in _last_completers(connection, separate).items():
            if completer == actor.id:
                refusals[separate[visit]] = Reason("SAME_REVIEWER", rule="R-D-12")
        return refusals

    def _element(self, row: Record) -> Element:
        return element_at(self._definitions.get(row.definition_id), row.path)

    def _item(self, row: Record, actor: Actor, refusal: Reason | None, flags: tuple[FlagView, ...] = ()) -> InboxItem:
        step = step_at(self._definitions.get(row.definition_id), row.path)
        side, other = "", (row.new_employer_name or "") if row.person_id is not None else ""
        if actor.enterprise and row.old_employer_name:
            side = "in" if row.new_employer == actor.enterprise else "out"
            other = (row.old_employer_name if side == "in" else row.new_employer_name) or ""
        return InboxItem(
            task_id=row.id,
            number=row.number,
            line=row.line,
            line_title=title_of(self._definitions.get(row.definition_id)),
            element_id=row.element_id,
            task_name=Text(step.name, step.properties.get("name_en", step.name)),
            form=row.form,
            form_sha256=row.form_sha256,
            applicant=row.applicant_name,
            id_number_masked=mask_id_number(row.applicant_id_number),
            other_employer=other,
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
            flags=flags,
        )


# Who has the same roles and as many scopes is asked for by the same statement; what is filtered is made each time.


@lru_cache(maxsize=64)
def _counts(kind: Kind) -> Statement:
    reader = kind.reader

    def count(queue: Queue, side: str = "") -> Any:
        return counted(*tasks_in(queue, reader, InboxFilters(side=side))).label(queue + side)

    wanted = [count("todo"), count("done"), count("mine")]
    if reader.enterprise is not None:
        wanted += [count("todo", "in"), count("todo", "out")]
    return Statement(select(*wanted))


@lru_cache(maxsize=64)
def _first_page(queue: Queue, kind: Kind) -> Statement:
    return Statement(_page(queue, kind.reader, InboxFilters(), _keyset(queue, None)))


def _page(queue: Queue, reader: Reader, filters: InboxFilters, keyset: Keyset) -> Select[Any]:
    chosen = together([keyset.limited(query) for query in tasks_in(queue, reader, filters)]).subquery()
    return keyset.ordered(_ROWS.join(chosen, chosen.c.id == task.c.id))


def _keyset(queue: Queue, cursor: str | None) -> Keyset:
    done = queue == "done"
    return Keyset(task.c.ended_at if done else task.c.opened_at, task.c.id, cursor, newest_first=done)


def _refusal(row: Record, actor: Actor) -> Reason | None:
    """What the row itself has against the actor."""
    if not {role.value for role in actor.roles} & set(row.candidate_groups.strip(",").split(",")):
        return Reason("ROLE_NOT_ALLOWED")
    if row.assignee not in (None, actor.id):
        return Reason("TASK_CLAIMED", {"holder": row.assignee_name or ""})
    if actor.person_id is not None and actor.person_id == row.person_id:
        return Reason("OWN_CASE", rule="R-D-11")
    return None


def _last_completers(connection: Connection, visits: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Who completed an element last, by instance and element, as `deciding.last_completer` tells it for one."""
    if not visits:
        return {}
    query = (
        select(task.c.instance_id, task.c.element_id, task.c.ended_by)
        .where(task.c.instance_id.in_({instance_id for instance_id, _ in visits}))
        .where(task.c.element_id.in_({element_id for _, element_id in visits}) & (task.c.status == "completed"))
        .order_by(task.c.ended_at, task.c.opened_at)
    )
    return {(row.instance_id, row.element_id): row.ended_by for row in connection.execute(query)}
