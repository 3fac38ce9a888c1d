"""Facts about the employer that an application is about; before one is chosen they are silent."""

from __future__ import annotations

from sqlalchemy import select

from applications import statuses
from handlers.facts.asked import Asked, Words, fact, words
from registry.labels import EMPLOYER_FIELDS, label_of, listed
from registry.registrations import DEREGISTERED
from store.tables import application

ENTERPRISE_CHANGE = "class2_enterprise_info_change"


@fact
def old_employer(asked: Asked) -> str | None:
    """The credit code of the employer of the registration; one that is deregistered has none any more."""
    registration = asked.books.registration
    return registration.employer if registration and registration.state != DEREGISTERED else None


@fact
def new_employer(asked: Asked) -> str | None:
    """The credit code of the employer that the application is about, or the code that nobody has."""
    return asked.employer.uscc if asked.employer else asked.chosen_code


@fact
def same_employer(asked: Asked) -> bool:
    """Whether the chosen employer is that of the registration (R-1.5-3)."""
    chosen = new_employer(asked)
    return asked.chosen_code is not None and chosen == old_employer(asked)


@fact
def employer_found(asked: Asked) -> bool:
    return asked.chosen_code is None or asked.employer is not None


@fact
def employer_has_district(asked: Asked) -> bool:
    """Whether the employer has chosen its supervising district (R-2.1-1)."""
    return asked.employer is None or bool(asked.employer.supervising_district)


@fact
def employer_missing(asked: Asked) -> Words | None:
    """The fields of FS-EMPLOYER that are empty, in words (R-2.7-1)."""
    missing = asked.employer.missing_fields if asked.employer else ()
    return words(listed(label_of(EMPLOYER_FIELDS, name) for name in missing)) if missing else None


@fact
def enterprise_change_open(asked: Asked) -> bool:
    """Whether the old or the new employer has an enterprise-info change open (R-1.8-5)."""
    codes = {code for code in (old_employer(asked), new_employer(asked)) if code}
    query = select(application.c.id).where(
        (application.c.line == ENTERPRISE_CHANGE)
        & application.c.new_employer.in_(codes)
        & application.c.status.notin_(statuses.ENDED)
    )
    return bool(codes) and asked.connection.execute(query.limit(1)).first() is not None
