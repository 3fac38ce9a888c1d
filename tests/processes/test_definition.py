"""Definitions: what is read from the dialect, what is refused, and that nothing changes them at run time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser

from processes.definition import Definition, nodes_of
from processes.dialect import DialectParser
from processes.faults import DefinitionNotRunnable
from processes.scripting import FeelEngine
from processes.validation.vocabulary import FLOW_NODES
from rules.feel import FeelError
from tests.processes.diagrams import (
    ASK_BOTH,
    boundary,
    build,
    call,
    end,
    exclusive,
    flows,
    message,
    node,
    process,
    script,
    start,
    sub,
    timer,
    user,
)
from tests.processes.running import Run

LINE = process(
    "line",
    start()
    + node(
        "userTask",
        "fill",
        "<bpmn:documentation>Who fills: the applicant</bpmn:documentation><bpmn:extensionElements><camunda:properties>"
        '<camunda:property name="scope" value="person"/></camunda:properties></bpmn:extensionElements>',
        name="填写申请",
        camunda__formRef="line_form",
        camunda__candidateGroups="individual",
    )
    + boundary("deleted", "fill", message("delete"))
    + call("asked", "inner")
    + end()
    + flows("started > fill > asked > ended", "deleted > ended"),
    messages=("delete",),
).replace(
    b'isExecutable="true">',
    'isExecutable="true" name="变更" camunda:versionTag="1.2"><bpmn:extensionElements><camunda:properties>'
    '<camunda:property name="title_en" value="Transfer"/></camunda:properties></bpmn:extensionElements>'.encode(),
)
INNER = process("inner", start() + user("confirm") + end() + flows("started > confirm > ended"))


def test_dialect_is_read_into_elements() -> None:
    definition = build(LINE, INNER)
    assert (definition.key, definition.name, definition.version_tag) == ("line", "变更", "1.2")
    assert definition.properties == {"title_en": "Transfer"}
    fill = definition.elements["fill"]
    assert (fill.kind, fill.name, fill.process, fill.parent) == ("userTask", "填写申请", "line", None)
    assert fill.attributes == {"formRef": "line_form", "candidateGroups": "individual"}
    assert fill.properties == {"scope": "person"}
    assert fill.documentation == "Who fills: the applicant"
    assert definition.elements["deleted"].attached_to == "fill"
    assert definition.elements["asked"].attributes["calledElement"] == "inner"
    assert "confirm" not in definition.elements
    assert definition.element("inner", "confirm").process == "inner"
    with pytest.raises(KeyError):
        definition.element("inner", "fill")


def test_every_stock_parser_of_what_we_run_is_replaced_and_no_other_element_gets_one() -> None:
    stock = {tag.rpartition("}")[2]: parser for tag, (parser, _) in BpmnParser.PARSER_CLASSES.items()}
    ours = {tag.rpartition("}")[2]: parser for tag, (parser, _) in DialectParser.OVERRIDE_PARSER_CLASSES.items()}
    assert ours.keys() == FLOW_NODES
    assert ours.keys() - {"businessRuleTask"} < stock.keys()  # the library has that one elsewhere, on Python
    for tag in stock.keys() - ours.keys():
        assert DialectParser()._get_parser_class(f"{{http://www.omg.org/spec/BPMN/20100524/MODEL}}{tag}") == (
            None,
            None,
        )


def _with(inside: str, extra: str = "") -> bytes:
    return process("odd", start() + inside + end() + flows("started > thing > ended") + extra)


@pytest.mark.parametrize(
    "data",
    [
        _with(node("businessRuleTask", "thing")),
        _with(node("sendTask", "thing")),
        _with(node("receiveTask", "thing")),
        _with(node("eventBasedGateway", "thing")),
        _with(node("userTask", "thing", "<bpmn:standardLoopCharacteristics/>")),
        _with(node("userTask", "thing", "<bpmn:multiInstanceLoopCharacteristics/>")),
        _with(node("userTask", "thing", "<bpmn:ioSpecification/>")),
        _with(node("userTask", "thing", isForCompensation="true")),
        _with(node("intermediateThrowEvent", "thing", "<bpmn:signalEventDefinition/>")),
        _with(node("intermediateThrowEvent", "thing", "<bpmn:linkEventDefinition/>")),
        _with(node("intermediateCatchEvent", "thing", "<bpmn:conditionalEventDefinition/>")),
        _with(node("intermediateCatchEvent", "thing")),
        _with(node("intermediateCatchEvent", "thing", timer("timeCycle", "R/P1D"))),
        _with(
            node("intermediateCatchEvent", "thing", timer("timeDate", "2026-01-01") + timer("timeDate", "2026-01-01"))
        ),
        _with(node("intermediateCatchEvent", "thing", "<bpmn:messageEventDefinition/>")),
        _with(node("intermediateCatchEvent", "thing", "<bpmn:timerEventDefinition/>")),
        _with(node("scriptTask", "thing", "<bpmn:script>1</bpmn:script>")),
        _with(node("scriptTask", "thing")),
        _with(node("callActivity", "thing")),
        _with(user("thing"), start("second_start") + flows("second_start > thing")),
        _with(node("complexGateway", "thing")),
        _with(node("adHocSubProcess", "thing", user("inside"))),
        _with(node("receiveTask", "thing", instantiate="true")),
        _with(node("eventBasedGateway", "thing", instantiate="true")),
        _with(node("sendTask", "thing", messageRef="unheard_of")),
        _with(sub("thing", user("no_start") + end("e") + flows("no_start > e"))),
        _with(node("subProcess", "thing", start("s") + end("e") + flows("s > e"), triggeredByEvent="true")),
        process(
            "odd",
            start() + user("thing") + end("ended", "<bpmn:signalEventDefinition/>") + flows("started > thing > ended"),
        ),
        _with(user("thing"), node("choreographyTask", "unheard_of")),
        _with(
            node(
                "callActivity",
                "thing",
                '<bpmn:extensionElements><camunda:in businessKey="#{x}"/></bpmn:extensionElements>',
                calledElement="odd",
            )
        ),
        process(
            "odd", start() + exclusive("thing") + user("a", "b") + flows("started > thing", "thing > a", "thing > b")
        ),
        process("odd", start() + user("thing") + flows("started > thing")),
        process("odd", start("begun")).replace(b'isExecutable="true"', b'isExecutable="false"'),
    ],
)
def test_what_is_not_run_is_refused_and_never_passed_over(data: bytes) -> None:
    with pytest.raises(DefinitionNotRunnable):
        build(data)


@pytest.mark.parametrize(
    "data",
    [
        process(
            "odd",
            start()
            + exclusive("which", "which_to_ended")
            + end()
            + flows("started > which > ended", "which > started : __import__('os')"),
        ),
        process(
            "odd", start() + script("thing", "x", "open('/tmp/x', 'w')") + end() + flows("started > thing > ended")
        ),
        process(
            "odd",
            start()
            + user("thing")
            + boundary("late", "thing", timer("timeDate", "=[].__class__()"))
            + end()
            + flows("started > thing > ended", "late > ended"),
        ),
        process("odd", start() + call("thing", "odd", {"x": "=exec('1')"}) + end() + flows("started > thing > ended")),
    ],
)
def test_python_in_any_expression_is_refused_when_built(data: bytes) -> None:
    with pytest.raises(FeelError):
        build(data)


def test_script_engine_has_no_way_to_python() -> None:
    engine = FeelEngine(["1 + 1"])
    environment: Any = engine.environment
    attempts: list[Callable[[], object]] = [
        lambda: environment.evaluate("1", {}),
        lambda: environment.execute("x = 1", {}),
        lambda: environment.call_service({}),
        lambda: engine.call_service(None),
    ]
    for attempt in attempts:
        with pytest.raises(DefinitionNotRunnable):
            attempt()
    with pytest.raises(FeelError):
        engine.validate("lambda: 1")
    assert engine.value("1 + 1", {}) == 2


def test_chain_of_three_hundred_elements_is_built_and_run() -> None:
    names = [f"step_{number}" for number in range(300)]
    body = start() + "".join(node("intermediateThrowEvent", name) for name in names) + end()
    run = Run(build(process("chain", body + flows(" > ".join(["started", *names, "ended"])))))
    assert run.execution.is_completed


def test_instances_never_change_the_shared_definition() -> None:
    definition = build(LINE, INNER)
    asked = build(ASK_BOTH)
    before = [dict(_attributes(definition)), dict(_attributes(asked))]
    for seed in range(20):
        chance = random.Random(seed)
        run = Run(definition)
        run = run.send("delete") if chance.random() < 0.3 else run.complete("fill").complete("asked/confirm")
        other = Run(asked)
        for _ in range(12):
            if other.tasks():
                other.complete(chance.choice(other.tasks()), again=chance.random() < 0.8)
    assert [dict(_attributes(definition)), dict(_attributes(asked))] == before


def _attributes(definition: Definition) -> Iterator[tuple[str, str]]:
    """Everything that the specs of a definition hold, by path."""
    for key, spec in definition.specs.items():
        yield (
            f"{key}",
            repr(
                {name: value for name, value in vars(spec).items() if name != "task_specs"}
                | {"order": list(spec.task_specs)}
            ),
        )
        for node_ in spec.task_specs.values():
            yield f"{key}/{node_.name}", repr(_plain(vars(node_)))
    assert all(list(nodes_of(spec)) for spec in definition.specs.values())


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        if hasattr(value, "weak_subscribers"):
            found[name] = (value.weak_subscribers, value.hard_subscribers)
        elif name == "event_definition":
            found[name] = (type(value), vars(value))
        else:
            found[name] = value
    return found


@pytest.mark.parametrize(
    ("first", "middle", "last"), [("Start", "Root", "End"), ("End", "Start", "named.EndJoin"), ("Root", "End", "Start")]
)
def test_names_that_the_library_uses_inside_are_free_for_elements(first: str, middle: str, last: str) -> None:
    data = process("named", start(first) + user(middle) + end(last) + flows(f"{first} > {middle} > {last}"))
    run = Run(build(data)).complete(middle)
    assert run.execution.end_id == last
    assert run.happened("entered") == [first, middle, last]
