"""What the library ignores, misreads or hangs on is refused, with element, line and cure (ENGINE.md, section 1).

Where each row of that section is covered:

| row | subject | covered by |
|---|---|---|
| 1, 2 | joins over laps, data of branches | tests/processes (joins and variables at run time) |
| 3 | long loops | tests/processes (1,000 laps at run time) |
| 4 | event sub-processes | tests/processes/test_event_sub_processes.py; wrong ones here |
| 5 | link, signal, compensation, escalation, conditions on tasks | tests/processes/test_events.py; wrong ones here |
| 5 | quantities, eventDefinitionRef | here |
| 6 | flows without id | tests/processes/validation/test_rewrite.py |
| 7 | isExecutable, implicit fork | here (false is refused), test_rewrite.py |
| 8 | multi-instance | tests/processes/test_repetition.py; wrong ones here |
| 9 | Python in expressions, timers | here, test_canary.py; FEEL and timers themselves: tests/rules, tests/processes |
| 10 | exceptions and error boundaries | tests/processes (business outcomes at run time) |
| 11 | prediction cost, long chains, data objects | tests/processes/validation/test_hostile.py; data associations here |
| 12 | bad references, lines | test_references.py |
| 13, 14, 15 | messages to one catcher, double completion, codec | tests/processes (run time) |
| 16 | migration | no migration in this release |
| 17 | DMN | tests/rules, test_decisions_and_juel.py |
| 18 | camunda attributes | here (others refused), tests/processes (those of the dialect) |
"""

import pytest

from tests.processes.validation.drawing import (
    ERROR,
    ERROR_EVENT,
    MESSAGE,
    MESSAGE_EVENT,
    beside,
    boundary,
    call,
    choice,
    diagram,
    errors,
    findings,
    flow,
    line,
    scope,
    script,
    service,
    sub,
    through,
    timer,
    user,
)

SIGNAL = '<signal id="signal_x" name="x"/>'
ESCALATION = '<escalation id="escalation_x" escalationCode="x"/>'
DEFINITIONS = {
    "message": MESSAGE_EVENT,
    "signal": '<signalEventDefinition signalRef="signal_x"/>',
    "escalation": '<escalationEventDefinition escalationRef="escalation_x"/>',
    "compensate": "<compensateEventDefinition/>",
    "conditional": "<conditionalEventDefinition><condition>ok</condition></conditionalEventDefinition>",
    "link": '<linkEventDefinition name="L"/>',
    "cancel": "<cancelEventDefinition/>",
    "error": ERROR_EVENT,
    "terminate": "<terminateEventDefinition/>",
    "timer": timer("timeDuration", "P1D"),
}
# The event types that a position may have; every other combination is refused.
SENT = {"message", "signal", "escalation", "compensate"}
WAITED_FOR = {"message", "timer", "signal", "conditional"}
POSITIONS = {
    "startEvent": ({"message", "signal", "timer"}, '<startEvent id="begun">{}</startEvent>'),
    "start of an event sub-process": (
        WAITED_FOR | {"error", "escalation"},
        '<startEvent id="again_begun">{}</startEvent>',
    ),
    "endEvent": (SENT | {"error", "terminate"}, '<endEvent id="done">{}</endEvent>'),
    "intermediateThrowEvent": (SENT, '<intermediateThrowEvent id="event">{}</intermediateThrowEvent>'),
    "intermediateCatchEvent": (WAITED_FOR, '<intermediateCatchEvent id="event">{}</intermediateCatchEvent>'),
    "boundaryEvent": (WAITED_FOR | {"error", "escalation"}, ""),
}


def placed(position, definition):
    inside = DEFINITIONS[definition]
    declared = MESSAGE + ERROR + SIGNAL + ESCALATION
    if position == "boundaryEvent":
        return beside(boundary(inside, on="part"), declared, sub(), "part")
    drawn = POSITIONS[position][1].format(inside)
    if position == "startEvent":
        return diagram(f"{drawn}{user()}<endEvent id='done'/>" + line("begun", "review", "done"), declared)
    if position == "start of an event sub-process":
        body = drawn + user("look") + '<endEvent id="again_over"/>' + line("again_begun", "look", "again_over")
        return through(user(), "review", event_sub(body), declared)
    if position == "endEvent":
        return through(user(), "review", declared=declared, end=drawn)
    return through(drawn, "event", declared=declared)


def event_sub(body, id_="again"):
    return f'<subProcess id="{id_}" triggeredByEvent="true">{body}</subProcess>'


COMBINATIONS = [(position, definition) for position in POSITIONS for definition in DEFINITIONS]


@pytest.mark.parametrize(("position", "definition"), COMBINATIONS)
def test_an_event_of_each_type_is_accepted_or_refused_by_its_position(position, definition):
    found = errors(placed(position, definition))
    if definition in POSITIONS[position][0]:
        assert found == []
    else:
        assert found
        assert set(found) & {"event_refused", "cancel_outside", "link_alone", "attached_refused", "handler_missing"}


def many(characteristics, inside=""):
    inside = f"<multiInstanceLoopCharacteristics {characteristics}>{inside}</multiInstanceLoopCharacteristics>"
    return through(user(inside=inside), "review")


def undone(
    more="",
    on="review",
    handler='<userTask id="undo" isForCompensation="true" camunda:formRef="review" camunda:candidateGroups="city_reviewer"><extensionElements><camunda:properties><camunda:property name="scope" value="city"/></camunda:properties></extensionElements></userTask>',
    activity=None,
):
    """A task with a compensation event and its handler."""
    event = boundary("<compensateEventDefinition/>", on=on, id_="undo_review")
    association = '<association id="to_undo" sourceRef="undo_review" targetRef="undo"/>'
    return through(activity or user(), on, event + handler + association + more)


def gateway(*targets, more=""):
    """An event-based gateway with these nodes behind it, named by their ids."""
    body = '<startEvent id="begun"/><eventBasedGateway id="first_of"/><endEvent id="done"/>' + line("begun", "first_of")
    for id_, node in targets:
        body += node + line("first_of", id_, "done")
    return diagram(body + more, MESSAGE)


CATCH = '<intermediateCatchEvent id="{}">{}</intermediateCatchEvent>'
TWO = (
    ("heard", CATCH.format("heard", MESSAGE_EVENT)),
    ("late", CATCH.format("late", timer("timeDuration", "P1D"))),
)


def extended(inside):
    return through(user().replace("<extensionElements>", f"<extensionElements>{inside}"), "review")


REFUSED = {
    # Tasks and gateways that have no meaning here
    **{
        tag: (through(f'<{tag} id="step"/>', "step"), "element_refused")
        for tag in [
            *("callChoreography", "complexGateway", "adHocSubProcess", "choreographyTask"),
        ]
    },
    # Sub-processes and loops
    "loop without condition": (through(user(inside="<standardLoopCharacteristics/>"), "review"), "expression_missing"),
    "loop of no rounds": (
        through(user(inside='<standardLoopCharacteristics loopMaximum="0"/>'), "review"),
        "attribute_value_refused",
    ),
    "multi-instance of nothing": (many(""), "repetition_of_what"),
    "multi-instance of two things": (
        many('camunda:collection="people"', "<loopCardinality>3</loopCardinality>"),
        "repetition_of_what",
    ),
    "multi-instance that goes on after the first": (
        many('camunda:collection="people" behavior="One"'),
        "attribute_value_refused",
    ),
    "multi-instance with a list of results": (
        many('camunda:collection="people"', "<loopDataOutputRef>votes</loopDataOutputRef>"),
        "element_refused",
    ),
    "multi-instance of code": (many('camunda:collection="people.stream()"'), "expression_invalid"),
    "multi-instance of a foreign call": (many('camunda:collection="${service.people()}"'), "juel_refused"),
    "item without a usable name": (
        many('camunda:collection="people" camunda:elementVariable="no name"'),
        "variable_invalid",
    ),
    "multi-instance and loop": (
        through(
            user(
                inside='<standardLoopCharacteristics loopMaximum="2"/>'
                '<multiInstanceLoopCharacteristics camunda:collection="people"/>'
            ),
            "review",
        ),
        "repeated_twice",
    ),
    "transaction that is repeated": (
        through(
            '<transaction id="part"><multiInstanceLoopCharacteristics camunda:collection="people"/>'
            + scope("part", user("inner"), "inner")
            + "</transaction>",
            "part",
        ),
        "element_refused",
    ),
    # Event sub-processes
    "event sub-process without an event": (
        through(user(), "review", event_sub(scope("again", user("look"), "look"))),
        "event_definition_missing",
    ),
    "flow into an event sub-process": (
        through(
            user(),
            "review",
            event_sub(
                f'<startEvent id="again_begun">{MESSAGE_EVENT}</startEvent><endEvent id="over"/>'
                + line("again_begun", "over")
            )
            + flow("review", "again"),
            MESSAGE,
        ),
        "flow_into",
    ),
    "event on an event sub-process": (
        through(
            user(),
            "review",
            event_sub(
                f'<startEvent id="again_begun">{MESSAGE_EVENT}</startEvent><endEvent id="over"/>'
                + line("again_begun", "over")
            )
            + boundary(timer("timeDuration", "P1D"), on="again")
            + flow("interrupted", "done"),
            MESSAGE,
        ),
        "attached_refused",
    ),
    "error that begins without interrupting": (
        through(
            user(),
            "review",
            event_sub(
                f'<startEvent id="again_begun" isInterrupting="false">{ERROR_EVENT}</startEvent><endEvent id="over"/>'
                + line("again_begun", "over")
            ),
            ERROR,
        ),
        "error_not_interrupting",
    ),
    # Compensation
    "handler that nothing asks for": (
        through(user(), "review", user("undo", ' isForCompensation="true"')),
        "handler_alone",
    ),
    "compensation without handler": (
        through(user(), "review", boundary("<compensateEventDefinition/>", id_="undo_review")),
        "handler_missing",
    ),
    "handler in the flow": (undone(flow("undo", "done")), "flow_out_of"),
    "flow out of a compensation event": (undone(flow("undo_review", "done")), "flow_out_of"),
    "compensation of a repeated activity": (
        undone(activity=user(inside='<multiInstanceLoopCharacteristics camunda:collection="people"/>')),
        "handler_repeated",
    ),
    "undoing what has no handler": (
        undone(
            '<intermediateThrowEvent id="x"><compensateEventDefinition activityRef="undo"/></intermediateThrowEvent>'
        ),
        "undone_unknown",
    ),
    "cancel outside of a transaction": (
        through(user(), "review", end='<endEvent id="done"><cancelEventDefinition/></endEvent>'),
        "cancel_outside",
    ),
    "cancel that nothing catches": (
        through(
            '<transaction id="part"><startEvent id="in"/><endEvent id="out"><cancelEventDefinition/></endEvent>'
            + line("in", "out")
            + "</transaction>",
            "part",
        ),
        "cancel_not_caught",
    ),
    "cancel on a sub-process": (
        beside(boundary("<cancelEventDefinition/>", on="part"), "", sub(), "part"),
        "attached_refused",
    ),
    # Links
    "link without name": (
        through('<intermediateThrowEvent id="event"><linkEventDefinition/></intermediateThrowEvent>', "event"),
        "attribute_missing",
    ),
    "link with a flow": (
        diagram(
            '<startEvent id="begun"/><intermediateThrowEvent id="to_far"><linkEventDefinition name="far"/>'
            '</intermediateThrowEvent><intermediateCatchEvent id="from_near"><linkEventDefinition name="far"/>'
            '</intermediateCatchEvent><endEvent id="done"/>'
            + line("begun", "to_far", "done")
            + line("from_near", "done")
        ),
        "flow_out_of",
    ),
    "link caught twice": (
        through(
            user(),
            "review",
            '<intermediateCatchEvent id="one"><linkEventDefinition name="far"/></intermediateCatchEvent>'
            '<intermediateCatchEvent id="two"><linkEventDefinition name="far"/></intermediateCatchEvent>',
        ),
        "link_duplicate",
    ),
    # Event-based gateways
    "one event behind a gateway": (gateway(TWO[0]), "event_gateway_alone"),
    "task behind an event-based gateway": (gateway(*TWO, ("review", user())), "event_gateway_target"),
    "event behind a gateway with another way to it": (
        gateway(*TWO, more=line("late", "heard")),
        "event_gateway_target",
    ),
    "gateway that begins a process": (
        gateway(*TWO).replace(b'id="first_of"', b'id="first_of" instantiate="true"'),
        "attribute_value_refused",
    ),
    "gateway that waits for all": (
        gateway(*TWO).replace(b'id="first_of"', b'id="first_of" eventGatewayType="Parallel"'),
        "attribute_value_refused",
    ),
    # Tasks
    "sending nothing": (through('<sendTask id="tell"/>', "tell"), "attribute_missing"),
    "receiving nothing": (through('<receiveTask id="hear"/>', "hear"), "attribute_missing"),
    "receiving that begins a process": (
        through('<receiveTask id="hear" messageRef="message_stop" instantiate="true"/>', "hear", declared=MESSAGE),
        "attribute_value_refused",
    ),
    "conditional event without condition": (
        beside(boundary("<conditionalEventDefinition/>")),
        "expression_missing",
    ),
    "correlation key in another language": (
        through(
            '<receiveTask id="hear" messageRef="message_stop"><extensionElements><camunda:properties>'
            '<camunda:property name="correlation_key" value="a.b()["/></camunda:properties></extensionElements></receiveTask>',
            "hear",
            declared=MESSAGE,
        ),
        "expression_invalid",
    ),
    "start quantity": (through(user(attributes=' startQuantity="2"'), "review"), "attribute_value_refused"),
    "completion quantity": (through(user(attributes=' completionQuantity="2"'), "review"), "attribute_value_refused"),
    # Events
    "event without type": (
        through('<intermediateCatchEvent id="event"/>', "event"),
        "event_definition_missing",
    ),
    "boundary event without type": (beside(boundary("")), "event_definition_missing"),
    "two event types": (
        beside(boundary(MESSAGE_EVENT + timer("timeDuration", "P1D"))),
        "event_definition_several",
    ),
    "parallel multiple": (
        beside(boundary(MESSAGE_EVENT, 'parallelMultiple="true"')),
        "attribute_value_refused",
    ),
    "event definition by reference": (
        beside(boundary("<eventDefinitionRef>defined_elsewhere</eventDefinitionRef>")),
        "element_refused",
    ),
    "start that does not interrupt": (
        through(user(), "review").replace(b"<startEvent", b'<startEvent isInterrupting="false"'),
        "start_not_interrupting",
    ),
    "error that does not interrupt": (
        beside(boundary(ERROR_EVENT, 'cancelActivity="false"', on="announce"), "", service(), "announce"),
        "error_not_interrupting",
    ),
    "error on a user task": (beside(boundary(ERROR_EVENT)), "attached_refused"),
    "message on a script": (beside(boundary(MESSAGE_EVENT, on="compute"), "", script(), "compute"), "attached_refused"),
    "message on a gateway": (
        beside(boundary(MESSAGE_EVENT, on="merge"), "", '<exclusiveGateway id="merge"/>', "merge"),
        "attached_refused",
    ),
    "two catchers of one message": (
        through(
            user(),
            "review",
            boundary(MESSAGE_EVENT)
            + boundary(MESSAGE_EVENT, id_="again")
            + '<endEvent id="stopped"/>'
            + flow("interrupted", "stopped")
            + flow("again", "stopped"),
            MESSAGE,
        ),
        "boundary_duplicate",
    ),
    # Flows
    "condition on a flow from a task": (
        through(user(), "review").replace(
            b'sourceRef="review" targetRef="done" >',
            b'sourceRef="review" targetRef="done"><conditionExpression>a = 1</conditionExpression>',
        ),
        "condition_refused",
    ),
    "condition on a flow from a start": (
        through(user(), "review").replace(
            b'targetRef="review" >', b'targetRef="review"><conditionExpression>a = 1</conditionExpression>'
        ),
        "condition_refused",
    ),
    "condition on the only flow of a gateway": (
        through('<exclusiveGateway id="merge"/>', "merge").replace(
            b'targetRef="done" >', b'targetRef="done"><conditionExpression>a = 1</conditionExpression>'
        ),
        "condition_refused",
    ),
    "condition behind a parallel gateway": (choice("parallelGateway", default=""), "condition_refused"),
    "default of a task to nowhere": (through(user(attributes=' default="x"'), "review"), "reference_unknown"),
    "condition on one of two flows from a task": (
        through(user(), "review", '<endEvent id="also"/>' + flow("review", "also", "a = 1")).replace(
            b'targetRef="done" >', b'targetRef="done"><conditionExpression>a = 2</conditionExpression>'
        ),
        "default_missing",
    ),
    "default of a parallel gateway": (choice("parallelGateway", yes=""), "attribute_refused"),
    "gateway without default": (choice(default=""), "default_missing"),
    "inclusive gateway without default": (choice("inclusiveGateway", default=""), "default_missing"),
    "default with a condition": (choice(no="a = 1"), "default_condition"),
    "flow without condition": (choice(yes=""), "condition_missing"),
    "flow that is not immediate": (
        through(user(), "review").replace(b'id="begun_to_review"', b'id="begun_to_review" isImmediate="false"'),
        "attribute_value_refused",
    ),
    # Data
    "data into a task": (
        through(user(inside="<dataInputAssociation><sourceRef>paper</sourceRef></dataInputAssociation>"), "review"),
        "element_refused",
    ),
    "data out of a task": (
        through(user(inside="<dataOutputAssociation><targetRef>paper</targetRef></dataOutputAssociation>"), "review"),
        "element_refused",
    ),
    "input and output": (through(user(inside="<ioSpecification/>"), "review"), "element_refused"),
    "property of a process": (through(user(), "review", '<property id="x"/>'), "element_refused"),
    # What Camunda would run
    **{
        f"camunda:{name} on a service task": (
            through(service(attributes=f'camunda:{name}="x"'), "announce"),
            "attribute_refused",
        )
        for name in ("class", "expression", "delegateExpression", "asyncAfter", "exclusive", "resultVariable")
    },
    **{
        f"camunda:{name} on a user task": (
            through(user(attributes=f' camunda:{name}="x"'), "review"),
            "attribute_refused",
        )
        for name in ("assignee", "candidateUsers", "formKey", "dueDate", "followUpDate", "priority", "asyncBefore")
    },
    "service task that is not external": (
        through(service(attributes='camunda:type="mail" camunda:topic="announce"'), "announce"),
        "attribute_value_refused",
    ),
    "script in a file": (
        through(
            script(attributes='scriptFormat="feel" camunda:resultVariable="x" camunda:resource="x.feel"'), "compute"
        ),
        "attribute_refused",
    ),
    "called version": (
        through(call(attributes='calledElement="elsewhere" camunda:calledElementBinding="latest"'), "call_other"),
        "attribute_value_refused",
    ),
    "execution listener": (
        extended('<camunda:executionListener class="x" event="start"/>'),
        "element_refused",
    ),
    "task listener": (extended('<camunda:taskListener expression="${x}" event="create"/>'), "element_refused"),
    "input parameters": (
        extended(
            '<camunda:inputOutput><camunda:inputParameter name="x">1</camunda:inputParameter></camunda:inputOutput>'
        ),
        "element_refused",
    ),
    "connector": (extended("<camunda:connector/>"), "element_refused"),
    "form data": (extended("<camunda:formData/>"), "element_refused"),
    "retry as an element": (
        extended("<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>"),
        "element_refused",
    ),
    "business key": (
        through(call('<camunda:in businessKey="x"/>'), "call_other"),
        "attribute_refused",
    ),
    "mapping of a user task": (extended('<camunda:in source="a" target="b"/>'), "element_refused"),
    "extension of another engine": (extended('<zeebe:taskDefinition type="x"/>'), "element_refused"),
    "attribute of another engine": (through(user(attributes=' zeebe:x="1"'), "review"), "attribute_refused"),
    "unknown attribute": (through(user(attributes=' surprise="1"'), "review"), "attribute_refused"),
    "unknown element": (through(user(), "review", "<surprise/>"), "element_refused"),
    # Process and file
    "not executable": (through(user(), "review", process='isExecutable="false"'), "not_executable"),
    "executable, or not": (through(user(), "review", process='isExecutable="perhaps"'), "attribute_value_refused"),
    "no process": (through(user(), "review").replace(b"process", b"category"), "element_refused"),
    "two processes": (
        through(user(), "review", declared='<process id="other" isExecutable="true"/>'),
        "several_processes",
    ),
    "pool": (
        through(user(), "review", declared='<collaboration id="pool"/>'),
        "element_refused",
    ),
    "import": (
        through(user(), "review", declared='<import importType="x" location="http://x" namespace="y"/>'),
        "element_refused",
    ),
    "another expression language": (
        through(user(), "review", root='expressionLanguage="http://www.w3.org/1999/XPath"'),
        "language_refused",
    ),
    # Start, end, ways
    "no start": (
        diagram(f"{user()}<endEvent id='done'/>" + flow("review", "done")),
        "start_missing",
    ),
    "two starts": (through(user(), "review", '<startEvent id="also"/>' + flow("also", "review")), "start_several"),
    "sub-process with two starts": (
        through(sub(scope("part", user("inner"), "inner") + '<startEvent id="also"/>' + flow("also", "inner")), "part"),
        "start_several",
    ),
    "empty sub-process": (through(sub(""), "part"), "start_missing"),
    "no end": (diagram(f'<startEvent id="begun"/>{user()}' + flow("begun", "review")), "end_missing"),
    "flow into a start": (through(user(), "review", flow("review", "begun")), "flow_into"),
    "flow out of an end": (through(user(), "review", flow("done", "review")), "flow_out_of"),
    "task beside the way": (through(user(), "review", user("lonely")), "no_incoming"),
    "loop beside the way": (
        through(user(), "review", user("one") + user("two") + line("one", "two", "one")),
        "unreachable",
    ),
    "dead end": (through(user(), "review", user("last") + flow("review", "last")), "no_outgoing"),
    "no way out of a loop": (
        through(user(), "review", user("one") + user("two") + line("review", "one", "two", "one")),
        "no_way_to_end",
    ),
    "loop that never stops": (
        diagram(
            f'<startEvent id="begun"/>{script()}<exclusiveGateway id="again" default="stop"/><endEvent id="done"/>'
            + line("begun", "compute", "again")
            + flow("again", "compute", "total &lt; 0")
            + flow("again", "done", id_="stop")
        ),
        "endless_loop",
    ),
    "flow across a border": (
        through(sub(), "part", user() + flow("review", "inner") + flow("part", "review", id_="x")),
        "flow_crosses_border",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_construct_that_would_not_run_as_drawn_is_refused(name):
    data, code = REFUSED[name]
    assert code in errors(data)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_element_line_and_reason_in_both_languages(name):
    data, code = REFUSED[name]
    found = next(one for one in findings(data) if one.code == code)
    assert found.element_id
    assert found.line
    assert found.process == "p"
    assert found.text.zh != found.text.en
    assert "{" not in found.text.zh + found.text.en or code == "juel_refused" or "zeebe" in found.text.en


def test_a_finding_says_what_to_draw_instead():
    (found,) = [one for one in findings(REFUSED["complexGateway"][0]) if one.severity == "error"]
    assert found.text.en == "complexGateway is not supported here: use exclusive, parallel or inclusive gateways"
    assert found.text.zh == "这里不支持 complexGateway：请改为排他、并行或包容网关"
    assert (found.element_id, found.line) == ("step", 5)
