"""A diagram as the checks see it: scopes with their nodes and flows; built without recursion, from any XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.etree import _Element as Node

from processes.validation.vocabulary import ELEMENTS, FLOW_NODES
from processes.xml import BPMN, CAMUNDA

IN_BPMN = f"{{{BPMN}}}"
IN_CAMUNDA = f"{{{CAMUNDA}}}"


def tag_of(node: Node) -> str:
    """The tag of a BPMN element without its namespace; an empty text for any other."""
    tag = str(node.tag)
    return tag[len(IN_BPMN) :] if tag.startswith(IN_BPMN) else ""


def camunda(node: Node, attribute: str) -> str:
    """A `camunda:` attribute as written, blanks included; an empty text when it is not there."""
    return node.get(IN_CAMUNDA + attribute) or ""


def children(node: Node, tag: str) -> list[Node]:
    """The children of a BPMN tag."""
    return node.findall(IN_BPMN + tag)


def extensions(node: Node, tag: str) -> list[Node]:
    """The `camunda:` extension elements of a tag, in document order."""
    return node.findall(f"{IN_BPMN}extensionElements/{IN_CAMUNDA}{tag}")


def properties(node: Node) -> list[tuple[str, Node]]:
    """The `camunda:property` elements of an element with their names."""
    found = node.findall(f"{IN_BPMN}extensionElements/{IN_CAMUNDA}properties/{IN_CAMUNDA}property")
    return [(one.get("name") or "", one) for one in found]


def property_of(node: Node, name: str) -> str:
    """The value of a `camunda:property` as written; an empty text when it is not there."""
    return next((one.get("value") or "" for known, one in properties(node) if known == name), "")


def text_of(node: Node) -> str:
    """The text of an element, stripped."""
    return (node.text or "").strip()


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; `source` and `target` may name nothing."""

    node: Node
    source: str
    target: str

    @property
    def id(self) -> str | None:
        return self.node.get("id")

    @property
    def condition(self) -> Node | None:
        return self.node.find(f"{IN_BPMN}conditionExpression")


@dataclass(slots=True)
class Scope:
    """A process or an embedded sub-process: the nodes that stand directly in it, and the flows between them.

    `refused` are the ids of elements that the whitelist does not know; flows may lead to them.
    """

    container: Node
    depth: int
    parent: Scope | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    inner: dict[str, Scope] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def kind(self, element_id: str) -> str:
        return tag_of(self.nodes[element_id])

    def of_kind(self, *kinds: str) -> Iterator[tuple[str, Node]]:
        """The nodes of these kinds, in document order."""
        return ((id_, node) for id_, node in self.nodes.items() if tag_of(node) in kinds)

    def outgoing(self) -> dict[str, list[Flow]]:
        """The flows that leave each node; those to nowhere are left out."""
        found: dict[str, list[Flow]] = {id_: [] for id_ in self.nodes}
        for flow in self._whole():
            found[flow.source].append(flow)
        return found

    def incoming(self) -> dict[str, list[Flow]]:
        """The flows that enter each node."""
        found: dict[str, list[Flow]] = {id_: [] for id_ in self.nodes}
        for flow in self._whole():
            found[flow.target].append(flow)
        return found

    def attached(self) -> dict[str, list[str]]:
        """The boundary events of each activity."""
        found: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        for id_, node in self.of_kind("boundaryEvent"):
            host = node.get("attachedToRef", "")
            if host in found and host != id_:
                found[host].append(id_)
        return found

    def _whole(self) -> Iterator[Flow]:
        return (flow for flow in self.flows if flow.source in self.nodes and flow.target in self.nodes)


@dataclass(slots=True)
class Diagram:
    """One file: its process and all scopes, outermost first."""

    root: Node
    process: Node
    scopes: list[Scope]
    messages: dict[str, Node]
    errors: dict[str, Node]

    @property
    def key(self) -> str:
        return self.process.get("id") or ""

    @property
    def is_line(self) -> bool:
        """Whether a person can start this process, so that nothing calls it."""
        return bool(property_of(self.process, "starter_roles"))

    def nodes(self, *kinds: str) -> Iterator[tuple[str, Node]]:
        """The nodes of these kinds in all scopes."""
        for scope in self.scopes:
            yield from scope.of_kind(*kinds)


def read(root: Node, process: Node) -> Diagram:
    """The scopes of a process. Of two nodes with one id the first counts; the duplicate is another check's finding."""
    scopes = [Scope(process, 0)]
    for scope in scopes:  # grows while it is walked: sub-processes are appended
        for node in scope.container:
            tag = tag_of(node)
            if tag == "sequenceFlow":
                scope.flows.append(Flow(node, node.get("sourceRef", ""), node.get("targetRef", "")))
            elif tag in FLOW_NODES:
                id_ = node.get("id") or ""
                if id_ in scope.nodes:
                    continue
                scope.nodes[id_] = node
                if tag == "subProcess":
                    scope.inner[id_] = Scope(node, scope.depth + 1, scope)
                    scopes.append(scope.inner[id_])
            elif tag not in ELEMENTS and node.get("id"):
                scope.refused.add(node.get("id") or "")
    return Diagram(
        root,
        process,
        scopes,
        {node.get("id") or "": node for node in children(root, "message")},
        {node.get("id") or "": node for node in children(root, "error")},
    )
