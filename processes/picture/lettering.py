"""How much room words take, and where they break: Chinese between any two characters, English between words."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# A line never starts with these marks and never ends with those (the usual rule of Chinese typesetting).
NOT_FIRST = frozenset("，。、；：？！）》」』”’…%·,.;:?!)")
NOT_LAST = frozenset("（《「『“‘(")


@lru_cache(maxsize=4096)
def width_of(text: str, size: float) -> float:
    """The width of a text in pixels: a Chinese character is as wide as its size, a Latin one a little over half."""
    return sum(size if unicodedata.east_asian_width(char) in "WFA" else size * 0.57 for char in text)


@lru_cache(maxsize=4096)
def wrapped(text: str, width: float, size: float, lines: int) -> tuple[str, ...]:
    """The text on at most `lines` lines of `width` pixels; what does not fit is cut and ends in an ellipsis.

    Two lines share the text evenly, so that no single character is left on the second one.
    """
    total = width_of(text, size)
    if total <= width:
        return (text,)
    wanted = min(lines, int(-(-total // width)))
    room = total / wanted
    while room < width:
        rows = _filled(text, room, size)
        if len(rows) <= wanted:
            return tuple(rows)
        room += size / 2
    rows = _filled(text, width, size)
    if len(rows) <= lines:
        return tuple(rows)
    rest = text[text.index(rows[lines - 1], sum(len(row) for row in rows[: lines - 1])) :]
    return (*rows[: lines - 1], clipped(rest, width, size))


def clipped(text: str, width: float, size: float) -> str:
    """The text on one line of `width` pixels, ending in an ellipsis when it had to be cut."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _filled(text: str, width: float, size: float) -> list[str]:
    rows, row = [], ""
    for piece in _pieces(text):
        if row and width_of((row + piece).rstrip(), size) > width:
            rows.append(row.rstrip())
            row = piece.lstrip()
        else:
            row += piece
    return [*rows, row.rstrip()] if row.strip() else rows


def _pieces(text: str) -> list[str]:
    """The parts between which a line may break."""
    pieces: list[str] = []
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        previous = pieces[-1] if pieces else ""
        glued = char in NOT_FIRST or (bool(previous) and previous[-1] in NOT_LAST)
        inside_word = bool(previous) and not wide and not _ends_word(previous) and previous[-1] != " "
        if previous and (glued or inside_word or char == " "):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _ends_word(piece: str) -> bool:
    return unicodedata.east_asian_width(piece[-1]) in "WF"
