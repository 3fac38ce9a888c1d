"""Races on forms and applications: the applicant with two windows, a double click, or one repeated by the network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from store.tables import application, audit
from tests.concurrency.conftest import LINE
from tests.concurrency.racing import FEWER_ROUNDS, ROUNDS, codes, race
from tests.invariants import violations
from tests.scenarios.case import EMPLOYERS, Case


def starting(case: Case, username: str, *, command_id: str = "", to: str = "E02") -> Callable[[], str]:
    """The first save of a transfer, to be called later."""
    form = {"new_employer": [case.uscc(to)]}
    return partial(
        case.services.applications.start, LINE, form, by=case.actor(username), command_id=command_id or uuid4().hex
    )


def form_of(case: Case, **changed: str) -> dict[str, list[str]]:
    start = case.today() + timedelta(days=1)
    fields = {
        "new_employer": case.uscc("E02"),
        "contract_type": "fixed_term",
        "contract_start": start.isoformat(),
        "contract_end": (start + timedelta(days=1095)).isoformat(),
    }
    return {key: [value] for key, value in (fields | changed).items()}


def open_numbers(case: Case, username: str) -> list[str]:
    with case.services.database.read() as connection:
        held = application.c.open_person_id == case.actor(username).person_id
        return list(connection.execute(select(application.c.number).where(held)).scalars())


def records(case: Case, action: str) -> int:
    with case.services.database.read() as connection:
        own = (audit.c.application_id == case.row().id) & (audit.c.action == action)
        return connection.execute(select(func.count()).select_from(audit).where(own)).scalar_one()


def test_two_first_saves_at_once(case: Case):
    """R-1.9-2: one application comes into being, the other save is told which one is in its way."""
    for _ in range(ROUNDS):
        outcomes = race(starting(case, "p04"), starting(case, "p04"))

        assert codes(outcomes) == [None, "BUSINESS_IN_PROGRESS"]
        number = next(outcome.answer for outcome in outcomes if outcome.is_done)
        refusal = next(outcome.refusal for outcome in outcomes if not outcome.is_done)
        assert refusal.reasons[0].parameters["business_no"] == number
        assert open_numbers(case, "p04") == [number]
        case.number, case.applicant = number, "p04"
        case.deleted()
    assert violations(case.services) == []


def test_the_same_first_save_sent_twice(case: Case):
    for round_ in range(ROUNDS):
        save = starting(case, "p04", command_id=f"save-{round_}")

        first, second = race(save, save)

        assert first.answer == second.answer is not None
        assert open_numbers(case, "p04") == [first.answer]
        case.number, case.applicant = first.answer, "p04"
        case.deleted()
    assert violations(case.services) == []


def test_several_people_save_for_the_first_time_at_once(case: Case):
    """R-D-08: business numbers are given once and without gaps, also when one of the saves is refused."""
    people = ("p04", "p19", "p42", "p47", "p77")
    for round_ in range(1, FEWER_ROUNDS + 1):
        outcomes = race(*(starting(case, person) for person in people), starting(case, "p17"))

        assert outcomes[-1].code == "TRANSFER_WITHIN_ONE_YEAR"
        numbers = sorted(outcome.answer for outcome in outcomes[:-1])
        last = (round_ - 1) * len(people)
        assert [int(number[-6:]) for number in numbers] == list(range(last + 1, last + len(people) + 1))
        for person, outcome in zip(people, outcomes[:-1], strict=True):
            case.number, case.applicant = outcome.answer, person
            case.deleted()
    assert violations(case.services) == []


def test_two_windows_save_one_draft(case: Case):
    """R-D-04: one content is kept, and the other window is told that its form is old."""
    case.saved(by="p04", to="E02")
    applicant = case.actor("p04")
    for _ in range(ROUNDS):
        revision = case.row().revision
        days = {(case.today() + timedelta(days=revision * 2 + window)).isoformat() for window in (1, 2)}
        saves = (
            partial(
                case.services.applications.save,
                case.number,
                form_of(case, contract_start=day),
                revision=revision,
                by=applicant,
            )
            for day in days
        )

        outcomes = race(*saves)

        assert codes(outcomes) == [None, "STALE_FORM"]
        assert case.row().revision == revision + 1
    assert violations(case.services) == []


def test_the_same_submit_sent_twice(case: Case):
    """A double click submits once, and both clicks are told that it went well."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for round_ in range(1, ROUNDS + 1):
        submit = submitting(case, command_id=f"submit-{round_}")

        outcomes = race(submit, submit)

        assert codes(outcomes) == [None, None]
        assert records(case, "submitted") == round_
        case.waits_at(*EMPLOYERS.values()).withdrawn()
    assert records(case, "refused") == 0
    assert violations(case.services) == []


def test_two_windows_submit_one_draft(case: Case):
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for round_ in range(1, ROUNDS + 1):
        outcomes = race(submitting(case), submitting(case))

        assert sum(outcome.is_done for outcome in outcomes) == 1
        assert set(codes(outcomes)) <= {None, "STALE_FORM", "STATE_CONFLICT"}
        assert records(case, "submitted") == round_
        case.waits_at(*EMPLOYERS.values()).withdrawn()
    assert violations(case.services) == []


def test_one_window_deletes_what_another_submits(case: Case):
    """R-000-07: a submitted application is not deleted, a deleted one not submitted."""
    for _ in range(ROUNDS):
        case.saved(by="p04", to="E02").attached("AT-01", "AT-03")

        submitted, deleted = race(submitting(case), case.deleted)

        assert (submitted.code, deleted.code) in ((None, "WITHDRAW_BEFORE_DELETE"), ("NOT_FOUND", None))
        if submitted.is_done:
            case.withdrawn().deleted()
    assert violations(case.services) == []


def test_the_same_withdrawal_sent_twice(case: Case):
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    applicant = case.actor("p04")
    for round_ in range(1, ROUNDS + 1):
        case.submitted()
        withdraw = partial(
            case.services.applications.withdraw, case.number, by=applicant, command_id=f"withdraw-{round_}"
        )

        outcomes = race(withdraw, withdraw)

        assert codes(outcomes) == [None, None]
        assert records(case, "withdrawn") == round_
    assert violations(case.services) == []


def submitting(case: Case, *, command_id: str = "", **changed: Any) -> Callable[[], None]:
    """The submit of the form as it stands, to be called later."""
    return partial(
        case.services.applications.submit,
        case.number,
        form_of(case, **changed),
        revision=case.row().revision,
        by=case.actor(case.applicant),
        command_id=command_id or uuid4().hex,
    )
