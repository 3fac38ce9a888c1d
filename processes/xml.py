"""Reads the XML of a diagram; it may come from anyone, so `kernel.xml` does the reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lxml import etree

from kernel import xml
from kernel.errors import InvalidInput, Reason
from processes.findings import Finding, finding

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class DiagramRefused(InvalidInput):
    """The file is not a diagram at all, or not one that may be read; `findings` say why."""

    default_code: ClassVar[str] = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(Reason("DEPLOYMENT_REFUSED"), detail="; ".join(one.text.en for one in findings))


def parse(data: bytes) -> etree._Element:
    """The `definitions` element of a BPMN file, without comments and processing instructions.

    Raises:
        DiagramRefused: over 2 MB, not XML, with a document type, or not BPMN 2.0.
    """
    try:
        root = xml.parse(data)
        if root.tag != f"{{{BPMN}}}definitions":
            raise DiagramRefused([finding("not_bpmn", line=root.sourceline, found=root.tag)])
        xml.check_size(root)
    except xml.XmlRefused as refused:
        raise DiagramRefused([finding(refused.code, line=refused.line, **refused.parameters)]) from refused
    return root
