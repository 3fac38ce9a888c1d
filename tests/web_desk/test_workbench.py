"""What analysts see of definitions, and what becomes of an uploaded file (F-BPMN, R-P-05)."""

from __future__ import annotations

import io
from collections.abc import Callable

from tests.scenarios.case import Case
from tests.web_desk.conftest import Browser, Page
from wiring import DIAGRAMS

SignedIn = Callable[[str], Browser]

APPEAL = (DIAGRAMS / "class2_appeal.bpmn").read_bytes()
BROKEN = APPEAL.replace(b'camunda:formRef="review_appeal"', b'camunda:formRef="no_such_form"')


def sent(browser: Browser, data: bytes, *, verb: str = "check", name: str = "申诉.bpmn") -> Page:
    return browser.post("/workbench/upload", file=(io.BytesIO(data), name), verb=verb)


def test_versions_are_listed_with_their_running_instances(signed_in: SignedIn, new_case: Callable[[], Case]) -> None:
    new_case().applied(by="p04", to="E02")

    page = signed_in("analyst").get("/workbench")

    assert page.headline == "17 个流程"
    assert "class2_employer_transfer" in page.text
    assert page.found('<td class="n">1</td>')
    assert signed_in("analyst").get("/workbench?q=appeal").headline == "1 个流程"
    assert "没有符合条件的流程" in signed_in("analyst").get("/workbench?q=zzz").text


def test_a_definition_is_drawn_and_can_be_downloaded(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    address = browser.get("/workbench?q=class2_appeal").found(r"/workbench/[0-9a-f-]{36}")[0]

    page = browser.get(address)
    file = browser.get(f"{address}/xml")

    assert page.found('class="pf-bp')
    assert file.data == APPEAL
    assert "class2_appeal.v1.bpmn" in file.headers["Content-Disposition"]


def test_a_refused_file_comes_back_with_element_line_and_reason(signed_in: SignedIn) -> None:
    page = sent(signed_in("analyst"), BROKEN)

    assert page.status == 422
    assert "review_appeal" in page.text
    assert "no_such_form" in page.text
    assert "申诉.bpmn" in page.text
    assert page.found(r'<td class="n">\d+</td>')
    assert 'camunda:formRef="no_such_form"' in page.found(r'(?s)<textarea[^>]*name="text".*?</textarea>')[0]


def test_a_refused_deployment_stores_nothing(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")

    assert sent(browser, BROKEN, verb="deploy").status == 422
    assert sent(browser, b"<html>no diagram</html>", verb="deploy").status == 422
    assert sent(browser, b"no xml at all", verb="deploy").status == 422

    assert browser.get("/workbench").headline == "17 个流程"
    assert not browser.get("/workbench").found(">v2<")


def test_a_file_in_order_may_be_deployed_from_its_report(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    changed = APPEAL.replace(b"</bpmn:definitions>", b"<!-- changed --></bpmn:definitions>").decode()

    checked = browser.post("/workbench/upload", text=changed.replace("\n", "\r\n"), file_name="申诉.bpmn", verb="check")
    assert (checked.status, checked.headline) == (200, "没有错误，可以部署")

    deployed = browser.post("/workbench/upload", text=changed, file_name="申诉.bpmn", verb="deploy")
    assert deployed.status == 303
    page = browser.get(deployed.location)
    assert "v2" in page.text
    assert "由分析人员部署" in page.text

    assert browser.post(f"{deployed.location}/activate").status == 303
    assert "使用中" in browser.get(deployed.location).text


def test_a_file_that_is_too_large_is_refused_with_its_limit(signed_in: SignedIn) -> None:
    page = sent(signed_in("analyst"), b"x" * (2 * 1024 * 1024 + 1))

    assert page.status == 422
    assert "文件超过2MB" in page.text
    assert "申诉.bpmn" in page.text


def test_a_file_of_nearly_two_megabytes_can_be_sent_back_as_text(signed_in: SignedIn) -> None:
    large = APPEAL + b"<!--" + b" " * 1_900_000 + b"-->"

    page = signed_in("analyst").post("/workbench/upload", text=large.decode(), file_name="大.bpmn", verb="check")

    assert page.status in (200, 422)
    assert "大.bpmn" in page.text


def test_a_file_that_is_not_utf_8_is_reported_without_its_text(signed_in: SignedIn) -> None:
    page = sent(signed_in("analyst"), "<a>申诉</a>".encode("gbk"))

    assert page.status == 422
    assert not page.found('name="text"')


def test_nothing_sent_asks_for_a_file(signed_in: SignedIn) -> None:
    page = signed_in("analyst").post("/workbench/upload", verb="check")

    assert page.status == 422
    assert "请填写流程文件" in page.text


def test_operators_look_at_definitions_but_do_not_deploy(signed_in: SignedIn) -> None:
    assert signed_in("ops").get("/workbench").status == 200
    assert signed_in("ops").get("/workbench/upload").status == 403
    assert sent(signed_in("ops"), APPEAL, verb="deploy").status == 403
    assert signed_in("district_chaoyang").get("/workbench").status == 403
