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


TASKS = frozenset({"userTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"}) | {
    "task",
    "manualTask",
}
EMBEDDED = frozenset({"subProcess", "transaction"})
ACTIVITIES = TASKS | EMBEDDED | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
# Drawn to explain; the engine never sees them (processes/rewrite.py takes them out).
DRAWN_ONLY = frozenset(
    {"laneSet", "textAnnotation", "association", "group", "dataObject", "dataObjectReference", "dataStoreReference"}
)
SCOPES = EMBEDDED | {"process"}
_WAITED_FOR = ("messageEventDefinition", "timerEventDefinition", "signalEventDefinition", "conditionalEventDefinition")
_THROWN_OUT = ("errorEventDefinition", "escalationEventDefinition")
# The types of event by position; which of them a start event has depends on where it stands.
CAUGHT: Mapping[str, tuple[str, ...]] = {
    "startEvent": (*_WAITED_FOR, *_THROWN_OUT),
    "intermediateCatchEvent": (*_WAITED_FOR, "linkEventDefinition"),
    "boundaryEvent": (*_WAITED_FOR, *_THROWN_OUT, "compensateEventDefinition", "cancelEventDefinition"),
}
_SENT = ("messageEventDefinition", "signalEventDefinition", "escalationEventDefinition", "compensateEventDefinition")
THROWN: Mapping[str, tuple[str, ...]] = {
    "intermediateThrowEvent": (*_SENT, "linkEventDefinition"),
    "endEvent": (*_SENT, "errorEventDefinition", "terminateEventDefinition", "cancelEventDefinition"),
}

_BASE: Mapping[str, Values] = {"id": ANY, "name": ANY}
_NOTES = frozenset({"documentation", "extensionElements"})
_LINKED = _NOTES | {"incoming", "outgoing"}
_IN_SCOPE = FLOW_NODES | DRAWN_ONLY | {"sequenceFlow"}
_PROPERTIES = frozenset({"properties"})
_ACTIVITY: Mapping[str, Values] = {
    **_BASE,
    "default": ANY,
    "isForCompensation": TRUTH,
    "startQuantity": ONE,
    "completionQuantity": ONE,
}
REPEATING = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
_GATEWAY: Mapping[str, Values] = {**_BASE, "gatewayDirection": ANY}


def _node(attributes: Mapping[str, Values], *children: str, **camunda: Values) -> Shape:
    return Shape(attributes, camunda, _LINKED | frozenset(children), _PROPERTIES)


def _activity(attributes: Mapping[str, Values], *children: str, **camunda: Values) -> Shape:
    return _node({**_ACTIVITY, **attributes}, *REPEATING, *children, **camunda)


def _drawn(attributes: Mapping[str, Values], *children: str) -> Shape:
    return Shape({**_BASE, **attributes}, {}, _NOTES | frozenset(children), _PROPERTIES)


_EXPRESSION = Shape({"id": ANY, "language": ANY})
_IN = frozenset({"in"})
_UNSPECIFIED: Values = frozenset({"##unspecified"})
_WEB_SERVICE: Values = frozenset({"##WebService", "##unspecified"})
_EXTERNAL: Mapping[str, Values] = {
    "type": frozenset({"external"}),
    "topic": ANY,
    "asyncBefore": TRUTH,
    "failedJobRetryTimeCycle": ANY,
}

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
        _NOTES | {"process", "message", "signal", "error", "escalation", "category"},
    ),
    "process": Shape(
        {**_BASE, "isExecutable": ANY, "processType": frozenset({"None", "Private"}), "isClosed": FALSE},
        {"versionTag": ANY, "historyTimeToLive": ANY},
        _NOTES | _IN_SCOPE,
        _PROPERTIES,
    ),
    "subProcess": Shape(
        {**_ACTIVITY, "triggeredByEvent": TRUTH}, {}, _LINKED | _IN_SCOPE | frozenset(REPEATING), _PROPERTIES
    ),
    "transaction": Shape(
        {**_ACTIVITY, "triggeredByEvent": FALSE, "method": frozenset({"##Compensate"})},
        {},
        _LINKED | _IN_SCOPE,
        _PROPERTIES,
    ),
    "task": _activity({}),
    "manualTask": _activity({}),
    "userTask": _activity({"implementation": _UNSPECIFIED}, formRef=ANY, candidateGroups=ANY),
    "serviceTask": _activity({"implementation": _WEB_SERVICE}, **_EXTERNAL),
    "sendTask": _activity({"implementation": _WEB_SERVICE, "messageRef": ANY}, **_EXTERNAL),
    "receiveTask": _activity({"implementation": _WEB_SERVICE, "messageRef": ANY, "instantiate": FALSE}),
    "scriptTask": _activity({"scriptFormat": ANY}, "script", resultVariable=ANY),
    "businessRuleTask": _activity(
        {"implementation": _UNSPECIFIED},
        decisionRef=ANY,
        decisionRefBinding=frozenset({"deployment"}),
        resultVariable=ANY,
        mapDecisionResult=MAPPINGS,
    ),
    "callActivity": Shape(
        {**_ACTIVITY, "calledElement": ANY},
        {"calledElementBinding": frozenset({"deployment"})},
        _LINKED | frozenset(REPEATING),
        _PROPERTIES | {"in", "out"},
    ),
    "exclusiveGateway": _node({**_GATEWAY, "default": ANY}),
    "inclusiveGateway": _node({**_GATEWAY, "default": ANY}),
    "parallelGateway": _node(_GATEWAY),
    "eventBasedGateway": _node({**_GATEWAY, "instantiate": FALSE, "eventGatewayType": frozenset({"Exclusive"})}),
    "startEvent": _node(
        {**_BASE, "isInterrupting": TRUTH, "parallelMultiple": FALSE}, *CAUGHT["startEvent"], formRef=ANY
    ),
    "endEvent": _node(_BASE, *THROWN["endEvent"]),
    "intermediateThrowEvent": _node(_BASE, *THROWN["intermediateThrowEvent"]),
    "intermediateCatchEvent": _node({**_BASE, "parallelMultiple": FALSE}, *CAUGHT["intermediateCatchEvent"]),
    "boundaryEvent": _node(
        {**_BASE, "attachedToRef": ANY, "cancelActivity": TRUTH, "parallelMultiple": FALSE}, *CAUGHT["boundaryEvent"]
    ),
    "timerEventDefinition": Shape(_BASE, {}, frozenset({"timeDate", "timeDuration", "timeCycle"})),
    "messageEventDefinition": Shape({**_BASE, "messageRef": ANY}, {}, frozenset({"extensionElements"}), _IN),
    "signalEventDefinition": Shape({**_BASE, "signalRef": ANY}),
    "errorEventDefinition": Shape({**_BASE, "errorRef": ANY}),
    "escalationEventDefinition": Shape({**_BASE, "escalationRef": ANY}),
    "conditionalEventDefinition": Shape(_BASE, {}, frozenset({"condition"})),
    "compensateEventDefinition": Shape({**_BASE, "activityRef": ANY, "waitForCompletion": TRUE}),
    "cancelEventDefinition": Shape(_BASE),
    "linkEventDefinition": Shape(_BASE),
    "terminateEventDefinition": Shape(_BASE),
    "multiInstanceLoopCharacteristics": Shape(
        {"id": ANY, "isSequential": TRUTH, "behavior": frozenset({"All"})},
        {"collection": ANY, "elementVariable": ANY},
        frozenset({"loopCardinality", "completionCondition", "loopDataInputRef", "inputDataItem"}),
    ),
    "standardLoopCharacteristics": Shape(
        {"id": ANY, "testBefore": TRUTH, "loopMaximum": ANY}, {}, frozenset({"loopCondition"})
    ),
    "loopCardinality": _EXPRESSION,
    "completionCondition": _EXPRESSION,
    "loopCondition": _EXPRESSION,
    "condition": _EXPRESSION,
    "loopDataInputRef": Shape(),
    "inputDataItem": Shape({**_BASE, "itemSubjectRef": ANY}),
    "timeDate": _EXPRESSION,
    "timeDuration": _EXPRESSION,
    "timeCycle": _EXPRESSION,
    "script": Shape(),
    "sequenceFlow": Shape(
        {**_BASE, "sourceRef": ANY, "targetRef": ANY, "isImmediate": TRUE},
        {},
        _NOTES | {"conditionExpression"},
        _PROPERTIES,
    ),
    "conditionExpression": _EXPRESSION,
    "incoming": Shape(),
    "outgoing": Shape(),
    "documentation": Shape({"id": ANY, "textFormat": ANY}),
    "extensionElements": Shape(),
    "message": Shape(_BASE, {}, _NOTES),
    "signal": Shape(_BASE, {}, _NOTES),
    "escalation": Shape({**_BASE, "escalationCode": ANY}, {}, _NOTES),
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
    {
        "name_en",
        "short_zh",
        "short_en",
        "group_zh",
        "group_en",
        "back_zh",
        "back_en",
        "step_if",
        "who_zh",
        "who_en",
        "status",
    }
    | {"correlation_key", "title_zh", "title_en", "starter_roles", "portal", "number_series", "scope", "separate_from"}
    | {"eligibility", "choice_rules", "registry_effect", "employer", "exclusive", "decides_by", "order"}
    | {"summary_zh", "summary_en", "publicity", "submitted_zh", "submitted_en", "closed_zh", "closed_en"}
    | {"conditions_zh", "conditions_en"}
    | {"document", "document_template", "document_name_zh"}
)

WITHOUT_EFFECT: Mapping[str, Text] = {
    "historyTimeToLive": Text("历史由本系统按规定期限保存", "the service keeps the history for its own term"),
}

_CALL_A_PROCESS = Text("请另画流程，用调用活动引用", "draw a process for it and call that")
_CORRELATION_KEY = Text("请用属性 correlation_key", "use the property correlation_key")
INSTEAD: Mapping[str, Text] = {
    "loopDataOutputRef": Text("请删除，各实例的结果自动汇成列表", "remove it; what the instances set becomes a list"),
    "outputDataItem": Text("请删除，各实例的结果自动汇成列表", "remove it; what the instances set becomes a list"),
    "complexBehaviorDefinition": Text("请用 completionCondition", "use completionCondition"),
    "noneBehaviorEventRef": Text("请用 completionCondition", "use completionCondition"),
    "oneBehaviorEventRef": Text("请用 completionCondition", "use completionCondition"),
    "operationRef": Text("请用 camunda:topic", "use camunda:topic"),
    "complexGateway": Text("请改为排他、并行或包容网关", "use exclusive, parallel or inclusive gateways"),
    "adHocSubProcess": Text("请用网关画出次序", "draw the order by gateways"),
    "collaboration": Text("请只画一个流程，不用泳池", "draw one process without a pool"),
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
    "resource": Text(
        "角色请用 camunda:candidateGroups，脚本请直接写在图中",
        "use camunda:candidateGroups for roles, and write scripts into the diagram",
    ),
    "rendering": Text("请用 camunda:formRef", "use camunda:formRef"),
    "interface": Text("请用 camunda:topic", "use camunda:topic"),
    "dataInput": Text("请删除，变量不需声明", "remove it; variables need no declaration"),
    "dataOutput": Text("请删除，变量不需声明", "remove it; variables need no declaration"),
    "globalTask": _CALL_A_PROCESS,
    "globalUserTask": _CALL_A_PROCESS,
    "globalManualTask": _CALL_A_PROCESS,
    "globalScriptTask": _CALL_A_PROCESS,
    "globalBusinessRuleTask": _CALL_A_PROCESS,
    "correlationProperty": _CORRELATION_KEY,
    "correlationSubscription": _CORRELATION_KEY,
    "choreography": Text("请只画一个流程", "draw one process"),
    "globalConversation": Text("请只画一个流程", "draw one process"),
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
}


def instead_of(name: str) -> Text:
    """What to draw instead of something that is refused."""
    return INSTEAD.get(name, Text("请删除或改画", "remove it or draw it another way"))
