"""What the diagram of a business line says of itself: titles, starters, form, employer (docs/diagrams.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from sqlalchemy import Connection

from kernel.errors import NotFound, Reason, Refused
from kernel.texts import Text
from processes.definition import Definition
from processes.definitions import Definitions

FILL_APPLICATION = "fill_application"

Employer = Literal["transfer", "declared", "current", "own", "none"]
_BOTH = Text("两个单位", "both employers")
_ONE = Text("单位", "the employer")

EMPLOYERS = frozenset({"transfer", "declared", "current", "own", "none"})


@dataclass(frozen=True, slots=True)
class Line:
    """A business line as its diagram tells it.

    `employer` says whose confirmation and district it is about: `declared` is chosen in the form (`new_employer`),
    `transfer` the same beside the one of the registration, `current` the one of the registration, `own` the enterprise
    that applies, `none` nobody's. Lines of one `exclusive` group are open one at a time for a person (R-1.9-1).
    `decides_by` are the answers of the form that the diagram looks at, each a variable of its name; so is `publicity`,
    whether the city's opinion is publicised, by the name has_publicity.
    """

    id: str
    title: Text
    summary: Text
    conditions: tuple[Text, ...]
    candidate_groups: frozenset[str]
    form: str
    employer: Employer
    exclusive: str | None
    decides_by: tuple[str, ...]
    publicity: bool
    submitted: Text  # what is told when an application has been submitted (R-000-29)
    closed: Text  # what the closing of an application means to its applicant
    order: int

    @property
    def confirmed_by(self) -> Text | None:
        """Who is asked for confirmation, where employers are asked at all."""
        return {"transfer": _BOTH, "declared": _ONE, "current": _ONE}.get(self.employer)


@lru_cache(maxsize=256)
def line_of(definition: Definition) -> Line:
    """The line that a definition draws."""
    said = definition.properties
    title = title_of(definition)
    conditions = zip(_parts(said.get("conditions_zh")), _parts(said.get("conditions_en")), strict=True)
    fill = definition.elements.get(FILL_APPLICATION)
    return Line(
        id=definition.key,
        title=title,
        summary=Text(said.get("summary_zh", ""), said.get("summary_en", "")),
        conditions=tuple(Text(zh, en) for zh, en in conditions),
        candidate_groups=frozenset(_names(said.get("starter_roles"))),
        form=fill.attributes.get("formRef", "") if fill else "",
        employer=cast(Employer, said.get("employer", "none")),
        exclusive=said.get("exclusive") or None,
        decides_by=_names(said.get("decides_by")),
        publicity=said.get("publicity") == "true",
        submitted=Text(said.get("submitted_zh", "申报成功"), said.get("submitted_en", "Submitted")),
        closed=Text(said.get("closed_zh", "登记信息已更新。"), said.get("closed_en", "The register has been updated.")),
        order=int(said.get("order", "1000")),
    )


def title_of(definition: Definition) -> Text:
    """The name of a line or process in both languages; of one without titles, its name."""
    said = definition.properties
    return Text(said.get("title_zh", definition.name), said.get("title_en", definition.name))


def lines_of(definitions: Definitions, connection: Connection) -> list[Line]:
    """The lines that can be started now, in the order of the menu."""
    found = [line_of(each) for each in definitions.active(connection) if each.has_record]
    return sorted(found, key=lambda line: (line.order, line.id))


def active_line(definitions: Definitions, connection: Connection, line_id: str) -> Line:
    """A line in its active version.

    Raises:
        NotFound: there is no such line.
        Refused: CLASS1_PORTAL_ONLY, it is one of the class-1 portal (R-1.1-1).
    """
    if line_id.startswith("class1_"):
        raise Refused(Reason("CLASS1_PORTAL_ONLY", rule="R-1.1-1"), detail=f"line {line_id} of the other portal")
    definition = definitions.get(definitions.active_id(connection, line_id))
    if not definition.has_record:
        raise NotFound(detail=f"process {line_id} is no line")
    return line_of(definition)


def _names(words: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (words or "").split(",") if name.strip())


def _parts(words: str | None) -> list[str]:
    """The conditions of a line, told in one property and divided by a bar."""
    return [part.strip() for part in (words or "").split("|") if part.strip()]
