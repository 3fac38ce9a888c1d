"""What an application keeps of the books at its first save, and is filled from before (R-D-02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications.applicants import Applicant
from applications.lines import Line
from registry.enterprise_changes import EnterpriseChanges
from registry.enterprises import Enterprise, Enterprises
from registry.people import People
from registry.qualifications import Qualifications
from registry.registrations import Registrations

Snapshot = dict[str, Any]


def snapshot_of(connection: Connection, line: Line, applicant: Applicant, today: date) -> Snapshot:
    """The person, the registration, the qualifications and the employers as they stand today.

    `old_employer` is there only where the applicant moves to another one; `new_employer` is the employer that the
    application is about: the present one, or the one to be chosen in the form (then None at first).
    """
    enterprises = Enterprises(connection)
    if applicant.person_id is None:
        return _of_enterprise(connection, applicant.enterprise or "", today)
    person = People(connection).get(applicant.person_id)
    registration = Registrations(connection).of_person(person.id)
    qualifications = Qualifications(connection).of_number(person.id_number)
    present = enterprises.find(registration.employer) if registration else None
    old = present if line.employer == "transfer" else None
    new = present if line.employer == "current" else None
    held = registration.snapshot(today) if registration else None
    return _snapshot(person.snapshot(), held, tuple(each.snapshot() for each in qualifications), old, new)


def _of_enterprise(connection: Connection, uscc: str, today: date) -> Snapshot:
    """An enterprise that applies for all its people: as its certificates have it, as the qualification data have it by
    now, and the certificates. The application is about it as it is now, and goes to that district (2.17)."""
    changes = EnterpriseChanges(connection)
    change = changes.due(uscc)
    if change is None:
        return _snapshot(None, None, (), None, None)
    return _snapshot(None, None, (), None, change.after) | {
        "enterprise_before": change.before.snapshot(),
        "enterprise_after": change.after.snapshot(),
        "certificates": changes.certificates(uscc, today),
    }


def columns_of(snapshot: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an application that lists and queues look at, from its snapshot and its form."""
    person, registration = snapshot.get("person") or {}, snapshot.get("registration") or {}
    old = snapshot.get("old_employer") or {}
    name = person.get("name") or (snapshot.get("new_employer") or {}).get("enterprise_name")
    return {
        "applicant_name": name,
        "applicant_id_number": person.get("id_number", ""),
        "registration_no": registration.get("registration_no"),
        "specialties": ",".join(specialties_of(snapshot, document)),
        "old_employer": old.get("uscc"),
        "old_employer_name": old.get("enterprise_name"),
        **employer_columns(snapshot.get("new_employer")),
    }


def specialties_of(snapshot: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """The specialties that the application is about: the chosen ones, or else those that are valid."""
    if document.get("specialties"):
        return list(document["specialties"])
    registration = snapshot.get("registration") or {}
    return [each["specialty"] for each in registration.get("specialties", ()) if each["state"] == "valid"]


def employer_columns(employer: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of the employer that the application is about, whose district decides (R-2.1-2, G-07)."""
    known = employer or {}
    return {
        "new_employer": known.get("uscc"),
        "new_employer_name": known.get("enterprise_name"),
        "supervising_district": known.get("supervising_district"),
    }


def chosen_employer(connection: Connection, line: Line, document: Mapping[str, Any]) -> Enterprise | None:
    """The employer that the form names, where the applicant chooses one."""
    code = document.get("new_employer") if line.employer in ("transfer", "declared") else None
    return Enterprises(connection).by_code(code) if code else None


def _snapshot(
    person: Snapshot | None,
    registration: Snapshot | None,
    qualifications: tuple[Snapshot, ...],
    old: Enterprise | None,
    new: Enterprise | None,
) -> Snapshot:
    return {
        "person": person,
        "registration": registration,
        "qualifications": list(qualifications),
        "old_employer": old.snapshot() if old else None,
        "new_employer": new.snapshot() if new else None,
    }
