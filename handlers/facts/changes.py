"""Facts about changes of data: of a person, of an enterprise, of a qualification certificate (2.13, 2.17, 2.19)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from applications import statuses
from handlers.facts.asked import Asked, Words, fact, words
from kernel.texts import Text
from registry.enterprise_changes import EnterpriseChange, EnterpriseChanges
from registry.people import People
from registry.qualifications import Qualifications
from registry.registrations import CLASS2
from store.tables import application, registration

# The two enterprise-info changes are businesses of their own, which do not wait for each other (R-2.4-2).
_OTHER_CHANGE = "practitioner_enterprise_info_change"
_COUNTED = ("class2_", "practitioner_")  # neither exams nor class-1 lines (R-1.8-3)


@fact
def id_number_in_use(asked: Asked) -> bool:
    """Whether the new ID number is that of another person (R-D-06)."""
    number, person_id = asked.answers.get("new_id_number"), asked.books.applicant.person_id
    return bool(number and person_id) and People(asked.connection).is_number_of_another(str(number), str(person_id))


@fact
def kind(asked: Asked) -> str:
    """Whose certificates an enterprise-info change is about."""
    return "practitioner" if asked.line.id.startswith("practitioner_") else CLASS2


@fact
def data_differ(asked: Asked) -> bool:
    """Whether the synchronised qualification data differ from those on the certificates (R-1.8-1)."""
    change = _change(asked)
    return change is not None and change.differs


@fact
def certificate_count(asked: Asked) -> int:
    """The valid certificates under the enterprise (R-1.8-2)."""
    code = asked.books.applicant.enterprise
    return len(EnterpriseChanges(asked.connection).holders(code, asked.today)) if code else 0


@fact
def class1_old_name_count(asked: Asked) -> int:
    """The class-1 registrations that are still under the old name of the enterprise (R-2.4-1)."""
    code = asked.books.applicant.enterprise
    return EnterpriseChanges(asked.connection).class1_under_old_name(code) if code else 0


@fact
def enterprise_business(asked: Asked) -> dict[str, int | Words]:
    """`{count, numbers}` of what is open with the enterprise as employer; of drafts only those of its own staff
    (R-1.8-3)."""
    code = asked.books.applicant.enterprise
    columns = application.c
    staff = select(registration.c.person_id).where(registration.c.employer == code)
    own = (columns.status != statuses.DRAFT) | columns.person_id.is_(None) | columns.person_id.in_(staff)
    return _listed(asked, (columns.new_employer == code) & own)


@fact
def transfers_out(asked: Asked) -> dict[str, int | Words]:
    """`{count, numbers}` of the open transfers of its people to other enterprises (R-1.8-4)."""
    return _listed(asked, application.c.old_employer == asked.books.applicant.enterprise)


@fact
def certificate_known(asked: Asked) -> bool:
    """Whether the certificate that is to be corrected exists (2.19); before one is named nothing is missing."""
    number = asked.answers.get("qualification_certificate_no")
    return not number or Qualifications(asked.connection).is_known(str(number))


@fact
def correction_differs(asked: Asked) -> bool:
    """Whether the right name or number is another than the wrong one (R-000-17)."""
    said: Any = asked.answers.get
    return any(said(f"wrong_{name}") != said(f"correct_{name}") for name in ("name", "id_number"))


def _change(asked: Asked) -> EnterpriseChange | None:
    code = asked.books.applicant.enterprise
    return EnterpriseChanges(asked.connection).due(code) if code else None


def _listed(asked: Asked, which: ColumnElement[bool]) -> dict[str, int | Words]:
    if asked.books.applicant.enterprise is None:
        return {"count": 0, "numbers": words(Text("", ""))}
    columns = application.c
    lines = columns.line.startswith(_COUNTED[0], autoescape=True) | columns.line.startswith(
        _COUNTED[1], autoescape=True
    )
    query = (
        select(columns.number)
        .where(which & lines & columns.status.notin_(statuses.ENDED) & (columns.line != _OTHER_CHANGE))
        .order_by(columns.number)
    )
    if asked.row is not None:
        query = query.where(columns.id != asked.row.id)
    numbers = asked.connection.execute(query).scalars().all()
    return {"count": len(numbers), "numbers": words(Text("、".join(numbers), ", ".join(numbers)))}
