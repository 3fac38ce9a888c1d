"""Every route × every role × own and foreign objects, by the access that the views declare (RELIABILITY.md 4, R-A-00).

What is expected is derived: no session leads to sign-in, a role that the view does not name is 403, an object of
somebody else 404 whatever the method. Whose objects are whose stands in `world.py` by hand, as the requirements say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import html
from lxml.html import HtmlElement
from sqlalchemy import select
from werkzeug.test import TestResponse

from demo.people import sample_people
from identity.accounts import Accounts
from kernel.actors import ENTERPRISE_ROLES, SYSTEM, Role
from store.tables import parked_form
from tests.web.served import app_on, page_rules
from tests.web.visitor import Visitor
from tests.web.world import ACCOUNTS, APPLICANTS, OLD_EMPLOYERS, STRANGERS, World

EVERYBODY = [None, *ACCOUNTS.values(), *STRANGERS]
ROLE_OF = {username: role for role, username in ACCOUNTS.items()} | STRANGERS
# Parameters whose objects belong to somebody; the others are everybody's who has the role.
OFFICERS = ("district_chaoyang", "city_a")
OWNED = frozenset({"number", "task_id", "message_id", "person_id"})
# Pages and commands that an application offers in some states, or of some lines only.
OF_STATES = {"portal.confirm_withdraw", "portal.confirm_delete", "portal.appeal_form", "portal.export"}
OF_ROUNDS = {"desk.select_forced_deregistration"}  # knows the task of a round, not those of an inbox
HOUSE = str(Path(__file__).parents[2])
ID_NUMBERS = {person.id_number: person.key.lower() for person in sample_people() if person.key}


@dataclass(frozen=True)
class Question:
    """One request of the matrix, and whether its object is the asker's own."""

    endpoint: str
    method: str
    path: str
    owns: bool


@pytest.fixture
def app(world: World) -> Flask:
    return app_on(world.services)


@pytest.mark.parametrize("username", EVERYBODY, ids=str)
def test_every_route_answers_by_its_access(app: Flask, world: World, username: str | None) -> None:
    visitor = signed_in(app, world, username)
    token = visitor.token()
    wrong = []
    asked = set()
    # What is foreign comes first, so that nothing of it can have been changed by what the account may do.
    for question in sorted(questions(app, world, username), key=lambda one: one.owns):
        answer = ask(visitor, question, {"csrf_token": token})
        asked.add(answer.status_code)
        if answer.status_code not in expected(app, question, username):
            wrong.append(f"{question}: {answer.status_code}, not {sorted(expected(app, question, username))}")
        if question.endpoint == "public.sign_out" and question.method == "POST":
            visitor = signed_in(app, world, username)
            token = visitor.token()

    assert not wrong, "\n".join(wrong)
    assert 405 in asked


@pytest.mark.parametrize("username", [name for name in EVERYBODY if name], ids=str)
def test_what_is_foreign_stays_as_it_was(app: Flask, world: World, username: str) -> None:
    """Refused requests change nothing, with a token and without one."""
    visitor = signed_in(app, world, username)
    token, before = visitor.token(), world.rows()

    for question in questions(app, world, username):
        if question.method == "POST" and not question.owns:
            ask(visitor, question, {"csrf_token": token, "decision": "agree", "opinion": "x", "action": "submit"})
            ask(visitor, question, {"decision": "agree"})

    assert changed(before, world.rows()) == []


@pytest.mark.parametrize("username", [name for name in EVERYBODY if name], ids=str)
def test_without_the_token_nothing_is_done_and_entries_are_kept(app: Flask, world: World, username: str) -> None:
    visitor = signed_in(app, world, username)
    visitor.get("/menu")
    before = world.rows()
    posts = [one for one in questions(app, world, username) if one.method == "POST" and one.owns]
    for place, question in enumerate(posts):
        typed = f"写了很久的意见 {place}"

        answer = ask(visitor, question, {"opinion": typed, "password": "secret-entry", "csrf_token": "wrong"})

        assert answer.status_code == 303, question
        assert typed in parked(world), question
        if question.endpoint == "desk.decide" and ROLE_OF[username] in access_of(app, question).roles:
            assert typed in visitor.get(answer.location).text

    assert changed(before, world.rows()) == []
    assert "secret-entry" not in parked(world)


# The last administrator cannot be disabled.
@pytest.mark.parametrize("username", [name for role, name in ACCOUNTS.items() if role is not Role.SYSTEM_ADMIN])
def test_a_disabled_account_is_out_at_its_next_call(app: Flask, world: World, username: str) -> None:
    visitor = signed_in(app, world, username)
    token = visitor.token()
    assert visitor.get("/account").status_code == 200
    asked = list(questions(app, world, username))
    disable(world, username)
    before = world.rows()

    for question in asked:
        if question.endpoint == "public.sign_out":
            continue
        answer = ask(visitor, question, {"csrf_token": token})
        assert is_led_to_sign_in(answer) or access_of(app, question).public or answer.status_code == 405, question
    assert changed(before, world.rows()) == []


@pytest.mark.parametrize("username", EVERYBODY, ids=str)
def test_id_numbers_are_whole_only_beside_a_case_of_ones_own(app: Flask, world: World, username: str | None) -> None:
    """Lists show masks (F-NF-4); the case itself shows its applicant's number, and nobody else's."""
    visitor = signed_in(app, world, username)
    wrong, seen = [], 0
    for question in questions(app, world, username):
        if question.method != "GET" or question.endpoint in {"portal.attachment", "portal.attachment_page"}:
            continue
        answer = ask(visitor, question)
        if answer.mimetype != "text/html":
            continue
        whole = set(re.findall(r"\d{17}[\dX]", answer.text)) & ID_NUMBERS.keys()
        allowed = {username, applicant_shown(world, question, answer)}
        seen += len(whole)
        wrong += [f"{question}: {number}" for number in whole if ID_NUMBERS[number] not in allowed]

    assert not wrong, "\n".join(wrong)
    sees_cases = ROLE_OF.get(username or "") in {Role.INDIVIDUAL, Role.ENTERPRISE_ADMIN, Role.CITY_REVIEWER}
    assert seen or not sees_cases or username in STRANGERS  # the test sees what it looks for


# -- the matrix


def questions(app: Flask, world: World, username: str | None) -> Iterator[Question]:
    """Every route and method with objects of the account's own, and with those of others.

    Own objects are asked for one by one where the role may see them; for the rest one of a kind is enough.
    """
    for rule in page_rules(app):
        if rule.endpoint in ("portal.switch_account", "portal.move_clock"):
            continue  # the demo bar lets anybody be anybody
        access: Any = app.view_functions[rule.endpoint].__access__
        arguments = frozenset(rule.arguments)
        allowed = access.public or (username is not None and (not access.roles or ROLE_OF[username] in access.roles))
        own = world.fillings(arguments, username or ACCOUNTS[Role.OPS])
        foreign = foreign_fillings(world, arguments, username) if username and OWNED & arguments else []
        for owns, fillings in ((True, own if allowed else own[:1]), (False, foreign if allowed else foreign[:1])):
            for place, values in enumerate(fillings):
                with app.test_request_context():
                    path = app.url_for(rule.endpoint, **values)
                if "GET" in (rule.methods or ()):
                    yield Question(rule.endpoint, "GET", path, owns)
                if "POST" in (rule.methods or ()) and not (owns and place):
                    yield Question(rule.endpoint, "POST", path, owns)
                if not place:
                    yield Question(rule.endpoint, "DELETE", path, owns)


def foreign_fillings(world: World, arguments: frozenset[str], username: str) -> list[dict[str, Any]]:
    """Objects of another applicant, another enterprise, another district's and the city's tasks."""
    own = world.fillings(arguments, username)
    found: list[dict[str, Any]] = []
    for other in (APPLICANTS["draft"], OLD_EMPLOYERS["terminated"], APPLICANTS["city_review"], *OFFICERS):
        found += [values for values in world.fillings(arguments, other) if values not in own + found][:1]
    return found


def expected(app: Flask, question: Question, username: str | None) -> set[int]:
    if question.method == "DELETE":
        return {405}
    access = access_of(app, question)
    if question.endpoint == "portal.write_ministry":
        return {405}  # nobody writes what the ministry keeps (R-1.1-2)
    if access.public:
        return {200, 303} | ({403, 422} if question.endpoint == "public.sign_in_now" else set())
    if username is None:
        return {303}
    if access.roles and ROLE_OF[username] not in access.roles:
        return {403}
    if not question.owns:
        # A task names the roles that may work on it; who has none of them is told so before whose it is.
        return {403, 404} if question.endpoint in {"desk.claim", "desk.release", "desk.decide"} else {404}
    if question.endpoint in FILES and ROLE_OF[username] is Role.REGISTRATION_CENTRE:
        return {403}  # it reads all applications, and the files of those that it has a part in (F-NF-4)
    if question.endpoint in OF_APPLICANTS and ROLE_OF[username] in ENTERPRISE_ROLES:
        # An employer sees the case, and only a line of enterprises is its own to start and change.
        return {403, 404} | ({303, 409} if question.endpoint in {"portal.upload", "portal.appeal"} else set())
    if question.method == "GET":
        return {200, 303} | ({404, 409} if question.endpoint in OF_STATES else set())
    return {200, 303, 404, 409, 422} if question.endpoint in OF_FORMS | OF_ROUNDS else {200, 303, 409, 422}


FILES = {"portal.attachment", "portal.attachment_page", "portal.export"}
# What only the applicant of these persons' applications does.
OF_APPLICANTS = {
    f"portal.{name}" for name in ("withdraw", "delete", "appeal", "post_form", "autosave", "upload", "remove")
}
# Commands with something in their body that was not sent here.
OF_FORMS = {"portal.upload", "portal.look_up", "portal.remove"}


def access_of(app: Flask, question: Question) -> Any:
    return app.view_functions[question.endpoint].__access__


# -- asking


def ask(visitor: Visitor, question: Question, fields: dict[str, str] | None = None) -> TestResponse:
    """The answer, of which some things hold always: headers, no fault, nothing of the inside."""
    headers = {"X-CSRFToken": (fields or {}).get("csrf_token", "")} if question.method == "DELETE" else {}
    data = fields if question.method == "POST" else None
    answer = visitor.client.open(question.path, method=question.method, data=data, headers=headers, buffered=True)
    assert answer.status_code < 500, question
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"], question
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"] or question.endpoint == "portal.attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff", question
    assert answer.headers["Referrer-Policy"] == "same-origin", question
    if answer.mimetype == "text/html":
        assert "Traceback" not in answer.text, question
        assert HOUSE not in answer.text, question
    return answer


def signed_in(app: Flask, world: World, username: str | None) -> Visitor:
    visitor = Visitor(app)
    if username:
        visitor.client.set_cookie("sid", world.session_of(username))
    return visitor


def is_led_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location.startswith("/sign-in")


def disable(world: World, username: str) -> None:
    services = world.services
    with services.database.write() as work:
        accounts = Accounts(work.connection, services.system_clock, services.passwords)
        accounts.disable(accounts.by_username(username).id, by=SYSTEM)


def parked(world: World) -> str:
    """All entries that wait for their owners."""
    with world.services.database.read() as connection:
        return str(connection.execute(select(parked_form.c.fields)).scalars().all())


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def applicant_shown(world: World, question: Question, answer: TestResponse) -> str | None:
    """The account whose case a page shows in full, if it shows one."""
    shown: HtmlElement | None = html.fromstring(answer.text)
    if question.endpoint in {"desk.inbox", "desk.task"}:
        for part in html.fromstring(answer.text).cssselect(".pf-items"):
            assert not re.search(r"\d{17}[\dX]", part.text_content()), "the list of the inbox"
        shown = next(iter(html.fromstring(answer.text).cssselect(".pf-case")), None)
    elif question.endpoint not in {"portal.application", "portal.form", "portal.print_view", "portal.receipt"}:
        shown = None
    number = re.search(r"BJ\d{14}", shown.text_content()) if shown is not None else None
    return world.applicant_of(number.group()) if number else None
