"""What may stand in an element, asked once more when a definition is built (ENGINE.md 1.5).

The validator has refused all else at deployment. The parser of the library would pass over it in silence, so what
nevertheless comes here is refused, too.
"""

from __future__ import annotations

from typing import Any, NoReturn

from lxml.etree import _Element as Node

from processes.extensions import IN_BPMN, local_name
from processes.faults import DefinitionNotRunnable
from processes.rewrite import HANDLER
from processes.validation.vocabulary import ACTIVITIES, CAUGHT, FLOW_NODES, SCOPES, THROWN

_ANYWHERE = {"documentation", "extensionElements", "incoming", "outgoing"}
_IN_A_SCOPE = {*FLOW_NODES, "sequenceFlow"}
_REPEATING = {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}
_UNSUPPORTED_WHEN_TRUE = ("parallelMultiple", "instantiate")
# How many event definitions an event needs and has at most; a start event in an event sub-process needs one.
_DEFINITIONS = {
    "startEvent": (0, 1),
    "endEvent": (0, 1),
    "intermediateThrowEvent": (0, 1),
    "intermediateCatchEvent": (1, 1),
    "boundaryEvent": (1, 1),
}


def refuse_what_is_not_run(process: Node) -> None:
    """Raise DefinitionNotRunnable for the first construct in a process that the engine would have to pass over.

    What is only drawn has been taken out by the rewrite.
    """
    handlers = {node.get(HANDLER) for node in process.iter(f"{IN_BPMN}boundaryEvent")}
    for node in process.iter():
        kind = local_name(node) if str(node.tag).startswith(IN_BPMN) else ""
        if kind == "process" or kind in FLOW_NODES:
            _check_content(node, kind)
            for attribute in _UNSUPPORTED_WHEN_TRUE:
                if node.get(attribute) == "true":
                    refuse(node, f"{attribute}=true")
            if node.get("isForCompensation") == "true" and node.get("id") not in handlers:
                refuse(node, "a handler that nothing asks for")


def _check_content(node: Node, kind: str) -> None:
    tags = [local_name(child) for child in node if str(child.tag).startswith(IN_BPMN)]
    found = [tag for tag in tags if tag not in _ANYWHERE]
    own: set[str] = set()
    if kind in SCOPES:
        own = _IN_A_SCOPE
        _check_starts(node, kind)
    elif kind in _DEFINITIONS:
        own = set(CAUGHT.get(kind, ()) or THROWN[kind]) - {"linkEventDefinition"}  # one that is left has no other end
        least, most = _DEFINITIONS[kind]
        if not least <= len(found) <= most:
            refuse(node, f"{len(found)} of {sorted(own)} in {kind}")
    elif kind == "scriptTask":
        own = {"script"}
        if "script" not in found:
            refuse(node, "a script task without script")
    if kind in ACTIVITIES:
        own = own | _REPEATING
    for tag in found:
        if tag not in own:
            refuse(node, f"{tag} in {kind}")
    if len([tag for tag in found if tag in _REPEATING]) > 1:
        refuse(node, "an activity that is repeated in two ways")


def _check_starts(node: Node, kind: str) -> None:
    starts = node.findall(f"{IN_BPMN}startEvent")
    typed = [one for one in starts if any(local_name(child).endswith("EventDefinition") for child in one)]
    if kind == "process":
        if not starts or len(starts) - len(typed) > 1:
            refuse(node, "a process without start event, or with several of no type")
    elif len(starts) != 1:
        refuse(node, "any number of start events but one")
    elif bool(typed) != (node.get("triggeredByEvent") == "true"):
        refuse(node, "a start event whose type does not fit its sub-process")


def refuse(node: Any, what: str) -> NoReturn:
    """Raise DefinitionNotRunnable, naming the element and its line."""
    raise DefinitionNotRunnable(f"{node.get('id')} (line {node.sourceline}): {what} is not run")
