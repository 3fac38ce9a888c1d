"""Sign-in by its three entries, the captcha of staff, and sign-out (F-AUTH-1, F-AUTH-2, F-AUTH-4, F-CAPTCHA)."""

from __future__ import annotations

from lxml import html
from sqlalchemy import select

from identity.attempts import MOST_TRIES_OF_ALL, Attempts
from kernel.settings import Settings
from store.tables import captcha
from tests.web.visitor import Visitor, field, text_of
from wiring import Services

PASSWORD = str(Settings.__dataclass_fields__["demo_password"].default)


def test_a_person_signs_in_by_id_number_and_lands_where_they_wanted(visitor: Visitor) -> None:
    response = visitor.sign_in("110000197909099047", PASSWORD, next="/messages")

    assert (response.status_code, response.location) == (303, "/messages")
    assert visitor.get("/messages").status_code == 200


def test_an_enterprise_signs_in_by_organisation_code(visitor: Visitor) -> None:
    visitor.sign_in("XA000002-3", PASSWORD, **{"as": "enterprise"})

    assert "北京启岩建筑有限公司" in text_of(visitor.get("/home"))


def test_a_wrong_password_is_told_with_the_next_step_and_keeps_the_name(visitor: Visitor) -> None:
    response = visitor.sign_in("p04", "wrong")

    assert response.status_code == 403
    assert "用户名或密码错误" in text_of(response)
    assert "15 分钟" in text_of(response)
    assert field(response, "username") == "p04"


def test_an_unknown_account_looks_the_same(visitor: Visitor) -> None:
    known, unknown = visitor.sign_in("p04", "wrong"), visitor.sign_in("nobody", "wrong")

    assert text_of(known) == text_of(unknown)


def test_staff_need_the_captcha(visitor: Visitor, services: Services) -> None:
    entry = visitor.get("/sign-in?as=staff")
    captcha_id = field(entry, "captcha_id")
    assert html.fromstring(entry.text).cssselect("img")[0].get("src").startswith("data:image/png;base64,")
    fields = {"as": "staff", "captcha_id": captcha_id}

    assert visitor.sign_in("city_a", PASSWORD, **fields, captcha="0").status_code == 422
    assert visitor.sign_in("city_a", PASSWORD).status_code == 403  # by the entry of individuals

    captcha_id = field(visitor.get("/sign-in?as=staff"), "captcha_id")
    with services.database.read() as connection:
        digits = connection.execute(select(captcha.c.answer).where(captcha.c.id == captcha_id)).scalar_one()
    response = visitor.sign_in("city_a", PASSWORD, **{"as": "staff"}, captcha_id=captcha_id, captcha=digits)
    assert response.status_code == 303


def test_everybody_needs_the_captcha_while_passwords_are_guessed(visitor: Visitor, services: Services) -> None:
    with services.database.write() as work:
        for _ in range(MOST_TRIES_OF_ALL):
            Attempts(work.connection, services.system_clock.now()).anybody_failed()

    refused = visitor.sign_in("p04", PASSWORD)

    assert refused.status_code == 422
    assert field(refused, "username") == "p04"
    captcha_id = field(refused, "captcha_id")
    with services.database.read() as connection:
        digits = connection.execute(select(captcha.c.answer).where(captcha.c.id == captcha_id)).scalar_one()
    assert visitor.sign_in("p04", PASSWORD, captcha_id=captcha_id, captcha=digits).status_code == 303


def test_another_picture_keeps_the_name(visitor: Visitor) -> None:
    first = field(visitor.get("/sign-in?as=staff"), "captcha_id")

    response = visitor.post("/sign-in", {"as": "staff", "username": "city_a", "another": "1", "captcha_id": first})

    assert response.status_code == 200
    assert field(response, "username") == "city_a"
    assert field(response, "captcha_id") != first


def test_the_session_of_before_and_its_form_token_end_with_sign_in(visitor: Visitor) -> None:
    visitor.switch("p16")
    planted = visitor.client.get_cookie("sid")
    token = visitor.token()

    visitor.sign_in("p04", PASSWORD)

    fresh = visitor.client.get_cookie("sid")
    assert planted is not None
    assert fresh is not None
    assert fresh.value != planted.value
    assert visitor.client.post("/preferences", data={"csrf_token": token}).status_code == 400
    visitor.client.set_cookie("sid", planted.value)
    assert visitor.get("/home").status_code == 303


def test_sign_out_ends_the_session_on_the_server(visitor: Visitor) -> None:
    visitor.switch("p04")
    held = visitor.client.get_cookie("sid")
    assert held is not None

    visitor.post("/sign-out")

    visitor.client.set_cookie("sid", held.value)
    assert visitor.get("/home").status_code == 303


def test_a_new_password_is_asked_for_twice_and_ends_other_sessions(visitor: Visitor) -> None:
    visitor.switch("p04")
    new = "Another-2026-word"

    wrong = visitor.post("/account/password", {"old_password": "x", "password": new, "repeat": new})
    right = visitor.post("/account/password", {"old_password": PASSWORD, "password": new, "repeat": new})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "原密码错误" in text_of(wrong)
    assert visitor.get("/home").status_code == 200
    visitor.post("/sign-out")
    assert visitor.sign_in("p04", PASSWORD).status_code == 403
    assert visitor.sign_in("p04", new).status_code == 303
