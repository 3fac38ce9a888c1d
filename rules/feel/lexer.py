"""Cuts the text of an expression into tokens.

Which tokens together make a name with spaces or symbols only the parser knows, so every symbol that a name may hold
(DMN 1.5, 10.3.1.2: `. / - ' + *`) is a token of its own here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from kernel.texts import Text
from rules.feel.errors import FeelError, too_big, unexpected

MAX_CHARACTERS = 16_000
MAX_TOKENS = 4_000

Kind = Literal["number", "string", "name", "keyword", "symbol", "end"]

_CONSTANTS = ("null", "true", "false")
_WORDS = ("and", "or", "in", "between", "if", "then", "else", "for", "return", "some", "every", "satisfies")
KEYWORDS = frozenset((*_CONSTANTS, *_WORDS, "instance", "of", "function", "external"))

# Letters of all scripts, and the symbols beyond the first plane; punctuation, also of Chinese, is in no name.
_LETTER = r"(?:[^\W\d]|[\U00010000-\U000EFFFF])"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|/\*.*?\*/|//[^\n\r]*)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<string>"(?:[^"\\\n\r]|\\.)*")
  | (?P<symbol>\*\*|->|<=|>=|!=|\.\.|[=<>+\-*/()\[\]{{}},.:@?'’])
  | (?P<name>{_LETTER}(?:\w|[\U00010000-\U000EFFFF\u00B7\u0300-\u036F\u200D\uFE0F])*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_ESCAPED = {'"': '"', "\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t"}

# What people write who know another language, and what FEEL calls it.
HINTS = {
    "==": Text("“=”（FEEL 用一个等号）", "'=' (FEEL has a single equals sign)"),
    "&&": Text("“and”", "'and'"),
    "||": Text("“or”", "'or'"),
    "'": Text("双引号的文字", "text in double quotes"),
    "$": Text("不带 ${ } 的 FEEL 表达式", "FEEL without ${ }"),
    "#": Text("不带 #{ } 的 FEEL 表达式", "FEEL without #{ }"),
    "!": Text("“!=”或“not( )”", "'!=' or 'not( )'"),
    '"': Text("以双引号结束的文字", "a text that ends with a double quote"),
    "/*": Text("以 */ 结束的注释", "a comment that ends with */"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the source; `text` is as written, `value` what a string literal stands for."""

    kind: Kind
    text: str
    position: int
    value: str = ""

    @property
    def end(self) -> int:
        return self.position + len(self.text)


def tokens_of(source: str) -> list[Token]:
    """All tokens of an expression, closed by one of kind "end".

    Raises:
        FeelError: a character that starts no token, a broken escape, or more text than the limits allow.
    """
    if len(source) > MAX_CHARACTERS:
        raise too_big(Text("字符数", "the number of characters"), MAX_CHARACTERS)
    found: list[Token] = []
    position = 0
    while position < len(source):
        pair = source[position : position + 2]
        match = None if pair == "==" else _TOKEN.match(source, position)
        if match is None or match.lastgroup is None or (pair == "/*" and match.lastgroup != "space"):
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
    return Token("keyword" if text in KEYWORDS else "name", text, position)


def _unescaped(literal: str, position: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] not in "uU" or len(code) == 1:
            # A backslash before anything else is a backslash: patterns are written "\d" (DMN 1.5, grammar rule 35).
            return _ESCAPED.get(code, match.group())
        units = [int(unit, 16) for unit in re.findall(r"[0-9a-fA-F]{4,6}", code.replace("u", " ").replace("U", " "))]
        try:
            if code[0] == "U":
                return chr(units[0]).encode().decode()
            # Characters beyond the first plane may be written as two escapes.
            return b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be")
        except (ValueError, OverflowError) as error:
            expected = Text("有效字符", "a valid character")
            raise unexpected(position + 1 + match.start(), expected, match.group()) from error

    return _ESCAPE.sub(one, literal[1:-1])


def _stray(source: str, position: int) -> FeelError:
    for length in (2, 1):
        found = source[position : position + length]
        if found in HINTS:
            return unexpected(position, HINTS[found], found)
    return unexpected(position, Text("FEEL 表达式", "a FEEL expression"), source[position])
