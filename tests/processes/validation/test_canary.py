"""Python in any expression place is refused, and nothing of it ever runs (DESIGN.md, second principle; R-P-05)."""

from xml.sax.saxutils import escape, quoteattr

import pytest

from tests.processes.validation.drawing import (
    beside,
    boundary,
    call,
    choice,
    errors,
    script,
    service,
    through,
    timer,
    user,
)

PAYLOADS = [
    "__import__('os').system('touch {canary}')",
    "open('{canary}', 'w')",
    'open("{canary}", "w")',
    'open("{canary}", "w").write("x")',
    "[x for x in ().__class__.__base__.__subclasses__()][0]('{canary}')",
    "(lambda: open('{canary}', 'w'))()",
    "exec(\"open('{canary}', 'w')\")",
    "f\"{{open('{canary}', 'w')}}\"",
    "import os; os.system('touch {canary}')",
    "${{open('{canary}')}}",
    "#{{open('{canary}')}}",
    '=open("{canary}", "w")',
    "(x := open('{canary}', 'w'))",
]
PLACES = {
    "condition": lambda code: choice(yes=escape(code)),
    "script": lambda code: through(script(escape(code)), "compute"),
    "result variable": lambda code: through(
        script(attributes=f'scriptFormat="feel" camunda:resultVariable={quoteattr(code)}'), "compute"
    ),
    "timer date": lambda code: beside(boundary(timer("timeDate", "=" + escape(code)))),
    "timer duration": lambda code: beside(boundary(timer("timeDuration", "=" + escape(code)))),
    "timer cycle": lambda code: beside(boundary(timer("timeCycle", "=" + escape(code)), 'cancelActivity="false"')),
    "literal timer": lambda code: beside(boundary(timer("timeDuration", escape(code)))),
    "mapping expression": lambda code: through(
        call(f'<camunda:in sourceExpression={quoteattr(code)} target="x"/>'), "call_other"
    ),
    "mapping source": lambda code: through(call(f'<camunda:out source={quoteattr(code)} target="x"/>'), "call_other"),
    "mapping target": lambda code: through(call(f'<camunda:out source="x" target={quoteattr(code)}/>'), "call_other"),
    "topic": lambda code: through(
        service(attributes=f'camunda:type="external" camunda:topic={quoteattr(code)}'), "announce"
    ),
    "service expression": lambda code: through(service(attributes=f"camunda:expression={quoteattr(code)}"), "announce"),
    "role": lambda code: through(user().replace('"city_reviewer"', quoteattr(code)), "review"),
    "form": lambda code: through(user().replace('"review" camunda', quoteattr(code) + " camunda", 1), "review"),
    "called process": lambda code: through(call(attributes=f"calledElement={quoteattr(code)}"), "call_other"),
    "retry": lambda code: through(
        service(
            attributes='camunda:type="external" camunda:topic="announce" '
            f"camunda:failedJobRetryTimeCycle={quoteattr(code)}"
        ),
        "announce",
    ),
    "listener": lambda code: through(
        user().replace(
            "<extensionElements>",
            f'<extensionElements><camunda:executionListener event="start"><camunda:script scriptFormat="python">'
            f"{escape(code)}</camunda:script></camunda:executionListener>",
        ),
        "review",
    ),
    "multi-instance": lambda code: through(
        user(
            inside=f"<multiInstanceLoopCharacteristics><loopCardinality>{escape(code)}</loopCardinality>"
            "</multiInstanceLoopCharacteristics>"
        ),
        "review",
    ),
    "data": lambda code: through(
        user(
            inside=f"<dataInputAssociation><assignment><from>{escape(code)}</from></assignment></dataInputAssociation>"
        ),
        "review",
    ),
    "conditional event": lambda code: beside(
        boundary(f"<conditionalEventDefinition><condition>{escape(code)}</condition></conditionalEventDefinition>")
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_python_is_refused_in_every_expression_place(place, tmp_path):
    canary = tmp_path / "canary"
    for payload in PAYLOADS:
        code = payload.format(canary=canary)
        assert errors(PLACES[place](code)), code
    assert not canary.exists()


@pytest.mark.parametrize("language", ["python", "juel", "javascript", "groovy", "xpath", "feel-scala"])
def test_another_language_is_refused_by_its_name(language):
    said = f'tFormalExpression" language="{language}">'.encode()
    assert errors(choice().replace(b'tFormalExpression">', said)) == ["language_refused"]
    as_script = script(attributes=f'scriptFormat="{language}" camunda:resultVariable="x"')
    assert errors(through(as_script, "compute")) == ["language_refused"]
    in_timer = timer("timeDuration", "P1D", f' language="{language}"')
    assert errors(beside(boundary(in_timer))) == ["language_refused"]


@pytest.mark.parametrize(
    ("tag", "source", "code"),
    [
        ("timeDuration", "P5", "timer_invalid"),
        ("timeDuration", "P", "timer_invalid"),
        ("timeDuration", "P1.5DT1H", "timer_invalid"),
        ("timeDuration", "'P5D'", "timer_invalid"),
        ("timeDuration", "5D", "timer_invalid"),
        ("timeDuration", "2026-06-15", "timer_invalid"),
        ("timeDuration", "R/P1D", "timer_invalid"),
        ("timeDuration", "", "expression_missing"),
        ("timeDuration", "= 1 + 1", "timer_invalid"),
        ("timeDuration", '= "tomorrow"', "timer_invalid"),
        ("timeDuration", "=", "expression_invalid"),
        ("timeDate", "2026-02-30", "timer_invalid"),
        ("timeDate", "0001-01-01", "timer_invalid"),
        ("timeDate", "tomorrow", "timer_invalid"),
        ("timeDate", "P1D", "timer_invalid"),
        ("timeCycle", "R/P1D", "cycle_refused"),
    ],
)
def test_a_timer_is_checked_when_it_is_deployed(tag, source, code):
    assert errors(beside(boundary(timer(tag, source)))) == [code]


@pytest.mark.parametrize("source", ["P1D", "R/P", "R0/P1D", "R/P0D", "R-1/P1D", "0 0 12 * * ?"])
def test_a_cycle_is_checked_when_it_is_deployed(source):
    assert errors(beside(boundary(timer("timeCycle", source), 'cancelActivity="false"'))) == ["timer_invalid"]


def test_a_timer_has_one_part():
    two = "<timerEventDefinition><timeDate>2026-06-15</timeDate><timeDuration>P1D</timeDuration></timerEventDefinition>"
    assert errors(beside(boundary(two))) == ["timer_parts"]
    assert errors(beside(boundary("<timerEventDefinition/>"))) == ["timer_parts"]


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ('<camunda:in source="a"/>', "mapping_invalid"),
        ('<camunda:in target="a"/>', "mapping_invalid"),
        ("<camunda:in/>", "mapping_invalid"),
        ('<camunda:in source="a" sourceExpression="b" target="c"/>', "mapping_invalid"),
        ('<camunda:in variables="some"/>', "attribute_value_refused"),
        ('<camunda:in source="a" target="b" local="true"/>', "attribute_refused"),
        ('<camunda:out source="a-b" target="c"/>', "variable_invalid"),
        ('<camunda:out source="a" target="if"/>', "variable_invalid"),
        ('<camunda:in sourceExpression="1 +" target="c"/>', "expression_invalid"),
        ('<camunda:in sourceExpression="" target="c"/>', "expression_missing"),
    ],
)
def test_a_mapping_is_checked_when_it_is_deployed(inside, code):
    assert code in errors(through(call(inside), "call_other"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (choice(yes="decision = "), "expression_invalid"),
        (choice(yes="  "), "expression_missing"),
        (through(script(""), "compute"), "expression_missing"),
        (through(script().replace("<script>", "<script>1</script><script>"), "compute"), "child_several"),
        (through(script(attributes='camunda:resultVariable="x"'), "compute"), "attribute_missing"),
        (through(script(attributes='scriptFormat="feel"'), "compute"), "attribute_missing"),
        (
            choice().replace(b"</sequenceFlow>", b"<conditionExpression>true</conditionExpression></sequenceFlow>", 3),
            "child_several",
        ),
    ],
)
def test_an_expression_is_there_once_and_whole(data, code):
    assert code in errors(data)


def test_a_wrong_expression_says_what_was_expected():
    from tests.processes.validation.drawing import findings

    (found,) = [one for one in findings(choice(yes="decision == 1")) if one.severity == "error"]
    assert found.element_id == "yes"
    assert found.text.zh == ("conditionExpression 的表达式有误：第 10 个字符处应为“=”（FEEL 用一个等号），实际为“==”")
    assert found.text.en.endswith("Expected '=' (FEEL has a single equals sign) at character 10, but found “==”")
