"""Functions of texts (DMN 1.5, table 73). Positions count characters of Unicode."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.patterns import Pattern, PatternError, compile_pattern
from rules.feel.patterns.machine import Found
from rules.feel.values import check_length, checked_text


@built_in("substring", "string: string, start position: number, length?: number?")
def substring(frame: Frame, text: str, start: Decimal, length: Decimal | None) -> str | None:
    first = int(start)
    if not first or abs(first) > len(text) or (length is not None and length < 1):
        frame.note("子串超出文字", "the substring lies outside the text")
        return None
    begin = first - 1 if first > 0 else len(text) + first
    return text[begin:] if length is None else text[begin : begin + int(length)]


@built_in("string length", "string: string", in_browser=True)
def string_length(frame: Frame, text: str) -> Decimal:
    return Decimal(len(text))


@built_in("upper case", "string: string")
def upper_case(frame: Frame, text: str) -> str:
    return checked_text(text.upper())


@built_in("lower case", "string: string")
def lower_case(frame: Frame, text: str) -> str:
    return checked_text(text.lower())


@built_in("substring before", "string: string, match: string")
def substring_before(frame: Frame, text: str, match: str) -> str:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@built_in("substring after", "string: string, match: string")
def substring_after(frame: Frame, text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@built_in("contains", "string: string, match: string", in_browser=True)
def contains(frame: Frame, text: str, match: str) -> bool:
    return match in text


@built_in("starts with", "string: string, match: string", in_browser=True)
def starts_with(frame: Frame, text: str, match: str) -> bool:
    return text.startswith(match)


@built_in("ends with", "string: string, match: string")
def ends_with(frame: Frame, text: str, match: str) -> bool:
    return text.endswith(match)


@built_in("matches", "input: string, pattern: string, flags?: string?")
def matches(frame: Frame, text: str, pattern: str, flags: str | None) -> bool | None:
    compiled = _pattern(frame, pattern, flags)
    return None if compiled is None else compiled.find(text, frame.spend) is not None


@built_in("replace", "input: string, pattern: string, replacement: string, flags?: string?")
def replace(frame: Frame, text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    compiled = _pattern(frame, pattern, flags)
    if compiled is None or compiled.find("", frame.spend) is not None:
        # XPath refuses to replace nothing (fn:replace, FORX0003).
        frame.note("模式不得匹配空文字", "the pattern must not match an empty text")
        return None
    parts = [("text", replacement)] if flags and "q" in flags else _parts_of(replacement, compiled.groups)
    if parts is None:
        frame.note("替换文字有误", "the replacement is wrong")
        return None
    found: list[str] = []
    size = after = 0
    for match in compiled.find_all(text, frame.spend):
        found.append(text[after : match.start] + _filled(parts, match))
        size += len(found[-1])
        check_length(size)
        after = match.end
    return checked_text("".join(found) + text[after:])


def _parts_of(replacement: str, groups: int) -> list[tuple[str, Any]] | None:
    """The replacement as texts and numbers of groups: `$1`, `\\$`, `\\\\`; None when it is wrong."""
    parts: list[tuple[str, Any]] = []
    at = 0
    while at < len(replacement):
        character = replacement[at]
        following = replacement[at + 1 : at + 2]
        if character == "\\":
            if following not in ("\\", "$"):
                return None
            parts.append(("text", following))
            at += 2
        elif character == "$":
            if not (following.isascii() and following.isdigit()):
                return None
            at += 2
            number = int(following)
            while replacement[at : at + 1].isascii() and replacement[at : at + 1].isdigit():
                longer = number * 10 + int(replacement[at])
                if longer > groups:
                    break
                number, at = longer, at + 1
            parts.append(("group", number) if number <= groups else ("text", ""))
        else:
            parts.append(("text", character))
            at += 1
    return parts


def _filled(parts: list[tuple[str, Any]], match: Found) -> str:
    return "".join(value if kind == "text" else match.group(value) for kind, value in parts)


@built_in("split", "string: string, delimiter: string")
def split(frame: Frame, text: str, delimiter: str) -> list[str] | None:
    compiled = _pattern(frame, delimiter, None)
    if compiled is None:
        return None
    if compiled.find("", frame.spend) is not None:
        return list(text) if not delimiter else None
    parts: list[str] = []
    after = 0
    for match in compiled.find_all(text, frame.spend):
        parts.append(text[after : match.start])
        after = match.end
    return [*parts, text[after:]]


@built_in("string join", "list: list, delimiter?: string?")
def string_join(frame: Frame, items: list[Any], delimiter: str | None) -> str | None:
    if not all(item is None or item.__class__ is str for item in items):
        frame.note("列表含有文字以外的内容", "the list holds something else than text")
        return None
    frame.spend(len(items))
    texts = [item for item in items if item is not None]
    between = delimiter or ""
    check_length(sum(len(text) for text in texts) + len(between) * max(0, len(texts) - 1))
    return between.join(texts)


def _pattern(frame: Frame, text: str, flags: str | None) -> Pattern | None:
    try:
        return compile_pattern(text, flags or "")
    except PatternError as error:
        frame.note(f"模式有误：{text[:40]}", f"the pattern is wrong: {error}")
        return None
