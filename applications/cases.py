"""What people see of applications: lists, detail, messages, public pages. Queries only; each limits by scope in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from applications import records, statuses
from applications.detail import detail_of
from applications.lines import Lines, title_of
from applications.parties import visible_to
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
from kernel.actors import ENTERPRISE_ROLES, Actor, Role
from kernel.clock import Clock, day_of
from kernel.errors import NotFound
from kernel.identifiers import mask_id_number
from kernel.permissions import Action, authorize
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from registry.enterprises import Enterprises
from registry.people import People
from registry.registrations import Registrations
from store.paging import keyset_page
from store.tables import announcement, application, message, publicity


class Cases:
    """Queries on applications."""

    def __init__(self, lines: Lines, definitions: Definitions, clock: Clock, settings: Settings) -> None:
        self._lines = lines
        self._definitions = definitions
        self._clock = clock
        self._settings = settings

    def mine(
        self, connection: Connection, actor: Actor, filters: ApplicationFilters, cursor: str | None = None
    ) -> Page[ApplicationRow]:
        """The applications the actor may see: own ones, received ones, those of its district or the city (F-QRY-C2)."""
        query = _filtered(select(application).where(visible_to(actor)), filters, actor)
        found = keyset_page(connection, query, application.c.created_at, application.c.number, cursor)
        return Page(tuple(_row(row, actor) for row in found.rows), found.total, found.before, found.after)

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
        if actor.person_id is None:
            raise NotFound(detail=f"{actor.id} is nobody's account")
        today = day_of(self._clock.now())
        registration = Registrations(connection).of_person(actor.person_id)
        old = Enterprises(connection).find(registration.employer) if registration else None
        snapshot = {
            "person": People(connection).get(actor.person_id).snapshot(),
            "registration": registration.snapshot(today) if registration else None,
            "old_employer": old.snapshot() if old else None,
            "new_employer": None,
        }
        return {}, snapshot

    def lines(self, connection: Connection, actor: Actor | None) -> list[LineCard]:
        return self._lines.cards(connection, actor)

    def guide(self, connection: Connection, line: str) -> Guide:
        return self._lines.guide(connection, line)

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
            .where((publicity.c.opens_on <= today) & (publicity.c.last_on >= today))
        )
        found = keyset_page(connection, _searched(query, text), application.c.created_at, application.c.number, cursor)
        items = tuple(
            PublicityItem(**_public(row), decision=row.decision, opens_on=row.opens_on, last_on=row.last_on)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)

    def announcements(
        self, connection: Connection, text: str = "", cursor: str | None = None
    ) -> Page[AnnouncementItem]:
        """What has been announced, newest first, for everybody (F-PUBLICITY)."""
        query = select(
            announcement.c.announced_on, announcement.c.number.label("announcement_no"), *_PUBLIC_COLUMNS
        ).join(application, application.c.id == announcement.c.application_id)
        found = keyset_page(connection, _searched(query, text), application.c.created_at, application.c.number, cursor)
        items = tuple(
            AnnouncementItem(**_public(row), announcement_no=row.announcement_no, announced_on=row.announced_on)
            for row in found.rows
        )
        return Page(items, found.total, found.before, found.after)


_PUBLIC_COLUMNS = (
    application.c.number,
    application.c.line,
    application.c.applicant_name,
    application.c.applicant_id_number,
    application.c.specialties,
    application.c.new_employer_name,
    application.c.created_at,
)


def _public(row: Any) -> Mapping[str, Any]:
    return {
        "number": row.number,
        "applicant": row.applicant_name,
        "id_number_masked": mask_id_number(row.applicant_id_number),
        "line_title": title_of(row.line),
        "specialties": tuple(filter(None, row.specialties.split(","))),
        "employer": row.new_employer_name or "",
    }


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


def _row(row: Any, actor: Actor) -> ApplicationRow:
    own = actor.has(Role.INDIVIDUAL) and actor.person_id == row.person_id
    return ApplicationRow(
        number=row.number,
        line=row.line,
        line_title=title_of(row.line),
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
