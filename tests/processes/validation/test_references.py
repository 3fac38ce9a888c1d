"""References: inside a file, between files, and to forms, topics, roles and scopes (R-P-05)."""

import pytest

from processes.validation import validate
from tests.processes.validation.drawing import (
    ERROR,
    ERROR_EVENT,
    MESSAGE,
    MESSAGE_EVENT,
    Known,
    beside,
    boundary,
    call,
    choice,
    errors,
    findings,
    flow,
    line,
    service,
    sub,
    through,
    user,
)

GOOD = through(user(), "review")
PARTS = "<extensionElements><camunda:properties>{}</camunda:properties></extensionElements>"

DOCUMENT = """<camunda:property name="document" value="DOC-08"/>
<camunda:property name="document_template" value="{}"/><camunda:property name="document_name_zh" value="申请表"/>"""


def line_process(body_of_call, declared="", key="p"):
    """A process that people start, around a call."""
    properties = PARTS.format('<camunda:property name="starter_roles" value="individual"/>')
    return through(body_of_call, "call_other", properties, declared, key=key)


RAISING = through(user(), "review", declared=ERROR, end=f'<endEvent id="done">{ERROR_EVENT}</endEvent>', key="q")

REFUSED = {
    "source": (GOOD.replace(b'sourceRef="begun"', b'sourceRef="nowhere"'), "reference_unknown"),
    "target": (GOOD.replace(b'targetRef="done"', b'targetRef="nowhere"'), "reference_unknown"),
    "no source": (GOOD.replace(b'sourceRef="begun"', b""), "attribute_missing"),
    "message": (beside(boundary('<messageEventDefinition messageRef="none"/>')), "reference_unknown"),
    "no message": (beside(boundary("<messageEventDefinition/>")), "attribute_missing"),
    "message without name": (beside(boundary(MESSAGE_EVENT), '<message id="message_stop"/>'), "message_unnamed"),
    "two messages of one name": (
        beside(boundary(MESSAGE_EVENT), MESSAGE + '<message id="again" name="stop"/>'),
        "message_duplicate",
    ),
    "error": (
        through(user(), "review", end='<endEvent id="done"><errorEventDefinition errorRef="x"/></endEvent>'),
        "reference_unknown",
    ),
    "an error of no kind that is raised": (
        through(user(), "review", end='<endEvent id="done"><errorEventDefinition/></endEvent>'),
        "attribute_missing",
    ),
    "an escalation of no kind that is told": (
        through(user(), "review", end='<endEvent id="done"><escalationEventDefinition/></endEvent>'),
        "attribute_missing",
    ),
    "signal to nowhere": (
        through(user(), "review", end='<endEvent id="done"><signalEventDefinition signalRef="x"/></endEvent>'),
        "reference_unknown",
    ),
    "signal without name": (through(user(), "review", declared='<signal id="signal_x"/>'), "signal_unnamed"),
    "two signals of one name": (
        through(user(), "review", declared='<signal id="a" name="x"/><signal id="b" name="x"/>'),
        "signal_duplicate",
    ),
    "escalation without code": (
        through(user(), "review", declared='<escalation id="late"/>'),
        "escalation_without_code",
    ),
    "two escalations of one code": (
        through(
            user(), "review", declared='<escalation id="a" escalationCode="x"/><escalation id="b" escalationCode="x"/>'
        ),
        "escalation_duplicate",
    ),
    "message of a task to nowhere": (
        through('<receiveTask id="hear" messageRef="x"/>', "hear"),
        "reference_unknown",
    ),
    "error without code": (through(user(), "review", declared='<error id="error_no"/>'), "error_without_code"),
    "two errors of one code": (
        through(user(), "review", declared=ERROR + '<error id="again" errorCode="no"/>'),
        "error_duplicate",
    ),
    "attached to nothing": (beside(boundary(MESSAGE_EVENT, on="nowhere")), "reference_unknown"),
    "attached to itself": (beside(boundary(MESSAGE_EVENT, on="interrupted")), "attached_refused"),
    "attached across a border": (
        through(sub(), "part", boundary(MESSAGE_EVENT, on="inner") + flow("interrupted", "done"), MESSAGE),
        "reference_unknown",
    ),
    "default": (choice(default=' default="nowhere"'), "reference_unknown"),
    "default of another gateway": (
        choice(default=' default="begun_to_review"'),
        "reference_unknown",
    ),
    "lane": (
        through(user(), "review", '<laneSet id="l"><lane id="x"><flowNodeRef>gone</flowNodeRef></lane></laneSet>'),
        "reference_unknown",
    ),
    "association": (
        through(user(), "review", '<association id="x" sourceRef="review" targetRef="gone"/>'),
        "reference_unknown",
    ),
    "data object": (
        through(user(), "review", '<dataObjectReference id="x" dataObjectRef="gone"/>'),
        "reference_unknown",
    ),
    "form": (GOOD.replace(b'formRef="review"', b'formRef="gone"'), "form_unknown"),
    "no form": (GOOD.replace(b'camunda:formRef="review"', b""), "attribute_missing"),
    "role": (GOOD.replace(b"city_reviewer", b"mayor"), "role_unknown"),
    "role by expression": (GOOD.replace(b"city_reviewer", b"${role}"), "role_unknown"),
    "no role": (GOOD.replace(b'camunda:candidateGroups="city_reviewer"', b""), "attribute_missing"),
    "scope": (GOOD.replace(b'value="city"', b'value="moon"'), "scope_unknown"),
    "no scope": (GOOD.replace(b'name="scope"', b'name="status"'), "attribute_missing"),
    "four eyes": (
        GOOD.replace(b'value="city"/>', b'value="city"/><camunda:property name="separate_from" value="gone"/>'),
        "separate_from_unknown",
    ),
    "two scopes": (
        GOOD.replace(b'value="city"/>', b'value="city"/><camunda:property name="scope" value="person"/>'),
        "property_duplicate",
    ),
    "role of a blank": (GOOD.replace(b"city_reviewer", b" "), "attribute_missing"),
    "form with a blank": (GOOD.replace(b'formRef="review"', b'formRef="review "'), "form_unknown"),
    "topic by expression": (
        through(service(attributes='camunda:type="external" camunda:topic="${topic}"'), "announce"),
        "topic_invalid",
    ),
    "no topic": (through(service(attributes='camunda:type="external"'), "announce"), "attribute_missing"),
    "called process": (through(call(attributes='calledElement="gone"'), "call_other"), "process_unknown"),
    "no called process": (through(call(attributes=""), "call_other"), "attribute_missing"),
    "starter role": (
        through(user(), "review", PARTS.format('<camunda:property name="starter_roles" value="mayor"/>')),
        "role_unknown",
    ),
    "table of the start rules": (
        through(user(), "review", PARTS.format('<camunda:property name="eligibility" value="gone"/>')),
        "decision_unknown",
    ),
    "effect on the registry": (
        through(user(), "review", PARTS.format('<camunda:property name="registry_effect" value="burn_it"/>')),
        "effect_unknown",
    ),
    "template of the document": (
        through(user(), "review", PARTS.format(DOCUMENT.format("gone"))),
        "template_unknown",
    ),
    "document without a name": (
        through(user(), "review", PARTS.format('<camunda:property name="document" value="DOC-08"/>')),
        "document_incomplete",
    ),
    "no id": (GOOD.replace(b'id="review" ', b""), "id_missing"),
    "no id of the process": (GOOD.replace(b'process id="p"', b"process"), "id_missing"),
    "id that is none": (GOOD.replace(b'"review"', b'"a/b"'), "id_invalid"),
    "endless id": (GOOD.replace(b'"review"', b'"' + b"a" * 1000 + b'"'), "id_invalid"),
    "id that expressions cannot say": (GOOD.replace(b'"review"', b'"re-view"'), "variable_invalid"),
    "two nodes of one id": (through(user() + user(), "review"), "id_duplicate"),
    "flow with the id of a node": (GOOD.replace(b'id="review_to_done"', b'id="review"'), "id_duplicate"),
    "property with the id of a node": (
        GOOD.replace(b'camunda:property name="scope"', b'camunda:property id="done" name="scope"'),
        "id_duplicate",
    ),
    "one id in two scopes": (through(sub(), "part", user("inner") + line("part", "inner", "done")), "id_duplicate"),
    "file under another name": (GOOD.replace(b'process id="p"', b'process id="other"'), "process_key_differs"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_reference_to_nothing_is_refused(name):
    data, code = REFUSED[name]
    found = [one for one in findings(data) if one.code == code]
    assert found
    assert found[0].element_id
    assert found[0].line


def test_the_document_of_a_line_is_made_of_a_template_that_is_there():
    """R-P-05, DOC-06 … DOC-11."""
    assert errors(through(user(), "review", PARTS.format(DOCUMENT.format("licence_form")))) == []


NOBODY_S = GOOD.replace(b' camunda:formRef="review" camunda:candidateGroups="city_reviewer"', b"").replace(
    b"scope", b"status"
)
STARTED_BY_PEOPLE = PARTS.format('<camunda:property name="portal" value="beijing"/>')


def test_a_task_that_names_nobody_is_for_other_systems():
    assert errors(NOBODY_S) == []
    assert errors(GOOD.replace(b'camunda:formRef="review" ', b"")) == ["attribute_missing"]


def test_in_a_line_every_task_names_its_people_and_its_form():
    line = NOBODY_S.replace(b"<startEvent", STARTED_BY_PEOPLE.encode() + b"<startEvent", 1)
    assert [one.code for one in findings(line) if one.severity == "error"] == ["attribute_missing"] * 3


def test_a_topic_without_a_handler_is_left_to_other_systems():
    other = through(service(attributes='camunda:type="external" camunda:topic="gone"'), "announce")
    (found,) = [one for one in findings(other) if one.code == "topic_unknown"]
    assert found.severity == "warning"
    assert errors(other) == []


def test_processes_that_call_each_other_are_refused():
    one = through(call(attributes='calledElement="q"'), "call_other")
    two = through(call(attributes='calledElement="p"'), "call_other", key="q")
    found = [finding for finding in findings(one, q=two) if finding.code == "call_recursion"]
    assert [finding.text.en for finding in found] == ["The processes call each other in a circle: p → q → p"]
    itself = through(call(attributes='calledElement="p"'), "call_other")
    assert errors(itself) == ["call_recursion"]


def test_calls_that_multiply_are_refused():
    files = {}
    for number in range(14):
        calls = "".join(call(attributes=f'calledElement="p{number + 1}"', id_=f"call_{one}") for one in ("a", "b", "c"))
        files[f"p{number}"] = through(calls, "call_a", line("call_a", "call_b", "call_c", "done"), key=f"p{number}")
    files["p14"] = through(user(), "review", key="p14")
    assert "calls_too_large" in {finding.code for finding in validate(files, Known())}


def test_an_error_that_nothing_catches_is_refused_where_a_person_starts():
    uncaught = line_process(call(attributes='calledElement="q"'))
    (found,) = findings(uncaught, q=RAISING)[:1]
    assert (found.code, found.element_id, found.process) == ("error_not_caught", "call_other", "p")


def test_an_error_is_caught_at_the_call_or_around_it():
    at_call = line_process(
        call(attributes='calledElement="q"')
        + boundary(ERROR_EVENT, on="call_other")
        + '<endEvent id="stopped"/>'
        + flow("interrupted", "stopped"),
        ERROR,
    )
    assert errors(at_call, q=RAISING) == []
    inside = sub(
        '<startEvent id="in"/>'
        + call(attributes='calledElement="q"', id_="ask")
        + '<endEvent id="out"/>'
        + line("in", "ask", "out"),
        id_="call_other",
    )
    around = line_process(
        inside + boundary(ERROR_EVENT, on="call_other") + '<endEvent id="stopped"/>' + flow("interrupted", "stopped"),
        ERROR,
    )
    assert errors(around, q=RAISING) == []


def test_an_error_may_leave_a_process_that_only_others_call():
    assert errors(RAISING, "q") == []


def test_a_finding_names_its_own_file():
    broken = through(user(), "review", key="q").replace(b'formRef="review"', b'formRef="gone"')
    assert {(one.process, one.code) for one in findings(GOOD, q=broken) if one.severity == "error"} == {
        ("q", "form_unknown")
    }


def test_a_task_may_be_kept_apart_from_one_of_a_calling_process():
    apart = b'value="city"/><camunda:property name="separate_from" value="first_decision"/>'
    called = through(user(), "review", key="q").replace(b'value="city"/>', apart)
    caller = through(user("first_decision") + call(attributes='calledElement="q"'), "first_decision")
    caller = caller.replace(b'targetRef="done"', b'targetRef="call_other"').replace(
        b"<endEvent", flow("call_other", "done").encode() + b"<endEvent"
    )
    assert errors(caller, q=called) == []
    assert errors(called, "q") == ["separate_from_unknown"]
