"""Pages of an enterprise: its information, its people (F-ENT-INFO, F-STAFF, R-2.1-1, R-2.1-2, R-D-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from applications.enterprise_info import open_elsewhere
from applications.views import ApplicationFilters, Page
from kernel.actors import ENTERPRISE_ROLES
from kernel.clock import day_of
from kernel.errors import InvalidInput, NotFound, Reason
from registry.enterprises import CONTACT_LONGEST, Enterprises
from registry.labels import CERTIFICATE_STATES, DISTRICTS, EDUCATIONS, EMPLOYER_FIELDS, ENTERPRISE_TYPES, SPECIALTIES
from registry.registrations import Registrations
from registry.staff import Staff, StaffFilters
from web import parking
from web.access import needs, parks_at, signed_in_actor
from web.portal import portal
from web.services import services

SHOWN = 5
# Only these can a specialty of somebody registered be in.
STAFF_STATES = ("valid", "expired", "deregistered")


@portal.get("/enterprise")
@needs(*ENTERPRISE_ROLES)
def enterprise() -> ResponseReturnValue:
    parked = parking.take(signed_in_actor().id)
    return _page(parked.to_dict() if parked else {})


@portal.post("/enterprise/supervising-district")
@needs(*ENTERPRISE_ROLES)
@parks_at("portal.enterprise")
def choose_district() -> ResponseReturnValue:
    """Set the supervising district of one's own enterprise; open applications keep the one they began with."""
    try:
        services().enterprise_info.choose_district(request.form.get("supervising_district", ""), by=signed_in_actor())
    except InvalidInput as refusal:
        return _page({}, refusal.reasons), refusal.http_status
    flash(_("监管区县已保存，以后的新申请送到这里"), "good")
    return redirect(url_for("portal.enterprise"), 303)


@portal.post("/enterprise/contact")
@needs(*ENTERPRISE_ROLES)
@parks_at("portal.enterprise")
def change_contact() -> ResponseReturnValue:
    try:
        services().enterprise_info.change_contact(request.form, by=signed_in_actor())
    except InvalidInput as refusal:
        return _page(request.form, refusal.reasons), refusal.http_status
    flash(_("联系信息已保存"), "good")
    return redirect(url_for("portal.enterprise"), 303)


@portal.get("/staff")
@needs(*ENTERPRISE_ROLES)
def staff() -> ResponseReturnValue:
    """The people registered with the enterprise."""
    filters = _staff_filters()
    today = day_of(services().clock.now())
    with services().database.read() as connection:
        members, found = Staff(connection, _uscc()).page(filters, today, request.args.get("cursor"))
    return render_template(
        "portal/staff.html",
        page=Page(members, found.total, found.before, found.after),
        filters=filters,
        filtered=filters != StaffFilters(),
        today=today,
        specialties=SPECIALTIES,
        states={value: CERTIFICATE_STATES[value] for value in STAFF_STATES},
        educations=EDUCATIONS,
    )


@portal.get("/staff/<person_id>")
@needs(*ENTERPRISE_ROLES)
def staff_member(person_id: str) -> ResponseReturnValue:
    """One of them, with certificate and applications; who has left is found no more (R-D-13)."""
    actor = signed_in_actor()
    with services().database.read() as connection:
        person = Staff(connection, _uscc()).get(person_id)
        found = Registrations(connection).of_person(person_id)
        here = found if found is not None and found.employer == actor.enterprise else None
        filters = ApplicationFilters(id_number=person.id_number)
        recent = services().cases.mine(connection, actor, filters).items[:SHOWN]
    return render_template(
        "portal/staff_member.html",
        person=person,
        registration=here,
        recent=recent,
        today=day_of(services().clock.now()),
        educations=EDUCATIONS,
    )


def _uscc() -> str:
    """The reader's enterprise.

    Raises:
        NotFound: the account belongs to none.
    """
    uscc = signed_in_actor().enterprise
    if uscc is None:
        raise NotFound(detail="an enterprise's account without an enterprise")
    return uscc


def _staff_filters() -> StaffFilters:
    def text(name: str) -> str:
        return request.args.get(name, "").strip()[:100]

    specialty, state = text("specialty"), text("state")
    return StaffFilters(
        name=text("name"),
        id_number=text("id_number"),
        specialty=specialty if specialty in SPECIALTIES else "",
        state=state if state in STAFF_STATES else "",
    )


def _page(entries: Mapping[str, str], reasons: Sequence[Reason] = ()) -> str:
    """The enterprise's information; `entries` of the contact stand in the place of what is stored."""
    uscc = _uscc()
    with services().database.read() as connection:
        own = Enterprises(connection).get(uscc)
        elsewhere = open_elsewhere(connection, uscc, own.supervising_district)
    facts = own.snapshot()
    missing = [EMPLOYER_FIELDS[name] for name in own.missing_fields]
    if not own.supervising_district:
        missing.append(EMPLOYER_FIELDS["supervising_district"])
    return render_template(
        "portal/enterprise.html",
        enterprise=own,
        facts={name: value for name, value in facts.items() if name not in _OWN},
        contact={name: entries.get(name, facts[name] or "") for name in CONTACT_LONGEST},
        longest=CONTACT_LONGEST,
        missing=missing,
        open_elsewhere=elsewhere,
        labels=EMPLOYER_FIELDS,
        types=ENTERPRISE_TYPES,
        districts=DISTRICTS,
        reasons=reasons,
        wrong={reason.field: reason for reason in reasons},
    )


_OWN = {*CONTACT_LONGEST, "supervising_district", "licence_merged"}
