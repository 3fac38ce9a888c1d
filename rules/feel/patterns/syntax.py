"""Reads the text of a pattern into a tree (XPath and XQuery Functions 3.1, 5.6.1)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.feel.patterns.characters import (
    ESCAPES,
    Characters,
    Matches,
    any_character,
    between,
    category,
    not_end_of_line,
    one,
    outside,
)

MAX_NESTING = 50
_SPECIAL = frozenset(".\\?*+{}()|[]^$")
_SPACE = " \t\n\r"
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
FLAGS = frozenset("smixq")


class PatternError(ValueError):
    """The text is no pattern."""


@dataclass(frozen=True)
class One:
    """A character for which `matches` holds."""

    matches: Matches


@dataclass(frozen=True)
class Edge:
    """`^` or `$`; with `lines` also at the ends of lines."""

    start: bool
    lines: bool


@dataclass(frozen=True)
class Again:
    """A reference to what a group has matched."""

    group: int
    any_case: bool


@dataclass(frozen=True)
class Group:
    """A part in brackets; one with a number can be referred to."""

    inner: Part
    number: int | None


@dataclass(frozen=True)
class Repeat:
    """A part several times, without end where `most` is None; a lazy one takes as few as it can."""

    inner: Part
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Choice:
    """One of several ways, tried in order."""

    ways: tuple[Part, ...]


Part = One | Edge | Again | Group | Repeat | Sequence | Choice


def read(text: str, flags: str) -> tuple[Part, int]:
    """The tree of a pattern and the number of its groups.

    Raises:
        PatternError: the text or the flags are wrong.
    """
    if set(flags) - FLAGS:
        raise PatternError(f"Expected flags of s, m, i, x and q, but found {flags!r}")
    if "q" in flags:
        return Sequence(tuple(One(one(character, any_case="i" in flags)) for character in text)), 0
    reader = _Reader(_without_space(text) if "x" in flags else text, flags)
    return reader.whole(), reader.groups


def _without_space(text: str) -> str:
    """The pattern without its blanks, except those within brackets."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for character in text:
        if not depth and character in _SPACE:
            continue
        if not escaped:
            depth += (character == "[") - (character == "]" and depth > 0)
        escaped = character == "\\" and not escaped
        kept.append(character)
    return "".join(kept)


class _Reader:
    def __init__(self, text: str, flags: str) -> None:
        self._text = text
        self._at = 0
        self._any_case = "i" in flags
        self._dot = any_character if "s" in flags else not_end_of_line
        self._lines = "m" in flags
        self._depth = 0
        self._closed: set[int] = set()
        self.groups = 0

    def whole(self) -> Part:
        found = self._choice()
        if self._at < len(self._text):
            raise PatternError(f"Expected the end of the pattern at {self._at}")
        return found

    def _choice(self) -> Part:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise PatternError("The pattern is nested too deeply")
        ways = [self._sequence()]
        while self._take("|"):
            ways.append(self._sequence())
        self._depth -= 1
        return ways[0] if len(ways) == 1 else Choice(tuple(ways))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, inner: Part) -> Part:
        if self._take("?"):
            bounds: tuple[int, int | None] = (0, 1)
        elif self._take("*"):
            bounds = (0, None)
        elif self._take("+"):
            bounds = (1, None)
        elif self._take("{"):
            bounds = self._bounds()
        else:
            return inner
        lazy = self._take("?")
        if self._at < len(self._text) and self._text[self._at] in "?*+{":
            raise PatternError("A quantifier follows a quantifier")
        return Repeat(inner, *bounds, lazy)

    def _bounds(self) -> tuple[int, int | None]:
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at : end].partition(",")
        self._at = end + 1
        for part in (low, high):
            if part and not (part.isascii() and part.isdigit() and len(part) <= 6):
                raise PatternError("Expected numbers in the quantifier")
        if end < 0 or not low:
            raise PatternError("The quantifier has no lower bound or no end")
        most = int(high) if high else None if comma else int(low)
        if most is not None and most < int(low):
            raise PatternError("The quantifier's bounds are in the wrong order")
        return int(low), most

    def _atom(self) -> Part:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return One(self._class())
        if character == ".":
            return One(self._dot)
        if character in "^$":
            return Edge(character == "^", self._lines)
        if character == "\\":
            return self._escape()
        if character in _SPECIAL:
            raise PatternError(f"{character!r} stands alone")
        return One(one(character, any_case=self._any_case))

    def _group(self) -> Part:
        number: int | None = None
        if self._take("?"):
            if not self._take(":"):
                raise PatternError("Expected (?: after (?")
        else:
            self.groups += 1
            number = self.groups
        inner = self._choice()
        if not self._take(")"):
            raise PatternError("A group does not end")
        if number is not None:
            self._closed.add(number)
        return Group(inner, number)

    def _escape(self) -> Part:
        character = self._next()
        if character.isascii() and character.isdigit():
            number = int(character)
            while self._at < len(self._text) and self._text[self._at].isdigit() and self._text[self._at].isascii():
                longer = number * 10 + int(self._text[self._at])
                if longer > self.groups:
                    break
                number = longer
                self._at += 1
            if number not in self._closed:
                raise PatternError(f"There is no group {number} before its reference")
            return Again(number, self._any_case)
        return One(self._escaped(character))

    def _escaped(self, character: str) -> Matches:
        if character in ESCAPES:
            return ESCAPES[character]
        if character in "pP":
            found = self._category()
            return found if character == "p" else outside(found)
        return one(self._single(character), any_case=self._any_case)

    def _single(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character in _SPECIAL or character == "-":
            return character
        raise PatternError(f"Unknown escape \\{character}")

    def _category(self) -> Matches:
        end = self._text.find("}", self._at)
        if not self._take("{") or end < 0:
            raise PatternError("Expected {…} after \\p")
        found = category(self._text[self._at : end])
        self._at = end + 1
        if found is None:
            raise PatternError("Unknown category or block")
        return found

    def _class(self) -> Characters:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise PatternError("The pattern is nested too deeply")
        negated = self._take("^")
        parts: list[Matches] = []
        without: Characters | None = None
        while not self._take("]"):
            character = self._next()
            if character == "-" and self._take("["):
                without = self._class()
                if not self._take("]"):
                    raise PatternError("A subtraction must end the class")
                break
            parts.append(self._member(character))
        self._depth -= 1
        if not parts:
            raise PatternError("The class is empty")
        return Characters(tuple(parts), negated, without, self._any_case)

    def _member(self, character: str) -> Matches:
        if character == "[":
            raise PatternError("'[' stands alone")
        if character == "\\":
            escape = self._next()
            if escape in ESCAPES or escape in "pP":
                return self._escaped(escape)
            character = self._single(escape)
        following = self._text[self._at : self._at + 2]
        if not following.startswith("-") or following in ("-]", "-[") or character == "-":
            return one(character, any_case=False)
        self._at += 1
        high = self._next()
        if high == "\\":
            high = self._single(self._next())
        if high < character:
            raise PatternError("A range is in the wrong order")
        return between(character, high)

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("The pattern ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, character: str) -> bool:
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True
