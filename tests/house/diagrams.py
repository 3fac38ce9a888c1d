"""Reading diagrams for the rules: plain XML, no engine, so that a rule also sees what the engine would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


@dataclass(frozen=True, slots=True)
class Diagram:
    """One file of `bpmn/`."""

    path: Path
    root: etree._Element

    @property
    def stem(self) -> str:
        return self.path.stem

    def elements(self, *names: str) -> Iterator[etree._Element]:
        for name in names:
            yield from self.root.iter(f"{{{BPMN}}}{name}")

    def attribute_values(self, attribute: str) -> Iterator[tuple[etree._Element, str]]:
        """Every element with a `camunda:` attribute of this name, and its value."""
        for element in self.root.iter(etree.Element):
            value = element.get(f"{{{CAMUNDA}}}{attribute}")
            if value:
                yield element, value

    def property_values(self, name: str) -> Iterator[tuple[etree._Element, str]]:
        """Every element with a `camunda:property` of this name, and its value."""
        for found in self.root.iter(f"{{{CAMUNDA}}}property"):
            if found.get("name") == name:
                element = found.getparent()
                while element is not None and not str(element.tag).startswith(f"{{{BPMN}}}"):
                    element = element.getparent()
                if element is not None and element.tag == f"{{{BPMN}}}extensionElements":
                    element = element.getparent()
                if element is not None:
                    yield element, str(found.get("value"))


def diagrams(root: Path) -> list[Diagram]:
    return [Diagram(path, etree.parse(path).getroot()) for path in sorted((root / "bpmn").glob("*.bpmn"))]


def processes(diagram: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """The id and the element of every process of a diagram."""
    for process in diagram.iter(f"{{{BPMN}}}process"):
        yield str(process.get("id")), process


def kind_of(element: etree._Element) -> str:
    """`userTask` of a `<bpmn:userTask>`; empty for elements of another vocabulary."""
    name = etree.QName(element)
    return name.localname if name.namespace == BPMN else ""
