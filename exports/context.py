"""What the template of a document sees: the frozen values of an application in words (REQUIREMENTS.md 4.4).

Every name below is always there, and what is missing is an empty text, so a template says what it prints and nothing
about what may be absent (R-2.7-1). Only `filled` and `options` depend on the form of the line: they have the names of
its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from exports.words import employer_in_words, joined, long_day, period, person_in_words, text_of
from kernel.clock import BEIJING
from kernel.texts import Text
from registry.labels import CERTIFICATE_STATES, CONTRACT_TYPES, PERSON_FIELDS, SPECIALTIES, label_of


class Choice(Protocol):
    """An option of a question (`forms.model.Choice`)."""

    @property
    def value(self) -> str: ...

    @property
    def label(self) -> Text: ...


class Question(Protocol):
    """A question of a form (`forms.model.Field`)."""

    @property
    def kind(self) -> str: ...

    @property
    def choices(self) -> Sequence[Choice]: ...


class AskedForm(Protocol):
    """The form that an application fills in (`forms.model.Form`); its key is that of the line."""

    @property
    def key(self) -> str: ...

    @property
    def fields(self) -> Mapping[str, Question]: ...


# The personal data that may change, as the form of the change asks them (2.13): `new_name` and so on.
CHANGEABLE = (
    *("name", "gender", "birth_date", "id_type", "id_number", "education", "degree"),
    *("school", "major", "mobile", "postal_address"),
)
_OF_THE_BOOKS = frozenset({"specialties", "specialty"})
_CHOSEN, _OPEN = "■", "□"


def context(
    number: str,
    title: str,
    snapshot: Mapping[str, Any],
    document: Mapping[str, Any],
    form: AskedForm,
    printed_at: datetime | None,
) -> dict[str, Any]:
    """What the templates see of one application.

    number, title, line    texts; the line is the key of its form
    printed_at             2026-06-15 14:02, in Beijing
    person                 FS-PERSON in words, and `education_and_degree`, `school_and_major`
    registration           registration_no, seal_no, state, `specialties_and_periods` (a line each), and
                           `specialties`: a list of {specialty, issue_date, expiry_date, period, words, chosen};
                           the name tells the state of one that is not valid, chosen is whether the form names it
    old_employer, new_employer, enterprise_before, enterprise_after
                           FS-EMPLOYER in words, and `qualification` (two lines), `contact` (name and telephone)
    qualifications         a list of {specialty, certificate_no, pass_year, chosen}
    certificates           a list of {registration_no, name, kind}
    contract               `type` and `period`
    changes                a list of {item, before, after} of the personal data; after is empty where it stays
    resume                 the lines of the field `resume`
    filled                 the fields of the form in words, by key; several choices are joined by 、
    options                the choices of the fields that have some, each as □ or ■ and its label, by key

    `snapshot` is that of the application (R-D-02), `document` its form document. An empty form has neither a number
    nor a print time.
    """
    person = snapshot.get("person") or {}
    chosen = _chosen_specialties(document)
    employers = ("old_employer", "new_employer", "enterprise_before", "enterprise_after")
    return {
        "number": number,
        "title": title,
        "line": form.key,
        "printed_at": printed_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if printed_at else "",
        "person": person_in_words(person),
        "registration": _registration(snapshot.get("registration") or {}, chosen),
        **{name: employer_in_words(snapshot.get(name) or {}) for name in employers},
        "qualifications": [_qualification(each, chosen) for each in snapshot.get("qualifications") or ()],
        "certificates": [_certificate(each) for each in snapshot.get("certificates") or ()],
        "contract": {
            "type": label_of(CONTRACT_TYPES, document.get("contract_type")).zh,
            "period": _contract_period(document),
        },
        "changes": _changes(person, document),
        "resume": [line.strip() for line in text_of(document.get("resume")).splitlines() if line.strip()],
        "filled": {key: _in_words(key, question, document.get(key)) for key, question in form.fields.items()},
        "options": {
            key: _options(question, document.get(key)) for key, question in form.fields.items() if question.choices
        },
    }


def _chosen_specialties(document: Mapping[str, Any]) -> frozenset[str]:
    found = document.get("specialties") or ()
    return frozenset([found] if isinstance(found, str) else found)


def _registration(registration: Mapping[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    specialties = [_specialty(each, chosen) for each in registration.get("specialties") or ()]
    return {
        "registration_no": text_of(registration.get("registration_no")),
        "seal_no": text_of(registration.get("seal_no")),
        "state": label_of(CERTIFICATE_STATES, registration.get("state")).zh,
        "specialties": specialties,
        "specialties_and_periods": "\n".join(each["words"] for each in specialties),
    }


def _specialty(entry: Mapping[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    name = label_of(SPECIALTIES, entry.get("specialty")).zh
    issued, expires = long_day(entry.get("issue_date")), long_day(entry.get("expiry_date"))
    valid = period(issued, expires) if issued and expires else ""
    state = "" if entry.get("state") == "valid" else label_of(CERTIFICATE_STATES, entry.get("state")).zh
    around = joined("，", valid, state)
    return {
        "specialty": f"{name}（{state}）" if state else name,
        "issue_date": issued,
        "expiry_date": expires,
        "period": valid,
        "words": f"{name}（{around}）" if around else name,
        "chosen": entry.get("specialty") in chosen,
    }


def _qualification(entry: Mapping[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    return {
        "specialty": label_of(SPECIALTIES, entry.get("specialty")).zh,
        "certificate_no": text_of(entry.get("certificate_no")),
        "pass_year": text_of(entry.get("pass_year")),
        "chosen": entry.get("specialty") in chosen,
    }


def _certificate(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: text_of(entry.get(name)) for name in ("registration_no", "name", "kind")}


def _contract_period(document: Mapping[str, Any]) -> str:
    """From day to day; a contract without an end has only a beginning, one not filled in yet has blanks to write."""
    start, end = long_day(document.get("contract_start")), long_day(document.get("contract_end"))
    if document.get("contract_type") == "open_ended":
        return f"自{start}起" if start else ""
    return period(start, end)


def _changes(person: Mapping[str, Any], document: Mapping[str, Any]) -> list[dict[str, str]]:
    before = person_in_words(person)
    after = person_in_words({name: document.get(f"new_{name}") for name in CHANGEABLE})
    return [
        {
            "item": PERSON_FIELDS[name].zh,
            "before": before[name],
            "after": after[name] if after[name] != before[name] else "",
        }
        for name in CHANGEABLE
    ]


def _in_words(key: str, question: Question, value: object) -> str:
    """A value of the form document as paper shows it."""
    if isinstance(value, list | tuple):
        return "、".join(words for each in value if (words := _in_words(key, question, each)))
    if isinstance(value, bool):
        return "是" if value else "否"
    words = text_of(value)
    if question.kind == "date":
        return long_day(words)
    labels = {choice.value: choice.label for choice in question.choices}
    if not labels and key in _OF_THE_BOOKS:
        labels = dict(SPECIALTIES)  # the page offers those of the person, so the form lists none
    return label_of(labels, words).zh


def _options(question: Question, value: object) -> list[str]:
    taken = value if isinstance(value, list | tuple) else (value,)
    return [f"{_CHOSEN if choice.value in taken else _OPEN} {choice.label.zh}" for choice in question.choices]
