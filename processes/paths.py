"""Element paths: the call activities down to a called process, then the element (`review/review_by_district`)."""

from __future__ import annotations

from processes.definition import Definition, Element


def element_at(definition: Definition, path: str) -> Element:
    """The element at a path below the root process.

    Raises:
        KeyError: the path names no element of this definition.
    """
    return _along(definition, path)[-1]


def step_at(definition: Definition, path: str) -> Element:
    """The step that people know a path by: the outermost element on it with a short name, as the drawing shows it.

    The confirmation by an employer is the step 原单位确认调出 of the transfer, whatever the called process names
    its one task.
    """
    elements = _along(definition, path)
    return next((element for element in elements if "short_zh" in element.properties), elements[-1])


def _along(definition: Definition, path: str) -> list[Element]:
    process = definition.key
    found = []
    for element_id in path.split("/"):
        found.append(definition.element(process, element_id))
        process = found[-1].attributes.get("calledElement", process)
    return found
