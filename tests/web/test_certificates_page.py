"""My certificates: states by date, the window of continuation, versions (F-MYCERT, R-1.4-1, R-1.4-2, R-D-20)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, insert

from store.tables import ministry_registration
from tests.web.visitor import Visitor, text_of
from wiring import Services

MIRROR = {
    "kind": "class1", "specialties": "building,municipal", "enterprise_name": "北京恒筑建设工程有限公司",
    "uscc": "91110000XA0000015W", "synced_at": datetime(2026, 6, 14, 17, 0, tzinfo=UTC),
}  # fmt: skip


@pytest.fixture
def mirrored(services: Services) -> None:
    """Two people of the mirror: P60, class-1 at E01, and P04 as a cost engineer at E02, expired."""
    with services.database.write() as work:
        work.connection.execute(delete(ministry_registration))  # those of the sample data
        first = {"id": "1", "name": "洪美玲", "id_number": "110000198004279603", "registration_no": "京111202000060"}
        other = {"id": "2", "name": "吴思齐", "id_number": "110000197909099047", "registration_no": "建造1112020"}
        work.connection.execute(
            insert(ministry_registration).values({**MIRROR, **first, "expiry_date": date(2027, 1, 1)})
        )
        cost = {
            "kind": "cost_engineer",
            "specialties": "",
            "uscc": "91110000XA0000023P",
            "expiry_date": date(2026, 6, 14),
        }
        work.connection.execute(insert(ministry_registration).values({**MIRROR, **other, **cost}))


@pytest.mark.parametrize(
    ("username", "state", "says"),
    [
        ("p06", "valid", "2026-06-16 起可办理延续"),  # 91 days left
        ("p05", "valid", "现在可延续，2026-08-14 截止"),  # 90
        ("p09", "valid", "只能办理注销"),  # 29
        ("p10", "valid", "只能办理注销"),  # 0: valid on the expiry date itself
        ("p11", "expired", "已过期，先办理注销"),  # -1
        ("p15", "deregistered", "要再次执业，请申请重新注册"),
    ],
)
def test_each_day_of_the_window_has_its_words(app: Flask, username: str, state: str, says: str) -> None:
    answer = Visitor(app).switch(username).get("/certificates")

    assert says in text_of(answer)
    assert f'data-status="{state}"' in answer.text


def test_the_last_day_of_the_window_is_open_for_one_specialty_only(app: Flask) -> None:
    """P07: building with 30 days left, municipal later."""
    page = Visitor(app).switch("p07").page("/certificates")

    told = [row.cssselect("td")[-1].text_content() for row in page.cssselect("table")[0].cssselect("tbody tr")]
    assert told == ["现在可延续，2026-06-15 截止", "2026-12-01 起可办理延续"]


def test_superseded_versions_say_so(app: Flask) -> None:
    page = Visitor(app).switch("p16").page("/certificates")

    versions = page.cssselect("table")[1].cssselect("tbody tr")
    assert [one.cssselect(".pf-chip")[0].get("data-status") for one in versions] == ["valid", "superseded"]


def test_who_was_never_registered_is_told_what_can_be_done(app: Flask) -> None:
    assert "没有证书" in text_of(Visitor(app).switch("p01").get("/certificates"))


@pytest.mark.usefixtures("mirrored")
def test_registrations_of_the_ministry_stand_beside_with_their_age(app: Flask) -> None:
    """R-1.1-3: as of the last copy."""
    visitor = Visitor(app).switch("p04")

    assert "数据非实时同步，2026-06-15 01:00" in text_of(visitor.get("/certificates"))
    assert len(visitor.page("/certificates?kind=cost_engineer").cssselect("main section")) == 1
    assert "没有这种证书" in text_of(visitor.get("/certificates?kind=class1"))


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize(
    ("username", "path", "expected"),
    [
        ("centre", "/ministry/class1", 1),
        ("centre", "/ministry/cost_engineer", 1),
        ("centre", "/ministry/class1?name=洪", 1),
        ("centre", "/ministry/class1?id_number=110000198004279603", 1),
        ("centre", "/ministry/class1?registration_no=999", 0),
        ("centre", "/ministry/class1?enterprise=恒筑", 1),
        ("city_a", "/ministry/class1", 1),
        ("e01_admin", "/ministry/class1", 1),
        ("e02_admin", "/ministry/class1", 0),
        ("p60", "/ministry/class1", 1),
        ("p04", "/ministry/class1", 0),
        ("district_haidian", "/ministry/class1", 1),  # of E01, which it supervises
        ("district_daxing", "/ministry/class1", 0),
    ],
)
def test_the_mirror_is_read_within_ones_scope(app: Flask, username: str, path: str, expected: int) -> None:
    page = Visitor(app).switch(username).page(path)

    assert len(page.cssselect("tbody tr")) == expected
    assert "数据非实时同步" in page.text_content()
    assert "110000198004279603" not in page.cssselect("main")[0].text_content()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("username", ["centre", "e01_admin", "p60"])
def test_nobody_writes_the_mirror(app: Flask, username: str, method: str) -> None:
    """R-1.1-2."""
    visitor = Visitor(app).switch(username)

    answer = visitor.client.open("/ministry/class1", method=method, headers={"X-CSRFToken": visitor.token()})

    assert answer.status_code == 405
    assert 'data-code="READ_ONLY_DATA"' in answer.text
