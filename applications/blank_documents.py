"""Papers that are given out empty, to be filled in by hand: for whom no application can carry them yet (DOC-11)."""

from __future__ import annotations

from collections.abc import Mapping

from exports.context import Question, context
from exports.word import render
from kernel.errors import NotFound

# Template and title. The correction form is for people whom the books do not know under their data (R-1.2-4).
BLANKS: Mapping[str, str] = {"qualification_correction": "执业资格合格人员信息修改申请表（2020版）"}


class _NoQuestions:
    """A form without fields: a template prints nothing where nothing was asked."""

    key = ""
    fields: Mapping[str, Question] = {}


def blank(name: str) -> tuple[str, bytes]:
    """A paper as a Word document: its file name and its bytes.

    Raises:
        NotFound: no paper of this name is given out.
    """
    title = BLANKS.get(name)
    if title is None:
        raise NotFound(detail=f"no empty paper {name!r}")
    return f"{title}.docx", render(name, context("", title, {}, {}, _NoQuestions(), None), None)
