"""docs/bpmn-support.md, written from the table that the tests walk."""

from __future__ import annotations

from collections.abc import Iterable

from processes.validation import validate
from tests.processes.support import BEYOND, EXECUTABLE, SUPPORTING, TABLE, Row, counted, examples
from tests.processes.validation import corpus

_STATUS = {"executes": "runs", "drawn": "drawn only", "refused": "refused"}
_HEAD = "| Construct | Clause | Here | What happens | Proof |\n|---|---|---|---|---|\n"


def support_page(note: str) -> str:
    """The page; `note` says how it is written."""
    running, of = counted(EXECUTABLE)
    supporting, of_supporting = counted(SUPPORTING)
    both, of_both = counted((*EXECUTABLE, *SUPPORTING))
    files = [sum(column) for column in zip(*corpus.COUNTED.values(), strict=True)]
    sections = [
        f"# BPMN 2.0: what runs and what is refused\n\n{note}",
        "Every construct of an uploaded diagram either behaves as BPMN 2.0 says, or the deployment refuses it with the "
        "element, its line and what to draw instead; nothing is passed over. The rows below are those of the tests "
        "(`tests/processes/support`): each one that runs names diagrams that are accepted and started and the tests "
        "that prove what it does, each one that is refused names diagrams that yield just that finding.",
        "## In figures\n\n"
        f"- Common executable class of the standard, table 2.3: {_share(running, of)} of its elements run. A text "
        "annotation is not counted, because the standard gives it no effect.\n"
        f"- What supports them, table 2.4: {_share(supporting, of_supporting)} run; both tables together: "
        f"{_share(both, of_both)}. What is refused there (types, inputs and outputs, operations, resources and their "
        "assignments) has one way of the dialect that runs: JSON variables, `camunda:in` and `camunda:out`, "
        "`camunda:topic`, `camunda:candidateGroups`, `camunda:formRef`.\n"
        f"- All {len(TABLE)} rows: {_sum('executes')} run, {_sum('drawn')} are drawn only, "
        f"{_sum('refused')} are refused.",
        "## Common executable class (table 2.3)\n\n" + _table(EXECUTABLE),
        "## What supports it (table 2.4)\n\n" + _table(SUPPORTING),
        "## Beyond it\n\n" + _table(BEYOND),
        "## Diagrams of other authors\n\n"
        f"{sum(files)} files of the test suites and examples of other engines and tools were tried; where they are "
        "present beside the project, the tests try them again and hold these numbers. They are written for other "
        "engines, so one that is refused is tried once more with what the dialect asks for filled in (form, role, "
        "topic), foreign extensions taken out and foreign code replaced by a constant. What is accepted is built, "
        "drawn, started and walked through, stored and loaded after each step. None crashes or takes longer than "
        f"{corpus.SLOWEST_S:.0f} s.\n\n" + _files(files),
    ]
    return "\n\n".join(sections) + "\n"


def _table(rows: Iterable[Row]) -> str:
    return _HEAD + "\n".join(_line(row) for row in rows)


def _line(row: Row) -> str:
    cells = (row.construct, row.clause, _STATUS[row.status], _happens(row), _proof(row))
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _happens(row: Row) -> str:
    if row.status != "refused":
        return row.says
    data, code = examples.refused(row.examples[0])
    found = validate({"p": data}, corpus.Everything())
    advice = next(one.text.en for one in found if one.code == code)
    return f"{row.says} “{advice}” (`{code}`)".strip()


def _proof(row: Row) -> str:
    if row.status == "refused":
        return "; ".join(row.examples)
    return ", ".join(f"`{test.rpartition('/')[2]}`" for test in row.tests)


def _files(total: list[int]) -> str:
    head = "| Source | Accepted as it is | Accepted in the dialect | Refused with reasons | No BPMN file |\n"
    head += "|---|---|---|---|---|\n"
    lines = [_cells(source, counts) for source, counts in corpus.COUNTED.items()]
    return head + "\n".join([*lines, _cells("all", total)])


def _cells(source: str, counts: Iterable[int]) -> str:
    return f"| {source} | " + " | ".join(str(count) for count in counts) + " |"


def _share(count: int, of: int) -> str:
    return f"{count} of {of} ({100 * count / of:.0f} %)"


def _sum(status: str) -> int:
    return sum(row.status == status for row in TABLE)
