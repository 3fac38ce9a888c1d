"""The script of form pages: its conditions agree with the server's, and it corrects, counts and searches."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from forms import Forms
from forms.page import FormPage
from kernel.errors import Reason
from rules.feel import compile_expression
from tests.forms.pages import environment

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[2] / "web" / "static" / "form.js"
FORMS = Forms()
VECTORS = json.loads((Path(__file__).parents[1] / "rules" / "form_vectors.json").read_text())


@pytest.fixture(scope="session")
def base_url() -> None:
    """These pages stand alone; no service is started for them."""


def show(page: Page, body: str) -> None:
    page.set_content(f"<!doctype html><html lang=zh><title>t</title><body><form id=f novalidate>{body}</form>")
    page.add_script_tag(path=SCRIPT)


def macro(call: str, shown: FormPage) -> str:
    source = f'{{% from "forms/fields.html" import form_sections, decision_fields with context %}}{{{{ {call} }}}}'
    return environment().from_string(source).render(page=shown)


def test_conditions_mean_the_same_in_the_browser(page: Page) -> None:
    fields = (
        '<input name=text value="abc"><input name=empty><input name=number inputmode=decimal value=12>'
        "<input type=checkbox name=ticked checked><input type=checkbox name=open>"
        '<div role=group><input type=checkbox name=list value="a" checked><input type=checkbox name=list value="b" checked></div>'
    )
    assert VECTORS["answers"] == {
        "text": "abc",
        "empty": None,
        "number": 12,
        "ticked": True,
        "open": False,
        "list": ["a", "b"],
    }
    sources = [vector["source"] for vector in VECTORS["vectors"]]
    # A part is hidden when its condition is true: here, when the browser's value is that of the server.
    trees = [
        json.dumps(["=", compile_expression(vector["source"]).to_json(), ["lit", vector["value"]]])
        for vector in VECTORS["vectors"]
    ]
    wrong = [json.dumps(["=", compile_expression(source).to_json(), ["lit", "something else"]]) for source in sources]

    show(page, fields + "".join(f'<p data-hide="{escape(tree)}">x</p>' for tree in trees + wrong))

    hidden = page.evaluate("[...document.querySelectorAll('[data-hide]')].map(part => part.hidden)")
    assert dict(zip(sources, hidden[: len(sources)], strict=True)) == dict.fromkeys(sources, True)
    assert not any(hidden[len(sources) :])


def test_an_end_is_asked_for_unless_the_contract_is_open_ended(page: Page) -> None:
    show(page, macro("form_sections(page)", FormPage(FORMS.current("class2_employer_transfer"))))

    expect(page.get_by_label("终止日期")).to_be_visible()
    page.get_by_label("合同类型").select_option("open_ended")
    expect(page.locator("#contract_end")).to_be_hidden()
    page.get_by_label("合同类型").select_option("fixed_term")
    expect(page.locator("#contract_end")).to_be_visible()


def test_only_a_wrong_field_is_checked_while_it_is_corrected(page: Page) -> None:
    errors = [Reason("FIELD_REQUIRED", {"field": "终止日期"}, field="contract_end")]
    show(page, macro("form_sections(page)", FormPage(FORMS.current("class2_employer_transfer"), errors=errors)))
    wrong = page.locator("#contract_end-error")

    expect(wrong).to_be_visible()
    page.locator("#contract_end").fill("2029")
    expect(wrong).to_be_visible()
    page.locator("#contract_end").fill("2029-05-31")
    expect(wrong).to_be_hidden()
    expect(page.locator("#contract_end")).to_have_attribute("aria-invalid", "false")
    page.locator("#contract_end").fill("")
    expect(wrong).to_be_visible()
    page.locator("#contract_start").fill("nonsense")
    expect(page.locator("#contract_start")).not_to_have_attribute("aria-invalid", "true")


def test_a_reason_is_marked_and_counted_when_it_is_needed(page: Page) -> None:
    show(page, macro("decision_fields(page)", FormPage(FORMS.current("review_by_district"))))
    star = page.locator(".pf-req[data-show]")

    expect(star).to_be_hidden()
    page.get_by_label("退回申请人").check()
    expect(star).to_be_visible()
    page.locator("#opinion").fill("缺少第二页" * 101)
    expect(page.locator("[data-count-of=opinion]")).to_have_text("505 / 500 字")
    expect(page.locator("[data-count-of=opinion]")).to_have_class("pf-hint pf-small pf-count-over")
    page.get_by_label("通过", exact=False).first.check()
    expect(star).to_be_hidden()


def test_enter_in_the_search_box_searches(page: Page) -> None:
    show(page, macro("form_sections(page)", FormPage(FORMS.current("class2_employer_transfer"))))
    page.evaluate(
        "document.forms[0].addEventListener('submit', e => { e.preventDefault(); window.pressed = e.submitter.value; })"
    )

    page.locator("#new_employer").press("Enter")

    assert page.evaluate("window.pressed") == "lookup"
