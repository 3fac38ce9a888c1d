"""What goes wrong with an expression: at compile time its text, at run time only its size."""

from __future__ import annotations

from kernel.errors import Fault
from kernel.texts import Text


class FeelError(Fault):
    """An expression that cannot be compiled, or that was stopped because it grew too big.

    `position` counts characters of the source from 0; `expected` and `found` are short English words for logs and
    tests, `message` is for the person who wrote the expression. A missing variable, a division by zero or a wrong
    type is no error in FEEL: the result is null.
    """

    def __init__(self, message: Text, *, position: int = 0, expected: str = "", found: str = "") -> None:
        super().__init__(message.en)
        self.message = message
        self.position = position
        self.expected = expected
        self.found = found


def unexpected(position: int, expected: Text, found: str) -> FeelError:
    """The usual error of a parser: at a position one thing was expected and another one found."""
    shown = found if len(found) <= 40 else found[:40] + "…"
    return FeelError(
        Text(
            f"第 {position + 1} 个字符处应为{expected.zh}，实际为“{shown}”",
            f"Expected {expected.en} at character {position + 1}, but found “{shown}”",
        ),
        position=position,
        expected=expected.en,
        found=found,
    )


def too_big(what: Text, limit: int, position: int = 0) -> FeelError:
    """A limit was passed: the text is too long, too deep, or its value grows too large."""
    return FeelError(
        Text(f"表达式过大：{what.zh}超过 {limit}", f"The expression is too big: {what.en} is over {limit}"),
        position=position,
        expected=f"{what.en} up to {limit}",
        found="more",
    )
