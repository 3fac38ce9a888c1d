"""Business rule tasks and conditions of foreign diagrams at deployment (DESIGN.md 4; issue B, 5)."""

import pytest

from tests.processes.validation.drawing import choice, errors, findings, through, warnings

GOOD = 'camunda:decisionRef="window" camunda:resultVariable="window" camunda:mapDecisionResult="singleResult"'


def deciding(attributes):
    return through(f'<businessRuleTask id="decide_window" {attributes}/>', "decide_window")


@pytest.mark.parametrize(
    "attributes",
    [
        GOOD,
        'camunda:decisionRef="window" camunda:resultVariable="window"',
        'camunda:decisionRef="reasons" camunda:resultVariable="codes" camunda:mapDecisionResult="collectEntries"',
        GOOD + ' camunda:decisionRefBinding="deployment"',
    ],
)
def test_a_business_rule_task_is_accepted(attributes):
    assert errors(deciding(attributes)) == []


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ('camunda:resultVariable="window"', "attribute_missing"),
        ('camunda:decisionRef="window"', "attribute_missing"),
        ('camunda:decisionRef="nobody_wrote_it" camunda:resultVariable="window"', "decision_unknown"),
        (GOOD.replace("singleResult", "somehow"), "attribute_value_refused"),
        (GOOD.replace("singleResult", "singleEntry"), "decision_mapping"),
        (GOOD.replace("window", "reasons", 1), "decision_mapping"),
        (GOOD.replace('resultVariable="window"', 'resultVariable="the window"'), "variable_invalid"),
        (GOOD + ' camunda:decisionRefBinding="latest"', "attribute_value_refused"),
        (GOOD + ' camunda:decisionRefVersion="3"', "attribute_refused"),
        (GOOD + ' camunda:class="org.Example"', "attribute_refused"),
    ],
)
def test_a_business_rule_task_that_would_not_run_is_refused(attributes, code):
    assert errors(deciding(attributes)) == [code]


def test_a_loop_of_decisions_never_stops():
    body = deciding(GOOD).replace(
        b'sourceRef="decide_window" targetRef="done"', b'sourceRef="decide_window" targetRef="decide_window"'
    )
    assert "endless_loop" in errors(body)


def test_a_condition_in_juel_is_translated_with_a_hint():
    file = choice(yes="${decision == 'pass' &amp;&amp; !late}")

    assert errors(file) == []
    (hint,) = [one for one in findings(file) if one.code == "juel_translated"]
    assert '((decision = "pass") and not(late = true))' in hint.text.en
    assert "juel_translated" in warnings(file)


def test_a_condition_that_calls_a_program_is_refused_with_the_reason():
    (found,) = [one for one in findings(choice(yes="${bean.check(order)}")) if one.severity == "error"]

    assert found.code == "juel_refused"
    assert (found.element_id, found.line is not None) == ("yes", True)
    assert "a call of check()" in found.text.en
    assert "调用 check()" in found.text.zh
