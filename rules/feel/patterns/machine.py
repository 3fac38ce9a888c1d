"""Runs patterns: a program of small steps with its own stack of ways not yet tried.

Without references to groups a state that has failed once at a character fails again, so it is tried once: the
steps are at most program × text. With references what the groups hold belongs to the state, and only the budget ends
it. Both are counted, never timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kernel.texts import Text
from rules.feel.errors import too_big
from rules.feel.patterns.characters import forms_of
from rules.feel.patterns.syntax import Choice, Edge, Group, One, Part, Repeat, Sequence, read

MAX_PROGRAM = 4_000
_BATCH = 500
Spend = Callable[[int], None]
Spans = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One match: spans of the whole (0) and of the groups, as start and end in turn; -1 where a group has none."""

    text: str
    spans: Spans

    @property
    def start(self) -> int:
        return self.spans[0]

    @property
    def end(self) -> int:
        return self.spans[1]

    def group(self, number: int) -> str:
        start, end = self.spans[2 * number : 2 * number + 2]
        return self.text[start:end] if start >= 0 and end >= 0 else ""


class _Program:
    """Instructions as tuples: what to do, and its operands."""

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []
        self.refers = False

    def add(self, *step: Any) -> int:
        if len(self.steps) >= MAX_PROGRAM:
            raise too_big(Text("模式大小", "the size of a pattern"), MAX_PROGRAM)
        self.steps.append(step)
        return len(self.steps) - 1

    def compile(self, part: Part) -> None:
        if isinstance(part, One):
            self.add("one", part.matches)
        elif isinstance(part, Sequence):
            for inner in part.parts:
                self.compile(inner)
        elif isinstance(part, Group):
            self._group(part)
        elif isinstance(part, Choice):
            self._choice(part)
        elif isinstance(part, Repeat):
            self._repeat(part)
        elif isinstance(part, Edge):
            self.add("start" if part.start else "end", part.lines)
        else:
            self.refers = True
            self.add("again", part.group, part.any_case)

    def _group(self, part: Group) -> None:
        if part.number is None:
            self.compile(part.inner)
            return
        self.add("save", 2 * part.number)
        self.compile(part.inner)
        self.add("save", 2 * part.number + 1)

    def _choice(self, part: Choice) -> None:
        jumps: list[int] = []
        for way in part.ways[:-1]:
            split = self.add("split", 0, 0)
            self.compile(way)
            jumps.append(self.add("jump", 0))
            self.steps[split] = ("split", split + 1, len(self.steps))
        self.compile(part.ways[-1])
        for jump in jumps:
            self.steps[jump] = ("jump", len(self.steps))

    def _repeat(self, part: Repeat) -> None:
        for _ in range(part.least):
            self.compile(part.inner)
        if part.most is None:
            split = self.add("split", 0, 0)
            self.compile(part.inner)
            self.add("jump", split)
            self._close([split], part.lazy)
        else:
            splits: list[int] = []
            for _ in range(part.most - part.least):
                splits.append(self.add("split", 0, 0))
                self.compile(part.inner)
            self._close(splits, part.lazy)

    def _close(self, splits: list[int], lazy: bool) -> None:
        after = len(self.steps)
        for split in splits:
            self.steps[split] = ("split", after, split + 1) if lazy else ("split", split + 1, after)


class Pattern:
    """A compiled pattern; safe to share."""

    def __init__(self, text: str, flags: str) -> None:
        tree, self.groups = read(text, flags)
        program = _Program()
        program.compile(tree)
        program.add("found")
        self._steps = program.steps
        self._refers = program.refers

    def find(self, text: str, spend: Spend, start: int = 0) -> Found | None:
        """The leftmost match from a position on.

        Raises:
            FeelError: the budget is used up.
        """
        tried: set[Any] = set()
        for position in range(start, len(text) + 1):
            spans = self._match(text, position, spend, tried)
            if spans is not None:
                return Found(text, spans)
        return None

    def find_all(self, text: str, spend: Spend) -> Iterator[Found]:
        """All matches that do not overlap; the pattern must not match nothing."""
        position = 0
        while position <= len(text):
            found = self.find(text, spend, position)
            if found is None:
                return
            yield found
            position = found.end if found.end > found.start else found.end + 1

    def _match(self, text: str, position: int, spend: Spend, tried: set[Any]) -> Spans | None:
        empty = (-1,) * (2 * self.groups + 2)
        waiting: list[tuple[int, int, Spans]] = [(0, position, (position, *empty[1:]))]
        steps, refers, unpaid = self._steps, self._refers, 1
        while waiting:
            at, where, spans = waiting.pop()
            while True:
                unpaid += 1
                if unpaid >= _BATCH:
                    spend(unpaid)
                    unpaid = 0
                state = (at, where, spans) if refers else (at, where)
                if state in tried:
                    break
                tried.add(state)
                step = steps[at]
                kind = step[0]
                at += 1
                if kind == "one":
                    if where >= len(text) or not step[1](text[where]):
                        break
                    where += 1
                elif kind == "split":
                    waiting.append((step[2], where, spans))
                    at = step[1]
                elif kind == "jump":
                    at = step[1]
                elif kind == "save":
                    spans = (*spans[: step[1]], where, *spans[step[1] + 1 :])
                elif kind == "found":
                    spend(unpaid)
                    return (spans[0], where, *spans[2:])
                elif kind == "again":
                    end = _repeated(text, where, spans, step[1], any_case=step[2])
                    if end is None:
                        break
                    unpaid += end - where
                    where = end
                elif not _at_edge(text, where, start=kind == "start", lines=step[1]):
                    break
        spend(unpaid)
        return None


def _at_edge(text: str, where: int, *, start: bool, lines: bool) -> bool:
    if start:
        return where == 0 or (lines and text[where - 1] == "\n")
    return where == len(text) or (lines and text[where] == "\n")


def _repeated(text: str, where: int, spans: Spans, group: int, *, any_case: bool) -> int | None:
    low, high = spans[2 * group : 2 * group + 2]
    before = text[low:high] if low >= 0 and high >= 0 else ""
    now = text[where : where + len(before)]
    if len(now) != len(before):
        return None
    same = now == before or (
        any_case and all(not set(forms_of(a)).isdisjoint(forms_of(b)) for a, b in zip(now, before, strict=True))
    )
    return where + len(before) if same else None


@lru_cache(maxsize=512)
def compile_pattern(text: str, flags: str) -> Pattern:
    """A pattern, compiled once.

    Raises:
        PatternError: the text or the flags are wrong.
        FeelError: the pattern is too big.
    """
    return Pattern(text, flags)
