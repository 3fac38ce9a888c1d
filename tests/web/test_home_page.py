"""What the home page of an individual says first: whose turn it is, with the day that ends it (UI.md 3, R-1.4-1)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from store.tables import application
from tests.web.visitor import Visitor, text_of
from wiring import Services

CONTINUE = "/lines/class2_continuation/apply"


@pytest.mark.parametrize(
    ("username", "says"),
    [
        ("p07", "今天提交就算按时；明天起不能延续，只能注销后重新注册。"),  # building: 30 days left
        ("p05", "2026年8月14日（含）前可提交，还剩 60 天；逾期只能注销后重新注册。"),  # 90
    ],
)
def test_a_continuation_whose_window_is_open_waits_for_its_holder(app: Flask, username: str, says: str) -> None:
    """R-1.4-1: from 90 to 30 days before expiry, both ends included."""
    page = Visitor(app).switch(username).page("/home")

    assert page.cssselect("h1")[0].text_content() == "今天有 1 件事等您办"
    (due,) = page.cssselect(".pf-todo > li")
    assert says in due.text_content()
    assert due.cssselect("[data-status=due]")
    assert due.cssselect("a.btn-primary")[0].get("href") == CONTINUE


@pytest.mark.parametrize("username", ["p06", "p09", "p41"])  # 91 days left, 29 days left, not registered
def test_outside_of_the_window_no_continuation_waits(app: Flask, username: str) -> None:
    assert "应续期" not in text_of(Visitor(app).switch(username).get("/home"))


def test_a_missed_window_is_not_drawn_as_one_to_come(app: Flask) -> None:
    """R-1.4-1: P09 has 29 days left."""
    page = Visitor(app).switch("p09").page("/home")

    assert not page.cssselect(".pf-ruler .window, .pf-ruler .window-open")


def test_a_date_of_a_reason_stays_on_one_line(app: Flask) -> None:
    """R-1.4-1: P06 reads the day on which the window opens."""
    reason = Visitor(app).switch("p06").page("/home").cssselect("[data-code=CONTINUATION_TOO_EARLY]")[0]

    assert reason.cssselect(".pf-nowrap")[0].text_content() == "2026-06-16"
    assert "2026-06-16起开放" in reason.text_content()


@pytest.mark.parametrize("status", ["closed", "rejected", "terminated", "released", "release_refused"])
def test_what_has_ended_neither_runs_nor_waits(app: Flask, services: Services, status: str) -> None:
    """R-000-14: on the home page, and in the trail of its own page."""
    with services.database.write() as work:
        mine = application.c.applicant_name == "孟庆林"
        work.connection.execute(update(application).where(mine).values(status=status))
    visitor = Visitor(app).switch("p47")

    page = visitor.page("/home")
    assert [one.text_content() for one in page.cssselect("main section h2")][-1] == "办完的申请"
    assert not page.cssselect("#doing")
    number = page.cssselect("section[aria-labelledby=over] code")[0].text_content()
    assert not visitor.page(f"/applications/{number}").cssselect(".pf-trail .is-now")


def test_an_application_in_the_way_of_most_lines_is_told_once(app: Flask) -> None:
    """R-1.1-1: P41 has saved an initial registration; what stands in the way besides it stays with its line."""
    page = Visitor(app).switch("p41").page("/home")

    (told,) = page.cssselect("[data-code=BUSINESS_IN_PROGRESS]")
    assert told.cssselect("a")[0].get("href").startswith("/applications/BJ")
    reasons = {each.cssselect("h4")[0].text_content(): each for each in page.cssselect(".pf-lines > li")}
    assert "这项申请办结或删除后可以办。" in reasons["初始注册"].text_content()
    assert reasons["延续注册"].cssselect("[data-code=NO_VALID_REGISTRATION]")
