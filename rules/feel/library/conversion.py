"""Functions that turn values into others, and those of truth values (DMN 1.5, tables 71, 72 and 76)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from rules.feel.callables import FeelFunction
from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.temporal import Moment, Time
from rules.feel.temporal_text import literal_from, text_of
from rules.feel.values import (
    NUMBERS,
    TEMPORAL,
    Range,
    check_length,
    check_nesting,
    equal,
    safely,
)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_GROUPING = (" ", ",", ".")
_RANGE = re.compile(r"\s*([\[(\]])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)
_CALL = re.compile(r'@?"([^"]*)"|(?:date and time|date|time|duration)\(\s*"([^"]*)"\s*\)')
_MANY_ZEROS = 1_000


@built_in("not", "negand: boolean", in_browser=True)
def negation(frame: Frame, value: bool) -> bool:
    return not value


@built_in("is", "value1: any, value2: any")
def same(frame: Frame, one: Any, other: Any) -> bool:
    """Whether two values are the same element: of one kind, equal, and for times with the same offset."""
    if isinstance(one, (Time, Moment)) and one.__class__ is other.__class__ and one.offset != other.offset:
        return False
    return equal(one, other, frame.spend) is True


@built_in("number", "from: string, grouping separator?: string?, decimal separator?: string?")
def number(frame: Frame, text: str, grouping: str | None, point: str | None) -> Decimal | None:
    if (grouping is not None and grouping not in _GROUPING) or (point is not None and point not in (".", ",")):
        frame.note("分隔符只能是空格、逗号或句点", "separators are blanks, commas and periods")
        return None
    if grouping is not None and grouping == point:
        frame.note("两个分隔符不能相同", "the two separators are the same")
        return None
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = plain.replace(".", "?").replace(",", ".")  # a period means nothing then
    if len(plain) > _MANY_ZEROS or not _NUMBER.fullmatch(plain):
        frame.note(f"“{text[:40]}”不是数字", f"“{text[:40]}” is no number")
        return None
    return safely(lambda: NUMBERS.create_decimal(plain))


@built_in("number", "from: number")
def number_itself(frame: Frame, value: Decimal) -> Decimal:
    return value


@built_in("string", "from: any")
def string(frame: Frame, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    writer = _Writer(frame)
    writer.write(value, 0)
    return "".join(writer.parts)


class _Writer:
    """Writes a value as FEEL would be typed, counting as it goes."""

    def __init__(self, frame: Frame) -> None:
        self.parts: list[str] = []
        self._frame = frame
        self._size = 0

    def write(self, value: Any, nesting: int) -> None:
        check_nesting(nesting)
        self._frame.spend(1)
        if value.__class__ is list:
            self._list(value, nesting)
        elif value.__class__ is dict:
            self._context(value, nesting)
        elif value.__class__ is Range:
            self._range(value, nesting)
        else:
            self._add(_scalar(value))

    def _add(self, text: str) -> None:
        self._size += len(text)
        check_length(self._size)
        self.parts.append(text)

    def _list(self, items: list[Any], nesting: int) -> None:
        self._add("[")
        for index, item in enumerate(items):
            self._add(", " if index else "")
            self.write(item, nesting + 1)
        self._add("]")

    def _context(self, context: dict[str, Any], nesting: int) -> None:
        self._add("{")
        for index, (name, item) in enumerate(context.items()):
            plain = bool(re.fullmatch(r"[^\W\d][\w ]*", name))
            self._add((", " if index else "") + (name if plain else _quoted(name)) + ": ")
            self.write(item, nesting + 1)
        self._add("}")

    def _range(self, one: Range, nesting: int) -> None:
        if one.low_open or one.high_open:
            self._add(("<" if one.low_open else ">") + ("=" if one.low_included or one.high_included else "") + " ")
            self.write(one.high if one.low_open else one.low, nesting + 1)
            return
        self._add("[" if one.low_included else "(")
        self.write(one.low, nesting + 1)
        self._add("..")
        self.write(one.high, nesting + 1)
        self._add("]" if one.high_included else ")")


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, TEMPORAL):
        return text_of(value)
    return f"function {value.name}" if isinstance(value, FeelFunction) else "null"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number_text(value: Decimal) -> str:
    """A number in plain digits, without zeros that say nothing; far exponents are written with E."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MANY_ZEROS:
        return str(value)
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@built_in("range", "from: string")
def range_of_text(frame: Frame, text: str) -> Range | None:
    """`range("[18..21)")`: the ends are literals, one of them may be missing."""
    match = _RANGE.fullmatch(text)
    if match:
        opening, low_text, high_text, closing = match.groups()
        low, high = _literal(low_text), _literal(high_text)
        kinds = {end.__class__ for end in (low, high) if end is not None}
        missing = (not low_text, not high_text)
        closed_nowhere = (missing[0] and opening == "[") or (missing[1] and closing == "]")
        readable = (low is not None or missing[0]) and (high is not None or missing[1])
        if len(kinds) == 1 and readable and not closed_nowhere:
            return Range(low, high, opening == "[", closing == "]", *missing)
    frame.note(f"“{text[:40]}”不是区间", f"“{text[:40]}” is no range")
    return None


def _literal(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return NUMBERS.create_decimal(text)
    match = _CALL.fullmatch(text)
    if not match:
        return None
    return match[1] if text.startswith('"') else literal_from(match[1] if match[1] is not None else match[2])
