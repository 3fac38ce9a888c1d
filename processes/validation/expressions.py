"""Every expression of a diagram is compiled at deployment: conditions, scripts, timers, mappings (ENGINE.md 1.9).

Nothing is evaluated with data, and nothing but FEEL is accepted anywhere.
"""

from __future__ import annotations

from lxml.etree import _Element as Node

from kernel.texts import Text
from processes.findings import Findings
from processes.juel import JuelRefused, feel_of, is_juel
from processes.model import TimerKind
from processes.names import is_variable_name
from processes.timers import TimerNotUnderstood, parse_retry_cycle, parse_timer
from processes.timetable import parse_start
from processes.validation.diagram import Diagram, camunda, children, extensions, properties, tag_of, text_of
from processes.validation.vocabulary import ACTIVITIES, EVENTS, REPEATING, THROWN, instead_of
from rules.feel import Expression, FeelError, compile_expression, to_plain

_FEEL = "feel"
_FEEL_URI = "https://www.omg.org/spec/dmn/"
_TIMERS: dict[str, tuple[TimerKind, Text]] = {
    "timeDate": (
        "date",
        Text("ISO 8601 日期时间，如 2026-06-15T09:00:00", "ISO 8601 date, such as 2026-06-15T09:00:00"),
    ),
    "timeDuration": ("duration", Text("ISO 8601 时长，如 P10D", "ISO 8601 duration, such as P10D")),
    "timeCycle": ("cycle", Text("ISO 8601 循环，如 R/P3D", "ISO 8601 cycle, such as R/P3D")),
}
_CYCLE_OF_START = Text(
    "ISO 8601 循环或五段 cron，如 R/P1D、0 1 * * *", "ISO 8601 cycle or five fields of cron, such as R/P1D or 0 1 * * *"
)


def check_expressions(diagram: Diagram, findings: Findings) -> None:
    """Compile all expressions of a diagram and check the literal timers."""
    _check_language(diagram.root, "expressionLanguage", findings)
    for scope in diagram.scopes:
        for flow in scope.flows:
            if flow.condition is not None:
                _check_condition(flow.condition, findings)
    for _, node in diagram.nodes("scriptTask"):
        _check_script(node, findings)
    for _, node in diagram.nodes("businessRuleTask"):
        _check_variable(camunda(node, "resultVariable"), node, findings)
    for _, node in diagram.nodes("intermediateCatchEvent", "boundaryEvent", "startEvent"):
        for definition in children(node, "timerEventDefinition"):
            _check_timer(node, definition, findings)
        for definition in children(node, "conditionalEventDefinition"):
            for condition in children(definition, "condition"):
                _check_condition(condition, findings)
    for _, node in diagram.nodes(*ACTIVITIES):
        for tag in REPEATING:
            for characteristics in children(node, tag):
                _check_repetition(characteristics, findings)
    for _, node in diagram.nodes(*EVENTS, "sendTask", "receiveTask"):
        _check_message(node, findings)
    for _, node in diagram.nodes("callActivity"):
        for direction in ("in", "out"):
            for mapping in extensions(node, direction):
                _check_mapping(mapping, direction, findings)
    for _, node in diagram.nodes("serviceTask", "sendTask"):
        _check_retry(node, findings)


def _check_repetition(characteristics: Node, findings: Findings) -> None:
    """The expressions of a multi-instance activity or a loop, and the names it sets."""
    for tag in ("loopCardinality", "completionCondition", "loopCondition"):
        for expression in children(characteristics, tag):
            _check_condition(expression, findings)
    if collection := camunda(characteristics, "collection"):
        _check_source(collection, characteristics, "camunda:collection", findings)
    _check_variable(camunda(characteristics, "elementVariable"), characteristics, findings)
    for reference in children(characteristics, "loopDataInputRef"):
        _check_variable(text_of(reference) or "-", reference, findings)
    for item in children(characteristics, "inputDataItem"):
        _check_variable(item.get("name") or item.get("id") or "-", item, findings)


def _check_message(node: Node, findings: Findings) -> None:
    """The correlation key of a message, and what is handed over with it."""
    for name, one in properties(node):
        if name == "correlation_key":
            _compiled((one.get("value") or "").strip(), one, name, findings)
    for definition in children(node, "messageEventDefinition"):
        for mapping in extensions(definition, "in"):
            if tag_of(node) not in THROWN:
                findings.add("element_refused", mapping, element="camunda:in", instead=instead_of("in"))
            _check_mapping(mapping, "in", findings)


def _check_condition(condition: Node, findings: Findings) -> None:
    source = text_of(condition)
    if not is_juel(source):
        _check_language(condition, "language", findings)
    _check_source(source, condition, tag_of(condition), findings)


def _check_source(source: str, condition: Node, place: str, findings: Findings) -> None:
    """An expression is FEEL, or a `${…}` of a foreign diagram, which is translated or refused with the reason."""
    if not is_juel(source):
        _compiled(source, condition, place, findings)
        return
    try:
        feel = feel_of(source)
    except JuelRefused as refused:
        findings.add("juel_refused", condition, found=source, reason=refused.reason)
        return
    if _compiled(feel, condition, place, findings) is not None:
        findings.add("juel_translated", condition, found=source, feel=feel)


def _check_language(node: Node, attribute: str, findings: Findings) -> None:
    language = (node.get(attribute) or "").strip()
    if language and not _is_feel(language):
        findings.add("language_refused", node, place=tag_of(node), found=language)


def _is_feel(language: str) -> bool:
    lowered = language.lower()
    return lowered == _FEEL or (lowered.startswith(_FEEL_URI) and lowered.rstrip("/").endswith("/feel"))


def _compiled(source: str, node: Node, place: str, findings: Findings) -> Expression | None:
    if not source:
        findings.add("expression_missing", node, place=place)
        return None
    try:
        return compile_expression(source)
    except FeelError as error:
        findings.add("expression_invalid", node, place=place, reason=error.message)
        return None


def _check_script(node: Node, findings: Findings) -> None:
    script_format = (node.get("scriptFormat") or "").strip()
    if script_format and not _is_feel(script_format):
        findings.add("language_refused", node, place="scriptTask", found=script_format)
    for script in children(node, "script"):
        if text_of(script):
            _compiled(text_of(script), script, "scriptTask", findings)
    _check_variable(camunda(node, "resultVariable"), node, findings)


def _check_variable(name: str, node: Node, findings: Findings) -> None:
    if name and not is_variable_name(name):
        findings.add("variable_invalid", node, found=name)


def _check_timer(event: Node, definition: Node, findings: Findings) -> None:
    parts = [part for tag in _TIMERS for part in children(definition, tag)]
    if len(parts) != 1:
        findings.add("timer_parts", definition)
    for part in parts:
        _check_language(part, "language", findings)
        tag = tag_of(part)
        if _begins_process(event):
            _check_start_timer(part, tag, findings)
            continue
        if tag == "timeCycle" and "false" not in (event.get("cancelActivity"), event.get("isInterrupting")):
            findings.add("cycle_refused", part)
            continue
        source = text_of(part)
        if not source.startswith("="):
            _check_iso(source, tag, part, findings)
            continue
        expression = _compiled(source, part, tag, findings)
        if expression is not None and not expression.names:
            _check_constant(expression, tag, part, findings)


def _begins_process(event: Node) -> bool:
    holder = event.getparent()
    return tag_of(event) == "startEvent" and holder is not None and tag_of(holder) == "process"


def _check_start_timer(part: Node, tag: str, findings: Findings) -> None:
    """A timer that begins a process is known when that is deployed: there are no variables yet that it could read."""
    source = text_of(part)
    if source.startswith("="):
        expression = _compiled(source, part, tag, findings)
        if expression is None:
            return
        if expression.names:
            findings.add("start_timer_reads", part, found=", ".join(sorted(expression.names)))
            return
        try:
            source = str(to_plain(expression.evaluate({})))
        except FeelError as error:
            findings.add("expression_invalid", part, place=tag, reason=error.message)
            return
    if not source:
        findings.add("expression_missing", part, place=tag)
        return
    kind, expected = _TIMERS[tag]
    try:
        parse_start(kind, source)
    except TimerNotUnderstood:
        findings.add("timer_invalid", part, found=source, expected=_CYCLE_OF_START if tag == "timeCycle" else expected)


def _check_iso(source: str, tag: str, node: Node, findings: Findings) -> None:
    if not source:
        findings.add("expression_missing", node, place=tag)
        return
    kind, expected = _TIMERS[tag]
    try:
        parse_timer(kind, source)
    except TimerNotUnderstood:
        findings.add("timer_invalid", node, found=source, expected=expected)


def _check_constant(expression: Expression, tag: str, node: Node, findings: Findings) -> None:
    """A timer that reads no variable can be checked to the end."""
    try:
        value = to_plain(expression.evaluate({}))
    except FeelError as error:
        findings.add("expression_invalid", node, place=tag, reason=error.message)
        return
    if isinstance(value, str):
        _check_iso(value, tag, node, findings)
    else:
        findings.add("timer_invalid", node, found=expression.source, expected=_TIMERS[tag][1])


def _check_mapping(mapping: Node, direction: str, findings: Findings) -> None:
    given = {str(name): str(value).strip() for name, value in mapping.attrib.items()}
    element = f"camunda:{direction}"
    if set(given) == {"variables"}:
        return
    if set(given) not in ({"source", "target"}, {"sourceExpression", "target"}):
        findings.add("mapping_invalid", mapping, element=element)
        return
    for name in ("source", "target"):
        if name in given and not is_variable_name(given[name]):
            findings.add("variable_invalid", mapping, found=given[name])
    if "sourceExpression" in given:
        _compiled(given["sourceExpression"], mapping, element, findings)


def _check_retry(node: Node, findings: Findings) -> None:
    retry = camunda(node, "failedJobRetryTimeCycle")
    if not retry:
        return
    try:
        parse_retry_cycle(retry)
    except TimerNotUnderstood:
        findings.add("retry_invalid", node, found=retry)
