"""Findings of the validator: what is wrong with a diagram, where, and what to do instead (R-P-05)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lxml.etree import _Element as Node

from kernel.texts import Text
from processes.finding_texts import ERRORS, WARNINGS

Severity = Literal["error", "warning"]

# A hostile file must not become a report of megabytes.
MAX_FINDINGS = 200
MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a diagram; `code` is stable, `process` the id of the process it was found in.

    An error refuses the deployment, a warning only tells.
    """

    element_id: str | None
    line: int | None
    code: str
    text: Text
    severity: Severity = "error"
    process: str | None = None


class Findings:
    """Collects the findings of one file, up to a number that a person can still read."""

    def __init__(self, process: str | None = None) -> None:
        self._process = process
        self._found: list[Finding] = []
        self._warnings: list[Finding] = []

    def add(self, code: str, node: Node | None = None, *, about: str | None = None, **parameters: object) -> None:
        """Note a finding of the catalogue; its place is the nearest element around `node` that has an id."""
        error = code in ERRORS
        kept = self._found if error else self._warnings
        if len(kept) == MAX_FINDINGS:
            if error:
                kept.append(finding("too_many_findings", process=self._process, count=MAX_FINDINGS))
            return
        if len(kept) > MAX_FINDINGS:
            return
        element = about if about is not None else _nearest_id(node)
        line = None if node is None else node.sourceline
        kept.append(finding(code, element, line, process=self._process, **parameters))

    @property
    def refused(self) -> bool:
        """Whether an error was found."""
        return bool(self._found)

    def __iter__(self) -> Iterator[Finding]:
        yield from self._found
        yield from self._warnings


Add = Callable[..., None]


def finding(
    code: str,
    element_id: str | None = None,
    line: int | None = None,
    *,
    process: str | None = None,
    **parameters: object,
) -> Finding:
    """One finding of the catalogue with its text filled in."""
    severity: Severity = "error" if code in ERRORS else "warning"
    template = ERRORS.get(code) or WARNINGS[code]
    shown = {name: shortened(value) for name, value in parameters.items()}
    element = None if element_id is None else element_id[:MAX_SHOWN]
    return Finding(element, line, code, template.filled(**shown), severity, process)


def shortened(value: object) -> object:
    """A value as a message shows it: what comes from the file is cut to a readable length."""
    if isinstance(value, (Text, int)):
        return value
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _nearest_id(node: Node | None) -> str | None:
    while node is not None:
        found = node.get("id")
        if found:
            return str(found)
        node = node.getparent()
    return None
