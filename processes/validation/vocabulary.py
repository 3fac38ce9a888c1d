"""The whitelist: which elements, attributes and extensions a diagram may have, and where (DESIGN.md, third principle).

What is not in these tables is refused, because the engine would ignore it or do something else than BPMN says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.texts import Text
from processes.decisions import MAPPINGS

Values = frozenset[str] | None  # None: any value

ANY: Values = None
TRUE: Values = frozenset({"true"})
FALSE: Values = frozenset({"false"})
TRUTH: Values = frozenset({"true", "false"})
ONE: Values = frozenset({"1"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What one element may have: attributes, `camunda:` attributes, children, and `camunda:` extension elements."""

    attributes: Mapping[str, Values] = field(default_factory=dict)
    camunda: Mapping[str, Values] = field(default_factory=dict)
    children: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()


ACTIVITIES = frozenset({"userTask", "serviceTask", "scriptTask", "businessRuleTask", "subProcess", "callActivity"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
# Drawn to explain; the engine never sees them (processes/rewrite.py takes them out).
DRAWN_ONLY = frozenset(
    {"laneSet", "textAnnotation", "association", "group", "dataObject", "dataObjectReference", "dataStoreReference"}
)
SCOPES = frozenset({"process", "subProcess"})
EVENT_DEFINITIONS = frozenset({"errorEventDefinition", "terminateEventDefinition"}) | {
    "timerEventDefinition",
    "messageEventDefinition",
}

_BASE: Mapping[str, Values] = {"id": ANY, "name": ANY}
_NOTES = frozenset({"documentation", "extensionElements"})
_LINKED = _NOTES | {"incoming", "outgoing"}
_IN_SCOPE = FLOW_NODES | DRAWN_ONLY | {"sequenceFlow"}
_PROPERTIES = frozenset({"properties"})
_ACTIVITY: Mapping[str, Values] = {
    **_BASE,
    "isForCompensation": FALSE,
    "startQuantity": ONE,
    "completionQuantity": ONE,
}
_GATEWAY: Mapping[str, Values] = {**_BASE, "gatewayDirection": ANY}
_FORMAL: Mapping[str, Values] = {"id": ANY}


def _node(attributes: Mapping[str, Values], *children: str, **camunda: Values) -> Shape:
    return Shape(attributes, camunda, _LINKED | frozenset(children), _PROPERTIES)


def _drawn(attributes: Mapping[str, Values], *children: str) -> Shape:
    return Shape({**_BASE, **attributes}, {}, _NOTES | frozenset(children), _PROPERTIES)


ELEMENTS: Mapping[str, Shape] = {
    "definitions": Shape(
        {
            **_BASE,
            "targetNamespace": ANY,
            "exporter": ANY,
            "exporterVersion": ANY,
            "typeLanguage": ANY,
            "expressionLanguage": ANY,  # checked with the expressions
        },
        {},
        _NOTES | {"process", "message", "error", "category"},
    ),
    "process": Shape(
        {**_BASE, "isExecutable": ANY, "processType": frozenset({"None", "Private"}), "isClosed": FALSE},
        {"versionTag": ANY, "historyTimeToLive": ANY},
        _NOTES | _IN_SCOPE,
        _PROPERTIES,
    ),
    "subProcess": Shape({**_ACTIVITY, "triggeredByEvent": FALSE}, {}, _LINKED | _IN_SCOPE, _PROPERTIES),
    "userTask": _node({**_ACTIVITY, "implementation": frozenset({"##unspecified"})}, formRef=ANY, candidateGroups=ANY),
    "serviceTask": _node(
        {**_ACTIVITY, "implementation": frozenset({"##WebService", "##unspecified"})},
        type=frozenset({"external"}),
        topic=ANY,
        asyncBefore=TRUTH,
        failedJobRetryTimeCycle=ANY,
    ),
    "scriptTask": _node({**_ACTIVITY, "scriptFormat": ANY}, "script", resultVariable=ANY),
    "businessRuleTask": _node(
        {**_ACTIVITY, "implementation": frozenset({"##unspecified"})},
        decisionRef=ANY,
        decisionRefBinding=frozenset({"deployment"}),
        resultVariable=ANY,
        mapDecisionResult=MAPPINGS,
    ),
    "callActivity": Shape(
        {**_ACTIVITY, "calledElement": ANY},
        {"calledElementBinding": frozenset({"deployment"})},
        _LINKED,
        _PROPERTIES | {"in", "out"},
    ),
    "exclusiveGateway": _node({**_GATEWAY, "default": ANY}),
    "inclusiveGateway": _node({**_GATEWAY, "default": ANY}),
    "parallelGateway": _node(_GATEWAY),
    "startEvent": _node({**_BASE, "isInterrupting": TRUE, "parallelMultiple": FALSE}, formRef=ANY),
    "endEvent": _node(_BASE, "errorEventDefinition", "terminateEventDefinition"),
    "intermediateThrowEvent": _node(_BASE),
    "intermediateCatchEvent": _node({**_BASE, "parallelMultiple": FALSE}, "timerEventDefinition"),
    "boundaryEvent": _node(
        {**_BASE, "attachedToRef": ANY, "cancelActivity": TRUTH, "parallelMultiple": FALSE},
        "timerEventDefinition",
        "messageEventDefinition",
        "errorEventDefinition",
    ),
    "timerEventDefinition": Shape(_BASE, {}, frozenset({"timeDate", "timeDuration", "timeCycle"})),
    "messageEventDefinition": Shape({**_BASE, "messageRef": ANY}),
    "errorEventDefinition": Shape({**_BASE, "errorRef": ANY}),
    "terminateEventDefinition": Shape(_BASE),
    "timeDate": Shape({**_FORMAL, "language": ANY}),
    "timeDuration": Shape({**_FORMAL, "language": ANY}),
    "timeCycle": Shape({**_FORMAL, "language": ANY}),
    "script": Shape(),
    "sequenceFlow": Shape(
        {**_BASE, "sourceRef": ANY, "targetRef": ANY, "isImmediate": TRUE},
        {},
        _NOTES | {"conditionExpression"},
        _PROPERTIES,
    ),
    "conditionExpression": Shape({**_FORMAL, "language": ANY}),
    "incoming": Shape(),
    "outgoing": Shape(),
    "documentation": Shape({"id": ANY, "textFormat": ANY}),
    "extensionElements": Shape(),
    "message": Shape(_BASE, {}, _NOTES),
    "error": Shape({**_BASE, "errorCode": ANY}, {}, _NOTES),
    "category": _drawn({}, "categoryValue"),
    "categoryValue": _drawn({"value": ANY}),
    "laneSet": _drawn({}, "lane"),
    "lane": _drawn({}, "flowNodeRef", "childLaneSet"),
    "childLaneSet": _drawn({}, "lane"),
    "flowNodeRef": Shape(),
    "textAnnotation": _drawn({"textFormat": ANY}, "text"),
    "text": Shape(),
    "association": _drawn({"sourceRef": ANY, "targetRef": ANY, "associationDirection": ANY}),
    "group": _drawn({"categoryValueRef": ANY}),
    "dataObject": _drawn({"isCollection": ANY}),
    "dataObjectReference": _drawn({"dataObjectRef": ANY}),
    "dataStoreReference": _drawn({}),
}

# The extension elements of `camunda:`; what stands inside them is checked where they are read.
EXTENSIONS: Mapping[str, Shape] = {
    "properties": Shape({}, {}, frozenset({"property"})),
    "property": Shape({"id": ANY, "name": ANY, "value": ANY}),
    "in": Shape({"source": ANY, "sourceExpression": ANY, "target": ANY, "variables": frozenset({"all"})}),
    "out": Shape({"source": ANY, "sourceExpression": ANY, "target": ANY, "variables": frozenset({"all"})}),
}

# What the dialect gives a meaning (DESIGN.md section 4); others are noted, because they do nothing.
PROPERTIES = frozenset(
    {"name_en", "short_zh", "short_en", "group_zh", "group_en", "back_zh", "back_en", "status"}
    | {"title_zh", "title_en", "starter_roles", "portal", "number_series", "scope", "separate_from"}
)

WITHOUT_EFFECT: Mapping[str, Text] = {
    "historyTimeToLive": Text("历史由本系统按规定期限保存", "the service keeps the history for its own term"),
}

INSTEAD: Mapping[str, Text] = {
    "task": Text("请选定任务类型（用户、服务或脚本任务）", "choose a type: user, service or script task"),
    "manualTask": Text("请改为用户任务", "use a user task"),
    "sendTask": Text("请改为服务任务", "use a service task"),
    "receiveTask": Text("请改为带消息边界事件的用户任务", "use a user task with a message boundary event"),
    "complexGateway": Text("请改为排他、并行或包容网关", "use exclusive, parallel or inclusive gateways"),
    "eventBasedGateway": Text(
        "请改为带定时或消息边界事件的子流程", "use a sub-process with timer and message boundary events"
    ),
    "transaction": Text("请改为普通子流程", "use an embedded sub-process"),
    "adHocSubProcess": Text("请用网关画出次序", "draw the order by gateways"),
    "multiInstanceLoopCharacteristics": Text("请逐个画出活动", "draw each activity by itself"),
    "standardLoopCharacteristics": Text("请用排他网关画出环路", "draw the loop by an exclusive gateway"),
    "collaboration": Text("请只画一个流程，不用泳池", "draw one process without a pool"),
    "signal": Text("请改用消息", "use a message"),
    "escalation": Text("请改用错误或消息", "use an error or a message"),
    "import": Text("请把内容直接画在文件中", "draw it in this file"),
    "itemDefinition": Text("请删除，变量不需声明", "remove it; variables need no declaration"),
    "dataStore": Text("请只在流程中画数据存储", "draw the data store inside the process only"),
    "ioSpecification": Text("请改用 camunda:in/out 或变量", "use variables, or camunda:in/out of a call activity"),
    "dataInputAssociation": Text("数据只能画作说明，请用关联线", "data are drawn to explain; use an association"),
    "dataOutputAssociation": Text("数据只能画作说明，请用关联线", "data are drawn to explain; use an association"),
    "eventDefinitionRef": Text("请把事件类型写在事件中", "put the event type into the event"),
    "property": Text("请删除，变量不需声明", "remove it; variables need no declaration"),
    "potentialOwner": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "humanPerformer": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "performer": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "resourceRole": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "executionListener": Text("请改为服务任务", "use a service task"),
    "taskListener": Text("请改为服务任务", "use a service task"),
    "connector": Text("请改为带 camunda:topic 的服务任务", "use a service task with camunda:topic"),
    "inputOutput": Text("请用脚本任务计算变量", "compute variables in a script task"),
    "formData": Text("请用 camunda:formRef", "use camunda:formRef"),
    "failedJobRetryTimeCycle": Text(
        "请写成服务任务的属性 camunda:failedJobRetryTimeCycle",
        "write it as the attribute camunda:failedJobRetryTimeCycle of the service task",
    ),
    "class": Text("图中不能有程序，请用 camunda:topic", "no code in diagrams; use camunda:topic"),
    "expression": Text("图中不能有程序，请用 camunda:topic", "no code in diagrams; use camunda:topic"),
    "delegateExpression": Text("图中不能有程序，请用 camunda:topic", "no code in diagrams; use camunda:topic"),
    "resource": Text("请把 FEEL 表达式直接写在图中", "write the FEEL expression into the diagram"),
    "asyncAfter": Text("请删除；需要时在服务任务上用 asyncBefore", "remove it; a service task may have asyncBefore"),
    "exclusive": Text("请删除", "remove it"),
    "assignee": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "candidateUsers": Text("请用 camunda:candidateGroups", "use camunda:candidateGroups"),
    "formKey": Text("请用 camunda:formRef", "use camunda:formRef"),
    "dueDate": Text("请用定时边界事件", "use a timer boundary event"),
    "followUpDate": Text("请用定时边界事件", "use a timer boundary event"),
    "initiator": Text("请删除，申请人由业务记录确定", "remove it; the record knows the applicant"),
    "candidateStarterGroups": Text("请用属性 starter_roles", "use the property starter_roles"),
    "businessKey": Text("请删除，业务号总是传递的", "remove it; the business number is always passed on"),
    "default": Text("请先连到排他网关", "put an exclusive gateway behind it"),
    "isForCompensation": Text("不支持补偿，请画出撤回的步骤", "no compensation; draw the steps that undo"),
    "linkEventDefinition": Text("请直接连线", "draw the flow"),
}


def instead_of(name: str) -> Text:
    """What to draw instead of something that is refused."""
    return INSTEAD.get(name, Text("请删除或改画", "remove it or draw it another way"))
