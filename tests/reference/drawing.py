"""Writes a tree of blocks as a diagram in the dialect of DESIGN.md section 4.

It writes its XML by itself and shares nothing with the engine, so that a fault of one is not a fault of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from tests.reference.blocks import (
    Block,
    Boundary,
    Branch,
    Call,
    Catch,
    Choice,
    Condition,
    Count,
    Event,
    EventChoice,
    Handler,
    Inclusive,
    Loop,
    Many,
    Milestone,
    Parallel,
    Raise,
    Repeated,
    Scope,
    Sequence,
    Service,
    Stop,
    SubProcess,
    Terminate,
    Throw,
    User,
    Watched,
)

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="file" targetNamespace="urn:random">\n'
)


_DECLARED = {"message": "", "signal": "", "error": ' errorCode="{}"', "escalation": ' escalationCode="{}"'}


@dataclass(frozen=True, slots=True)
class House:
    """What exists around a diagram: the form, role and scope of its user tasks, the topic of its service tasks."""

    form: str = "review"
    group: str = "city_reviewer"
    scope: str = "city"
    topic: str = "announce"


@dataclass(frozen=True, slots=True)
class _Way:
    """A sequence flow of which only the source is drawn yet."""

    source: str
    number: int
    condition: Condition | None = None
    is_default: bool = False


def draw(key: str, scope: Scope, house: House) -> bytes:
    """The file of one process."""
    drawing = _Drawing(house)
    body = drawing.scope(scope)
    declared = "".join(
        f'<{kind} id="{name}_id" name="{name}"{code.format(name)}/>\n'
        for kind, code in _DECLARED.items()
        for name in sorted(drawing.named[kind])
    )
    return f'{_HEAD}{declared}<process id="{key}" isExecutable="true">\n{body}</process>\n</definitions>\n'.encode()


class _Drawing:
    """One process. Every method that draws a block takes the ways that lead to it and returns those that leave it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.named: dict[str, set[str]] = {kind: set() for kind in _DECLARED}
        self._nodes: list[str] = []
        self._flows: list[tuple[int, str]] = []
        self._defaults: dict[str, str] = {}
        self._flow_ids: set[str] = set()
        self._count = 0

    def scope(self, scope: Scope, starts: Event | None = None, about: str = "") -> str:
        """The elements of a process or sub-process as text."""
        around = self._nodes, self._flows
        self._nodes, self._flows = [], []
        self._node("startEvent", scope.start, self._event(starts) if starts else "", about)
        ways = self.block(scope.body, [self._way(scope.start)])
        if ways:
            self._lead(ways, "endEvent", scope.end)
        for handler in scope.handlers:
            self._node("subProcess", handler.id, "\n" + self._handler(handler), 'triggeredByEvent="true"')
        text = "".join(self._nodes) + "".join(flow for _, flow in sorted(self._flows))
        for gateway, flow in self._defaults.items():
            text = text.replace(f'id="{gateway}" default=""', f'id="{gateway}" default="{flow}"')
        self._nodes, self._flows = around
        return text

    def block(self, block: Block, ways: list[_Way]) -> list[_Way]:
        match block:
            case User() | Service() | SubProcess() | Call():
                return self._activity(block, ways)
            case Repeated(activity, condition, before, most):
                about = f' testBefore="{str(before).lower()}"' + (f' loopMaximum="{most}"' if most else "")
                inside = f"<loopCondition>{escape(condition.feel)}</loopCondition>"
                marker = f"<standardLoopCharacteristics{about}>{inside}</standardLoopCharacteristics>"
                return self._activity(activity, ways, marker)
            case Many(activity, sequential, count, until, items):
                about, inside = "", f"<loopCardinality>{count}</loopCardinality>"
                if items:
                    listed = ", ".join(str(10 * number) for number in range(count))
                    about, inside = f' camunda:collection="[{listed}]" camunda:elementVariable="item"', ""
                if until is not None:
                    inside += f"<completionCondition>{escape(until.feel)}</completionCondition>"
                marker = "multiInstanceLoopCharacteristics"
                marker = f'<{marker} isSequential="{str(sequential).lower()}"{about}>{inside}</{marker}>'
                return self._activity(activity, ways, marker)
            case Count(id, variable):
                text = f"<script>if {variable} = null then 1 else {variable} + 1</script>"
                about = f'scriptFormat="feel" camunda:resultVariable="{variable}"'
                return self._lead(ways, "scriptTask", id, text, about)
            case Milestone(id):
                return self._lead(ways, "intermediateThrowEvent", id)
            case Catch(id, event):
                return self._lead(ways, "intermediateCatchEvent", id, self._event(event))
            case Throw(id, kind, name, ends):
                inside = _compensating(name) if kind == "compensation" else self._event(Event(kind, name))
                way = self._lead(ways, "endEvent" if ends else "intermediateThrowEvent", id, inside)
                return [] if ends else way
            case Stop(id):
                self._lead(ways, "endEvent", id)
                return []
            case Terminate(id):
                self._lead(ways, "endEvent", id, "<terminateEventDefinition/>")
                return []
            case Raise(id, code):
                self._lead(ways, "endEvent", id, self._event(Event("error", code)))
                return []
            case Sequence(parts):
                for part in parts:
                    ways = self.block(part, ways)
                return ways
            case Choice(id, branches):
                self._lead(ways, "exclusiveGateway", id, "", 'default=""')
                return [left for way, body in self._ways_of(id, branches) for left in self.block(body, [way])]
            case EventChoice(id, events):
                self._lead(ways, "eventBasedGateway", id)
                ways = []
                for one in events:
                    ways += self.block(one.body, self.block(one.catch, [self._way(id)]))
                return ways
            case Parallel(id, join, branches):
                self._lead(self._merged(ways, id), "parallelGateway", id)
                starts = [(self._way(id), body) for body in branches]
                return self._join("parallelGateway", join, starts)
            case Inclusive(id, join, branches):
                self._lead(self._merged(ways, id), "inclusiveGateway", id, "", 'default=""')
                return self._join("inclusiveGateway", join, self._ways_of(id, branches))
            case Loop(merge, body, id, again):
                ways = self._lead(ways, "exclusiveGateway", merge)
                self._lead(self.block(body, ways), "exclusiveGateway", id, "", 'default=""')
                self._flow(self._way(id, again), merge)
                return [self._way(id, is_default=True)]
            case Watched():
                return self._watched(block, ways)

    def _activity(self, activity: User | Service | SubProcess | Call, ways: list[_Way], marker: str = "") -> list[_Way]:
        ways = self._lead(ways, *self._task(activity, marker))
        if activity.undo is not None:
            event, handler = f"{activity.id}_undoing", activity.undo.id
            self._node("boundaryEvent", event, _compensating(""), f'attachedToRef="{activity.id}"')
            tag, id, inside, about = self._task(activity.undo, "")
            self._node(tag, id, inside, f'{about} isForCompensation="true"')
            ends = f'sourceRef="{event}" targetRef="{handler}" associationDirection="One"'
            self._node("association", f"{event}_by", "", ends)
        return ways

    def _task(self, activity: User | Service | SubProcess | Call, marker: str) -> tuple[str, str, str, str]:
        """The tag, id, content and attributes of an activity."""
        house = self.house
        match activity:
            case User(id):
                scope = f'<camunda:property name="scope" value="{house.scope}"/>'
                inside = f"<extensionElements><camunda:properties>{scope}</camunda:properties></extensionElements>"
                about = f'camunda:formRef="{house.form}" camunda:candidateGroups="{house.group}"'
                return "userTask", id, inside + marker, about
            case Service(id):
                about = f'camunda:type="external" camunda:topic="{house.topic}"'
                return "serviceTask", id, marker, about + ' camunda:asyncBefore="true"' * activity.as_job
            case SubProcess(id, inner):
                return "subProcess", id, f"{marker}\n{self.scope(inner)}", ""
            case Call(id, process):
                return "callActivity", id, _mappings(activity) + marker, f'calledElement="{process}"'

    def _handler(self, handler: Handler) -> str:
        """The inside of an event sub-process."""
        about = f'isInterrupting="{str(handler.interrupting).lower()}"'
        return self.scope(handler.scope, handler.event, about)

    def _watched(self, block: Watched, ways: list[_Way]) -> list[_Way]:
        host = block.activity.id
        if any(boundary.goes == "back" for boundary in block.boundaries):
            ways = self._lead(ways, "exclusiveGateway", f"{host}_again")
        ways = self.block(block.activity, ways)
        for boundary in block.boundaries:
            left = self._boundary(boundary, host)
            match boundary.goes:
                case "on":
                    ways = ways + left
                case "back":
                    for way in left:
                        self._flow(way, f"{host}_again")
                case "ends" if left:
                    self._lead(left, "endEvent", boundary.end)
        return ways

    def _boundary(self, boundary: Boundary, host: str) -> list[_Way]:
        about = f'attachedToRef="{host}" cancelActivity="{str(boundary.interrupting).lower()}"'
        self._node("boundaryEvent", boundary.id, self._event(boundary.event), about)
        return self.block(boundary.body, [self._way(boundary.id)])

    def _event(self, event: Event) -> str:
        match event.kind:
            case "timer":
                tag = "timeCycle" if event.text.startswith("R") else "timeDuration"
                return f"<timerEventDefinition><{tag}>{event.text}</{tag}></timerEventDefinition>"
            case kind:
                self.named[kind].add(event.name)
                return f'<{kind}EventDefinition {kind}Ref="{event.name}_id"/>'

    def _join(self, kind: str, id: str, starts: Iterable[tuple[_Way, Block]]) -> list[_Way]:
        """Draw the branches and lead each by exactly one flow to the join; some may never come."""
        arriving = [
            way
            for n, (start, body) in enumerate(starts, 1)
            for way in self._merged(self.block(body, [start]), f"{id}_{n}")
        ]
        return self._lead(arriving, kind, id) if arriving else []

    def _merged(self, ways: list[_Way], name: str) -> list[_Way]:
        """The same ways as one, where several would mean that all are waited for."""
        return self._lead(ways, "exclusiveGateway", f"{name}_merge") if len(ways) > 1 else ways

    def _ways_of(self, gateway: str, branches: tuple[Branch, ...]) -> list[tuple[_Way, Block]]:
        return [(self._way(gateway, one.condition, one.condition is None), one.body) for one in branches]

    def _way(self, source: str, condition: Condition | None = None, is_default: bool = False) -> _Way:
        self._count += 1
        return _Way(source, self._count, condition, is_default)

    def _lead(self, ways: list[_Way], tag: str, id: str, inside: str = "", about: str = "") -> list[_Way]:
        """Draw an element, lead these ways to it and return the one that leaves it."""
        self._node(tag, id, inside, about)
        for way in ways:
            self._flow(way, id)
        return [self._way(id)]

    def _node(self, tag: str, id: str, inside: str = "", about: str = "") -> None:
        self._nodes.append(f'<{tag} id="{id}"{" " * bool(about)}{about}>{inside}</{tag}>\n')

    def _flow(self, way: _Way, target: str) -> None:
        id = f"{way.source}_to_{target}"
        while id in self._flow_ids:
            id += "_too"
        self._flow_ids.add(id)
        if way.is_default:
            self._defaults[way.source] = id
        inside = ""
        if way.condition is not None:
            inside = f"<conditionExpression>{escape(way.condition.feel)}</conditionExpression>"
        ends = f'sourceRef="{way.source}" targetRef="{target}"'
        self._flows.append((way.number, f'<sequenceFlow id="{id}" {ends}>{inside}</sequenceFlow>\n'))


def _compensating(activity: str) -> str:
    about = f' activityRef="{activity}"' if activity else ""
    return f"<compensateEventDefinition{about}/>"


def _mappings(call: Call) -> str:
    written = _mapped("in", call.ins) + _mapped("out", call.outs)
    return f"<extensionElements>{written}</extensionElements>" if written else ""


def _mapped(kind: str, given: Mapping[str, str] | None) -> str:
    if given is None:
        return f'<camunda:{kind} variables="all"/>'
    return "".join(
        f"<camunda:{kind} source={quoteattr(source)} target={quoteattr(target)}/>" for target, source in given.items()
    )
