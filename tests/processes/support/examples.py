"""The diagrams that the rows of the table name: those of the validator's tests, and some for what only the table has."""

from __future__ import annotations

from collections.abc import Mapping

from tests.processes.validation.drawing import MESSAGE, MESSAGE_EVENT, call, diagram, flow, line, service, through, user
from tests.processes.validation.test_accepted import ACCEPTED
from tests.processes.validation.test_decisions_and_juel import GOOD, deciding
from tests.processes.validation.test_traps import COMBINATIONS, POSITIONS, REFUSED, placed

_ELEMENT, _EVENT = "element_refused", "event_refused"


def _inside(element: str) -> bytes:
    """A user task that has an element of the standard the dialect does not know."""
    data: bytes = through(user(inside=element), "review")
    return data


def _beside(element: str) -> bytes:
    """A file that declares something beside its process."""
    data: bytes = through(user(), "review", declared=element)
    return data


_ALSO_ACCEPTED: Mapping[str, bytes] = {
    "business rule task": deciding(GOOD),
    "cron at startEvent": placed("startEvent", "timer")
    .replace(b"timeDuration", b"timeCycle")
    .replace(b"P1D", b"0 1 * * *"),
}
_OWN: Mapping[str, tuple[bytes, str]] = {
    "rendering of a user task": (_inside('<rendering id="page"/>'), _ELEMENT),
    "resource of the file": (_beside('<resource id="clerks" name="clerks"/>'), _ELEMENT),
    "performer of a user task": (_inside("<performer/>"), _ELEMENT),
    "potential owner of a user task": (_inside("<potentialOwner/>"), _ELEMENT),
    "data input of a process": (through(user(), "review", '<dataInput id="given"/>'), _ELEMENT),
    "data output of a process": (through(user(), "review", '<dataOutput id="made"/>'), _ELEMENT),
    "item definition": (_beside('<itemDefinition id="money" structureRef="xsd:decimal"/>'), _ELEMENT),
    "interface with an operation": (
        _beside('<interface id="bank" name="bank"><operation id="pay"/></interface>'),
        _ELEMENT,
    ),
    "operation of a service task": (
        through(service().replace("<serviceTask", '<serviceTask operationRef="pay"'), "announce"),
        "attribute_refused",
    ),
    "assignment in a data association": (
        _inside("<dataInputAssociation><assignment><from>1</from><to>a</to></assignment></dataInputAssociation>"),
        _ELEMENT,
    ),
    "global task": (_beside('<globalUserTask id="ask"/>'), _ELEMENT),
    "correlation of the standard": (_beside('<correlationProperty id="number"/>'), _ELEMENT),
    "data store of the file": (_beside('<dataStore id="book"/>'), _ELEMENT),
    "monitoring": (_inside("<monitoring/>"), _ELEMENT),
    "sub-conversation": (_beside('<globalConversation id="talk"/>'), _ELEMENT),
    "choreography": (_beside('<choreography id="dance"/>'), _ELEMENT),
    "no end event": (
        diagram(
            f'<startEvent id="begun"/>{user()}<endEvent id="done"/>{user("last")}'
            + line("begun", "review", "done")
            + flow("review", "last")
        ),
        "no_outgoing",
    ),
    "task without a way in": (
        diagram(
            f'<startEvent id="begun"/>{user()}<endEvent id="done"/>{user("alone")}'
            + line("begun", "review", "done")
            + flow("alone", "done")
        ),
        "no_incoming",
    ),
    "several events in one": (
        through(
            f'<intermediateThrowEvent id="told">{MESSAGE_EVENT}<signalEventDefinition signalRef="news"/></intermediateThrowEvent>',
            "told",
            declared=MESSAGE + '<signal id="news" name="news"/>',
        ),
        "event_definition_several",
    ),
    "called decision": (through(call(attributes=""), "call_other"), "attribute_missing"),
}


def accepted(name: str) -> bytes:
    """The diagram of a name, which the validator accepts.

    Raises:
        KeyError: there is none.
    """
    return _ALSO_ACCEPTED[name] if name in _ALSO_ACCEPTED else ACCEPTED[name]


def refused(name: str) -> tuple[bytes, str]:
    """The diagram of a name with the code of the one finding that refuses it.

    Raises:
        KeyError: there is none.
    """
    if name in _OWN:
        return _OWN[name]
    if name in REFUSED:
        return REFUSED[name]
    definition, _, position = name.partition(" at ")
    if (position, definition) not in COMBINATIONS or definition in POSITIONS[position][0]:
        raise KeyError(name)
    return placed(position, definition), _EVENT
