"""What people see of applications: lists, detail, messages, public pages. Queries only; each limits by scope in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from applications import records
from applications.applicants import Applicant
from applications.detail import detail_of
from applications.guides import Guides
from applications.lines import Line, active_line, title_of
from applications.queries import Sort, page_of, rows_of
from applications.rooms import StartRules
from applications.snapshots import snapshot_of
from applications.views import (
    AnnouncementItem,
    ApplicationDetail,
    ApplicationFilters,
    ApplicationRow,
    Guide,
    LineCard,
    MessageView,
    Page,
    PublicityItem,
)
from forms import Option
from kernel.actors import Actor
from kernel.clock import Clock, day_of
from kernel.identifiers import mask_id_number
from kernel.permissions import Action, authorize, is_party
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from store.paging import Keyset, counted, keyset_page, together
from store.tables import announcement, application, forced_deregistration, instance, message, person, publicity


class Cases:
    """Queries on applications."""

    def __init__(
        self, guides: Guides, rules: StartRules, definitions: Definitions, clock: Clock, settings: Settings
    ) -> None:
        self._guides = guides
        self._rules = rules
        self._definitions = definitions
        self._clock = clock
        self._settings = settings

    def mine(
        self,
        connection: Connection,
        actor: Actor,
        filters: ApplicationFilters,
        cursor: str | None = None,
        sort: Sort = "newest",
    ) -> Page[ApplicationRow]:
        """The applications the actor may see: own ones, received ones, those of its district or the city (F-QRY-C2)."""
        return page_of(connection, self._definitions, actor, filters, cursor, sort)

    def all_of_mine(
        self, connection: Connection, actor: Actor, filters: ApplicationFilters, sort: Sort = "newest"
    ) -> Iterator[ApplicationRow]:
        """The same list whole, for a spreadsheet, up to as many rows as one takes."""
        return rows_of(connection, self._definitions, actor, filters, sort)

    def detail(self, connection: Connection, number: str, actor: Actor) -> ApplicationDetail:
        """One application with everything about it.

        Raises:
            NotFound: it is not the actor's to see (R-A-00).
        """
        row = records.by_number(connection, number)
        authorize(actor, Action.VIEW_APPLICATION, row)
        found = detail_of(connection, row, actor, self._definitions, day_of(self._clock.now()), self._settings)
        return found if is_party(actor, row) else _for_onlooker(found)

    def new_document(self, connection: Connection, line: str, actor: Actor) -> tuple[dict[str, Any], dict[str, Any]]:
        """An unsaved form: its empty document, and what it is filled with from the books."""
        found = active_line(self._definitions, connection, line)
        applicant = Applicant.of_actor(actor)
        snapshot = snapshot_of(connection, found, applicant, day_of(self._clock.now()))
        return {}, snapshot

    def options(
        self, connection: Connection, line: str, actor: Actor, case: ApplicationDetail | None = None
    ) -> Mapping[str, Sequence[Option]]:
        """What the form of a line offers to its applicant as choices, by field; `case` is the saved application."""
        if case is None:
            return self._rules.options(connection, line, Applicant.of_actor(actor))
        row = records.by_number(connection, case.number)
        return self._rules.options(connection, line, Applicant.of_row(row), document=row.document, row=row)

    def lines(self, connection: Connection, actor: Actor | None) -> list[LineCard]:
        """The lines that the actor's roles start, with whether it may now; without an actor all there are."""
        return self._guides.cards(connection, actor)

    def catalogue(self, connection: Connection) -> list[Line]:
        """Every line there is, in the order of the menu."""
        return self._guides.lines(connection)

    def line(self, connection: Connection, line: str) -> Line:
        """
        Raises:
            NotFound: there is no such line.
        """
        return active_line(self._definitions, connection, line)

    def guide(self, connection: Connection, line: str) -> Guide:
        return self._guides.guide(connection, line)

    def messages(self, connection: Connection, actor: Actor, cursor: str | None = None) -> Page[MessageView]:
        """In-portal messages to the actor or the actor's enterprise, newest first."""
        query = (
            select(message, application.c.number)
            .join(application, application.c.id == message.c.application_id, isouter=True)
            .where(message.c.recipient.in_(actor.scopes))
        )
        found = keyset_page(connection, query, message.c.sent_at, message.c.id, cursor)
        items = tuple(
            MessageView(row.id, Text(**row.title), Text(**row.body), row.sent_at, row.read_at is not None, row.number)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)

    def unread(self, connection: Connection, actor: Actor) -> int:
        own = message.c.recipient.in_(actor.scopes) & message.c.read_at.is_(None)
        return connection.execute(select(func.count()).select_from(message).where(own)).scalar_one()

    def publicity(
        self, connection: Connection, today: date, text: str = "", cursor: str | None = None
    ) -> Page[PublicityItem]:
        """What is in publicity today, for everybody (F-PUBLICITY)."""
        query = (
            select(publicity, application.c.created_at, *_PUBLIC_COLUMNS)
            .join(application, application.c.id == publicity.c.application_id)
            .join(instance, instance.c.id == application.c.instance_id)
            .where((publicity.c.opens_on <= today) & (publicity.c.last_on >= today))
        )
        found = keyset_page(connection, _searched(query, text), application.c.created_at, application.c.number, cursor)
        items = tuple(
            PublicityItem(**self._public(row), decision=row.decision, opens_on=row.opens_on, last_on=row.last_on)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)

    def announcements(
        self, connection: Connection, text: str = "", cursor: str | None = None
    ) -> Page[AnnouncementItem]:
        """What has been announced, newest first, for everybody (F-PUBLICITY): granted applications, and certificates
        that the city has ended by itself (2.16)."""
        queries, limited = [], []
        for query, by, tie in (_ANNOUNCED, _ANNOUNCED_BY_FORCE):
            queries.append(_searched(query, text))
            limited.append(Keyset(by, tie, cursor).limited(queries[-1]))
        chosen = together(limited).subquery()
        keyset = Keyset(chosen.c.announced_on, chosen.c.key, cursor)
        rows = connection.execute(keyset.ordered(select(chosen)))
        found = keyset.page(rows, connection.execute(select(counted(*queries))).scalar_one())
        items = tuple(
            AnnouncementItem(**self._public(row), announcement_no=row.announcement_no, announced_on=row.announced_on)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)

    # -- inside

    def _public(self, row: Any) -> Mapping[str, Any]:
        return {
            "number": row.number,
            "applicant": row.applicant_name,
            "id_number_masked": mask_id_number(row.applicant_id_number),
            "line_title": title_of(self._definitions.get(row.definition_id)),
            "specialties": tuple(filter(None, row.specialties.split(","))),
            "employer": row.new_employer_name or "",
        }


def _for_onlooker(detail: ApplicationDetail) -> ApplicationDetail:
    """What the centre and administrators see, who have no part in it (F-NF-4)."""
    person = dict(detail.snapshot.get("person") or {})
    document = dict(detail.document)
    for known in (person, document):
        if isinstance(known.get("id_number"), str):
            known["id_number"] = mask_id_number(known["id_number"])
    actions = tuple(each for each in detail.actions if each.name != "export")
    snapshot = {**detail.snapshot, "person": person}
    return replace(
        detail, snapshot=snapshot, document=document, actions=actions, attachments=(), for_party=False, insurance=None
    )


_PUBLIC_COLUMNS = (
    application.c.number,
    application.c.applicant_name,
    application.c.applicant_id_number,
    application.c.specialties,
    application.c.new_employer_name,
    instance.c.definition_id,
)
# What is announced, with its order. Certificates ended by force have no business number, and show their own.
_ANNOUNCED = (
    select(
        announcement.c.announced_on,
        announcement.c.number.label("key"),
        announcement.c.number.label("announcement_no"),
        *_PUBLIC_COLUMNS,
    )
    .join(application, application.c.id == announcement.c.application_id)
    .join(instance, instance.c.id == application.c.instance_id),
    announcement.c.announced_on,
    announcement.c.number,
)
_ANNOUNCED_BY_FORCE = (
    select(
        forced_deregistration.c.announced_on,
        forced_deregistration.c.id.label("key"),
        forced_deregistration.c.announcement_no,
        forced_deregistration.c.registration_no.label("number"),
        forced_deregistration.c.name.label("applicant_name"),
        person.c.id_number.label("applicant_id_number"),
        forced_deregistration.c.specialty.label("specialties"),
        forced_deregistration.c.employer_name.label("new_employer_name"),
        instance.c.definition_id,
    )
    .join(person, person.c.id == forced_deregistration.c.person_id)
    .join(instance, instance.c.id == forced_deregistration.c.instance_id)
    .where(forced_deregistration.c.announced_on.is_not(None)),
    forced_deregistration.c.announced_on,
    forced_deregistration.c.id,
)


def _searched(query: Select[Any], text: str) -> Select[Any]:
    """By name or number: the public page has no search by ID number."""
    text = text.strip()
    if not text:
        return query
    columns = query.selected_columns
    return query.where(columns.applicant_name.contains(text, autoescape=True) | (columns.number == text))
