"""Makes a checked diagram plain before the library parses it; the meaning stays (ENGINE.md 1.6, 1.7).

Added elements have ids made from those around them, so the same file always gives the same ids: they are stored in
the state of instances.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from lxml.etree import SubElement
from lxml.etree import _Element as Node

from processes.validation.vocabulary import ACTIVITIES, DRAWN_ONLY, EVENTS
from processes.xml import BPMN

_IN_BPMN = f"{{{BPMN}}}"
_FORKING = tuple(_IN_BPMN + tag for tag in sorted(ACTIVITIES | EVENTS))


def rewrite(root: Node) -> Node:
    """Change the tree in place and return it.

    A process without `isExecutable` gets it; what is only drawn is taken out, so that the library's handling of data
    and lanes is never met; a sequence flow without id gets one (the library would drop it); several flows out of an
    activity or event, which all are taken, get the parallel gateway that they stand for. Several flows *into* an
    activity need nothing: each token passes by itself, as BPMN says.
    """
    known = {str(id_) for node in root.iter() if (id_ := node.get("id"))}
    for process in root.iterfind(f"{_IN_BPMN}process"):
        if process.get("isExecutable") is None:
            process.set("isExecutable", "true")
    _take_out_drawings(root)
    for flow in root.iter(f"{_IN_BPMN}sequenceFlow"):
        if not flow.get("id"):
            flow.set("id", _free_id(f"{flow.get('sourceRef')}_to_{flow.get('targetRef')}", known))
    leaving: dict[str, list[Node]] = {}
    for flow in root.iter(f"{_IN_BPMN}sequenceFlow"):
        leaving.setdefault(flow.get("sourceRef") or "", []).append(flow)
    for node in list(root.iter(*_FORKING)):
        flows = leaving.get(node.get("id") or "", [])
        if len(flows) > 1:
            _make_fork(node, flows, known)
    return root


def _take_out_drawings(root: Node) -> None:
    for tag in sorted(DRAWN_ONLY):
        for node in list(root.iter(_IN_BPMN + tag)):
            parent = node.getparent()
            if parent is not None:
                parent.remove(node)


def _make_fork(node: Node, leaving: Sequence[Node], known: set[str]) -> None:
    """Put a parallel gateway behind a node with several ways out."""
    scope = node.getparent()
    id_ = node.get("id")
    if scope is None or not id_:
        return
    fork = _free_id(f"{id_}_fork", known)
    to_fork = _free_id(f"{id_}_to_{fork}", known)
    SubElement(scope, f"{_IN_BPMN}parallelGateway", id=fork)
    SubElement(scope, f"{_IN_BPMN}sequenceFlow", id=to_fork, sourceRef=id_, targetRef=fork)
    for flow in leaving:
        flow.set("sourceRef", fork)
    for link in node.findall(f"{_IN_BPMN}outgoing"):
        node.remove(link)


def _free_id(wanted: str, known: set[str]) -> str:
    found = next(id_ for number in count(1) if (id_ := wanted if number == 1 else f"{wanted}_{number}") not in known)
    known.add(found)
    return found
