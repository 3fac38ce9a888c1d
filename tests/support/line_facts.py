"""The facts that the tables of a line see, from a database, for tests without services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection

from applications.applicants import Applicant
from applications.lines import line_of
from forms import Forms
from handlers.facts import Asked, Books, Facts
from processes.definition import Definition
from processes.definitions import Definitions
from rules.tables import Decisions

BPMN = Path(__file__).resolve().parent.parent.parent / "bpmn"


@cache
def definition_of(line: str) -> Definition:
    """A line of the repository, as it would be deployed."""
    files = {path.stem: path.read_bytes() for path in BPMN.glob("*.bpmn")}
    decisions = Decisions()
    return Definition.build(files, line, {key: decisions.xml(key) for key in decisions})


def facts_of_line(
    connection: Connection, line: str, applicant: Applicant, day: date, document: Mapping[str, Any] | None = None
) -> Facts:
    """What the tables of a line may ask of this applicant on a day."""
    definition = definition_of(line)
    # No table of these tests asks for the title of an application in progress, which takes a deployed definition.
    books = Books(connection, cast(Definitions, None), applicant, day)
    return Facts(Asked(books, definition, Forms().current(line_of(definition).form), document))
