"""A session that expires mid-form loses nothing, and shows it to nobody else (UI.md 5, signed out)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel.clock import FixedClock
from store.tables import parked_form
from tests.web.visitor import GOOD_ENTRIES, TRANSFER, Visitor, field, text_of
from wiring import Services

APPLY = f"/lines/{TRANSFER}/apply"


def test_entries_wait_for_their_owner(app: Flask, system_clock: FixedClock) -> None:
    visitor = Visitor(app).switch("p04")
    number = visitor.saved_transfer()
    path = f"/applications/{number}/form"
    typed = {**GOOD_ENTRIES, "contract_end": "2030-09-09", "revision": "1", "action": "submit"}
    system_clock.advance(minutes=31)

    response = visitor.post(path, typed)

    assert response.status_code == 303
    assert response.location == f"/sign-in?next={path}&expired=1"
    assert "登录已过期，填写的内容没有丢" in text_of(visitor.get(response.location))
    visitor.switch("p04")
    back = visitor.get(path)
    assert "登录已过期，填写的内容没有丢" in text_of(back)
    assert field(back, "contract_end") == "2030-09-09"
    assert field(visitor.get(path), "contract_end") == "2029-06-15"  # handed out once; saving is the person's to do


def test_entries_of_an_unsaved_form_wait_too(app: Flask, system_clock: FixedClock) -> None:
    visitor = Visitor(app).switch("p04")
    visitor.get(APPLY)
    system_clock.advance(minutes=31)

    visitor.post(APPLY, {**GOOD_ENTRIES, "action": "save"})

    visitor.switch("p04")
    assert field(visitor.get(APPLY), "contract_end") == "2029-06-15"


def test_another_account_at_the_same_browser_sees_nothing(app: Flask, system_clock: FixedClock) -> None:
    visitor = Visitor(app).switch("p04")
    visitor.get(APPLY)
    system_clock.advance(minutes=31)
    visitor.post(APPLY, {**GOOD_ENTRIES, "action": "save"})

    visitor.switch("p16")

    page = visitor.get(APPLY)
    assert "没有丢" not in text_of(page)
    assert field(page, "contract_end") == ""


def test_autosave_parks_for_the_page_of_the_form(app: Flask, system_clock: FixedClock) -> None:
    visitor = Visitor(app).switch("p04")
    number = visitor.saved_transfer()
    system_clock.advance(minutes=31)

    response = visitor.post(
        f"/applications/{number}/draft",
        {**GOOD_ENTRIES, "contract_end": "2030-09-09", "revision": "1"},
        headers={"HX-Request": "true"},
    )

    assert (response.status_code, response.headers["HX-Redirect"]) == (
        401,
        f"/sign-in?next=/applications/{number}/form&expired=1",
    )
    visitor.switch("p04")
    assert field(visitor.get(f"/applications/{number}/form"), "contract_end") == "2030-09-09"


def test_a_failed_token_keeps_the_entries_as_well(app: Flask) -> None:
    visitor = Visitor(app).switch("p04")
    number = visitor.saved_transfer()
    path = f"/applications/{number}/form"

    response = visitor.client.post(path, data={**GOOD_ENTRIES, "contract_end": "2030-09-09", "action": "save"})

    assert (response.status_code, response.location) == (303, path)
    assert field(visitor.get(path), "contract_end") == "2030-09-09"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", None])
def test_strangers_park_nothing(app: Flask, services: Services, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    visitor = Visitor(app).switch("p04") if origin else Visitor(app)

    visitor.client.post(APPLY, data=GOOD_ENTRIES, headers=headers)

    with services.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(parked_form)).scalar_one() == 0


def test_a_file_that_came_without_a_session_is_attached_after_sign_in(
    app: Flask, system_clock: FixedClock, scan: bytes
) -> None:
    visitor = Visitor(app).switch("p04")
    number = visitor.saved_transfer()
    path = f"/applications/{number}/form"
    system_clock.advance(minutes=31)

    visitor.upload(number, "AT-01", "申请表.pdf", scan, headers={"HX-Request": "true"})

    visitor.switch("p04")
    back = visitor.get(path)
    assert "申请表.pdf" in text_of(back)
    assert field(back, "contract_end") == "2029-06-15"
