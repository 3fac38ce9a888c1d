"""The texts of a page in the reader's language: looked up once, and still each reader's own (F-NF-2)."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string

from web import i18n


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    i18n.register(made)
    return made


def said(app: Flask, template: str, language: str) -> str:
    with app.test_request_context(headers={"Accept-Language": language}):
        return render_template_string(template)


def test_readers_of_both_languages_meet_their_own_one_after_the_other(app: Flask) -> None:
    template = "{{ _('首页') }} {% trans %}首页{% endtrans %}"
    found = [said(app, template, language) for language in ("zh", "en", "zh", "en")]
    assert found == ["首页 首页", "Home Home"] * 2


def test_values_are_put_into_their_places_and_escaped(app: Flask) -> None:
    """R-2.8-1."""
    template = "{{ _('创建 %(day)s', day='<b>') }} {{ _('<i>不在目录里，百分之%%</i>') }}"
    assert said(app, template, "zh") == "创建 &lt;b&gt; <i>不在目录里，百分之%</i>"
    assert said(app, template, "en").startswith("created &lt;b&gt; ")
