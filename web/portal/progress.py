"""An application on its real diagram: the picture, and the same facts as steps (UI.md 8)."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from applications.views import ApplicationDetail, Guide
from processes.picture import Step, draw, steps
from web.i18n import language
from web.services import services


def picture_of(case: ApplicationDetail) -> Markup:
    """The steps of this application's own version of the diagram, in the applicant's words."""
    picture = draw(
        _files(case.path.definition_id),
        case.line,
        detail="applicant",
        language=language(),
        done=case.path.done,
        now=case.path.now,
        taken_flows=case.path.taken_flows,
        notes=_notes(case),
    )
    return Markup(picture)  # noqa: S704 - drawn by us, every text in it escaped


def steps_of(case: ApplicationDetail) -> list[Step]:
    return steps(
        _files(case.path.definition_id),
        case.line,
        language=language(),
        done=case.path.done,
        now=case.path.now,
        notes=_notes(case),
    )


def picture_of_line(guide: Guide) -> Markup:
    """The steps of a line without an application on it."""
    picture = draw(_files(guide.definition_id), guide.line, detail="applicant", language=language())
    return Markup(picture)  # noqa: S704 - as above


def _notes(case: ApplicationDetail) -> dict[str, str]:
    return {path: note.in_(language()) for path, note in case.path.notes.items()}


def _files(definition_id: str) -> Mapping[str, bytes]:
    with services().database.read() as connection:
        return services().definitions.files(connection, definition_id)
