"""Reads the `camunda:` part of an element (DESIGN.md section 4) and the elements of a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lxml.etree import _Element as Node

from processes.faults import DefinitionNotRunnable
from processes.model import Element
from processes.validation.vocabulary import FLOW_NODES
from processes.xml import BPMN, CAMUNDA

IN_BPMN = f"{{{BPMN}}}"
IN_CAMUNDA = f"{{{CAMUNDA}}}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One `camunda:in` or `camunda:out`: a variable, an expression, or all variables."""

    source: str | None
    expression: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the dialect says about one element."""

    attributes: Mapping[str, str]
    properties: Mapping[str, str]
    ins: tuple[Mapped, ...] = ()
    outs: tuple[Mapped, ...] = ()


def eligibility_of(properties: Mapping[str, str]) -> tuple[str, ...]:
    """The decision tables that a process names for who may start and submit."""
    return _names(properties, "eligibility")


def tables_of(properties: Mapping[str, str]) -> tuple[str, ...]:
    """All decision tables that a process names: those of `eligibility`, and those on what its form offers."""
    return (*eligibility_of(properties), *_names(properties, "choice_rules"))


def _names(properties: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in properties.get(name, "").split(",") if each.strip())


def local_name(node: Node) -> str:
    """The tag without its namespace."""
    return str(node.tag).rpartition("}")[2]


def read_extensions(node: Node) -> Extensions:
    """The `camunda:` attributes, properties and mappings of an element, and what a call activity calls."""
    attributes = {
        str(name)[len(IN_CAMUNDA) :]: str(value)
        for name, value in node.attrib.items()
        if str(name).startswith(IN_CAMUNDA)
    }
    inside = f"{IN_BPMN}extensionElements/{IN_CAMUNDA}"
    properties = {
        pair.get("name", ""): pair.get("value", "")
        for pair in node.iterfind(f"{inside}properties/{IN_CAMUNDA}property")
    }
    if called := node.get("calledElement"):
        attributes["calledElement"] = called
    return Extensions(
        MappingProxyType(attributes),
        MappingProxyType(properties),
        tuple(_mapped(one) for one in node.iterfind(f"{inside}in")),
        tuple(_mapped(one) for one in node.iterfind(f"{inside}out")),
    )


def read_elements(process: Node) -> Iterator[Element]:
    """The flow nodes of a process, also those inside its embedded sub-processes."""
    key = process.get("id", "")
    for node in process.iter():
        if not isinstance(node.tag, str) or local_name(node) not in FLOW_NODES or node is process:
            continue
        parent = node.getparent()
        found = read_extensions(node)
        yield Element(
            id=node.get("id", ""),
            kind=local_name(node),
            name=node.get("name", ""),
            process=key,
            attributes=found.attributes,
            properties=found.properties,
            documentation=(node.findtext(f"{IN_BPMN}documentation") or "").strip(),
            parent=None if parent is None or parent is process else parent.get("id"),
            attached_to=node.get("attachedToRef"),
        )


def _mapped(node: Node) -> Mapped:
    """One mapping; raises DefinitionNotRunnable for a form that would otherwise be passed over."""
    attributes = {str(name): str(value) for name, value in node.attrib.items()}
    match attributes:
        case {"variables": "all", **rest} if not rest:
            return Mapped(None, None, None)
        case {"source": source, "target": target, **rest} if not rest:
            return Mapped(source, None, target)
        case {"sourceExpression": expression, "target": target, **rest} if not rest:
            return Mapped(None, expression.strip(), target)
    raise DefinitionNotRunnable(f"Line {node.sourceline}: a mapping with {sorted(attributes)} is not run")
