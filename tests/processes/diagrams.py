"""Small diagrams for the tests of the engine, written in a few words instead of XML."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from processes.definition import Definition

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="file" targetNamespace="tests">'
)


def process(
    key: str,
    body: str,
    *,
    messages: tuple[str, ...] = (),
    errors: tuple[str, ...] = (),
    signals: tuple[str, ...] = (),
    escalations: tuple[str, ...] = (),
) -> bytes:
    """A file with one process; a message `sent` has the id `sent_id`, a signal, an error or escalation code likewise."""
    declared = "".join(f'<bpmn:message id="{name}_id" name="{name}"/>' for name in messages)
    declared += "".join(f'<bpmn:signal id="{name}_id" name="{name}"/>' for name in signals)
    declared += "".join(f'<bpmn:error id="{code}_id" name="{code}" errorCode="{code}"/>' for code in errors)
    declared += "".join(f'<bpmn:escalation id="{code}_id" escalationCode="{code}"/>' for code in escalations)
    return f'{_HEAD}{declared}<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def build(*files: bytes) -> Definition:
    """The definition of the first file, with the others as what it calls."""
    named: dict[str, bytes] = {}
    for data in files:
        key = data.decode().split('<bpmn:process id="')[1].split('"')[0]
        named[key] = data
    return Definition.build(named, next(iter(named)))


def node(kind: str, id: str, inside: str = "", **attributes: str) -> str:
    given = "".join(f" {name.replace('__', ':')}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{kind} id="{id}"{given}>{inside}</bpmn:{kind}>'


def start(id: str = "started") -> str:
    return node("startEvent", id)


def end(id: str = "ended", inside: str = "") -> str:
    return node("endEvent", id, inside)


def error_end(id: str, code: str) -> str:
    return end(id, f'<bpmn:errorEventDefinition errorRef="{code}_id"/>')


def user(*ids: str) -> str:
    return "".join(node("userTask", id) for id in ids)


def service(*ids: str) -> str:
    return "".join(node("serviceTask", id, camunda__type="external", camunda__topic=id) for id in ids)


def script(id: str, variable: str, expression: str) -> str:
    inside = f"<bpmn:script>{escape(expression)}</bpmn:script>"
    return node("scriptTask", id, inside, scriptFormat="feel", camunda__resultVariable=variable)


def parallel(*ids: str) -> str:
    return "".join(node("parallelGateway", id) for id in ids)


def exclusive(id: str, default: str = "") -> str:
    return node("exclusiveGateway", id, **({"default": default} if default else {}))


def inclusive(id: str, default: str = "") -> str:
    return node("inclusiveGateway", id, **({"default": default} if default else {}))


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{name}_id"/>'


def error(code: str | None) -> str:
    return f'<bpmn:errorEventDefinition errorRef="{code}_id"/>' if code else "<bpmn:errorEventDefinition/>"


def signal(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="{name}_id"/>'


def escalation(code: str | None) -> str:
    reference = f' escalationRef="{code}_id"' if code else ""
    return f"<bpmn:escalationEventDefinition{reference}/>"


def conditional(condition: str) -> str:
    return f"<bpmn:conditionalEventDefinition><bpmn:condition>{escape(condition)}</bpmn:condition></bpmn:conditionalEventDefinition>"


def throwing(id: str, definition: str) -> str:
    return node("intermediateThrowEvent", id, definition)


def catching(id: str, definition: str) -> str:
    return node("intermediateCatchEvent", id, definition)


def several(*, over: str = "", element: str = "", times: str = "", until: str = "", one_by_one: bool = False) -> str:
    """Multi-instance characteristics: over a collection or a number of times, until a condition is true."""
    given = f" camunda:collection={quoteattr(over)}" if over else ""
    given += f' camunda:elementVariable="{element}"' if element else ""
    given += ' isSequential="true"' if one_by_one else ""
    inside = f"<bpmn:loopCardinality>{escape(times)}</bpmn:loopCardinality>" if times else ""
    inside += f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    return f"<bpmn:multiInstanceLoopCharacteristics{given}>{inside}</bpmn:multiInstanceLoopCharacteristics>"


def looping(condition: str = "", *, most: int = 0, before: bool = False) -> str:
    given = f' loopMaximum="{most}"' if most else ""
    given += ' testBefore="true"' if before else ""
    inside = f"<bpmn:loopCondition>{escape(condition)}</bpmn:loopCondition>" if condition else ""
    return f"<bpmn:standardLoopCharacteristics{given}>{inside}</bpmn:standardLoopCharacteristics>"


def event_sub(id: str, definition: str, body: str, first: str, *, interrupting: bool = True) -> str:
    """An event sub-process whose start event leads to `first`."""
    begun = node("startEvent", f"{id}_begun", definition, isInterrupting=str(interrupting).lower())
    return node("subProcess", id, begun + body + flows(f"{id}_begun > {first}"), triggeredByEvent="true")


def boundary(id: str, on: str, definition: str, *, interrupting: bool = True) -> str:
    return node("boundaryEvent", id, definition, attachedToRef=on, cancelActivity=str(interrupting).lower())


def call(id: str, called: str, ins: Mapping[str, str] | str = "", outs: Mapping[str, str] | str = "") -> str:
    """A call activity; a mapping is {target: source}, a source that begins with `=` an expression, or "all"."""
    mappings = _mappings("in", ins) + _mappings("out", outs)
    return node(
        "callActivity", id, f"<bpmn:extensionElements>{mappings}</bpmn:extensionElements>", calledElement=called
    )


def _mappings(kind: str, given: Mapping[str, str] | str) -> str:
    if isinstance(given, str):
        return f'<camunda:{kind} variables="all"/>' if given else ""
    written = ""
    for target, source in given.items():
        attribute = "sourceExpression" if source.startswith("=") else "source"
        written += f'<camunda:{kind} {attribute}={quoteattr(source)} target="{target}"/>'
    return written


def flows(*written: str) -> str:
    """Sequence flows from lines such as `a > b > c` and `gateway > d : x = 1`; the id is `a_to_b`."""
    found = ""
    for line in written:
        path, _, condition = line.partition(" : ")
        steps = [step.strip() for step in path.split(">")]
        inside = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
        for source, target in pairwise(steps):
            found += node("sequenceFlow", f"{source}_to_{target}", inside, sourceRef=source, targetRef=target)
    return found


def sub(id: str, body: str) -> str:
    return node("subProcess", id, body)


ASK_BOTH = process(
    "ask_both",
    start()
    + user("fill")
    + parallel("both_asked", "both_agreed")
    + user("old_confirms", "new_confirms", "decide")
    + exclusive("again", "again_to_ended")
    + end()
    + flows(
        "started > fill > both_asked > old_confirms > both_agreed > decide > again",
        "both_asked > new_confirms > both_agreed",
        "again > ended",
        "again > fill : decide.again",
    ),
)
