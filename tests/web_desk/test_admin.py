"""The accounts page of a real installation, and the enterprise's supervising district (DESIGN.md 12, R-2.1-1, R-2.1-2)."""

from __future__ import annotations

from collections.abc import Callable

from registry.enterprises import Enterprises
from tests.web_desk.conftest import Browser, Page
from wiring import Services

SignedIn = Callable[[str], Browser]
SECRET = "Neu-2026-pass"


def created(browser: Browser, **fields: object) -> Page:
    entries = {"username": "d_fengtai", "name": "冯台", "unit": "丰台区建委", "role": "district_reviewer"}
    return browser.post(
        "/admin/accounts/new", **(entries | {"district": "丰台区", "password": SECRET, "repeat": SECRET} | fields)
    )


def test_an_account_is_created_and_found(signed_in: SignedIn) -> None:
    browser = signed_in("admin")

    answer = created(browser)

    assert answer.status == 303
    page = browser.get(answer.location)
    assert "冯台" in page.text
    assert page.found('value="district_reviewer" checked')
    assert "d_fengtai" in browser.get("/admin/accounts?q=丰台区建委").text
    assert signed_in("d_fengtai").get("/inbox").status == 200


def test_a_refused_account_keeps_what_was_typed_but_no_password(signed_in: SignedIn) -> None:
    page = created(signed_in("admin"), district="", repeat="other")

    assert page.status == 422
    assert "冯台" in page.html
    assert page.found('value="district_reviewer" checked')
    assert SECRET not in page.html
    assert "请填写区县" in page.text


def test_other_roles_end_the_sessions_of_the_account(signed_in: SignedIn) -> None:
    browser, other = signed_in("admin"), signed_in("city_b")
    account = browser.get("/admin/accounts?q=city_b").found(r"/admin/accounts/[0-9a-f-]{36}")[0]

    assert browser.post(f"{account}/roles", role=["ops"]).status == 303

    assert other.get("/inbox").status == 303
    assert signed_in("city_b").get("/console").status == 200


def test_a_disabled_account_is_out_until_it_is_enabled(signed_in: SignedIn) -> None:
    browser, other = signed_in("admin"), signed_in("city_b")
    account = browser.get("/admin/accounts?q=city_b").found(r"/admin/accounts/[0-9a-f-]{36}")[0]

    assert browser.post(f"{account}/disable").status == 303
    assert other.get("/inbox").status == 303
    assert "已停用" in browser.get(account).text

    assert browser.post(f"{account}/enable").status == 303
    assert "可用" in browser.get(account).text


def test_a_new_password_must_be_strong_and_typed_alike(signed_in: SignedIn) -> None:
    browser = signed_in("admin")
    account = browser.get("/admin/accounts?q=city_b").found(r"/admin/accounts/[0-9a-f-]{36}")[0]

    assert browser.post(f"{account}/password", password="weak", repeat="weak").status == 422
    assert browser.post(f"{account}/password", password=SECRET, repeat=SECRET).status == 303


def test_the_last_administrator_stays(signed_in: SignedIn) -> None:
    browser = signed_in("admin")
    account = browser.get("/admin/accounts?q=admin").found(r"/admin/accounts/[0-9a-f-]{36}")
    own = next(address for address in account if 'value="system_admin" checked' in browser.get(address).html)

    assert browser.post(f"{own}/disable").status == 409
    assert browser.get("/admin/accounts").status == 200


def test_only_administrators_see_accounts(signed_in: SignedIn) -> None:
    for username in ("ops", "analyst", "district_chaoyang", "e01_admin", "p04"):
        assert signed_in(username).get("/admin/accounts").status == 403


def test_a_token_is_shown_once_opens_the_interface_and_ends_when_revoked(signed_in: SignedIn) -> None:
    browser = signed_in("admin")
    account = browser.get("/admin/accounts?q=service").found(r"/admin/accounts/[0-9a-f-]{36}")[0]

    issued = browser.post(f"{account}/tokens", token_name="社保比对系统", token_days="30")

    token = issued.found(r"pf_[\w-]{43}")[0]
    page = browser.get(account)
    assert token not in page.html
    assert "社保比对系统" in page.text
    assert "没有用过" in page.text

    def call() -> int:
        return browser.get("/engine-rest/version", headers={"Authorization": f"Bearer {token}"}).status

    assert call() == 200
    revoke = page.found(rf"{account}/tokens/[0-9a-f-]{{36}}/revoke")[0]
    assert browser.post(revoke).status == 303
    assert call() == 401
    assert "已作废" in browser.get(account).text


def test_a_refused_token_keeps_what_was_typed(signed_in: SignedIn) -> None:
    browser = signed_in("admin")
    account = browser.get("/admin/accounts?q=service").found(r"/admin/accounts/[0-9a-f-]{36}")[0]

    for name, days in (("", "30"), ("比对", "forever"), ("比对", "0")):
        page = browser.post(f"{account}/tokens", token_name=name, token_days=days)
        assert page.status == 422
        assert not page.found(r"pf_[\w-]{43}")
        assert f'value="{days}"' in page.html


def test_an_enterprise_chooses_its_own_supervising_district(signed_in: SignedIn, services: Services) -> None:
    browser = signed_in("e02_admin")
    with services.database.read() as connection:
        uscc = next(each.uscc for each in Enterprises(connection).search("北京启岩").items)

    assert browser.post("/enterprise/supervising-district", supervising_district="海淀区").status == 303

    assert browser.get("/enterprise").headline == "由海淀区监管"
    with services.database.read() as connection:
        assert Enterprises(connection).get(uscc).supervising_district == "海淀区"


def test_a_district_that_does_not_exist_is_refused(signed_in: SignedIn) -> None:
    page = signed_in("e02_admin").post("/enterprise/supervising-district", supervising_district="浦东新区")

    assert page.status == 422
    assert "由朝阳区监管" in page.text


def test_only_enterprises_have_an_enterprise_page(signed_in: SignedIn) -> None:
    for username in ("p04", "district_chaoyang", "admin"):
        assert signed_in(username).get("/enterprise").status == 403
