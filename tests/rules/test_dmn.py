"""Decision files: every hit policy, every boxed expression, requirements, types, and what is refused (issue B, 3)."""

import threading
from decimal import Decimal

import pytest

from rules.dmn import DecisionFailed, DmnRefused, load
from rules.feel import FeelError, to_plain
from tests.rules.decision_files import decision_file, definitions, table


def decided(body, inputs=None, name="d", **options):
    return to_plain(load(definitions(body), **options).evaluate_decision(name, inputs or {}))


def decision(inside, name="d", requires="", kind=""):
    typed = f'<variable name="{name}" typeRef="{kind}"/>' if kind else ""
    return f'<decision id="{name}" name="{name}">{typed}{requires}{inside}</decision>'


def literal(text):
    return f"<literalExpression><text>{text}</text></literalExpression>"


def needs(*ids, kind="Decision"):
    wrapper = "knowledgeRequirement" if kind == "Knowledge" else "informationRequirement"
    return "".join(f'<{wrapper}><required{kind} href="#{one}"/></{wrapper}>' for one in ids)


# -- hit policies

OVERLAPPING = [["> 1", '"low"'], ["> 5", '"high"'], ["> 9", '"low"']]


@pytest.mark.parametrize(
    ("policy", "value", "expected"),
    [
        ("UNIQUE", 3, "low"),
        ("FIRST", 10, "low"),
        ("ANY", 3, "low"),
        ("PRIORITY", 10, "high"),
        ("PRIORITY", 3, "low"),
        ("OUTPUT ORDER", 10, ["high", "low", "low"]),
        ("RULE ORDER", 10, ["low", "high", "low"]),
        ("COLLECT", 10, ["low", "high", "low"]),
        ("COLLECT", 0, []),
        ("RULE ORDER", 0, []),
    ],
)
def test_every_hit_policy(policy, value, expected):
    body = decision(table(policy, ["n"], ["level"], OVERLAPPING, values='"high", "low"'))
    assert decided(body, {"n": value}) == expected


@pytest.mark.parametrize(
    ("policy", "value", "said"),
    [
        ("UNIQUE", 10, "rows 1, 2, 3 all apply"),
        ("ANY", 10, "with different outputs"),
        ("UNIQUE", 0, "no row applies"),
        ("FIRST", 0, "no row applies"),
        ("ANY", 0, "no row applies"),
        ("PRIORITY", 0, "no row applies"),
        ("FIRST", "ten", "not of its declared type"),
    ],
)
def test_a_strict_table_refuses_to_decide_and_a_lenient_one_is_null(policy, value, said):
    """R-P-12"""
    body = decision(table(policy, ["n"], ["level"], OVERLAPPING, values='"high", "low"'))
    with pytest.raises(DecisionFailed, match=said):
        decided(body, {"n": value})
    assert decided(body, {"n": value}, lenient=True) is None


@pytest.mark.parametrize(
    ("aggregation", "value", "expected"),
    [("SUM", 10, 6), ("MIN", 10, 1), ("MAX", 10, 3), ("COUNT", 10, 3), ("SUM", 0, None), ("COUNT", 0, 0)],
)
def test_collect_aggregates(aggregation, value, expected):
    rows = [["> 1", "1"], ["> 5", "2"], ["> 9", "3"]]
    attributes = f'aggregation="{aggregation}"'
    assert decided(decision(table("COLLECT", ["n"], ["sum"], rows, attributes=attributes)), {"n": value}) == expected


def test_several_outputs_make_a_context_and_a_default_stands_for_no_row():
    body = decision(table("FIRST", ["n"], ["a", "b"], [["> 5", "n", "n * 2"]], default="0"))
    assert decided(body, {"n": 6}) == {"a": 6, "b": 12}
    assert decided(body, {"n": 5}) == {"a": 0, "b": 0}


def test_a_cell_may_look_at_other_inputs_and_at_its_own_value():
    rows = [["< m", "-", "1"], ["? > 5 and ? < 2 * m", "-", "2"], ["[m..10]", "not(4)", "3"], ["-", "-", "4"]]
    body = decision(table("RULE ORDER", ["n", "m"], ["row"], rows))
    assert decided(body, {"n": 6, "m": 4}) == [2, 4]
    assert decided(body, {"n": 6, "m": 5}) == [2, 3, 4]
    assert decided(body, {"n": 1, "m": 4}) == [1, 4]


@pytest.mark.parametrize(
    ("cell", "passes", "fails"),
    [
        ('"a", "b"', ["a", "b"], ["c", None, 1]),
        ('not("a", "b")', ["c", None], ["a", "b"]),
        ('!= "a"', ["b", None], ["a"]),
        ("[1..5)", [1, 4.9], [5, 0, "1", None]),
        ("]1..5]", [1.1, 5], [1]),
        ("< 1, > 5", [0, 6], [1, 5]),
        ("not(< 1, > 5)", [1, 5, 3], [0, 6, None]),
        ("null", [None], [0, "", False]),
        ("not(null)", [0, "", False], [None]),
        ("true", [True], [False, None, 1]),
        ("-", [1, "a", None], []),
        ("", [1, "a", None], []),
        ('[1, "a", null]', [1, "a", None], [2]),
        ('date("2026-01-01")', [], ["2026-01-01", None]),
    ],
)
def test_a_cell_found_by_search_says_what_feel_says(cell, passes, fails):
    """The index of a table must not differ from the tests it stands for."""
    body = decision(table("COLLECT", ["n"], ["hit"], [[cell, "1"], ["> 100", "2"]])).replace('typeRef="number"', "")
    model = load(definitions(body))
    assert [value for value in passes if model.evaluate_decision("d", {"n": value}) != [Decimal(1)]] == []
    assert [value for value in fails if model.evaluate_decision("d", {"n": value}) != []] == []


# -- requirements


def test_decisions_are_made_in_the_order_they_require_each_other():
    body = (
        decision(literal("a + b"), "sum", needs("a", "b"))
        + decision(literal("x * 2"), "a", needs("x", kind="Input"), "number")
        + decision(literal("a + 1"), "b", needs("a"))
        + '<inputData id="x" name="x"><variable name="x" typeRef="number"/></inputData>'
    )
    assert decided(body, {"x": 3}, "sum") == 13


def test_a_long_chain_of_decisions_does_not_exhaust_the_stack():
    links = [decision(literal("0"), "d0")]
    links += [decision(literal(f"d{n} + 1"), f"d{n + 1}", needs(f"d{n}")) for n in range(3_000)]
    assert decided("".join(links), name="d3000") == 3000


def test_knowledge_models_are_functions_and_may_call_themselves():
    model = (
        '<businessKnowledgeModel id="k" name="factorial of"><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/>'
        + literal("if n &lt;= 1 then 1 else n * factorial of(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    body = decision(literal("factorial of(5)"), requires=needs("k", kind="Knowledge")) + model
    assert decided(body) == 120
    assert load(definitions(body)).evaluate_knowledge("factorial of", {"n": 4}) == 24


def test_endless_recursion_ends_in_a_budget_stop():
    model = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="n"/>'
        + literal("k(n + 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    with pytest.raises(FeelError):
        decided(decision(literal("k(1)"), requires=needs("k", kind="Knowledge")) + model)


SERVICE = (
    '<decisionService id="s" name="s"><outputDecision href="#total"/>'
    '<inputDecision href="#price"/><inputData href="#count"/></decisionService>'
    '<inputData id="count" name="count"><variable name="count" typeRef="number"/></inputData>'
    + decision(literal("count * price"), "total", needs("count", kind="Input") + needs("price"))
    + decision(literal("100"), "price", kind="number")
)


def test_a_service_takes_its_inputs_and_input_decisions():
    body = SERVICE + decision(literal("s(3, 5)"), requires=needs("s", kind="Knowledge"))
    model = load(definitions(body))
    assert model.evaluate_service("s", {"count": 2, "price": 7}) == 14
    assert model.evaluate_decision("total", {"count": 2}) == 200
    assert model.evaluate_decision("d", {}) == 15


IMPORTED = definitions(
    '<itemDefinition name="tPerson"><itemComponent name="first name"><typeRef>string</typeRef></itemComponent>'
    '</itemDefinition><businessKnowledgeModel id="hello" name="say hello"><encapsulatedLogic>'
    '<formalParameter name="who" typeRef="tPerson"/>'
    + literal('"Hello " + who.first name')
    + "</encapsulatedLogic></businessKnowledgeModel>"
).replace(b'namespace="here"', b'namespace="there"')
IMPORTING = (
    '<import name="other" namespace="there" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    '<inputData id="p" name="p"><variable name="p" typeRef="other.tPerson"/></inputData>'
    + decision(
        literal("other.say hello(p)"),
        requires=needs("p", kind="Input")
        + '<knowledgeRequirement><requiredKnowledge href="there#hello"/></knowledgeRequirement>',
    )
)


def test_what_is_imported_is_known_by_the_name_of_the_import():
    model = load(definitions(IMPORTING), {"other.dmn": IMPORTED})
    assert model.evaluate_decision("d", {"p": {"first name": "Li"}}) == "Hello Li"
    with pytest.raises(DecisionFailed):
        model.evaluate_decision("d", {"p": {"first name": 5}})


def test_an_import_that_is_not_there_is_refused():
    with pytest.raises(DmnRefused) as caught:
        load(definitions(IMPORTING))
    assert "import_unknown" in {one.code for one in caught.value.findings}


# -- boxed expressions


def child(tag, inside):
    return f"<{tag}>{inside}</{tag}>"


ENTRY = '<contextEntry><variable name="{}"/>{}</contextEntry>'
TWO = ENTRY.format("a", literal("2")) + ENTRY.format("b", literal("a * 3"))
BOXES = {
    "context": (f"<context>{TWO}</context>", {"a": 2, "b": 6}),
    "context with a result": (f"<context>{TWO}<contextEntry>{literal('a + b')}</contextEntry></context>", 8),
    "list": (f"<list>{literal('1')}{literal('1 + 1')}</list>", [1, 2]),
    "relation": (
        '<relation><column name="x"/><column name="y"/>'
        f"<row>{literal('1')}{literal('2')}</row><row>{literal('3')}{literal('4')}</row></relation>",
        [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
    ),
    "conditional": (
        "<conditional>"
        + child("if", literal("1 &lt; 2"))
        + child("then", literal('"yes"'))
        + child("else", literal('"no"'))
        + "</conditional>",
        "yes",
    ),
    "filter": (
        f"<filter>{child('in', literal('[1, 5, 9]'))}{child('match', literal('item > 4'))}</filter>",
        [5, 9],
    ),
    "for": (
        '<for iteratorVariable="i">'
        + child("in", literal("[1, 2, 3]"))
        + child("return", literal("i * i + count(partial)"))
        + "</for>",
        [1, 5, 11],
    ),
    "some": (
        '<some iteratorVariable="i">'
        + child("in", literal("[1, 2, 3]"))
        + child("satisfies", literal("i > 2"))
        + "</some>",
        True,
    ),
    "every": (
        '<every iteratorVariable="i">'
        + child("in", literal("[1, 2, 3]"))
        + child("satisfies", literal("i > 2"))
        + "</every>",
        False,
    ),
    "function and invocation": (
        "<context>"
        + ENTRY.format(
            "double",
            f'<functionDefinition><formalParameter name="n" typeRef="number"/>{literal("n * 2")}</functionDefinition>',
        )
        + "<contextEntry><invocation>"
        + literal("double")
        + f'<binding><parameter name="n"/>{literal("21")}</binding></invocation></contextEntry></context>',
        42,
    ),
    "boxes in boxes": (
        "<context>"
        + ENTRY.format("base", literal("10"))
        + "<contextEntry>"
        + '<for iteratorVariable="i">'
        + child("in", f"<list>{literal('1')}{literal('base')}</list>")
        + child(
            "return",
            "<conditional>"
            + child("if", literal("i = base"))
            + child("then", f"<context>{ENTRY.format('big', literal('i'))}</context>")
            + child("else", literal("null"))
            + "</conditional>",
        )
        + "</for></contextEntry></context>",
        [None, {"big": 10}],
    ),
}


@pytest.mark.parametrize("name", BOXES)
def test_every_boxed_expression(name):
    box, expected = BOXES[name]
    assert decided(decision(box)) == expected


# -- types

TYPES = (
    '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"high", "low"</text></allowedValues>'
    '</itemDefinition><itemDefinition name="tLevels" isCollection="true"><typeRef>tLevel</typeRef></itemDefinition>'
    '<itemDefinition name="tNode"><itemComponent name="value"><typeRef>number</typeRef></itemComponent>'
    '<itemComponent name="children" isCollection="true"><typeRef>tNode</typeRef></itemComponent></itemDefinition>'
)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("tLevel", "high", "medium"),
        ("tLevels", ["high", "low"], ["high", "medium"]),
        ("tNode", {"value": 1, "children": [{"value": 2, "children": []}]}, {"value": "x", "children": []}),
        ("number", 1, "1"),
        ("integer", 1, 1.5),
        ("feel:string", "a", 1),
        ("date", "2026-06-15", "tomorrow"),
        ("dateTime", "2026-06-15T10:00:00", "2026"),
        ("yearMonthDuration", "P3M", "P3D"),
        ("Any", 1, None),
    ],
)
def test_inputs_are_held_against_their_types(kind, good, bad):
    body = (
        TYPES
        + f'<inputData id="v" name="v"><variable name="v" typeRef="{kind}"/></inputData>'
        + decision(literal("v"), requires=needs("v", kind="Input"))
    )
    assert decided(body, {"v": good}) == good
    if bad is not None:
        with pytest.raises(DecisionFailed):
            decided(body, {"v": bad})
        assert decided(body, {"v": bad}, lenient=True) is None
    assert decided(body, {"v": None}) is None


def test_a_result_is_held_against_its_type():
    with pytest.raises(DecisionFailed):
        decided(decision(literal("1"), kind="string"))
    assert decided(decision(literal("[1]"), kind="number")) == 1


# -- versions and refusals


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_version_is_read(namespace):
    file = definitions(decision(literal("1"))).replace(
        b"https://www.omg.org/spec/DMN/20191111/MODEL/", namespace.encode()
    )
    assert load(file).evaluate_decision("d", {}) == 1


REFUSED = {
    "not XML": (b"hello", "not_xml"),
    "a DOCTYPE": (b'<!DOCTYPE x [<!ENTITY a "b">]>' + definitions(decision(literal("1"))), "doctype"),
    "a diagram": (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "not_dmn"),
    "a version to come": (definitions("").replace(b"20191111", b"20990101"), "not_dmn"),
    "too large": (b"<a>" + b"x" * 2_100_000, "too_large"),
    "nothing decided": (definitions(""), "no_decision"),
    "no logic": (definitions(decision("")), "expression_missing"),
    "an empty expression": (definitions(decision(literal(""))), "expression_missing"),
    "no FEEL": (definitions(decision(literal("1 +"))), "expression_invalid"),
    "another language": (definitions(decision(literal("1")), 'expressionLanguage="groovy"'), "language_refused"),
    "Java": (
        definitions(decision(f'<functionDefinition kind="Java">{literal("1")}</functionDefinition>')),
        "language_refused",
    ),
    "a circle": (
        definitions(decision(literal("b"), "a", needs("b")) + decision(literal("a"), "b", needs("a"))),
        "requirement_cycle",
    ),
    "itself": (definitions(decision(literal("d"), requires=needs("d"))), "requirement_cycle"),
    "a requirement of nothing": (definitions(decision(literal("1"), requires=needs("gone"))), "reference_unknown"),
    "two of one name": (definitions(decision(literal("1")) + decision(literal("2"))), "name_duplicate"),
    "no name": (definitions('<decision id="d">' + literal("1") + "</decision>"), "name_missing"),
    "an unknown type": (definitions(decision(literal("1"), kind="tNobody")), "type_unknown"),
    "a type of itself": (
        definitions('<itemDefinition name="t"><typeRef>t</typeRef></itemDefinition>' + decision(literal("1"))),
        "type_cycle",
    ),
    "a name that is not connected": (
        definitions(decision(literal("x + 1")) + '<inputData id="x" name="x"/>'),
        "name_unknown",
    ),
    "an unknown policy": (decision_file("d", "SOMETIMES", ["n"], ["o"], [["-", "1"]]), "hit_policy_unknown"),
    "an unknown aggregation": (
        definitions(decision(table("COLLECT", ["n"], ["o"], [["-", "1"]], attributes='aggregation="MEAN"'))),
        "aggregation_unknown",
    ),
    "an aggregation of two outputs": (
        definitions(decision(table("COLLECT", ["n"], ["o", "p"], [["-", "1", "2"]], attributes='aggregation="SUM"'))),
        "aggregation_refused",
    ),
    "an aggregation of a unique table": (
        definitions(decision(table("UNIQUE", ["n"], ["o"], [["-", "1"]], attributes='aggregation="SUM"'))),
        "aggregation_refused",
    ),
    "priority without values": (decision_file("d", "PRIORITY", ["n"], ["o"], [["-", "1"]]), "priority_without_values"),
    "no output": (decision_file("d", "FIRST", ["n"], [], [["-"]]), "outputs_missing"),
    "a short row": (decision_file("d", "FIRST", ["n", "m"], ["o"], [["-", "1"]]), "rule_width"),
    "two outputs of one name": (decision_file("d", "FIRST", ["n"], ["o", "o"], [["-", "1", "2"]]), "output_duplicate"),
    "a broken cell": (decision_file("d", "FIRST", ["n"], ["o"], [["[1..", "1"]]), "expression_invalid"),
    "boxes without end": (definitions(decision("<list>" * 60 + "</list>" * 60)), "nested_too_deep"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_with_place_and_reason(name):
    data, code = REFUSED[name]
    with pytest.raises(DmnRefused) as caught:
        load(data)
    found = {one.code: one for one in caught.value.findings}
    assert code in found
    assert found[code].text.zh
    assert found[code].text.en


def test_a_finding_names_element_and_line():
    data = definitions("\n\n" + decision(literal("1 +"), "fee"))
    with pytest.raises(DmnRefused) as caught:
        load(data)
    (found,) = caught.value.findings
    assert (found.element_id, found.line) == ("fee", 3)


# -- safety


def test_a_decision_has_one_budget_for_all_its_parts():
    many = "".join(ENTRY.format(f"n{number}", literal("count(for i in 1..9000 return i)")) for number in range(20))
    with pytest.raises(FeelError):
        decided(decision(f"<context>{many}</context>"))


def test_threads_share_a_model():
    model = load(
        decision_file("d", "FIRST", ["n"], ["o"], [[f"< {number}", f"n * {number}"] for number in range(1, 60)])
    )
    wrong = []

    def work(start):
        for number in range(start, start + 300):
            value = number % 58
            if model.evaluate_decision("d", {"n": value}) != value * (value + 1):
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 80, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
