"""Element paths: the call activities down to a called process, then the element (`review/review_by_district`)."""

from __future__ import annotations

from processes.definition import Definition, Element


def element_at(definition: Definition, path: str) -> Element:
    """The element at a path below the root process.

    Raises:
        KeyError: the path names no element of this definition.
    """
    *calls, element_id = path.split("/")
    process = definition.key
    for call in calls:
        process = definition.element(process, call).attributes["calledElement"]
    return definition.element(process, element_id)
