"""Conditions of foreign diagrams, translated to FEEL or refused with the reason (DESIGN.md 4)."""

import pytest

from processes.juel import JuelRefused, feel_of
from rules.feel import compile_expression, to_plain

# A condition, the variables, and what JUEL makes of it.
MEANT = [
    ("${true}", {}, True),
    ("#{approved}", {"approved": True}, True),
    ("${approved == true}", {"approved": True}, True),
    ("${!approved}", {"approved": False}, True),
    ("${!approved}", {"approved": None}, True),
    ("${not approved}", {"approved": True}, False),
    ("${decision == 'agree'}", {"decision": "agree"}, True),
    ('${decision ne "agree"}', {"decision": "return"}, True),
    ("${decision.equals('agree')}", {"decision": "agree"}, True),
    ("${!decision.equals('agree')}", {"decision": "agree"}, False),
    ("${amount > 100 && amount <= 200 || vip}", {"amount": 150, "vip": False}, True),
    ("${amount gt 100 and amount le 200 or vip}", {"amount": 250, "vip": True}, True),
    ("${a || b && c}", {"a": True, "b": False, "c": False}, True),
    ("${(a || b) && c}", {"a": True, "b": False, "c": False}, False),
    ("${x + 2 * 3 == 7}", {"x": 1}, True),
    ("${10 - 2 - 3}", {}, 5),
    ("${7 % 4}", {}, 3),
    ("${7 mod 4 == 3 ? 'odd' : 'even'}", {}, "odd"),
    ("${-x < 0}", {"x": 1}, True),
    ("${order.price <= 100}", {"order": {"price": 99.5}}, True),
    ("${orders[1].price}", {"orders": [{"price": 1}, {"price": 2}]}, 2),
    ("${order['price'] == 3}", {"order": {"price": 3}}, True),
    ("${empty name}", {"name": ""}, True),
    ("${empty name}", {"name": "x"}, False),
    ("${empty items}", {"items": []}, True),
    ("${!empty items}", {"items": [1]}, True),
    ("${empty nothing}", {"nothing": None}, True),
    ("${name == 'it\\'s'}", {"name": "it's"}, True),
    ("${name == 'say \"so\"'}", {"name": 'say "so"'}, True),
    ("${ 申请.类别 == '甲' }", {"申请": {"类别": "甲"}}, True),
    ("${null == nothing}", {"nothing": None}, True),
    ("${nrOfCompletedInstances/nrOfInstances >= 0.5}", {"nrOfCompletedInstances": 1, "nrOfInstances": 2}, True),
]


@pytest.mark.parametrize(("condition", "variables", "meant"), MEANT)
def test_the_translation_means_the_same(condition, variables, meant):
    assert to_plain(compile_expression(feel_of(condition)).evaluate(variables)) == meant


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("${bean.check(order)}", "a call of check()"),
        ("${fn:length(items) > 0}", "a call of fn()"),
        ("${dateTime().plusWeeks(1)}", "a call of dateTime()"),
        ("${execution.processInstanceId}", "the engine's object execution"),
        ("${a = 1}", "'= 1', which is not understood"),
        ("${a; b}", "'; b', which is not understood"),
        ("${first-name == function}", "the name 'function', which FEEL cannot say"),
        ("${list[index]}", "an index that is no fixed number or name"),
        ("${a ==}", "an incomplete expression"),
        ("${a b}", "an unexpected 'b'"),
        ("order ${a}", None),
        ("${a} and ${b}", "'} and ${b', which is not understood"),
        ("${a", "text mixed with an expression"),
        ("${" + "(" * 500 + "a" + ")" * 500 + "}", "parentheses nested too deeply"),
        ("${" + "!" * 500 + "a}", "parentheses nested too deeply"),
        ("${" + "a+" * 2000 + "a}", "an expression that is too long"),
    ],
)
def test_what_feel_does_not_have_is_refused_with_the_reason(condition, reason):
    if reason is None:
        assert feel_of(condition) == condition  # no JUEL: the FEEL compiler says what is wrong with it
        return
    with pytest.raises(JuelRefused) as caught:
        feel_of(condition)
    assert caught.value.reason.en == reason
    assert caught.value.reason.zh


def test_a_condition_in_feel_stays_as_it_is():
    assert feel_of('decision = "agree"') == 'decision = "agree"'
