"""Personal stock opinions and the switch of the shortcut keys (DESIGN.md 9, WCAG 2.1.4)."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.case import EMPLOYERS, Case
from tests.web_desk.conftest import Browser

SignedIn = Callable[[str], Browser]


def test_ones_own_opinions_replace_the_defaults(signed_in: SignedIn, new_case: Callable[[], Case]) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("e02_admin")
    address = f"/inbox?task={case.task_id(EMPLOYERS['new'])}"
    assert "情况属实，同意。" in browser.get(address).text

    assert browser.post("/inbox/opinions", opinions="合同已签。\n\n 合同已签。\n请补盖公章。").status == 303

    page = browser.get(address)
    assert page.found('name="stock" value="([^"]+)"') == ["合同已签。", "请补盖公章。"]
    assert "情况属实，同意。" in signed_in("e02_user").get(address).text

    browser.post("/inbox/opinions", defaults="1")
    assert "情况属实，同意。" in browser.get(address).text


def test_an_opinion_that_is_too_long_is_refused_and_kept_on_the_page(signed_in: SignedIn) -> None:
    page = signed_in("e02_admin").post("/inbox/opinions", opinions="短\n" + "长" * 201)

    assert page.status == 422
    assert "还没有保存" in page.text
    assert "长" * 201 in page.text


def test_shortcut_keys_can_be_switched_off(signed_in: SignedIn) -> None:
    browser = signed_in("district_chaoyang")
    assert browser.get("/inbox").found('data-keys="on"')

    browser.post("/inbox/keys", off="1")

    assert browser.get("/inbox").found('data-keys="off"')
    assert browser.get("/inbox/keys").headline == "快捷键已关闭"
