"""Effects of changes of data: of a person, of an enterprise, of a qualification certificate (2.13, 2.17, 2.19)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications.records import ApplicationRow
from handlers.effects.catalogue import effect
from handlers.effects.registration import registration_of
from identity.naming import rename_enterprise, rename_person
from registry.enterprise_changes import EnterpriseChanges
from registry.labels import PERSON_FIELDS
from registry.people import People
from registry.qualifications import Qualifications
from registry.registrations import Registrations


@effect
def change_person(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The person's data become the new ones, on a new certificate; practitioner certificates stay (G-16)."""
    asked = ((name, f"new_{name}") for name in PERSON_FIELDS)
    values: dict[str, Any] = {name: row.document[key] for name, key in asked if key in row.document}
    values["birth_date"] = date.fromisoformat(values["birth_date"])
    if People(connection).change(row.person_id, values, row.id, effective_on):
        rename_person(connection, row.person_id, values["name"])
        Registrations(connection).reissue(registration_of(connection, row).id, effective_on)


@effect
def change_enterprise(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The books take the enterprise's new data, and all its valid registrations get new certificates (R-1.8-2)."""
    after = row.snapshot["enterprise_after"]
    contact = {name: row.document[name] for name in ("contact_person", "contact_phone")}
    EnterpriseChanges(connection).carry_out(row.new_employer, after, contact, effective_on)
    rename_enterprise(connection, row.new_employer, after["enterprise_name"])


@effect
def correct_qualification(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The qualification certificate stands under the right ID number, where that was wrong (R-1.2-4)."""
    number = row.document.get("correct_id_number")
    if number:
        certificate = row.document["qualification_certificate_no"]
        Qualifications(connection).correct(certificate, number, row.id, effective_on)
