"""What people see of applications: lists, detail, messages, public pages. Queries only; each limits by scope in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from applications import records, statuses
from applications.applicants import Applicant
from applications.detail import detail_of
from applications.guides import Guides
from applications.lines import Line, active_line, title_of
from applications.parties import visible_to
from applications.rooms import StartRules
from applications.snapshots import snapshot_of
from applications.taking_back import refusal_of
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
from kernel.actors import ENTERPRISE_ROLES, Actor
from kernel.clock import Clock, day_of
from kernel.identifiers import mask_id_number
from kernel.permissions import Action, authorize, is_applicant
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from store.paging import keyset_page
from store.tables import announcement, application, instance, message, publicity


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
        self, connection: Connection, actor: Actor, filters: ApplicationFilters, cursor: str | None = None
    ) -> Page[ApplicationRow]:
        """The applications the actor may see: own ones, received ones, those of its district or the city (F-QRY-C2)."""
        rows = select(application, instance.c.definition_id).join(instance, instance.c.id == application.c.instance_id)
        query = _filtered(rows.where(visible_to(actor)), filters, actor)
        found = keyset_page(connection, query, application.c.created_at, application.c.number, cursor)
        return Page(tuple(self._row(row, actor) for row in found.rows), found.total, found.before, found.after)

    def detail(self, connection: Connection, number: str, actor: Actor) -> ApplicationDetail:
        """One application with everything about it.

        Raises:
            NotFound: it is not the actor's to see (R-A-00).
        """
        row = records.by_number(connection, number)
        authorize(actor, Action.VIEW_APPLICATION, row)
        return detail_of(connection, row, actor, self._definitions, day_of(self._clock.now()), self._settings)

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
            select(publicity, *_PUBLIC_COLUMNS)
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
        """What has been announced, newest first, for everybody (F-PUBLICITY)."""
        query = (
            select(announcement.c.announced_on, announcement.c.number.label("announcement_no"), *_PUBLIC_COLUMNS)
            .join(application, application.c.id == announcement.c.application_id)
            .join(instance, instance.c.id == application.c.instance_id)
        )
        found = keyset_page(connection, _searched(query, text), application.c.created_at, application.c.number, cursor)
        items = tuple(
            AnnouncementItem(**self._public(row), announcement_no=row.announcement_no, announced_on=row.announced_on)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)

    # -- inside

    def _row(self, row: Any, actor: Actor) -> ApplicationRow:
        own = is_applicant(actor, row)
        return ApplicationRow(
            number=row.number,
            line=row.line,
            line_title=title_of(self._definitions.get(row.definition_id)),
            status=row.status,
            applicant=row.applicant_name,
            id_number_masked=mask_id_number(row.applicant_id_number),
            registration_no=row.registration_no or "",
            specialties=tuple(filter(None, row.specialties.split(","))),
            old_employer_name=row.old_employer_name or "",
            new_employer_name=row.new_employer_name or "",
            created_at=row.created_at,
            declared_on=row.declared_on,
            may_delete=own and refusal_of("deleted", row) is None,
            may_withdraw=own and refusal_of("withdrawn", row) is None and row.status not in statuses.ENDED,
        )

    def _public(self, row: Any) -> Mapping[str, Any]:
        return {
            "number": row.number,
            "applicant": row.applicant_name,
            "id_number_masked": mask_id_number(row.applicant_id_number),
            "line_title": title_of(self._definitions.get(row.definition_id)),
            "specialties": tuple(filter(None, row.specialties.split(","))),
            "employer": row.new_employer_name or "",
        }


_PUBLIC_COLUMNS = (
    application.c.number,
    application.c.line,
    application.c.applicant_name,
    application.c.applicant_id_number,
    application.c.specialties,
    application.c.new_employer_name,
    application.c.created_at,
    instance.c.definition_id,
)


def _searched(query: Select[Any], text: str) -> Select[Any]:
    """By name or business number: the public page has no search by ID number."""
    text = text.strip()
    if not text:
        return query
    named = application.c.applicant_name.contains(text, autoescape=True)
    return query.where(named | (application.c.number == text))


def _filtered(query: Select[Any], filters: ApplicationFilters, actor: Actor) -> Select[Any]:
    columns = application.c
    exact = {"line": filters.line, "status": filters.status, "applicant_id_number": filters.id_number.upper()}
    for name, value in exact.items():
        if value.strip():
            query = query.where(columns[name] == value.strip())
    parts = {
        "number": filters.number,
        "applicant_name": filters.name,
        "registration_no": filters.registration_no,
        "specialties": filters.specialty,
    }
    for name, value in parts.items():
        if value.strip():
            query = query.where(columns[name].contains(value.strip(), autoescape=True))
    if filters.employer.strip():
        word = filters.employer.strip()
        query = query.where(
            or_(
                columns.old_employer_name.contains(word, autoescape=True),
                columns.new_employer_name.contains(word, autoescape=True),
            )
        )
    if filters.declared_from:
        query = query.where(columns.declared_on >= filters.declared_from)
    if filters.declared_to:
        query = query.where(columns.declared_on <= filters.declared_to)
    if filters.side and actor.has(*ENTERPRISE_ROLES):
        column = columns.new_employer if filters.side == "in" else columns.old_employer
        query = query.where(column == actor.enterprise)
    return query
