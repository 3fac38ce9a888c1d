"""Every position of the whitelist has an example that passes; so have the project's own diagrams."""

from pathlib import Path

import pytest

from applications.lines import EMPLOYERS
from handlers.effects import EFFECTS
from kernel.actors import Role
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
    diagram,
    errors,
    flow,
    line,
    scope,
    script,
    service,
    sub,
    through,
    timer,
    user,
    warnings,
)
from tests.processes.validation.test_traps import POSITIONS, TWO, event_sub, gateway, many, placed, undone
from wiring import SCOPES

BPMN = Path(__file__).parents[3] / "bpmn"
PARALLEL = (
    '<startEvent id="begun"/><{kind} id="split"{default}/>{one}{two}<{kind} id="join"/><endEvent id="done"/>'
    + line("begun", "split", "one", "join", "done").replace("split_to_one", "way_one")
    + flow("two", "join")
)

ACCEPTED = {
    "user task": through(user(), "review"),
    "user task of several roles": through(
        user().replace("city_reviewer", "city_reviewer, district_reviewer"), "review"
    ),
    "service task": through(service(), "announce"),
    "service task as a job": through(
        service(
            attributes='camunda:type="external" camunda:topic="announce" camunda:asyncBefore="true" '
            'camunda:failedJobRetryTimeCycle="R3/PT10M"'
        ),
        "announce",
    ),
    "script task": through(script(), "compute"),
    "call activity": through(call(), "call_other"),
    "call activity with mappings": through(
        call(
            '<camunda:in source="a" target="b"/><camunda:in sourceExpression="a + 1" target="c"/>'
            '<camunda:out variables="all"/>'
        ),
        "call_other",
    ),
    "call activity pinned": through(
        call(attributes='calledElement="elsewhere" camunda:calledElementBinding="deployment"'), "call_other"
    ),
    "embedded sub-process": through(sub(), "part"),
    "embedded sub-process, said so": through(sub(attributes='triggeredByEvent="false"'), "part"),
    "sub-process in a sub-process": through(
        sub(scope("part", sub(scope("deep", user("inner"), "inner"), id_="deep"), "deep")), "part"
    ),
    "exclusive gateway": choice(),
    "inclusive gateway": choice("inclusiveGateway"),
    "merging exclusive gateway": through('<exclusiveGateway id="merge"/>', "merge"),
    "parallel gateway": diagram(
        PARALLEL.format(kind="parallelGateway", default="", one=user("one"), two=user("two")) + flow("split", "two")
    ),
    "inclusive join": diagram(
        PARALLEL.format(kind="inclusiveGateway", default=' default="way_one"', one=user("one"), two=user("two"))
        + flow("split", "two", "area &gt; 5")
    ),
    "none throw event": through('<intermediateThrowEvent id="noted"/>', "noted"),
    "timer catch, date": through(
        f'<intermediateCatchEvent id="waited">{timer("timeDate", "2026-06-15T09:00:00")}</intermediateCatchEvent>',
        "waited",
    ),
    "timer catch, duration": through(
        f'<intermediateCatchEvent id="waited">{timer("timeDuration", "P10D")}</intermediateCatchEvent>', "waited"
    ),
    "timer catch, expression": through(
        f'<intermediateCatchEvent id="waited">{timer("timeDate", "=publicity_until")}</intermediateCatchEvent>',
        "waited",
    ),
    "timer catch, constant expression": through(
        f'<intermediateCatchEvent id="waited">{timer("timeDuration", "=duration(&quot;P3D&quot;) * 2")}'
        "</intermediateCatchEvent>",
        "waited",
    ),
    "boundary timer": beside(boundary(timer("timeDuration", "PT4H"))),
    "boundary timer, not interrupting": beside(boundary(timer("timeDuration", "P3D"), 'cancelActivity="false"')),
    "boundary cycle, not interrupting": beside(boundary(timer("timeCycle", "R/P3D"), 'cancelActivity="false"')),
    "boundary cycle, counted": beside(boundary(timer("timeCycle", "R5/PT1H"), 'cancelActivity="false"')),
    "boundary message": beside(boundary(MESSAGE_EVENT)),
    "boundary message, not interrupting": beside(boundary(MESSAGE_EVENT, 'cancelActivity="false"')),
    "boundary message on a service task": beside(boundary(MESSAGE_EVENT, on="announce"), "", service(), "announce"),
    "boundary message on a sub-process": beside(boundary(MESSAGE_EVENT, on="part"), "", sub(), "part"),
    "boundary message on a call": beside(boundary(MESSAGE_EVENT, on="call_other"), "", call(), "call_other"),
    "boundary error on a service task": beside(boundary(ERROR_EVENT, on="announce"), "", service(), "announce"),
    "boundary error on a call": beside(boundary(ERROR_EVENT, on="call_other"), "", call(), "call_other"),
    "boundary error on a sub-process": beside(
        boundary(ERROR_EVENT, 'cancelActivity="true"', on="part"),
        "",
        sub(f'<startEvent id="in"/><endEvent id="raised">{ERROR_EVENT}</endEvent>' + line("in", "raised")),
        "part",
    ),
    "error end": through(user(), "review", declared=ERROR, end=f'<endEvent id="done">{ERROR_EVENT}</endEvent>'),
    "terminate end": through(user(), "review", end='<endEvent id="done"><terminateEventDefinition/></endEvent>'),
    "several flows out of a task": through(
        user(), "review", more='<endEvent id="also_done"/>' + flow("review", "also_done")
    ),
    "several flows into a task": diagram(
        f'<startEvent id="begun"/>{user()}{boundary(MESSAGE_EVENT)}<endEvent id="done"/>'
        + line("begun", "review", "done")
        + flow("interrupted", "review"),
        MESSAGE,
    ),
    "flow without id": diagram(
        f'<startEvent id="begun"/>{user()}<endEvent id="done"/>'
        + flow("begun", "review", id_="")
        + flow("review", "done", id_="")
    ),
    "lanes": through(
        user(),
        "review",
        '<laneSet id="lanes"><lane id="city" name="市建委"><flowNodeRef>review</flowNodeRef></lane></laneSet>',
    ),
    "what is only drawn": through(
        user(),
        "review",
        '<textAnnotation id="note"><text>说明</text></textAnnotation>'
        '<association id="to_note" sourceRef="review" targetRef="note"/><group id="together"/>'
        '<dataObject id="paper"/><dataObjectReference id="shown_paper" dataObjectRef="paper"/>'
        '<dataStoreReference id="book" name="注册簿"/>',
    ),
    "documentation": through(user(inside="<documentation>说明</documentation>"), "review"),
    "condition that says its language": choice().replace(
        b'tFormalExpression">', b'tFormalExpression" language="FEEL">'
    ),
    "language by its address": choice().replace(
        b'tFormalExpression">', b'tFormalExpression" language="https://www.omg.org/spec/DMN/20191111/FEEL/">'
    ),
    "task of no type": through('<task id="think"/>', "think"),
    "manual task": through('<manualTask id="sign"/>', "sign"),
    "send task": through('<sendTask id="tell" messageRef="message_stop"/>', "tell", declared=MESSAGE),
    "send task with a topic": through(
        '<sendTask id="tell" camunda:type="external" camunda:topic="announce"/>', "tell", declared=MESSAGE
    ),
    "receive task": through('<receiveTask id="hear" messageRef="message_stop"/>', "hear", declared=MESSAGE),
    "receive task with a correlation key": through(
        '<receiveTask id="hear" messageRef="message_stop"><extensionElements><camunda:properties>'
        '<camunda:property name="correlation_key" value="a"/></camunda:properties></extensionElements></receiveTask>',
        "hear",
        declared=MESSAGE,
    ),
    "message that hands something over": through(
        '<intermediateThrowEvent id="told"><messageEventDefinition messageRef="message_stop"><extensionElements>'
        '<camunda:in source="a" target="b"/></extensionElements></messageEventDefinition></intermediateThrowEvent>',
        "told",
        declared=MESSAGE,
    ),
    "event-based gateway": gateway(*TWO),
    "receive task behind an event-based gateway": gateway(
        ("hear", '<receiveTask id="hear" messageRef="message_stop"/>'), TWO[1]
    ),
    "conditions on flows from a task": through(
        user(attributes=' default="review_to_done"'),
        "review",
        '<endEvent id="also"/>' + flow("review", "also", "a &gt; 1"),
    ),
    "condition on a flow from a task beside one without": through(
        user(), "review", '<endEvent id="also"/>' + flow("review", "also", "a &gt; 1")
    ),
    "multi-instance over a collection": many('camunda:collection="people" camunda:elementVariable="person"'),
    "multi-instance over a foreign collection": many('camunda:collection="${people}" camunda:elementVariable="person"'),
    "multi-instance as the standard writes it": many(
        "", '<loopDataInputRef>people</loopDataInputRef><inputDataItem id="item" name="person"/>'
    ),
    "multi-instance, a number of times, one by one": many(
        'isSequential="true"',
        '<loopCardinality xsi:type="tFormalExpression">a + 1</loopCardinality>'
        "<completionCondition>nrOfCompletedInstances &gt; 1</completionCondition>",
    ),
    "multi-instance sub-process": through(
        sub(scope("part", user("inner"), "inner") + '<multiInstanceLoopCharacteristics camunda:collection="people"/>'),
        "part",
    ),
    "standard loop": through(
        user(
            inside='<standardLoopCharacteristics testBefore="false"><loopCondition>a &gt; 1</loopCondition></standardLoopCharacteristics>'
        ),
        "review",
    ),
    "event sub-process": placed("start of an event sub-process", "message"),
    "event sub-process that catches what the scope raises": through(
        sub(
            f'<startEvent id="in"/><endEvent id="raised">{ERROR_EVENT}</endEvent>'
            + line("in", "raised")
            + event_sub(
                f'<startEvent id="again_begun">{ERROR_EVENT}</startEvent>{user("look")}<endEvent id="over"/>'
                + line("again_begun", "look", "over")
            )
        ),
        "part",
        declared=ERROR,
    ),
    "event sub-process, not interrupting": placed("start of an event sub-process", "timer").replace(
        b'id="again_begun"', b'id="again_begun" isInterrupting="false"'
    ),
    "compensation": undone(),
    "compensation asked for": undone().replace(
        b'<endEvent id="done"/>',
        b'<endEvent id="done"><compensateEventDefinition activityRef="review"/></endEvent>',
    ),
    "transaction": through(
        f'<transaction id="part"><startEvent id="in"/>{user("inner")}<exclusiveGateway id="kept" default="kept_to_over"/>'
        '<endEvent id="over"/><endEvent id="out"><cancelEventDefinition/></endEvent>'
        + line("in", "inner", "kept", "over")
        + flow("kept", "out", "inner.bad")
        + "</transaction>",
        "part",
        boundary("<cancelEventDefinition/>", on="part") + flow("interrupted", "done"),
    ),
    "links": diagram(
        '<startEvent id="begun"/><intermediateThrowEvent id="to_far"><linkEventDefinition name="far"/>'
        '</intermediateThrowEvent><intermediateCatchEvent id="from_near"><linkEventDefinition name="far"/>'
        f'</intermediateCatchEvent>{user()}<endEvent id="done"/>'
        + line("begun", "to_far")
        + line("from_near", "review", "done")
    ),
    "boundary error of any kind": beside(boundary("<errorEventDefinition/>", on="announce"), "", service(), "announce"),
    **{
        f"{definition} at {position}": placed(position, definition)
        for position, (definitions, _) in POSITIONS.items()
        for definition in sorted(definitions)
    },
    "colours": through(user(attributes=' bioc:fill="#fff"'), "review"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_position_of_the_whitelist_is_accepted(name):
    assert errors(ACCEPTED[name]) == []


def test_what_may_be_better_is_told_and_not_refused():
    data = through(user("Activity_0x3f1ab"), "Activity_0x3f1ab", process='camunda:historyTimeToLive="P30D"')
    assert errors(data) == []
    assert warnings(data) == {
        "is_executable_missing",
        "id_not_speaking",
        "attribute_without_effect",
        "drawing_missing",
    }
    assert "property_unknown" in warnings(through(user().replace('name="scope"', 'name="scop"'), "review"))


def test_a_node_that_is_not_drawn_is_told():
    drawn = '<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="pl" bpmnElement="p"><bpmndi:BPMNShape id="s" bpmnElement="review"/></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    found = warnings(through(user(), "review", declared=drawn))
    assert "drawing_incomplete" in found
    assert "drawing_missing" not in found


class Everything(Known):
    """Every form, topic and process exists; the roles, scopes and effects of the service."""

    roles = frozenset(role.value for role in Role)
    employers = EMPLOYERS
    scopes = SCOPES
    effects = frozenset(EFFECTS)

    def form_exists(self, key):
        return True

    template_exists = topic_exists = process_exists = decision_exists = form_exists


def test_the_diagrams_of_the_project_pass_without_any_finding():
    files = {path.stem: path.read_bytes() for path in sorted(BPMN.glob("*.bpmn"))}
    assert files
    assert validate(files, Everything()) == []


def test_a_process_may_call_one_of_the_same_deployment():
    caller = through(call(attributes='calledElement="q"'), "call_other")
    called = through(user(), "review", key="q")
    assert errors(caller, q=called) == []
