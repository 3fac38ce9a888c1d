"""The pages of the lists: filters in the address, actions with their reasons, what each role is shown (F-QRY-APP)."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import insert, select, update

from kernel.clock import FixedClock
from store.tables import anomaly_flag, application
from tests.scenarios.case import Case
from tests.web.served import app_on
from tests.web.visitor import TRANSFER, Visitor, text_of
from tests.web.world import World
from wiring import Services


def rows(visitor: Visitor, path: str) -> list[str]:
    """The business numbers that a list shows, in its order."""
    return [one.text_content() for one in visitor.page(path).cssselect("tbody th code")]


def test_filters_and_order_live_in_the_address_and_stay_in_the_form(app: Flask) -> None:
    """R-000-01: dropdowns, conditions, declaration date and progress."""
    visitor = Visitor(app).switch("centre")
    path = f"/applications?line={TRANSFER}&status=returned&employer=恒筑&specialty=building&sort=status"

    page = visitor.page(path)

    assert page.cssselect("h1")[0].text_content() == "二级建造师执业企业变更"
    chosen = {box.get("name"): box.cssselect("option[selected]") for box in page.cssselect("select")}
    assert {name: found[0].get("value") for name, found in chosen.items() if found} == {
        "line": TRANSFER, "status": "returned", "specialty": "building", "sort": "status",
    }  # fmt: skip
    assert [chip.get("data-status") for chip in page.cssselect("tbody .pf-chip")] == ["returned"]
    assert rows(visitor, "/applications?employer=没有这家") == []
    assert "没有符合条件的申请" in text_of(visitor.get("/applications?employer=没有这家"))


def test_what_cannot_be_done_stays_with_its_reason(world: World) -> None:
    """R-000-08: a submitted application can be withdrawn and not deleted; one that is over neither."""
    app = app_on(world.services)
    shown = {}
    for state in ("draft", "pending_confirmation", "closed"):
        username = world.applicant_of(world.number(state))
        page = Visitor(app).switch(username).page("/applications")
        actions = page.cssselect("tbody tr .pf-rowacts")[0]
        shown[state] = (
            [link.text_content() for link in actions.cssselect("a[href]")],
            [note.get("data-code") for note in actions.cssselect("[data-code]")],
        )
        for off in actions.cssselect("[aria-disabled]"):
            assert off.get("href") is None
            assert actions.cssselect(f"#{off.get('aria-describedby')}")

    assert shown["draft"] == (["详情", "打印", "删除"], ["WITHDRAW_NOT_ALLOWED"])
    assert shown["pending_confirmation"] == (["详情", "打印", "取消申报"], ["WITHDRAW_BEFORE_DELETE"])
    assert shown["closed"] == (["详情", "打印"], ["WITHDRAW_NOT_ALLOWED"])


@pytest.mark.parametrize(("language", "word"), [("zh", "在施锁定：存在异常"), ("en", "In-construction lock: Stands")])
def test_flags_tell_what_is_behind_them_on_click(app: Flask, services: Services, language: str, word: str) -> None:
    """R-1.10-2, without scripts too."""
    with services.database.write() as work:
        found = work.connection.execute(select(application.c.id, application.c.number)).first()
        assert found
        flag = {"flag": "in_construction", "state": "standing", "blocking": True, "raised_on": date(2026, 6, 14)}
        told = {"zh": "海淀区示例工程一标段", "en": "Example project"}
        work.connection.execute(insert(anomaly_flag).values(application_id=found.id, **flag, explanation=told))

    page = Visitor(app, language).switch("centre").page(f"/applications?number={found.number}")

    note = page.cssselect("tbody details")[0]
    assert note.cssselect("summary")[0].text_content() == word
    assert note.cssselect("p")[0].text_content() in told.values()


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (("cleared", "cleared", "cleared"), ["已全部消除"]),
        (("raised", "raised", "raised"), ["待次日比对"]),
        (("standing", "cleared", "cleared"), ["在施锁定：存在异常", "其余已消除"]),
        (("standing", "cleared", "raised"), ["在施锁定：存在异常", "异常注册：已消除", "社保：待比对"]),
    ],
)
def test_a_flag_that_stands_does_not_drown_in_those_that_are_cleared(
    app: Flask, services: Services, states: tuple[str, ...], words: list[str]
) -> None:
    """R-1.10-2: what is alike is one line, which opens to the explanation of each."""
    with services.database.write() as work:
        found = work.connection.execute(select(application.c.id, application.c.number)).first()
        assert found
        for name, state in zip(("in_construction", "abnormal_registration", "social_insurance"), states, strict=True):
            flag = {"flag": name, "state": state, "blocking": True, "raised_on": date(2026, 6, 14)}
            told = {"zh": f"说明 {name}", "en": name}
            work.connection.execute(insert(anomaly_flag).values(application_id=found.id, **flag, explanation=told))

    page = Visitor(app).switch("centre").page(f"/applications?number={found.number}")

    notes = page.cssselect("tbody details")
    assert sorted(note.cssselect("summary")[0].text_content() for note in notes) == sorted(words)
    assert sum(len(note.cssselect("p")) for note in notes) == len(states)


def test_a_line_with_one_employer_shows_one(app: Flask, services: Services) -> None:
    with services.database.write() as work:
        work.connection.execute(update(application).values(line="class2_deregistration", old_employer=None))

    page = Visitor(app).switch("centre").page("/applications?line=class2_deregistration")

    assert "→" not in page.cssselect("table")[0].text_content()


def test_the_centre_reads_without_whole_numbers_and_attachments(world: World) -> None:
    """F-NF-4: who has no part in an application sees its ID number masked and none of its files."""
    app = app_on(world.services)
    number = world.number("declared")
    visitor = Visitor(app).switch("centre")

    page = visitor.get(f"/applications/{number}?tab=form")
    files = visitor.get(f"/applications/{number}?tab=files")

    assert page.status_code == 200
    assert "********" in page.text
    assert "附件只给申请的当事人看" in text_of(files)
    assert visitor.get(f"/applications/{number}/export.docx").status_code == 403
    assert rows(visitor, f"/applications?number={number}") == [number]


def test_the_excel_file_holds_what_the_list_shows(app: Flask) -> None:
    """R-000-01 with its filters above the head, ID numbers masked, and no formula (F-NF-4)."""
    visitor = Visitor(app).switch("centre")
    link = (
        visitor.page("/applications?status=pending_confirmation&_external=1").cssselect(".pf-head-end a")[0].get("href")
    )

    answer = visitor.get(str(link))

    page = load_workbook(io.BytesIO(answer.data)).active
    assert page is not None
    note, head, *rows_found = [[cell.value for cell in row] for row in page.iter_rows()]
    assert note[0] == "进度：待确认"
    assert head[:4] == ["业务编号", "业务", "姓名", "证件号码"]
    assert [row[0] for row in rows_found] == rows(visitor, "/applications?status=pending_confirmation")
    assert all("*" in row[3] for row in rows_found)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_excel_file_keeps_to_the_scope_of_its_reader(app: Flask) -> None:
    answer = Visitor(app, "en").switch("p42").get("/applications/export.xlsx")

    page = load_workbook(io.BytesIO(answer.data)).active
    assert page is not None
    assert [row[2].value for row in page.iter_rows()] == ["Name", "方慧敏"]


def test_an_application_of_an_enterprise_is_listed_for_it_and_its_district(
    app: Flask, services: Services, clock: FixedClock
) -> None:
    """2.17: nobody's ID number stands behind it, and only the enterprise takes it back."""
    case = Case(services, clock, "class2_enterprise_info_change")
    case.applied(by="e05_admin", contact_person="卓文英", contact_phone="01088880005")

    for username in ("e05_admin", "district_daxing", "centre"):
        assert case.number in rows(Visitor(app).switch(username), "/applications?line=class2_enterprise_info_change")
    assert Visitor(app).switch("e05_admin").get("/home").status_code == 200
