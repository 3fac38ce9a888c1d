"""An enterprise's home, information and people (F-ENT-HOME, F-ENT-INFO, F-STAFF)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from registry.enterprises import Enterprises
from store.tables import application, audit, enterprise, person, registration
from tests.web.visitor import Visitor, text_of
from wiring import Services

CONTACT = {
    "contact_person": "沈佩芳",
    "contact_phone": "010-62000000",
    "postal_address": "砚池路1号",
    "postcode": "100080",
}


def person_id(services: Services, key: str) -> str:
    with services.database.read() as connection:
        return str(connection.execute(select(person.c.id).where(person.c.key == key)).scalar_one())


def test_the_home_page_counts_certificates_by_state_and_what_expires(app: Flask) -> None:
    """On 2026-06-15, the day of the sample data: 20 certificates at E01, one of them deregistered."""
    page = Visitor(app).switch("e01_admin").page("/home")

    bars = {bar.cssselect("span")[0].text_content(): bar for bar in page.cssselect(".pf-bars li")}
    counts = {
        one.cssselect("dt")[0].text_content(): one.cssselect("dd")[0].text_content()
        for one in page.cssselect(".pf-counts div")
    }
    assert " ".join(bars["建筑工程"].text_content().split()).endswith("有效 15、过期 4、已注销 1")
    assert [part.get("data-state") for part in bars["建筑工程"].cssselect("rect")] == [
        "valid",
        "expired",
        "deregistered",
    ]
    widths = [float(part.get("width").rstrip("%")) for part in bars["建筑工程"].cssselect("rect")]
    assert sum(widths) == pytest.approx(100, abs=0.1)
    # Those of P05, P07, P09, P10 and P19; a day later than 90 is not soon (P06).
    assert counts["90 天内到期的专业"] == "5"
    assert counts["已退回申请人"] == "1"


def test_the_home_page_counts_what_waits_by_side(app: Flask) -> None:
    counts = Visitor(app).switch("e02_admin").page("/home").cssselect(".pf-counts")[0].text_content()

    assert " ".join(counts.split()).startswith("待确认3 其中调入3 其中调出0")


def test_contact_data_are_changed_and_traced_the_rest_is_not(app: Flask, services: Services) -> None:
    visitor = Visitor(app).switch("e04_admin")
    assert "还缺：注册地址、联系电话" in text_of(visitor.get("/enterprise"))

    answer = visitor.post("/enterprise/contact", {**CONTACT, "enterprise_name": "别的名字", "uscc": "x"})

    assert answer.status_code == 303
    assert "还缺：注册地址。" in text_of(visitor.get("/enterprise"))
    with services.database.read() as connection:
        row = connection.execute(select(enterprise).where(enterprise.c.key == "E04")).one()
        traced = connection.execute(select(audit.c.actor_name).where(audit.c.action == "contact_changed")).all()
    assert (row.contact_phone, row.postcode) == ("010-62000000", "100080")
    assert row.name == "北京拓远装饰工程有限公司"
    assert len(traced) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contact_person": ""}, "FIELD_REQUIRED"),
        ({"contact_phone": ""}, "FIELD_REQUIRED"),
        ({"contact_phone": "打电话"}, "FIELD_INVALID"),
        ({"contact_phone": "1" * 21}, "TOO_LONG"),
        ({"postcode": "1000"}, "POSTCODE_INVALID"),  # R-V-07
        ({"postal_address": "路" * 201}, "TOO_LONG"),
    ],
)
def test_wrong_contact_data_are_refused_and_kept_in_the_form(app: Flask, changes: dict[str, str], code: str) -> None:
    visitor = Visitor(app).switch("e01_admin")

    answer = visitor.post("/enterprise/contact", {**CONTACT, **changes})

    assert answer.status_code == 422
    assert f'data-code="{code}"' in answer.text
    (name, typed) = next(iter(changes.items()))
    assert f'id="{name}" name="{name}"' in answer.text
    assert f'value="{typed}"' in answer.text


def test_open_applications_keep_their_district_and_the_page_says_so(app: Flask, services: Services) -> None:
    """R-2.1-2: E02 has four open applications that began under Chaoyang."""
    visitor = Visitor(app).switch("e02_admin")
    assert "仍在原来的区县" not in text_of(visitor.get("/enterprise")).replace("在办的申请仍在原来的区县。", "")

    visitor.post("/enterprise/supervising-district", {"supervising_district": "海淀区"})

    assert "4 项在办的申请仍在原来的区县" in text_of(visitor.get("/enterprise"))
    with services.database.read() as connection:
        of_e02 = Enterprises(connection).search("启岩").items[0].uscc
        kept = select(application.c.supervising_district).where(application.c.new_employer == of_e02)
        assert set(connection.execute(kept).scalars()) == {"朝阳区"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 19),
        ("?name=宋", 1),
        ("?id_number=11000019910228905x", 1),
        ("?specialty=municipal", 3),
        ("?state=expired", 5),
        ("?specialty=municipal&state=expired", 1),
        ("?state=deregistered", 1),  # P50, of one specialty; P15 has none left and is no longer theirs
        ("?name=没有", 0),
    ],
)
def test_staff_are_those_registered_there_under_filters(app: Flask, query: str, expected: int) -> None:
    page = Visitor(app).switch("e01_admin").page(f"/staff{query}")

    assert len(page.cssselect("tbody tr")) == expected


def test_people_of_others_are_not_found_and_those_who_apply_are(app: Flask, services: Services) -> None:
    """R-D-13: P76 of E06 applies to E02; P75 does not, and neither is anything of E01's."""
    own, applying, foreign = (person_id(services, key) for key in ("P29", "P76", "P75"))
    new, other = Visitor(app).switch("e02_admin"), Visitor(app).switch("e01_admin")

    assert new.get(f"/staff/{own}").status_code == 200
    assert "没有注册在本单位，有在办的申请" in text_of(new.get(f"/staff/{applying}"))
    assert [new.get(f"/staff/{foreign}").status_code, other.get(f"/staff/{applying}").status_code] == [404, 404]

    with services.database.write() as work:
        ended = update(application).where(application.c.person_id == applying).values(status="rejected")
        work.connection.execute(ended)
        work.connection.execute(
            update(registration).where(registration.c.person_id == own).values(state="deregistered")
        )
    assert [new.get(f"/staff/{each}").status_code for each in (own, applying)] == [404, 404]
