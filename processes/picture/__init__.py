"""Pictures of diagrams: BPMN as accessible SVG, drawn on the server (UI.md section 8).

`draw` gives the picture and `steps` the same facts as a list. Both take the files of a definition (the XML of every
process by its key) and what an instance has done, by element path; they know no database and no page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from kernel.texts import Language
from processes.picture.applicant import draw_applicant
from processes.picture.full import described_full, draw_full
from processes.picture.geometry import called_at, innermost
from processes.picture.progress import Progress, State
from processes.picture.story import story_of
from processes.picture.told import TITLE, Step, described, listed, told

Detail = Literal["applicant", "full"]

__all__ = ["Detail", "State", "Step", "draw", "steps"]


def draw(
    files: Mapping[str, bytes],
    key: str,
    *,
    detail: Detail,
    language: Language = "zh",
    done: Collection[str] = (),
    now: Mapping[str, int] | None = None,
    stuck: Mapping[str, int] | None = None,
    taken_flows: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
    title: str | None = None,
    description: str | None = None,
    under: str = "",
) -> str:
    """One process as an `<svg>` with the classes of `pf-bp`, safe to put into a page as it is.

    `applicant` draws the steps of the line `key` in one row, those of called processes among them. `full` draws every
    element of one process where the diagram puts it: of `key`, or of the process that the call activity at the path
    `under` runs (`review`). Paths always start at the root process `key`; `notes` by the path of a flow stand on it.
    Without `done`, `now`, `stuck` and `taken_flows` the definition itself is drawn, without states.
    `title` and `description` replace the words for those who listen, which otherwise list done, now and to come.

    Raises:
        KeyError: `files` lacks the process, or `under` is no call activity.
    """
    progress = Progress(done, innermost(files, key, now or {}), stuck or {}, taken_flows, notes or {})
    prefix = "-".join(filter(None, ("bp", detail, key, under.replace("/", "-"))))
    diagram = called_at(files, key, under.split("/") if under else ())
    if diagram is None:
        raise KeyError(under or key)
    heading = title or TITLE.filled(line=diagram.title(language)).in_(language)
    if detail == "full":
        words = described_full(diagram, progress, under, language) if description is None else description
        return draw_full(
            diagram, progress, under=under, language=language, title=heading, description=words, prefix=prefix
        )
    tale = told(story_of(files, key), progress)
    words = described(tale, language) if description is None else description
    return draw_applicant(tale, language=language, title=heading, description=words, prefix=prefix)


def steps(
    files: Mapping[str, bytes],
    key: str,
    *,
    language: Language = "zh",
    done: Collection[str] = (),
    now: Mapping[str, int] | None = None,
    stuck: Mapping[str, int] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Step]:
    """The applicant's steps in order with their states: the facts of the drawing for narrow screens and tables."""
    progress = Progress(done, innermost(files, key, now or {}), stuck or {}, (), notes or {})
    return listed(told(story_of(files, key), progress), language)
