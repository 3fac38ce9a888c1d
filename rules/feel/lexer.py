"""Cuts the text of an expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from kernel.texts import Text
from rules.feel.errors import FeelError, too_big, unexpected

MAX_CHARACTERS = 4_000
MAX_TOKENS = 1_000

Kind = Literal["number", "string", "name", "keyword", "symbol", "end"]

KEYWORDS = frozenset({"null", "true", "false", "and", "or", "in", "between", "if", "then", "else"})
# Words of full FEEL that this service does not know: as plain names they would silently be null.
RESERVED = frozenset({"for", "some", "every", "return", "satisfies", "function", "external", "instance"})

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|/\*.*?\*/)
  | (?P<number>\d+(?:\.\d+)?|\.\d+)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<symbol><=|>=|!=|\.\.|[=<>+\-*/()\[\]{},.:@?])
  | (?P<name>[^\W\d]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
# Two characters that would be read as something else than their writer means.
_NEVER = ("==", "**", "//")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "'": "'", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

# What people write who know another language, and what FEEL calls it.
_HINTS = {
    "==": Text("“=”（FEEL 用一个等号）", "'=' (FEEL has a single equals sign)"),
    "**": Text("“*”（不支持乘方）", "'*' (powers are not supported)"),
    "//": Text("“/”（注释写作 /* */）", "'/' (a comment is written /* */)"),
    "&&": Text("“and”", "'and'"),
    "||": Text("“or”", "'or'"),
    "'": Text("双引号的文字", "text in double quotes"),
    "$": Text("不带 ${ } 的 FEEL 表达式", "FEEL without ${ }"),
    "#": Text("不带 #{ } 的 FEEL 表达式", "FEEL without #{ }"),
    "!": Text("“!=”或“not( )”", "'!=' or 'not( )'"),
    '"': Text("以双引号结束的文字", "a text that ends with a double quote"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the source; `text` is as written, `value` what a string literal stands for."""

    kind: Kind
    text: str
    position: int
    value: str = ""


def tokens_of(source: str) -> list[Token]:
    """All tokens of an expression, closed by one of kind "end".

    Raises:
        FeelError: a character that starts no token, an unknown escape, or more text than the limits allow.
    """
    if len(source) > MAX_CHARACTERS:
        raise too_big(Text("字符数", "the number of characters"), MAX_CHARACTERS)
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = None if source[position : position + 2] in _NEVER else _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise _stray(source, position)
        if match.lastgroup != "space":
            found.append(_token(match.lastgroup, match.group(), position))
            if len(found) > MAX_TOKENS:
                raise too_big(Text("词数", "the number of words"), MAX_TOKENS, position)
        position = match.end()
    found.append(Token("end", "", len(source)))
    return found


def _token(group: str, text: str, position: int) -> Token:
    if group == "number":
        return Token("number", text, position)
    if group == "string":
        return Token("string", text, position, _unescaped(text, position))
    if group == "symbol":
        return Token("symbol", text, position)
    if text in RESERVED:
        raise unexpected(position, Text("受支持的 FEEL 语法", "something this service supports of FEEL"), text)
    return Token("keyword" if text in KEYWORDS else "name", text, position)


def _unescaped(literal: str, position: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                raise unexpected(position + 1 + match.start(), Text("有效字符", "a valid character"), match.group())
            return chr(number)
        if code not in _ESCAPED:
            raise unexpected(position + 1 + match.start(), Text("有效的转义符", "a known escape"), match.group())
        return _ESCAPED[code]

    return _ESCAPE.sub(one, literal[1:-1])


def _stray(source: str, position: int) -> FeelError:
    for length in (2, 1):
        found = source[position : position + length]
        if found in _HINTS:
            return unexpected(position, _HINTS[found], found)
    return unexpected(position, Text("FEEL 表达式", "a FEEL expression"), source[position])
