"""The deploy-time validator: every construct behaves as BPMN 2.0 says, or is refused (DESIGN.md, third principle).

The whitelist is what the lines use today; `vocabulary.py` holds it. Nothing here recurses along a file, so that no
file can exhaust the stack, and every check is bounded by the limits of `processes.xml` and `limits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml.etree import _Element as Node

from processes.findings import Finding, Findings
from processes.validation.diagram import Diagram, children, read
from processes.validation.elements import check_drawing, check_elements, check_ids, check_process
from processes.validation.events import check_events
from processes.validation.expressions import check_expressions
from processes.validation.flows import check_flows
from processes.validation.limits import check_calls, check_paths, check_size
from processes.validation.references import (
    References,
    called_by,
    check_errors_caught,
    check_inside,
    check_outside,
)
from processes.xml import DiagramRefused, parse

__all__ = ["Finding", "References", "validate"]


def validate(files: Mapping[str, bytes], references: References) -> list[Finding]:
    """All findings about the diagrams of a deployment; without an error among them they may run.

    `files` holds the XML by process id: the file itself and every process it calls or that calls it. `process` of a
    finding names the file it is about. Never raises for what a file says.

    Source: R-P-05.
    """
    findings = {key: Findings(key) for key in files}
    unreadable: list[Finding] = []
    diagrams: dict[str, Diagram] = {}
    for key, data in files.items():
        try:
            root = parse(data)
        except DiagramRefused as refused:
            unreadable += [_within(finding, key) for finding in refused.findings]
            continue
        diagram = _diagram(root, key, findings[key])
        if diagram is not None:
            diagrams[key] = diagram
    for key, diagram in diagrams.items():
        check_outside(diagram, diagrams, references, findings[key])
    calls = {key: [called_by(node) for _, node in diagram.nodes("callActivity")] for key, diagram in diagrams.items()}
    check_calls(diagrams, calls, findings)
    check_errors_caught(diagrams, findings)
    return [*unreadable, *(finding for found in findings.values() for finding in found)]


def _diagram(root: Node, key: str, findings: Findings) -> Diagram | None:
    """One file checked by itself; None when it cannot be compared with the others."""
    check_elements(root, findings)
    processes = children(root, "process")
    if not processes:
        findings.add("no_process", root)
        return None
    for extra in processes[1:]:
        findings.add("several_processes", extra)
    diagram = read(root, processes[0])
    if diagram.key != key:
        findings.add("process_key_differs", diagram.process, expected=key, found=diagram.key)
    check_ids(diagram, findings)
    if not check_size(diagram, findings):
        return None
    check_process(diagram, findings)
    check_inside(diagram, findings)
    check_events(diagram, findings)
    check_expressions(diagram, findings)
    check_paths(diagram, findings)
    check_flows(diagram, findings)
    check_drawing(diagram, findings)
    return diagram


def _within(finding: Finding, key: str) -> Finding:
    return Finding(finding.element_id, finding.line, finding.code, finding.text, finding.severity, key)
