"""WCAG 2.2 AA by axe-core on every GET route of the URL map × every role allowed there, light and dark (UI.md 9).

Addresses are derived from the application: a route that `tests/web/world.py` cannot fill fails. The same visit asks
that no page scrolls sideways at 390 px; the console must stay silent all the while.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import html
from playwright.sync_api import Page

from kernel.actors import ENTERPRISE_ROLES, Role
from tests.browser.conftest import SCREEN, LiveService, free_port, service_environment
from tests.web.served import app_on, page_rules
from tests.web.world import ACCOUNTS, APPLICANTS, MovingClock, World, drive
from wiring import build

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# What else a theme and a narrow screen can change; the rest was judged on the same markup.
OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
OF_LAYOUT = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}
LOOK = """runOnly => axe.run(document, {runOnly, resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id} at ${node.target.join(" ")}: ${node.any.map(c => c.message).join("; ")}`)
))"""
PHONE = {"width": 390, "height": 844}
# Answers that are no page: an asset, a state, a picture, files.
# Pages on an application that is the applicant's to change: here they are all persons.
OF_PERSONS = {"portal.form", "portal.confirm_withdraw", "portal.confirm_delete", "portal.appeal_form"}
NO_PAGES = {
    "api.openapi",
    "desk.forced_deregistration_sheet",
    "frame.static",
    "portal.attachment",
    "portal.attachment_page",
    "portal.export",
    "portal.export_list",
    "public.blank_document",
    "public.notice_file",
    "public.healthz",
    "workbench.xml",
}
# Papers, which look the same in every state.
ALIKE = {"portal.print_view", "portal.receipt"}
# Routes that lead on to another page: the hall and sign-in for who is signed in, the next task.
LEAD_ON = {"public.hall", "public.sign_in", "desk.next_task", "portal.ministry"}
# Other faces of a page, by what stands behind its address.
FACES = {
    "console.instance": [f"?part={part}" for part in ("tasks", "jobs", "messages", "incidents", "history")],
    "console.incidents": ["?status=resolved"],
    "console.instances": ["?text=nothing"],
    "desk.inbox": ["?queue=done", "?queue=mine", "?text=nothing"],
    "desk.task": [f"?part={part}" for part in ("form", "attachments", "trail", "path")],
    "portal.application": ["?tab=form", "?tab=files"],
    "portal.applications": ["?name=nobody"],
    "portal.staff": ["?name=nobody"],
    "public.notices": ["?text=nothing"],
    "public.publicity": ["?text=nobody"],
    "public.sign_in": ["?as=enterprise", "?as=staff"],
}


@dataclass(frozen=True)
class Visit:
    """A page to look at, as somebody."""

    username: str | None
    endpoint: str
    path: str


@dataclass
class Tour:
    """The visits of all roles; a page whose markup has been looked at already is not looked at again."""

    world: World
    app: Flask
    url: str
    _seen: set[Any] = field(default_factory=set)
    _sessions: dict[str, str] = field(default_factory=dict)
    _visits: dict[Role | None, list[Visit]] = field(default_factory=dict)

    def visits(self, role: Role | None) -> list[Visit]:
        """The visits of a role.

        Raises:
            LookupError: there is a route that the role may call, but no page of it can be reached.
        """
        if role not in self._visits:
            self._visits[role] = [visit for route in self._routes(role) for visit in self._new_pages(role, *route)]
        return self._visits[role]

    def session_of(self, username: str) -> str:
        if username not in self._sessions:
            self._sessions[username] = self.world.session_of(username)
        return self._sessions[username]

    def _routes(self, role: Role | None) -> Iterator[tuple[str, frozenset[str]]]:
        for rule in page_rules(self.app):
            access: Any = self.app.view_functions[rule.endpoint].__access__
            allowed = access.public or (role is not None and (not access.roles or role in access.roles))
            skipped = NO_PAGES | (OF_PERSONS if role in ENTERPRISE_ROLES else set())
            if "GET" in (rule.methods or ()) and allowed and rule.endpoint not in skipped:
                yield rule.endpoint, frozenset(rule.arguments)

    def _new_pages(self, role: Role | None, endpoint: str, arguments: frozenset[str]) -> list[Visit]:
        """Of a route's pages those that look like none before, for the role or in a state of their own."""
        found, reached = [], False
        for place, visit in enumerate(self._of_route(role, endpoint, arguments)):
            is_first = not reached
            if not is_first and (endpoint in ALIKE or (endpoint, place) in self._seen):
                continue
            skeleton = self._skeleton(visit)
            if skeleton is None:
                continue
            reached = True
            if skeleton not in self._seen:
                found.append(visit)
            self._seen |= {skeleton, (endpoint, place)}
        if not reached and endpoint not in LEAD_ON:
            raise LookupError(f"Expected a page of {endpoint} for {role}, but there is none")
        return found

    def _of_route(self, role: Role | None, endpoint: str, arguments: frozenset[str]) -> Iterator[Visit]:
        for username in self._people(role, arguments):
            for place, values in enumerate(self.world.fillings(arguments, username or ACCOUNTS[Role.OPS])):
                with self.app.test_request_context():
                    path = self.app.url_for(endpoint, **values)
                yield Visit(username, endpoint, path)
                if not place:
                    yield from (Visit(username, endpoint, path + face) for face in self._faces(endpoint, username))

    def _people(self, role: Role | None, arguments: frozenset[str]) -> list[str | None]:
        """One account of the role; for the pages of applications the applicant of each state."""
        if role is None:
            return [None]
        if role is Role.INDIVIDUAL and "number" in arguments:
            return [*APPLICANTS.values()]
        return [ACCOUNTS[role]]

    def _faces(self, endpoint: str, username: str | None) -> list[str]:
        if endpoint == "desk.batch" and username:
            chosen = [values["task_id"] for values in self.world.fillings({"task_id"}, username)]
            return ["?" + "&".join(f"select={id}" for id in chosen)]
        return FACES.get(endpoint, [])

    def _skeleton(self, visit: Visit) -> Any:
        """The markup of the page, if there is one; the answer comes from the same database in this process."""
        client = self.app.test_client()
        client.set_cookie("lang", "zh")
        if visit.username:
            client.set_cookie("sid", self.session_of(visit.username))
        response = client.get(visit.path)
        assert response.status_code in (200, 303, 404, 409), f"{response.status_code} of {visit}"
        is_page = response.mimetype == "text/html" and response.status_code in (200, 409)
        return skeleton_of(html.fromstring(response.text)) if is_page else None


TOLD_APART_BY = ("class", "role", "type", "lang", "data-status", "aria-current", "aria-disabled", "aria-invalid")


def skeleton_of(node: Any) -> Any:
    """The markup without its words, runs of equal siblings told once."""
    children: list[Any] = []
    for child in node:
        found = skeleton_of(child) if isinstance(child.tag, str) else None
        if found and found not in children[-1:]:
            children.append(found)
    shown = tuple((name, node.get(name)) for name in TOLD_APART_BY if node.get(name) is not None)
    return node.tag, shown, bool((node.text or "").strip()), tuple(children)


@pytest.fixture(scope="module")
def tour(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """The sample data with an application in every state, served."""
    folder = tmp_path_factory.mktemp("world") / "var"
    shutil.copytree(demo_folder, folder)
    live = LiveService(folder, service_environment(folder, free_port()), folder.parent / "service.log")
    services = build(live.settings)
    drive(services, MovingClock(services))
    try:
        live.start()
        yield Tour(World(services), app_on(services), live.url)
    finally:
        live.stop()
        services.database.engine.dispose()


@pytest.fixture
def page(new_context: Any, tour: Tour) -> Page:
    """A page without motion that has axe in it."""
    context = new_context(base_url=tour.url, reduced_motion="reduce")
    context.add_init_script(path=AXE)
    opened: Page = context.new_page()
    return opened


@pytest.mark.parametrize("role", [None, *ACCOUNTS], ids=str)
def test_pages_of_a_role(page: Page, tour: Tour, role: Role | None) -> None:
    visits = tour.visits(role)

    problems = [problem for visit in visits for problem in problems_of(page, tour, visit)]

    assert problems == []


def test_pages_of_errors(page: Page, tour: Tour) -> None:
    visits = [Visit(None, "404", "/nope"), Visit("p04", "403", "/console"), Visit("city_a", "404", "/nope")]

    assert [problem for visit in visits for problem in problems_of(page, tour, visit)] == []


def test_pages_in_english(page: Page, tour: Tour) -> None:
    of_each_route = {visit.endpoint: visit for role in (*ACCOUNTS, None) for visit in tour.visits(role)}

    problems = []
    for visit in of_each_route.values():
        enter(page, tour, visit, "en")
        problems += [f"{visit}: {found}" for found in page.evaluate(LOOK, WCAG)] + too_wide(page, visit)

    assert problems == []


def test_what_it_looks_for_is_found(page: Page, tour: Tour) -> None:
    """Planted: words too pale in each theme, a picture without words, a box too wide."""
    visit = Visit(None, "public.menu", "/menu")
    enter(page, tour, visit, "zh")
    page.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
            "<p class=pale>pale words</p><p class=dim>dim words</p><img src=/assets/mark.svg><a class=wide href=/>x</a>");
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`.pale { color: #dddddd } .dim { color: #333333 } .wide { display: block; width: 600px }`);
        document.adoptedStyleSheets = [sheet]"""
    )

    found = "\n".join(seen(page, visit))

    assert "image-alt at img" in found
    assert "color-contrast at .pale" in found
    assert "dark: color-contrast at .dim" in found
    assert "the page is 6" in found


def problems_of(page: Page, tour: Tour, visit: Visit) -> list[str]:
    enter(page, tour, visit, "zh")
    return seen(page, visit)


def seen(page: Page, visit: Visit) -> list[str]:
    """What axe finds on the open page in both themes and on a narrow screen."""
    found: list[str] = page.evaluate(LOOK, WCAG)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {problem}" for problem in page.evaluate(LOOK, OF_COLOUR)]
    page.emulate_media(color_scheme="light")
    return [f"{visit}: {problem}" for problem in found] + too_wide(page, visit)


def too_wide(page: Page, visit: Visit) -> list[str]:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found: list[str] = page.evaluate(LOOK, OF_LAYOUT)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    page.set_viewport_size(SCREEN)  # type: ignore[arg-type]
    if width > PHONE["width"]:
        found.append(f"the page is {width} px wide")
    return [f"{visit} at {PHONE['width']} px: {problem}" for problem in found]


def enter(page: Page, tour: Tour, visit: Visit, language: str) -> None:
    cookies = {"lang": language} | ({"sid": tour.session_of(visit.username)} if visit.username else {})
    page.context.clear_cookies()
    page.context.add_cookies([{"name": name, "value": value, "url": tour.url} for name, value in cookies.items()])
    page.goto(visit.path)
