"""The inbox: queues, filters in the URL, the case beside the list (F-INBOX, UI.md page pattern 4)."""

from __future__ import annotations

from collections.abc import Callable

from kernel.clock import FixedClock
from tests.applications.crowd import crowd_of
from tests.scenarios.case import DISTRICT, EMPLOYERS, Case
from tests.web_desk.conftest import Browser

SignedIn = Callable[[str], Browser]
NewCase = Callable[[], Case]


def test_the_oldest_task_is_open_beside_the_list(signed_in: SignedIn, new_case: NewCase, clock: FixedClock) -> None:
    first = new_case().applied(by="p04", to="E02")
    clock.advance(minutes=1)
    new_case().applied(by="p76", to="E02")

    page = signed_in("e02_admin").get("/inbox")

    assert page.status == 200
    assert "第 1 / 2 项" in page.text
    assert first.number in page.text
    assert "被询问的单位都同意后，申请送建委审核" in page.text
    assert page.found('data-view="list"')


def test_a_task_in_the_address_is_opened(signed_in: SignedIn, new_case: NewCase) -> None:
    new_case().applied(by="p04", to="E02")
    second = new_case().applied(by="p76", to="E02")

    page = signed_in("e02_admin").get(f"/inbox?task={second.task_id(EMPLOYERS['new'])}")

    assert second.number in page.text
    assert page.found('data-view="case"')


def test_the_sides_of_a_transfer_have_their_own_queues(signed_in: SignedIn, new_case: NewCase) -> None:
    new_case().applied(by="p04", to="E02")
    browser = signed_in("e01_admin")

    assert "吴思齐" in browser.get("/inbox?side=out").text
    assert "吴思齐" not in browser.get("/inbox?side=in").text
    assert browser.get("/inbox").found(r'收到的调入申请 <span class="pf-count">0</span>')
    assert browser.get("/inbox").found(r'收到的调出申请 <span class="pf-count">1</span>')


def test_filters_live_in_the_address_and_are_repeated_when_nothing_matches(
    signed_in: SignedIn, new_case: NewCase
) -> None:
    new_case().applied(by="p04", to="E02")
    browser = signed_in("e02_admin")

    assert "吴思齐" in browser.get("/inbox?text=吴思齐&from=2026-06-01&to=2026-06-15").text
    nothing = browser.get("/inbox?text=无此人&from=2026-06-01")

    assert "没有符合条件的事项" in nothing.text
    assert "“无此人”" in nothing.text
    assert nothing.found('value="2026-06-01"')


def test_every_tab_of_the_case_can_be_read(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("e02_admin")
    task = case.task_id(EMPLOYERS["new"])

    for part, words in (
        ("check", "京211202500004"),
        ("form", "北京启岩建筑有限公司"),
        ("attachments", "AT-03"),
        ("trail", "吴思齐"),
        ("path", "等"),
    ):
        page = browser.get(f"/inbox?task={task}&part={part}")
        assert page.status == 200
        assert words in page.text


def test_attachments_are_turned_beside_the_decision(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    second = case.detail("e02_admin").attachments[1]

    page = signed_in("e02_admin").get(f"/inbox?task={case.task_id(EMPLOYERS['new'])}&file={second.id}")

    assert page.found(f'/applications/{case.number}/attachments/{second.id}[^"]*1')
    assert signed_in("e02_admin").get(f"/inbox?task={case.task_id(EMPLOYERS['new'])}&file=other").status == 404


def test_another_partys_task_is_not_found(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])

    assert signed_in("e06_admin").get(f"/inbox?task={task}").status == 404
    assert signed_in("e06_admin").post(f"/inbox/tasks/{task}/decision", decision="agree").status == 404


def test_individuals_have_no_inbox_and_strangers_sign_in_first(app: object, signed_in: SignedIn) -> None:
    assert signed_in("p04").get("/inbox").status == 403

    stranger = Browser(app.test_client()).get("/inbox")  # type: ignore[attr-defined]

    assert stranger.status == 303
    assert stranger.location.startswith("/sign-in?")


def test_who_takes_a_task_is_named_to_the_others(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    first, second = signed_in("e02_admin"), signed_in("e02_user")

    assert first.post(f"/inbox/tasks/{task}/claim").status == 303
    seen = second.get(f"/inbox?task={task}")

    assert "办理中" in seen.text
    assert "由您办理" not in seen.text
    assert "由您办理" in first.get(f"/inbox?task={task}").text
    assert task in "".join(first.get("/inbox?queue=mine").found(r"task=[^\"&]+"))

    assert first.post(f"/inbox/tasks/{task}/release").status == 303
    assert "由我办理" in second.get(f"/inbox?task={task}").text


def test_what_is_done_stays_readable_with_its_decision(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    case.completed(EMPLOYERS["new"], by="e02_admin", decision="agree", opinion="合同已签，同意调入。")

    page = signed_in("e02_admin").get(f"/inbox?queue=done&task={task}")

    assert page.found("<blockquote>合同已签，同意调入。</blockquote>")
    assert not page.found('name="decision"')


def test_an_empty_inbox_says_so(signed_in: SignedIn) -> None:
    page = signed_in("city_a").get("/inbox")

    assert "待办都办完了" in page.text


def test_a_task_has_an_address_of_its_own(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    case.confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")

    page = signed_in("district_chaoyang").get(f"/inbox/tasks/{case.task_id(DISTRICT)}")

    assert page.status == 200
    assert case.number in page.text


def test_a_total_that_is_counted_no_further_says_so(signed_in: SignedIn, new_case: NewCase) -> None:
    """In the list, on the tab and in the navigation, in both languages."""
    case = new_case().applied(by="p04", to="E02").confirmed("old", by="e01_admin").confirmed("new", by="e02_admin")
    crowd_of(case, 1_999)
    browser = signed_in("district_chaoyang")
    assert "2,000 项，按到达先后排列" in browser.get("/inbox").text

    crowd_of(case, 8_001)

    page = browser.get("/inbox")
    assert "10,000+ 项，按到达先后排列" in page.text
    assert len(page.found(r'<span class="pf-count[^"]*">10,000\+</span>')) == 2
    browser.prefer("en")
    assert "10,000+ items, oldest first" in browser.get("/inbox").text
