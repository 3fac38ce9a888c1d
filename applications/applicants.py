"""Who applies: a person, or an enterprise for all its people (2.17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kernel.actors import ENTERPRISE_ROLES, Actor


class OfApplicant(Protocol):
    """The columns of an application that tell whose it is."""

    @property
    def person_id(self) -> str | None: ...
    @property
    def new_employer(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Applicant:
    """The applicant of an application: one of the two is set."""

    person_id: str | None = None
    enterprise: str | None = None

    @classmethod
    def of_actor(cls, actor: Actor) -> Applicant:
        """Whom the actor applies for."""
        if actor.person_id is not None:
            return cls(person_id=actor.person_id)
        return cls(enterprise=actor.enterprise if actor.has(*ENTERPRISE_ROLES) else None)

    @classmethod
    def of_row(cls, row: OfApplicant) -> Applicant:
        """Whose application it is."""
        return cls(person_id=row.person_id) if row.person_id is not None else cls(enterprise=row.new_employer)

    @property
    def scope(self) -> str:
        """The scope of the messages to the applicant."""
        return f"person:{self.person_id}" if self.person_id is not None else f"enterprise:{self.enterprise}"

    @property
    def task_scope(self) -> str:
        """The scope of the applicant's own tasks. Those of an enterprise are no work of its inbox: its form is found
        with the application."""
        return self.scope if self.person_id is not None else f"applicant:{self.enterprise}"
