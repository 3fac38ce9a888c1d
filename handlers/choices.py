"""What of the books a form offers as choices: a source is a function of its name (`options_from` of a field).

Which of the offered are open now is said by the decision table of the field (`option_rules`), asked once for each with
the facts of the line and those of the option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from applications.flag_releases import releasable_of
from forms import Field, Option
from handlers.facts import Asked, Facts
from kernel.dates import day_in_words
from kernel.errors import Reason
from kernel.texts import Text
from registry.labels import CERTIFICATE_STATES, SPECIALTIES, label_of
from registry.registrations import DEREGISTERED, VALID, Specialty
from rules.dmn import Model
from rules.tables import reasons_of


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that a source offers, with the facts that its table may ask for."""

    value: str
    label: Text
    note: Text | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Where choices come from, and the reason when something else was chosen."""

    offered: Callable[[Asked], Iterable[Offered]]
    not_offered: str = "FIELD_INVALID"
    rule: str = "R-000-15"


SOURCES: dict[str, Source] = {}


def source(
    *, not_offered: str = "FIELD_INVALID", rule: str = "R-000-15"
) -> Callable[[Callable[[Asked], Iterable[Offered]]], Any]:
    """Make a function the source of its name."""

    def mark(function: Callable[[Asked], Iterable[Offered]]) -> Callable[[Asked], Iterable[Offered]]:
        SOURCES[function.__name__] = Source(function, not_offered, rule)
        return function

    return mark


@source(not_offered="SPECIALTY_NOT_PASSED")
def passed_specialties(asked: Asked) -> Iterable[Offered]:
    """The specialties of the person's qualifications, each once (R-000-15)."""
    for each in {one.specialty: one for one in asked.books.qualifications}.values():
        note = Text("{no}，{year}年合格", "{no}, passed in {year}").filled(no=each.certificate_no, year=each.pass_year)
        yield Offered(each.specialty, label_of(SPECIALTIES, each.specialty), note)


@source(not_offered="SPECIALTY_NOT_PASSED")
def addable_specialties(asked: Asked) -> Iterable[Offered]:
    """Passed specialties that are not validly registered (R-1.6-1)."""
    registration = asked.books.registration
    held = {each.specialty for each in registration.valid_specialties(asked.today)} if registration else set()
    return (each for each in passed_specialties(asked) if each.value not in held)


@source()
def continuable_specialties(asked: Asked) -> Iterable[Offered]:
    """The specialties that are valid today, and those that the application has chosen already: one may have expired
    since (R-1.4-3)."""
    chosen = asked.answers.get("specialties") or ()
    return (each for each in registered_specialties(asked) if each.facts["state"] == VALID or each.value in chosen)


@source()
def registered_specialties(asked: Asked) -> Iterable[Offered]:
    """The specialties on the registration that are not deregistered, valid or expired (R-1.7-1)."""
    registration = asked.books.registration
    for each in registration.specialties if registration else ():
        if each.state_on(asked.today) != DEREGISTERED:
            yield _registered(each, asked)


@source(not_offered="FLAG_NOT_PRESENT", rule="R-1.10-3")
def standing_flags(asked: Asked) -> Iterable[Offered]:
    """The locks and entries behind the person's standing flags that nobody has released (2.27)."""
    person_id = asked.books.applicant.person_id
    for each in releasable_of(asked.connection, person_id) if person_id is not None else ():
        yield Offered(each.value, each.label, each.note)


def _registered(each: Specialty, asked: Asked) -> Offered:
    state = each.state_on(asked.today)
    note = Text("有效期至{day}", "valid until {day}").filled(day=day_in_words(each.expiry_date))
    if state != VALID:
        word = label_of(CERTIFICATE_STATES, state)
        note = Text(f"{note.zh}，{word.zh}", f"{note.en}, {word.en}")
    days = (each.expiry_date - asked.today).days
    facts = {"state": state, "days_to_expiry": days, "expiry_date": each.expiry_date}
    return Offered(each.specialty, label_of(SPECIALTIES, each.specialty), note, facts)


def options_of(asked: Asked, about: Field, tables: Mapping[str, Model]) -> tuple[Option, ...]:
    """What a field offers to this applicant, each with the first reason against it; `tables` are those of the line."""
    offered = SOURCES[about.options_from or ""].offered(asked)
    return tuple(Option(each.value, each.label, each.note, _refusal(asked, about, each, tables)) for each in offered)


def _refusal(asked: Asked, about: Field, offered: Offered, tables: Mapping[str, Model]) -> Reason | None:
    if about.option_rules is None:
        return None
    found = reasons_of(tables[about.option_rules], about.option_rules, Facts(asked, offered.facts))
    return replace(found[0], field=about.key) if found else None


def choice_refusals(asked: Asked, about: Field, options: tuple[Option, ...]) -> list[Reason]:
    """The reasons that follow from what is offered: against the chosen ones, or before anything is chosen those of all
    that is offered when nothing of it is open."""
    chosen = asked.answers.get(about.key)
    if asked.document is None:
        closed = [option.refusal for option in options if option.refusal is not None]
        return once(closed) if len(closed) == len(options) else []
    known = {option.value: option for option in options}
    found = []
    for value in chosen if isinstance(chosen, list) else [chosen] if chosen else []:
        if value not in known:
            asked_of = SOURCES[about.options_from or ""]
            code = asked_of.not_offered
            parameters = {"field": about.subject} if code == "FIELD_INVALID" else {}
            found.append(Reason(code, parameters, rule=asked_of.rule, field=about.key))
        elif (refusal := known[value].refusal) is not None:
            found.append(refusal)
    return once(found)


def once(reasons: Iterable[Reason]) -> list[Reason]:
    """Each reason once, as its reader would tell them apart: the same may hold for several specialties."""
    return list({(reason.code, reason.message): reason for reason in reasons}.values())
