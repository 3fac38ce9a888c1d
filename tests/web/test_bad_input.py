"""Bad input to forms and addresses: refused with reasons, shown escaped, nothing stored, never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import update

from demo.load import load_demo, sample_scan
from kernel.actors import Role
from kernel.clock import FixedClock
from kernel.settings import Settings
from store.tables import application
from tests.scenarios.case import CITY, DISTRICT, EMPLOYERS, Case
from tests.support.sample import CHEAP, NOW
from tests.web.hostile import ALL_XSS, CURSORS, ELSEWHERE, NAMES, RAW, WORDS
from tests.web.served import app_on, page_rules
from tests.web.visitor import GOOD_ENTRIES, TRANSFER, Visitor, field, text_of
from tests.web.world import ACCOUNTS, APPLICANTS, LINE, World, drive
from wiring import build

APPLY = f"/lines/{TRANSFER}/apply"


@pytest.fixture
def app(world: World) -> Flask:
    return app_on(world.services)


def as_somebody(app: Flask, world: World, username: str | None) -> Visitor:
    visitor = Visitor(app)
    if username:
        visitor.client.set_cookie("sid", world.session_of(username))
    return visitor


# -- addresses


@pytest.fixture
def postgresql_world(postgresql_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[World]:
    settings = Settings(database_url=postgresql_url, var_dir=tmp_path / "var")
    services = build(settings, clock=clock, system_clock=FixedClock(NOW), passwords=CHEAP)
    load_demo(services)
    drive(services, clock)
    yield World(services)
    services.database.engine.dispose()


@pytest.mark.parametrize("database", ["world", "postgresql_world"])
def test_no_address_makes_a_fault_or_shows_what_it_says_unescaped(
    request: pytest.FixtureRequest, database: str
) -> None:
    world: World = request.getfixturevalue(database)
    app = app_on(world.services)
    wrong = []
    for username, path in addresses(app, world):
        client = as_somebody(app, world, username).client
        for words, cursor in zip(WORDS, [*CURSORS, *CURSORS], strict=False):
            query = "&".join(f"{name}={encoded(words)}" for name in NAMES)
            answer = client.get(f"{path}?{query}&cursor={encoded(cursor)}", buffered=True)
            raw = [sign for sign in RAW if answer.mimetype == "text/html" and sign in answer.text]
            if answer.status_code >= 500 or raw or "pwned" in answer.headers.get("Set-Cookie", ""):
                wrong.append((path, words[:40], cursor[:80], answer.status_code, raw))
    assert wrong == []


def test_parameters_of_addresses_are_found_or_not_found(app: Flask, world: World) -> None:
    wrong = []
    for rule in page_rules(app):
        username = caller_of(app, rule.endpoint)
        client = as_somebody(app, world, username).client
        for values in world.fillings(rule.arguments, username or ACCOUNTS["ops"])[:1] if rule.arguments else []:  # type: ignore[index]
            for name in values:
                with app.test_request_context():
                    path = app.url_for(rule.endpoint, **{**values, name: 987_654_321 if name in NUMBERS else "PLACE"})
                for text in ("9" * 30, "-1", "\x00", "..%2f..", "好" * 200, "'\"<>", "a%0d%0ab"):
                    asked = path.replace("987654321", quote(text)).replace("PLACE", quote(text, safe="%"))
                    answer = client.get(asked, buffered=True)
                    if answer.status_code not in (303, 400, 404, 405):
                        wrong.append((asked, answer.status_code))
    assert wrong == []


NUMBERS = {"page", "message_id"}


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_elsewhere(app: Flask, world: World, address: str) -> None:
    visitor, guest = as_somebody(app, world, "p04"), Visitor(app)
    name, password = "p04", world.services.settings.demo_password

    answers = [
        guest.post("/preferences", {"theme": "dark", "next": address}),
        visitor.get(f"/sign-in?next={quote(address)}"),
        visitor.post("/demo/clock", {"days": "1", "next": address}),
        guest.post("/sign-in", {"as": "individual", "username": name, "password": password, "next": address}),
    ]

    for answer in answers:
        target = urlsplit(answer.location)
        assert answer.status_code == 303
        assert (target.scheme, target.netloc) == ("", "")
        assert target.path in ("/", "/home")
        assert len(answer.headers.getlist("Location")) == 1


def addresses(app: Flask, world: World) -> Iterator[tuple[str | None, str]]:
    """Every GET route once, as somebody who may call it."""
    for rule in page_rules(app):
        if "GET" not in (rule.methods or ()):
            continue
        username = caller_of(app, rule.endpoint)
        for values in world.fillings(rule.arguments, username or "ops")[:1]:
            with app.test_request_context():
                yield username, app.url_for(rule.endpoint, **values)


def caller_of(app: Flask, endpoint: str) -> str | None:
    access: Any = app.view_functions[endpoint].__access__
    allowed = [username for role, username in ACCOUNTS.items() if role in access.roles]
    return None if access.public else (allowed or ["p04"])[0]


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


# -- forms


STRANGE = {
    "status": "closed",
    "supervising_district": "大兴区",
    "declared_on": "2026-01-01",
    "person_id": "x",
    "old_employer": "91110000XA0000031J",
    "snapshot": "{}",
    "new_employer_name": "x",
    "__class__": "x",
    "publicity_days": "0",
}


def test_fields_that_are_not_in_the_form_store_nothing(app: Flask, world: World, not_passed: Case) -> None:
    applicant, draft = APPLICANTS["draft"], f"/applications/{world.number('draft')}"
    posts = [
        ("p16", APPLY, {**GOOD_ENTRIES, "action": "save"}, 303),
        (applicant, f"{draft}/form", {**GOOD_ENTRIES, "revision": "1", "action": "save"}, 303),
        (applicant, f"{draft}/draft", {**GOOD_ENTRIES, "revision": "2"}, 200),
        (applicant, f"{draft}/form", {**GOOD_ENTRIES, "revision": "3", "action": "submit"}, 422),  # files are missing
        ("p14", f"/applications/{not_passed.number}/appeal", {"grounds": "材料齐全，签字是本人的，请复核。"}, 303),
        *((by, f"/inbox/tasks/{task}/decision", GOOD_DECISIONS[by], 303) for by, task in open_tasks(world)),
    ]
    for username, path, good, status in posts:
        visitor, before = as_somebody(app, world, username), world.rows()
        for name, value in STRANGE.items():
            answer = visitor.post(path, {**good, name: value, "command_id": name})
            assert answer.status_code == 422, (path, name)
            assert world.rows() == before, (path, name)
        answer = visitor.post(path, {**good, "command_id": f"good {path}"})
        assert answer.status_code == status, (path, text_of(answer))


@pytest.fixture
def not_passed(world: World, clock: FixedClock) -> Case:
    """An application in publicity that the city did not pass."""
    case = Case(world.services, clock, LINE).applied(by="p14", to="E02").passed_to_city()
    return case.completed(CITY, by="city_b", decision="not_pass", opinion=ALL_XSS)


GOOD_DECISIONS = {
    "e02_admin": {"decision": "agree", "opinion": ""},
    "district_chaoyang": {"decision": "pass", "opinion": ""},
    "city_a": {"decision": "pass", "opinion": ""},
}


def open_tasks(world: World) -> list[tuple[str, str]]:
    """A task of an employer, of the district and of the city, each with who may decide it."""
    places = (("pending_confirmation", EMPLOYERS["new"]), ("declared", DISTRICT), ("city_review", CITY))
    found = []
    for username, (state, path) in zip(GOOD_DECISIONS, places, strict=True):
        case = Case(world.services, FixedClock(NOW), LINE)
        case.number = world.number(state)
        found.append((username, case.task_id(path)))
    return found


OVERLONG = {
    "new_employer": "9" * 5_000,
    "contract_type": "x" * 5_000,
    "contract_start": "2026-06-16" * 1_000,
    "contract_end": "2029-13-45",
}


@pytest.mark.parametrize("name", OVERLONG)
def test_overlong_and_strange_values_of_a_form_are_refused_and_shown_again(app: Flask, world: World, name: str) -> None:
    visitor, before = as_somebody(app, world, "p16"), world.rows()

    answer = visitor.post(APPLY, {**GOOD_ENTRIES, name: OVERLONG[name], "action": "save", "command_id": "x"})

    assert answer.status_code == 422
    assert world.rows() == before
    others = [other for other in GOOD_ENTRIES if other != name]
    assert {other: field(answer, other) for other in others} == {other: GOOD_ENTRIES[other] for other in others}


@pytest.mark.parametrize("opinion", ["好" * 501, "x" * 100_000])
def test_an_overlong_opinion_is_refused_and_kept_on_the_page(app: Flask, world: World, opinion: str) -> None:
    for username, task in open_tasks(world):
        visitor, before = as_somebody(app, world, username), world.rows()
        answer = visitor.post(f"/inbox/tasks/{task}/decision", {**GOOD_DECISIONS[username], "opinion": opinion})
        assert answer.status_code == 422
        assert field(answer, "opinion") == opinion
        assert world.rows() == before


def test_control_characters_are_taken_out_of_an_opinion(app: Flask, world: World) -> None:
    number = world.number("declared")
    visitor = as_somebody(app, world, "district_chaoyang")
    task = dict(open_tasks(world))["district_chaoyang"]

    opinion = "缺\x07第二\u202e页\x1b[31m，\r\n请补。"
    answer = visitor.post(f"/inbox/tasks/{task}/decision", {"decision": "return", "opinion": opinion})

    assert answer.status_code == 303
    shown = as_somebody(app, world, APPLICANTS["declared"]).get(f"/applications/{number}").text
    assert "缺第二页[31m，" in shown
    assert not {"\x07", "\x1b", "\u202e"} & set(shown)


def test_a_part_of_a_form_without_a_name_is_a_bad_request(app: Flask, world: World) -> None:
    body = b"--cut\r\nContent-Disposition: form-data\r\n\r\nx\r\n--cut--\r\n"

    answer = app.test_client().post("/sign-in", data=body, content_type="multipart/form-data; boundary=cut")

    assert answer.status_code == 400


def test_a_nul_is_a_bad_request_everywhere(app: Flask, world: World) -> None:
    visitor = as_somebody(app, world, "admin")

    assert visitor.get("/publicity?text=%00").status_code == 400
    assert visitor.post("/admin/accounts/new", {"username": "a\x00b", "name": "x"}).status_code == 400
    assert visitor.post("/sign-in", {"username": "a\x00b"}).status_code == 400


# -- texts that others read


@pytest.fixture
def planted(world: World, clock: FixedClock, not_passed: Case) -> World:
    """Payloads wherever somebody may write: opinions, grounds, reasons, file names, and names from the books."""
    services = world.services
    not_passed.appealed(grounds=ALL_XSS)
    case = Case(services, clock, LINE).saved(by="p16", to="E02")
    case.services.applications.attach(case.number, "AT-01", FILE_NAME, sample_scan("x"), by=case.actor("p16"))
    case.attached("AT-03").submitted()
    case.completed(EMPLOYERS["new"], by="e02_admin", decision="agree", opinion=ALL_XSS)
    case.completed(EMPLOYERS["old"], by="e01_admin", decision="agree", opinion=ALL_XSS)
    case.completed(DISTRICT, by="district_chaoyang", decision="return", opinion=ALL_XSS)
    ended = Case(services, clock, LINE)
    ended.number = world.number("city_review")
    services.operations.terminate(ended.row().instance_id, ALL_XSS, by=ended.actor("ops"))
    with services.database.write() as work:
        work.connection.execute(update(application).values(old_employer_name=ALL_XSS[:100]))
    return world


FILE_NAME = "'-alert(1)-'{{ 7*7 }}\r\nX-Pwned: 1\" onload=\"x.pdf"


@pytest.mark.parametrize("username", [*ACCOUNTS.values(), "p14", "p16", None], ids=str)
def test_what_others_wrote_is_shown_as_they_wrote_it(app: Flask, planted: World, username: str | None) -> None:
    """On every page of every role, with its tabs: escaped, and in sight."""
    visitor = as_somebody(app, planted, username)
    seen = 0
    for path in pages_of(app, planted, username):
        answer = visitor.client.get(path, buffered=True)
        assert "X-Pwned" not in answer.headers
        if answer.mimetype == "text/html":
            assert not [sign for sign in RAW if sign in answer.text], path
            seen += html.fromstring(answer.text).text_content().count("</textarea><svg/onload")
    assert seen or username not in ("p14", "p16", "e02_admin", "district_chaoyang", "city_a")


def pages_of(app: Flask, world: World, username: str | None) -> Iterator[str]:
    """The pages of an account, those of applications for all that it may see."""
    role = next((role for role, name in ACCOUNTS.items() if name == username), Role.INDIVIDUAL)
    numbers = [{"number": number} for number in numbers_of(app, world, username)]
    for rule in page_rules(app):
        access: Any = app.view_functions[rule.endpoint].__access__
        allowed = access.public or (username and (not access.roles or role in access.roles))
        if "GET" not in (rule.methods or ()) or not allowed:
            continue
        of_numbers = set(rule.arguments) == {"number"}
        for values in numbers if of_numbers else world.fillings(rule.arguments, username or "ops"):
            with app.test_request_context():
                path = app.url_for(rule.endpoint, **values)
            yield from (path, *(path + face for face in FACES.get(rule.endpoint, ())))


FACES = {
    "portal.application": ("?tab=files",),
    "desk.task": ("?part=attachments", "?part=trail"),
    "console.instance": ("?part=history",),
}


def numbers_of(app: Flask, world: World, username: str | None) -> list[str]:
    page = as_somebody(app, world, username).client.get("/applications")
    links = html.fromstring(page.text).cssselect("tbody th a") if page.status_code == 200 else []
    return [str(link.get("href")).rsplit("/", 1)[-1] for link in links]
