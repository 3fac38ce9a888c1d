"""A diagram as the checks see it: scopes with their nodes and flows; built without recursion, from any XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from lxml.etree import _Element as Node

from processes.model import FOR_SYSTEMS
from processes.validation.vocabulary import ELEMENTS, EMBEDDED, FLOW_NODES, REPEATING
from processes.xml import BPMN, CAMUNDA

IN_BPMN = f"{{{BPMN}}}"
IN_CAMUNDA = f"{{{CAMUNDA}}}"


# What a file declares for its events, in the order of the fields of `Diagram`.
DECLARED = ("message", "signal", "error", "escalation")


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


def is_event_sub_process(node: Node) -> bool:
    return node.get("triggeredByEvent") == "true"


def is_handler(node: Node) -> bool:
    """Whether an activity only undoes another one, so that no flow leads to it."""
    return node.get("isForCompensation") == "true"


def is_repeated(node: Node) -> bool:
    return any(children(node, kind) for kind in REPEATING)


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; `source` and `target` may name nothing. A link is one between its two events."""

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

    def roots(self) -> list[str]:
        """Where tokens begin: start events, and what no flow leads to by its nature."""
        return [
            id_
            for id_, node in self.nodes.items()
            if tag_of(node) == "startEvent" or is_event_sub_process(node) or is_handler(node)
        ]

    def links(self) -> Iterator[Flow]:
        """The flows that link events stand for."""
        catching = {name: id_ for id_, name, _ in self.link_ends("intermediateCatchEvent")}
        for id_, name, node in self.link_ends("intermediateThrowEvent"):
            if name in catching:
                yield Flow(node, id_, catching[name])

    def link_ends(self, kind: str) -> Iterator[tuple[str, str, Node]]:
        """The link events of a kind with the names of their links."""
        for id_, node in self.of_kind(kind):
            for link in children(node, "linkEventDefinition"):
                yield id_, link.get("name") or "", node

    def _whole(self) -> Iterator[Flow]:
        drawn = (flow for flow in self.flows if flow.source in self.nodes and flow.target in self.nodes)
        return chain(drawn, self.links())


@dataclass(slots=True)
class Diagram:
    """One file: its process and all scopes, outermost first."""

    root: Node
    process: Node
    scopes: list[Scope]
    messages: dict[str, Node]
    signals: dict[str, Node]
    errors: dict[str, Node]
    escalations: dict[str, Node]

    def declared(self, kind: str) -> dict[str, Node]:
        """What the file declares of a kind: message, signal, error or escalation; by id."""
        return {"message": self.messages, "signal": self.signals, "error": self.errors}.get(kind, self.escalations)

    @property
    def key(self) -> str:
        return self.process.get("id") or ""

    @property
    def is_line(self) -> bool:
        """Whether a person can start this process, so that nothing calls it."""
        return any(property_of(self.process, name) for name in ("starter_roles", "portal"))

    def is_for_systems(self, user_task: Node) -> bool:
        """Whether a user task is left to other systems: outside of lines, one that names nobody else."""
        named = (camunda(user_task, "candidateGroups"), property_of(user_task, "scope"))
        return not self.is_line and all(value in ("", FOR_SYSTEMS) for value in named)

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
                if tag in EMBEDDED:
                    scope.inner[id_] = Scope(node, scope.depth + 1, scope)
                    scopes.append(scope.inner[id_])
            elif tag not in ELEMENTS and node.get("id"):
                scope.refused.add(node.get("id") or "")
    return Diagram(
        root,
        process,
        scopes,
        *({node.get("id") or "": node for node in children(root, kind)} for kind in DECLARED),
    )
