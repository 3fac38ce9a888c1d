"""Every house rule finds a violation that was planted for it, and nothing in a small house that is in order."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask

from tests.house import code_rules, diagram_rules, readme_rules, table_rules, web_rules
from tests.house.test_rules_hold import RULES, Rule
from tests.scenarios.flows import not_walked

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <message id="stop_message" name="stop_message" />
  <process id="food_licence">
    <startEvent id="applied" />
    <sequenceFlow id="applied_to_review" sourceRef="applied" targetRef="review" />
    <userTask id="review" camunda:formRef="review" camunda:candidateGroups="city_reviewer,district_reviewer" />
    <sequenceFlow id="review_to_announce" sourceRef="review" targetRef="announce" />
    <serviceTask id="announce" camunda:type="external" camunda:topic="announce" />
    <businessRuleTask id="find_fee" camunda:decisionRef="fee" />
    <callActivity id="appeal" calledElement="food_licence" />
    <userTask id="second_review" camunda:formRef="review">
      <extensionElements><camunda:properties>
        <camunda:property name="separate_from" value="review" />
      </camunda:properties></extensionElements>
    </userTask>
    <boundaryEvent id="stopped" attachedToRef="review"><messageEventDefinition messageRef="stop_message" /></boundaryEvent>
  </process>
</definitions>
"""
HANDLER = '@handler("announce")\ndef announce(job):\n    return decisions.evaluate("window", job)\n'
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="fee"><decisionTable>
  <output name="cents" /><output name="code" />
  <rule><outputEntry><text>5</text></outputEntry><outputEntry><text>"ROLE_NOT_ALLOWED"</text></outputEntry></rule>
  <rule><outputEntry><text>9</text></outputEntry><outputEntry><text></text></outputEntry></rule>
</decisionTable></decision></definitions>"""
README = "# Service\n\n## Five-minute tour\n\n1. **Sign in** as p04.\n2. **Apply** there.\n"
TOUR = 'def test_tour(step):\n    step("Sign in")\n    step("Apply")\n'
PAGE = "<h1>{{ _('待办') }}</h1>"
ENGLISH = 'msgid "待办"\nmsgstr "To do"\n'

IN_ORDER = {
    "bpmn/food_licence.bpmn": DIAGRAM,
    "forms/review.form": "{}",
    "rules/fee.dmn": TABLE,
    "rules/window.dmn": TABLE.replace('"fee"', '"window"'),
    "rules/later.dmn": TABLE.replace('"fee"', '"later"'),
    "rules/tables.py": 'FOR_LINES_TO_COME = {"later": "a line to come"}\n',
    "handlers/commission.py": HANDLER,
    "applications/messages.py": 'STOP = "stop_message"\n',
    "tests/scenarios/test_food_licence.py": "",
    "tests/browser/test_tour.py": TOUR,
    "web/templates/inbox.html": PAGE,
    "web/translations/en/desk.po": ENGLISH,
    "README.md": README,
}

Planted = tuple[Rule, Mapping[str, str]]


def instead(name: str, old: str, new: str) -> Mapping[str, str]:
    """The file of the house in order with one thing changed."""
    assert old in IN_ORDER[name]
    return {name: IN_ORDER[name].replace(old, new)}


PLANTED: list[Planted] = [
    (code_rules.catches_of_everything, {"registry/people.py": "try:\n    pass\nexcept Exception:\n    pass\n"}),
    (code_rules.catches_of_everything, {"registry/people.py": "try:\n    pass\nexcept:\n    pass\n"}),
    (
        code_rules.catches_of_everything,
        {"registry/p.py": "try:\n    pass\nexcept (OSError, Exception) as e:\n    raise X\n"},
    ),
    (code_rules.clocks_of_ones_own, {"registry/people.py": "from datetime import datetime\nnow = datetime.now()\n"}),
    (code_rules.clocks_of_ones_own, {"registry/people.py": "from datetime import date\ntoday = date.today()\n"}),
    (code_rules.commits_of_ones_own, {"registry/people.py": "connection.commit()\n"}),
    (code_rules.files_that_are_too_long, {"registry/people.py": "x = 1\n" * 601}),
    (code_rules.files_that_are_too_long, {"web/templates/page.html": "<p>\n" * 601}),
    (code_rules.flask_outside_the_web, {"registry/people.py": "from flask import g\n"}),
    (code_rules.flask_outside_the_web, {"store/engine.py": "def f():\n    from flask_wtf import csrf\n"}),
    (code_rules.reasons_outside_the_catalogue, {"registry/people.py": 'raise Refused(Reason("NO_SUCH_CODE"))\n'}),
    (
        code_rules.reasons_outside_the_catalogue,
        {"registry/p.py": 'class Odd(Refused):\n    default_code = "NO_SUCH_CODE"\n'},
    ),
    (code_rules.wiring_inside_the_rooms, {"web/services.py": "from wiring import build\n"}),
    (
        diagram_rules.diagrams_named_otherwise,
        instead("bpmn/food_licence.bpmn", 'process id="food', 'process id="drink'),
    ),
    (diagram_rules.diagrams_without_a_scenario, {"bpmn/drink_licence.bpmn": DIAGRAM}),
    (diagram_rules.forms_without_a_diagram, {"forms/forgotten.form": "{}"}),
    (diagram_rules.handlers_without_a_diagram, {"handlers/more.py": HANDLER.replace('"announce"', '"forgotten"')}),
    *(
        (diagram_rules.ids_that_do_not_speak, instead("bpmn/food_licence.bpmn", 'id="announce"', f'id="{name}"'))
        for name in ("Activity_0x3f", "task2", "Announce", "announce-it", "flow_1ab2", "xkcd_wrtl", "gateway_12", "it")
    ),
    (diagram_rules.ids_that_do_not_speak, instead("bpmn/food_licence.bpmn", 'id="applied_to_review"', 'id="Flow_1"')),
    *(
        (diagram_rules.names_that_lead_nowhere, instead("bpmn/food_licence.bpmn", old, new))
        for old, new in (
            ('formRef="review"', 'formRef="no_form"'),
            ('topic="announce"', 'topic="no_handler"'),
            ('decisionRef="fee"', 'decisionRef="no_table"'),
            ('calledElement="food_licence"', 'calledElement="no_process"'),
            ('messageRef="stop_message"', 'messageRef="no_message"'),
            ('name="stop_message"', 'name="nobody_sends_this"'),
            ('value="review"', 'value="no_task"'),
            ("city_reviewer,", "no_role,"),
        )
    ),
    (readme_rules.links_that_lead_nowhere, {"docs/guide.md": "See [the other](no_page.md#part)."}),
    (readme_rules.tour_and_test_differ, instead("README.md", "**Apply**", "**Fill in the form**")),
    (readme_rules.tour_and_test_differ, instead("tests/browser/test_tour.py", '    step("Apply")\n', "")),
    (readme_rules.tour_and_test_differ, {"tests/browser/test_tour.py": 'step("Apply")\nstep("Sign in")\n'}),
    (readme_rules.tour_and_test_differ, {"README.md": "", "tests/browser/test_tour.py": ""}),
    (table_rules.codes_of_tables_outside_the_catalogue, instead("rules/fee.dmn", "ROLE_NOT_ALLOWED", "NO_SUCH_CODE")),
    (table_rules.tables_named_otherwise, instead("rules/fee.dmn", 'decision id="fee"', 'decision id="price"')),
    (table_rules.tables_that_nothing_uses, {"rules/forgotten.dmn": TABLE.replace('"fee"', '"forgotten"')}),
    (table_rules.tables_that_nothing_uses, {"rules/tables.py": 'FOR_LINES_TO_COME = {"fee": "in use by now"}\n'}),
    (table_rules.tables_that_nothing_uses, {"rules/tables.py": 'FOR_LINES_TO_COME = {"gone": "not there"}\n'}),
    (web_rules.contradicting_english, {"web/translations/en/portal.po": ENGLISH.replace("To do", "Tasks")}),
    (web_rules.english_without_a_text, {"web/translations/en/portal.po": 'msgid "无人用"\nmsgstr "Unused"\n'}),
    (web_rules.texts_without_english, {"web/templates/page.html": "{% trans %}已办{% endtrans %}"}),
    (web_rules.texts_without_english, {"web/desk/inbox.py": 'title = gettext("已办")\n'}),
    (web_rules.texts_without_english, {"web/translations/en/desk.po": 'msgid "待办"\nmsgstr ""\n'}),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_house_in_order_is_left_in_peace(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, IN_ORDER)

    assert rule(tmp_path) == []


@pytest.mark.parametrize(("rule", "violation"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_violation_is_found(rule: Rule, violation: Mapping[str, str], tmp_path: Path) -> None:
    build(tmp_path, {**IN_ORDER, **violation})

    assert rule(tmp_path) != []


def test_every_rule_is_asked_and_has_a_planted_violation() -> None:
    rules = {
        rule
        for module in (code_rules, diagram_rules, readme_rules, table_rules, web_rules)
        for rule in public_functions(module)
        if list(inspect.signature(rule).parameters)[:1] == ["root"]
        and inspect.signature(rule).return_annotation == "list[str]"
    } - {readme_rules.steps_of_the_readme, readme_rules.steps_of_the_browser_test}

    assert rules == set(RULES) == {rule for rule, _ in PLANTED}


def test_cleaning_up_and_raising_again_is_no_catch(tmp_path: Path) -> None:
    build(tmp_path, {"registry/people.py": "try:\n    pass\nexcept BaseException:\n    clean()\n    raise\n"})

    assert code_rules.catches_of_everything(tmp_path) == []


def test_a_view_that_does_not_say_who_may_call_it_is_found() -> None:
    app = Flask("planted", static_folder=None)
    app.add_url_rule("/secret", "secret", lambda: "")

    assert web_rules.routes_without_access(app) == ["/secret (secret)"]


def test_a_flow_that_no_scenario_walks_is_found(tmp_path: Path) -> None:
    build(tmp_path, IN_ORDER)

    assert not_walked(tmp_path, [("food_licence", "applied_to_review")]) == ["food_licence: review_to_announce"]


def public_functions(module: ModuleType) -> list[Callable[..., object]]:
    return [
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]


def build(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
