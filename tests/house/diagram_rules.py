"""A business line is one name in a few rooms, and every name in a diagram leads somewhere (STYLE.md 1, DESIGN.md 3)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from kernel.actors import Role
from tests.house.code import literal_strings, python_files
from tests.house.diagrams import BPMN, Diagram, diagrams, kind_of, processes

# What a modeler invents when nobody names the thing, with what it puts behind: Activity_0x3f1, Task2, Flow_1ab.
_INVENTED = re.compile(r"^(activity|event|gateway|flow|sequenceflow|task|usertask|servicetask|process|element)_?[0-9]")
_SPEAKING = re.compile(r"[a-z]+[0-9]?(_([a-z]+|[0-9]+[a-z]*))*")
_UNPRONOUNCEABLE = re.compile(r"^[^aeiouy0-9]{3,}$|[^aeiouy0-9]{6,}")
_ROOT_KINDS = {"message", "error", "signal", "escalation"}


def names_that_lead_nowhere(root: Path) -> list[str]:
    """Forms, topics, decisions, messages, errors, called processes, roles and four-eyes partners that do not exist."""
    found = diagrams(root)
    forms = {path.stem for path in (root / "forms").glob("*.form")}
    tables = {path.stem for path in (root / "rules").glob("*.dmn")}
    topics = set(handlers(root))
    called = {process for diagram in found for process, _ in processes(diagram.root)}
    user_tasks = {str(task.get("id")) for diagram in found for task in diagram.elements("userTask")}
    roles = {role.value for role in Role}
    problems = []
    for diagram in found:
        uses = [
            *(("form", element, value, forms) for element, value in diagram.attribute_values("formRef")),
            *(("topic", element, value, topics) for element, value in diagram.attribute_values("topic")),
            *(("decision", element, value, tables) for element, value in diagram.attribute_values("decisionRef")),
            *(("user task", element, value, user_tasks) for element, value in diagram.property_values("separate_from")),
            *(
                ("role", element, role.strip(), roles)
                for element, value in diagram.attribute_values("candidateGroups")
                for role in value.split(",")
            ),
            *(
                ("called process", element, str(element.get("calledElement")), called)
                for element in diagram.elements("callActivity")
            ),
        ]
        problems += [
            f"{diagram.path.name}: {element.get('id')}: no {what} {name!r}"
            for what, element, name, known in uses
            if name not in known
        ]
        problems += _references_to_nothing(diagram)
        problems += [f"{diagram.path.name}: nobody sends {name!r}" for name in _messages(diagram) - _sent_names(root)]
    return problems


def forms_without_a_diagram(root: Path) -> list[str]:
    used = {value for diagram in diagrams(root) for _, value in diagram.attribute_values("formRef")}
    return [f"forms/{name}.form" for name in sorted({path.stem for path in (root / "forms").glob("*.form")} - used)]


def handlers_without_a_diagram(root: Path) -> list[str]:
    used = {value for diagram in diagrams(root) for _, value in diagram.attribute_values("topic")}
    return [f"{where}: {name}" for name, where in sorted(handlers(root).items()) if name not in used]


def diagrams_named_otherwise(root: Path) -> list[str]:
    """A diagram's file, its process and its line have one name."""
    return [
        f"{diagram.path.name}: holds the processes {names}"
        for diagram in diagrams(root)
        if (names := [name for name, _ in processes(diagram.root)]) != [diagram.stem]
    ]


def diagrams_without_a_scenario(root: Path) -> list[str]:
    return [
        f"{diagram.path.name}: no tests/scenarios/test_{diagram.stem}.py"
        for diagram in diagrams(root)
        if not (root / "tests" / "scenarios" / f"test_{diagram.stem}.py").exists()
    ]


def ids_that_do_not_speak(root: Path) -> list[str]:
    """Ids of diagrams are the words of tests, forms, history and logs: snake_case English, never invented ones."""
    return [
        f"{diagram.path.name}: {identifier!r}"
        for diagram in diagrams(root)
        for identifier in _ids(diagram)
        if not _speaks(identifier)
    ]


def handlers(root: Path) -> dict[str, str]:
    """The topics that have a handler, and the file of each: `@handler("check_start")`."""
    return {
        str(decorator.args[0].value): str(path.relative_to(root))
        for path in python_files(root / "handlers")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "handler"
        and decorator.args
        and isinstance(decorator.args[0], ast.Constant)
    }


def _references_to_nothing(diagram: Diagram) -> Iterator[str]:
    defined = {str(element.get("id")) for kind in _ROOT_KINDS for element in diagram.elements(kind)}
    for kind in _ROOT_KINDS:
        for element in diagram.root.iter(f"{{{BPMN}}}*"):
            name = element.get(f"{kind}Ref")
            if name and name not in defined:
                holder = element.getparent()
                yield f"{diagram.path.name}: {'' if holder is None else holder.get('id')}: no {kind} {name!r}"


def _messages(diagram: Diagram) -> set[str]:
    return {str(message.get("name")) for message in diagram.elements("message")}


def _sent_names(root: Path) -> set[str]:
    """Every string that the rooms which send messages write out; a message's name must be one of them."""
    return {
        text
        for room in ("applications", "handlers")
        for path in python_files(root / room)
        for text in literal_strings(path)
    }


def _ids(diagram: Diagram) -> Iterator[str]:
    for process, element in processes(diagram.root):
        yield process
        for part in element.iter(f"{{{BPMN}}}*"):
            if part is not element and part.get("id") and not kind_of(part).endswith("EventDefinition"):
                yield str(part.get("id"))
    for kind in sorted(_ROOT_KINDS):
        for part in diagram.elements(kind):
            yield str(part.get("id"))


def _speaks(identifier: str) -> bool:
    return (
        bool(_SPEAKING.fullmatch(identifier))
        and not _INVENTED.match(identifier)
        and not any(_UNPRONOUNCEABLE.search(word) for word in identifier.split("_"))
        and any(len(word) > 2 for word in identifier.split("_"))
    )
