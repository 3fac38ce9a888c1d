"""The ports of the data exchange: one a source, each with rows of its own. Real adapters and simulated ones fill them.

A row holds what its source says and nothing of ours; `registry/exchange/mirrors.py` stores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from kernel.errors import Fault

Row_co = TypeVar("Row_co", covariant=True)

MINISTRY = "ministry"
QUALIFICATION = "qualification"
ENTERPRISE = "enterprise"
IN_CONSTRUCTION = "in_construction"
ABNORMAL = "abnormal_registration"
SOCIAL_INSURANCE = "social_insurance"

MINISTRY_KINDS = ("class1", "class1_temp", "cost_engineer", "supervising_engineer")


class SourceFailed(Fault):
    """A source was not reached, or what it sent cannot be read; nothing of it was taken. Without personal data."""


@dataclass(frozen=True, slots=True)
class MinistryRegistration:
    """A registration of the ministry's systems; `kind` is one of MINISTRY_KINDS, `specialties` a comma list."""

    id: str
    kind: str
    name: str
    id_number: str
    registration_no: str
    specialties: str
    enterprise_name: str
    uscc: str | None
    expiry_date: date | None


@dataclass(frozen=True, slots=True)
class PassedExam:
    """A class-2 qualification: one passed specialty of a person."""

    id: str
    id_number: str
    specialty: str
    certificate_no: str
    pass_year: int


@dataclass(frozen=True, slots=True)
class EnterpriseQualification:
    """An enterprise as its qualification data have it now; `enterprise_type` is its kind."""

    uscc: str
    org_code: str
    name: str
    registered_address: str | None
    district: str | None
    legal_representative: str | None
    enterprise_type: str | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class InConstructionLock:
    """A person bound to a project under construction; `district` is the project's."""

    id: str
    id_number: str
    name: str
    project_no: str
    project_name: str
    district: str
    locked_on: date
    released_on: date | None


@dataclass(frozen=True, slots=True)
class AbnormalEntry:
    """A person on the list of abnormal registrations."""

    id: str
    id_number: str
    name: str
    reason: str
    listed_on: date
    released_on: date | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What was paid for a person in a month (`2026-05`) by a payer, known by its credit or organisation code."""

    month: str
    payer_code: str
    payer_name: str
    paid: bool


class Source(Protocol[Row_co]):
    """A source that is copied as a whole."""

    def rows(self, on: date) -> Sequence[Row_co]:
        """Everything the source holds on a day.

        Raises:
            SourceFailed: it was not reached, or a row cannot be read.
        """
        ...


class SocialInsurance(Protocol):
    """The social-insurance authority: asked by ID number, it answers after one or two working days (F-SI)."""

    def answer(self, id_number: str, *, requested_on: date, on: date) -> Sequence[Contribution] | None:
        """What was paid for the person, as far as it was known on the day of the request; None: not back yet.

        Raises:
            SourceFailed: it was not reached, or a row cannot be read.
        """
        ...


class TextMessages(Protocol):
    """The SMS gateway (F-MSG)."""

    def send(self, mobile: str, body: str, *, key: str, application_id: str | None) -> None:
        """Send one text message; under the same `key` at most once, however often it is called.

        Raises:
            SourceFailed: the gateway was not reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources of a service, as they were configured."""

    ministry: Source[MinistryRegistration]
    qualifications: Source[PassedExam]
    enterprises: Source[EnterpriseQualification]
    locks: Source[InConstructionLock]
    abnormal: Source[AbnormalEntry]
    social_insurance: SocialInsurance

    def by_name(self) -> dict[str, Source[Any]]:
        """The sources that are copied as a whole."""
        return {
            MINISTRY: self.ministry,
            QUALIFICATION: self.qualifications,
            ENTERPRISE: self.enterprises,
            IN_CONSTRUCTION: self.locks,
            ABNORMAL: self.abnormal,
        }
