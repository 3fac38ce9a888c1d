"""Diagrams of other authors, beside the project's folder: how each of them fares here.

The files were written for other engines. As they are, most lack what the dialect of this service asks for (a form, a
role, a topic) or name Java classes, so each one that is refused is tried again with those attributes filled in, foreign
extensions taken out and foreign code replaced by a constant: what is refused then is refused for what it draws.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from lxml.etree import _Element as Node

from processes.definition import Definition
from processes.execution import Execution
from processes.faults import ExpressionFailed, UnhandledOutcome
from processes.findings import Finding
from processes.juel import JuelRefused, feel_of, is_juel
from processes.picture import draw
from processes.validation import validate
from processes.xml import BPMN, CAMUNDA, DiagramRefused, parse
from rules.feel import FeelError, compile_expression
from tests.processes.diagrams import end, flows, process, start, user
from tests.processes.running import NOW
from tests.rules.decision_files import decision_file

FOLDER = Path(__file__).parents[4] / "shared" / "corpus" / "bpmn"
SLOWEST_S = 5.0
MOST_STEPS = 40
# What became of the files when they were last counted, by source; checked wherever the files are present.
HOW = ("as it is", "adapted", "refused", "unreadable")
COUNTED: Mapping[str, tuple[int, int, int, int]] = {
    "bpmn-miwg-test-suite": (0, 2, 43, 0),
    "bpmnlint": (25, 2, 226, 2),
    "camunda-bpm-examples": (7, 35, 12, 0),
    "operaton": (261, 583, 379, 3),
    "operaton-examples": (0, 41, 11, 0),
}
_B, _C = f"{{{BPMN}}}", f"{{{CAMUNDA}}}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"


class _Any(frozenset[str]):
    """A set that has whatever is asked for."""

    def __contains__(self, item: object) -> bool:
        return True


class Everything:
    """References by which every form, role, topic, process and decision exists."""

    roles: frozenset[str] = _Any()
    scopes: frozenset[str] = _Any()
    effects: frozenset[str] = frozenset()
    employers: frozenset[str] = frozenset({"none"})

    def form_exists(self, key: str) -> bool:
        return True

    template_exists = topic_exists = process_exists = decision_exists = form_exists

    def decision_mappings(self, key: str) -> frozenset[str]:
        return frozenset({"singleEntry", "singleResult", "collectEntries", "resultList"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`how` it went, one of `HOW`; `reasons` are the codes of what is refused at last."""

    path: str
    how: str
    reasons: frozenset[str]
    seconds: float


def outcomes(source: str) -> Iterator[Outcome]:
    """Each file of a source validated and, when nothing is refused, built, drawn and walked through.

    Whatever a file makes of the validator or the engine other than findings and faults is raised.
    """
    for path in sorted((FOLDER / source).rglob("*")):
        if path.suffix not in (".bpmn", ".xml"):
            continue
        begun = time.process_time()
        name = str(path.relative_to(FOLDER))
        how, found = _fared(path.read_bytes(), name)
        reasons = frozenset(one.code for one in found if one.text.zh and one.text.en)
        yield Outcome(name, how, reasons, time.process_time() - begun)


def counted(found: list[Outcome]) -> tuple[int, ...]:
    """How many files fared how, in the order of `HOW`."""
    how = Counter(one.how for one in found)
    return tuple(how[name] for name in HOW)


def _fared(data: bytes, name: str) -> tuple[str, list[Finding]]:
    try:
        root = parse(data)
    except DiagramRefused as refused:
        return "unreadable", list(refused.findings)
    drawn = root.find(f"{_B}process")
    key = "" if drawn is None else drawn.get("id", "")
    errors = _errors(key, data)
    if not errors:
        _run(key, data, name)
        return "as it is", []
    adapted = _adapted(root)
    errors = _errors(key, adapted)
    if not errors:
        _run(key, adapted, name)
        return "adapted", []
    return "refused", errors


def _errors(key: str, data: bytes) -> list[Finding]:
    return [one for one in validate({key: data}, Everything()) if one.severity == "error"]


def _run(key: str, data: bytes, name: str) -> None:
    """Build, draw and walk through what was accepted; only what the data lack may go wrong."""
    root = parse(data)
    files = {
        called: _called(called) for one in root.iter(f"{_B}callActivity") if (called := one.get("calledElement", ""))
    }
    named = [one.get(f"{_C}decisionRef", "") for one in root.iter(f"{_B}businessRuleTask")]
    decisions = {one: decision_file(one, "UNIQUE", ["a"], ["b"], [["-", "1"]]) for one in named}
    try:
        definition = Definition.build(files | {key: data}, key, decisions)
        draw(files | {key: data}, key, detail="full")
        draw(files | {key: data}, key, detail="applicant")
        _walk(definition)
    except (ExpressionFailed, UnhandledOutcome):
        # The test that belonged to the file gave it variables or caught its error; here it is a fault.
        return
    except Exception as error:
        raise AssertionError(f"{name} was accepted, but {error!r}") from error


def _walk(definition: Definition) -> None:
    """Do whatever is open, one thing after another, storing and loading after each."""
    execution = Execution.start(definition, {})
    for _ in range(MOST_STEPS):
        execution.events()
        execution.emitted()
        state = execution.dump()
        execution = Execution.load(definition, state)
        assert execution.dump() == state
        if tasks := [*execution.user_tasks(), *execution.service_tasks()]:
            execution.complete(tasks[-1].id, {})
        elif timers := execution.timers():
            execution.fire(timers[0].id, NOW)
        elif subscriptions := execution.subscriptions():
            execution.deliver(subscriptions[0].id, {})
        else:
            return


def _called(key: str) -> bytes:
    return process(key, start() + user("work") + end() + flows("started > work > ended"))


def _adapted(root: Node) -> bytes:
    """The same drawing in the words of the dialect."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or not node.tag.startswith(_B):
            continue
        tag = node.tag.removeprefix(_B)
        _without_foreign(node, tag)
        _in_dialect(node, tag)
    return etree.tostring(root, encoding="UTF-8")


def _without_foreign(node: Node, tag: str) -> None:
    kept = {f"{_C}{name}" for name in ("collection", "elementVariable", "decisionRef", "in", "out")} | {_XSI}
    for name in list(node.attrib):
        if str(name).startswith("{") and name not in kept:
            del node.attrib[name]
    for child in list(node.iterchildren(f"{_B}extensionElements")):
        node.remove(child)
    for name in ("potentialOwner", "humanPerformer", "performer", "ioSpecification", "property"):
        for child in list(node.iterchildren(_B + name)):
            node.remove(child)
    if tag == "definitions":
        for child in list(node.iterchildren(f"{_B}itemDefinition", f"{_B}import", f"{_B}interface")):
            node.remove(child)
        node.attrib.pop("expressionLanguage", None)
        node.attrib.pop("typeLanguage", None)


def _in_dialect(node: Node, tag: str) -> None:
    if tag == "process":
        node.set("isExecutable", "true")
    elif tag == "userTask":
        node.attrib.pop("implementation", None)
        node.set(f"{_C}formRef", "form")
        node.set(f"{_C}candidateGroups", "role")
        extension = etree.Element(f"{_B}extensionElements")
        held = etree.SubElement(extension, f"{_C}properties")
        etree.SubElement(held, f"{_C}property", {"name": "scope", "value": "city"})
        node.insert(len(node.findall(f"{_B}documentation")), extension)
    elif tag == "serviceTask" or (tag == "sendTask" and not node.get("messageRef")):
        for name in ("implementation", "operationRef"):
            node.attrib.pop(name, None)
        node.set(f"{_C}type", "external")
        node.set(f"{_C}topic", "topic")
    elif tag == "businessRuleTask":
        node.attrib.pop("implementation", None)
        node.set(f"{_C}decisionRef", node.get(f"{_C}decisionRef") or "decision")
        node.set(f"{_C}resultVariable", "result")
    elif tag == "scriptTask":
        node.set("scriptFormat", "feel")
        node.set(f"{_C}resultVariable", "result")
        for script in node.findall(f"{_B}script"):
            script.text = "1"
    elif tag in ("conditionExpression", "condition", "loopCondition", "completionCondition"):
        node.attrib.pop("language", None)
        if not _is_feel(node.text or ""):
            node.text = "true"


def _is_feel(source: str) -> bool:
    try:
        compile_expression(feel_of(source.strip()) if is_juel(source.strip()) else source.strip())
    except (FeelError, JuelRefused):
        return False
    return True
