"""Conditions of foreign diagrams: `${approved && amount > 100}` of JUEL translated to FEEL, or refused with the reason.

What is translated means the same in both languages, with one difference: JUEL turns texts into numbers to compare
them, FEEL finds that they cannot be compared and takes another flow. Calls reach into programs and are refused;
`.equals(…)` alone is a comparison and taken as one. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kernel.texts import Text
from processes.names import is_variable_name

MAX_LENGTH = 2_000
MAX_DEPTH = 40

_WHOLE = re.compile(r"\s*[$#]\{(.*)\}\s*", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?![\w.]))|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<sign>==|!=|<=|>=|&&|\|\||[<>!+\-*/%?:()\[\].,]))""",
    re.DOTALL,
)
_WORDS: Mapping[str, str] = {
    "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "and": "&&", "or": "||", "not": "!", "div": "/", "mod": "%",
}  # fmt: skip
_COMPARED: Mapping[str, str] = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
# What the engine of the foreign diagram puts into every scope.
_OBJECTS = frozenset({"execution", "task", "authenticatedUserId", "externalTask", "caseExecution", "connector"})
_LITERALS = frozenset({"true", "false", "null"})


class JuelRefused(ValueError):
    """The condition has no counterpart in FEEL; `reason` says what stands in the way."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh, en)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


def is_juel(source: str) -> bool:
    """Whether a condition is written the way of JUEL."""
    return source.lstrip().startswith(("${", "#{"))


def feel_of(source: str) -> str:
    """The FEEL of a condition; one that is no JUEL stays as it is.

    Raises:
        JuelRefused: it uses what FEEL does not have.
    """
    if not is_juel(source):
        return source
    whole = _WHOLE.fullmatch(source)
    if whole is None:
        raise JuelRefused("文字与表达式混写", "text mixed with an expression")
    if len(source) > MAX_LENGTH:
        raise JuelRefused("表达式过长", "an expression that is too long")
    return _Translation(_tokens(whole.group(1))).whole()


def _tokens(source: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(source.rstrip()):
        match = _TOKEN.match(source, at)
        if match is None:
            shown = source[at:].strip()[:10]
            raise JuelRefused(f"无法识别“{shown}”", f"'{shown}', which is not understood")
        kind = match.lastgroup or ""
        text = match.group(kind)
        found.append(Token("sign", _WORDS[text]) if text in _WORDS else Token(kind, text))
        at = match.end()
    return found


class _Translation:
    """A parser by the precedence of JUEL that writes FEEL; every part it returns can stand in parentheses."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> str:
        found = self._choice()
        if self._at < len(self._tokens):
            raise _unexpected(self._tokens[self._at].text)
        return found

    def _choice(self) -> str:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise JuelRefused("嵌套过深", "parentheses nested too deeply")
        condition = self._either()
        if self._take("?"):
            first = self._choice()
            self._expect(":")
            condition = f"(if {condition} then {first} else {self._choice()})"
        self._depth -= 1
        return condition

    def _either(self) -> str:
        found = self._both()
        while self._take("||"):
            found = f"({found} or {self._both()})"
        return found

    def _both(self) -> str:
        found = self._comparison()
        while self._take("&&"):
            found = f"({found} and {self._comparison()})"
        return found

    def _comparison(self) -> str:
        found = self._sum()
        while sign := self._take(*_COMPARED):
            found = f"({found} {_COMPARED[sign]} {self._sum()})"
        return found

    def _sum(self) -> str:
        found = self._product()
        while sign := self._take("+", "-"):
            found = f"({found} {sign} {self._product()})"
        return found

    def _product(self) -> str:
        found = self._unary()
        while sign := self._take("*", "/", "%"):
            other = self._unary()
            found = f"modulo({found}, {other})" if sign == "%" else f"({found} {sign} {other})"
        return found

    def _unary(self) -> str:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise JuelRefused("嵌套过深", "parentheses nested too deeply")
        try:
            if self._take("!"):
                # JUEL takes null for false, FEEL's not() leaves it null.
                return f"not({self._unary()} = true)"
            if self._take("-"):
                return f"(-{self._unary()})"
            if self._is_word("empty"):
                self._at += 1
                return f'list contains([null, "", []], {self._unary()})'
            return self._path()
        finally:
            self._depth -= 1

    def _path(self) -> str:
        found = self._primary()
        while sign := self._take(".", "["):
            if sign == "[":
                found = self._indexed(found)
                continue
            name = self._next()
            if name.kind != "name":
                raise _unexpected(name.text)
            if self._take("("):
                found = self._called(found, name.text)
            else:
                found = f"{found}.{_name(name.text)}"
        return found

    def _indexed(self, base: str) -> str:
        index = self._next()
        self._expect("]")
        if index.kind == "number" and index.text.isdigit():
            # JUEL counts from 0, FEEL from 1.
            return f"{base}[{int(index.text) + 1}]"
        if index.kind == "text":
            return f"{base}.{_name(_unquoted(index.text))}"
        raise JuelRefused("下标不是固定的数字或名称", "an index that is no fixed number or name")

    def _called(self, base: str, method: str) -> str:
        if method != "equals":
            raise JuelRefused(f"调用 {method}()", f"a call of {method}()")
        other = self._choice()
        self._expect(")")
        return f"({base} = {other})"

    def _primary(self) -> str:
        token = self._next()
        if token.text == "(" and token.kind == "sign":
            found = self._choice()
            self._expect(")")
            return f"({found})"
        if token.kind == "number" or token.text in _LITERALS:
            return token.text
        if token.kind == "text":
            return _quoted(_unquoted(token.text))
        if token.kind != "name":
            raise _unexpected(token.text)
        if token.text in _OBJECTS:
            raise JuelRefused(f"引擎对象 {token.text}", f"the engine's object {token.text}")
        if self._take("(", ":"):
            raise JuelRefused(f"调用 {token.text}()", f"a call of {token.text}()")
        return _name(token.text)

    # -- tokens

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise JuelRefused("表达式不完整", "an incomplete expression")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *signs: str) -> str:
        """The next token when it is one of these signs; an empty text when it is not."""
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind == "sign" and token.text in signs:
                self._at += 1
                return token.text
        return ""

    def _is_word(self, word: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] == Token("name", word)

    def _expect(self, sign: str) -> None:
        found = self._next()
        if found != Token("sign", sign):
            raise _unexpected(found.text)


def _name(name: str) -> str:
    if not is_variable_name(name):
        raise JuelRefused(f"名称“{name}”不能用于 FEEL", f"the name '{name}', which FEEL cannot say")
    return name


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unexpected(found: str) -> JuelRefused:
    return JuelRefused(f"意外的“{found[:20]}”", f"an unexpected '{found[:20]}'")
