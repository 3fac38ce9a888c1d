"""One evaluation: what it sees, what it may still spend, and what it has to say about its nulls."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.texts import Text
from rules.feel.errors import too_big
from rules.feel.values import READY, normal

# A step is about one closure called or one item walked over; all steps together take some tenths of a second.
MAX_STEPS = 100_000
# How deeply closures may call each other through functions; every level takes a few frames of the interpreter.
MAX_CALLS = 350
MAX_NOTES = 50
# Smaller lists and contexts are copied again sooner than they are found again.
_SMALL = 8


@dataclass(frozen=True, slots=True)
class Note:
    """Why something became null; `position` counts characters of the expression's source, None where there is none."""

    text: Text
    position: int | None = None


class Run:
    """What all frames of one evaluation share: steps, calls, notes and the moment that `now()` tells."""

    __slots__ = ("calls", "known", "left", "notes", "now")

    def __init__(self, now: datetime | None = None, notes: MutableSequence[Note] | None = None) -> None:
        self.left = MAX_STEPS
        self.calls = 0
        self.now = now
        self.notes = notes
        self.known: dict[int, tuple[Any, Any]] | None = None


class Frame:
    """A scope within a run. Names are looked up here, then in the frames around it."""

    __slots__ = ("parent", "run", "scope", "tested")

    def __init__(
        self, scope: Mapping[str, Any], run: Run | None = None, parent: Frame | None = None, tested: Any = None
    ) -> None:
        self.scope = scope
        self.run = run or Run()
        self.parent = parent
        self.tested = tested

    def child(self, scope: Mapping[str, Any]) -> Frame:
        """The same run with more names, whose values are FEEL's already."""
        return Frame(scope, self.run, self, self.tested)

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            FeelError: the evaluation has used up its budget.
        """
        run = self.run
        run.left -= steps
        if run.left < 0:
            raise too_big(Text("计算步数", "the number of steps"), MAX_STEPS)

    def enter(self, levels: int) -> None:
        """Count the nesting of calls; `leave` gives it back.

        Raises:
            FeelError: functions call each other too deeply.
        """
        run = self.run
        run.calls += levels
        if run.calls > MAX_CALLS:
            raise too_big(Text("调用层数", "the nesting of calls"), MAX_CALLS)

    def leave(self, levels: int) -> None:
        self.run.calls -= levels

    def find(self, name: str) -> tuple[bool, Any]:
        """Whether a name is known here or further out, and its value."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.scope:
                return True, frame.ready(frame.scope[name])
            frame = frame.parent
        return False, None

    def ready(self, value: Any) -> Any:
        """A value as FEEL sees it; lists and contexts of the caller are copied once in a run and counted."""
        if value.__class__ in READY or self.parent is not None:
            return value  # inner scopes hold what FEEL itself has computed
        if not isinstance(value, (list, tuple, Mapping)) or len(value) <= _SMALL:
            return normal(value, self.spend)
        known = self.run.known
        if known is None:
            known = self.run.known = {}
        found = known.get(id(value))
        if found is None or found[0] is not value:
            found = known[id(value)] = (value, normal(value, self.spend))
        return found[1]

    def note(self, zh: str, en: str, position: int | None = None) -> None:
        """Say why a value is null, once the caller has asked to know."""
        notes = self.run.notes
        if notes is not None and len(notes) < MAX_NOTES:
            notes.append(Note(Text(zh, en), position))
