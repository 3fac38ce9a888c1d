"""Facts about the person who applies, and what it has applied for already."""

from __future__ import annotations

from datetime import date

from handlers.facts.asked import Asked, Words, fact, words


@fact
def today(asked: Asked) -> date:
    return asked.today


@fact
def line(asked: Asked) -> str:
    """The process id of the line that is asked about."""
    return asked.line.id


@fact
def verified(asked: Asked) -> bool:
    """Whether the person has been verified by real name; an enterprise's account always is (R-000-23)."""
    person = asked.books.person
    return person.verified if person else True


@fact
def resubmission(asked: Asked) -> bool:
    """Whether a returned application is submitted anew (R-1.4-3)."""
    return asked.resubmission


@fact
def submitting(asked: Asked) -> bool:
    """Whether the form is being submitted now, not only saved (R-1.8-5)."""
    return asked.submitting


@fact
def open_business(asked: Asked) -> dict[str, Words | str] | None:
    """`{line, number}` of another open application of the same exclusive group (R-1.9-1)."""
    found = asked.open_business
    return {"line": words(found[0]), "number": found[1]} if found else None
