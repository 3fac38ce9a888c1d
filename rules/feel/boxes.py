"""The part of the parser for what holds values: lists, ranges, contexts, literals of time, functions and calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from kernel.texts import Text
from rules.feel.calls import Call, Definition, External, Invocation
from rules.feel.errors import FeelError, unexpected
from rules.feel.lexer import Token
from rules.feel.library import LIBRARY, LONGEST_NAME, BuiltIn
from rules.feel.nodes import ContextOf, ListOf, Literal, Node, RangeOf, Variable
from rules.feel.paths import Path
from rules.feel.reader import Reader
from rules.feel.temporal_text import literal_from
from rules.feel.types import ANY, Type
from rules.feel.vocabulary import Vocabulary

_RANGE_OPERATORS = ("<", "<=", ">", ">=", "=")
# How often a text may be read a second time, because a bracket turned out to close a range.
MAX_SECOND_READINGS = 20


class Boxes(Reader):
    """Knows how values are held together; operators are the parser's."""

    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        super().__init__(source, vocabulary)
        # Whether names between here and the caller's scope may be bound by frames.
        self._inner = 0
        # Whether `[` closes the range whose end is being read: `[1..5[`.
        self._closes_range = False
        self._second_readings = 0

    @abstractmethod
    def _expression(self) -> Node: ...

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Brackets and bodies: frames stand around it, and no range of outside is closed in it."""
        closes, self._closes_range = self._closes_range, False
        self._inner += 1
        yield
        self._inner -= 1
        self._closes_range = closes

    @contextmanager
    def _bracketed(self) -> Iterator[None]:
        closes, self._closes_range = self._closes_range, False
        yield
        self._closes_range = closes

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Names bound in it are forgotten after it."""
        before = self._bound.copy()
        yield
        self._bound = before

    def _boxed(self) -> Node:
        token = self._token
        if self._take("("):
            return self._parenthesis(token)
        if self._take("["):
            return self._list_or_range()
        if self._take("]"):
            with self._bracketed():
                low = self._expression()
            return self._range(low, token, low_included=False)
        if self._take("{"):
            return self._context()
        if self._take("@"):
            return self._temporal_literal()
        if self._take("function"):
            return self._definition(token)
        raise self._unexpected(Text("值、名称或“(”", "a value, a name or '('"))

    # -- brackets

    def _parenthesis(self, token: Token) -> Node:
        with self._bracketed():
            node = self._item()
            if not self._shows(".."):
                self._expect(")")
                return node
        return self._range(node, token, low_included=False)

    def _item(self) -> Node:
        """An expression, or a range with one end such as `> 5` where a value may stand."""
        token = self._token
        if not self._shows_any(_RANGE_OPERATORS):
            return self._expression()
        self._index += 1
        end = self._expression()
        included = "=" in token.text
        if token.text == "=":
            return RangeOf(end, end, low_included=True, high_included=True, position=token.position)
        if token.text.startswith("<"):
            return RangeOf(None, end, low_included=False, high_included=included, position=token.position)
        return RangeOf(end, None, low_included=included, high_included=False, position=token.position)

    def _list_or_range(self) -> Node:
        token = self._tokens[self._index - 1]
        if self._take("]"):
            return ListOf()
        with self._bracketed():
            first = self._item()
            if not self._shows(".."):
                items = [first]
                while self._take(","):
                    items.append(self._item())
                self._expect("]")
                return ListOf(*items)
        return self._range(first, token, low_included=True)

    def _range(self, low: Node, token: Token, *, low_included: bool) -> Node:
        self._expect("..")
        start, nesting = self._index, self._nesting
        try:
            return self._range_end(low, token, low_included=low_included, closes=False)
        except FeelError:
            self._second_readings += 1
            if self._second_readings > MAX_SECOND_READINGS:
                raise
            self._index, self._nesting = start, nesting
            return self._range_end(low, token, low_included=low_included, closes=True)

    def _range_end(self, low: Node, token: Token, *, low_included: bool, closes: bool) -> Node:
        before, self._closes_range = self._closes_range, closes
        inner = self._inner
        try:
            high = self._expression()
        finally:
            self._closes_range, self._inner = before, inner
        if self._take("]"):
            return RangeOf(low, high, low_included=low_included, high_included=True, position=token.position)
        if self._take(")") or self._take("["):
            return RangeOf(low, high, low_included=low_included, high_included=False, position=token.position)
        raise self._unexpected(Text("区间的结尾“]”或“)”", "the end of the range, ']' or ')'"))

    def _context(self) -> Node:
        entries: list[tuple[str, Node]] = []
        with self._inside(), self._scope():
            while not self._take("}"):
                if entries:
                    self._expect(",")
                position = self._token.position
                name = self._entry_name()
                if any(name == known for known, _ in entries):
                    raise unexpected(position, Text("不重复的条目名称", "a name that is not there yet"), name)
                self._expect(":")
                self._bind(name)
                self._entries.add(name)
                entries.append((name, self._item()))
        return ContextOf(entries)

    def _entry_name(self) -> str:
        token = self._token
        if token.kind == "string":
            self._index += 1
            return token.value
        if not self._name_before(":"):
            raise self._unexpected(Text("条目名称", "the name of an entry"))
        return self._new_name(":")

    def _temporal_literal(self) -> Node:
        token = self._token
        found = literal_from(token.value) if token.kind == "string" else None
        if token.kind != "string" or (found is None and not self._vocabulary.lenient):
            raise self._unexpected(Text('日期或时长，如 @"2026-06-15"、@"P10D"', 'a date or duration such as @"P10D"'))
        self._index += 1
        return Literal(found)

    # -- functions

    def _definition(self, token: Token) -> Node:
        self._expect("(")
        parameters: list[tuple[str, Type]] = []
        while not self._take(")"):
            if parameters:
                self._expect(",")
            name = self._new_name(":", ",", ")")
            parameters.append((name, self._type() if self._take(":") else ANY))
        names = [name for name, _ in parameters]
        if len(set(names)) < len(names):
            raise unexpected(token.position, Text("不重复的参数", "parameters of different names"), ", ".join(names))
        if self._take("external"):
            return External(parameters, self._expression(), token.position)
        with self._inside(), self._binding(*names):
            return Definition(parameters, self._expression())

    def _starts_known_name(self) -> bool:
        """Whether a word of the language begins a name that the caller knows."""
        return self._token.kind == "keyword" and self._named(self._is_known, self._longest) > 1

    def _call_or_variable(self) -> Node:
        token = self._token
        known = self._named(self._is_known, self._longest)
        name, words = self._built_in_called()
        if words > known:
            self._index += words + 1
            return self._call(LIBRARY[name], token)
        if not known:
            known = self._built_in_named() or self._run_of_words()
        name = self._taken_name(known)
        if self._shows("(") and not self._is_callable_name(name) and not self._vocabulary.lenient:
            raise unexpected(token.position, Text("已知的函数名", "the name of a known function"), name)
        function = LIBRARY.get(name)
        return Variable(name, token.position, inner=self._inner > 0, built_in=function.as_value() if function else None)

    def _built_in_called(self) -> tuple[str, int]:
        """The name of the built-in function that is called here, and how many words it has; ("", 0) for none."""
        for length in range(LONGEST_NAME, 0, -1):
            if self._shows("(", ahead=length):
                words = self._tokens[self._index : self._index + length]
                name = " ".join(word.text for word in words)
                if name in LIBRARY and all(word.kind in ("name", "keyword") for word in words):
                    return name, length
        return "", 0

    def _built_in_named(self) -> int:
        """How many words name a built-in function where it is a value; `date and time` is none of them."""
        for length in range(LONGEST_NAME, 1, -1):
            words = self._tokens[self._index : self._index + length]
            if all(word.kind == "name" for word in words) and " ".join(word.text for word in words) in LIBRARY:
                return length
        return 0

    def _is_callable_name(self, name: str) -> bool:
        return self._is_bound(name) or name in self._vocabulary.names or name in LIBRARY

    def _callable(self, node: Node) -> bool:
        """Whether a call of this can be meant; without leniency a path is called only from a known name."""
        root = node
        while isinstance(root, Path):
            root = root.base
        if isinstance(root, Variable):
            return self._vocabulary.lenient or self._is_callable_name(root.name)
        return isinstance(root, (Definition, Invocation, Call)) or self._vocabulary.lenient

    def _invocation(self, callee: Node, token: Token) -> Node:
        arguments, names = self._arguments()
        return Invocation(callee, arguments, names, token.position)

    def _call(self, function: BuiltIn, token: Token) -> Node:
        arguments, names = self._arguments()
        if not self._vocabulary.lenient:
            self._check_call(function, arguments, names, token)
        return Call(function, arguments, names, token.position)

    def _arguments(self) -> tuple[list[Node], list[str]]:
        arguments: list[Node] = []
        names: list[str] = []
        with self._bracketed():
            while not self._take(")"):
                if arguments:
                    self._expect(",")
                if self._name_before(":") or names:
                    position = self._token.position
                    names.append(self._new_name(":"))
                    self._expect(":")
                    if len(set(names)) < len(names) or len(names) <= len(arguments):
                        raise unexpected(position, Text("不重复的参数名", "a name that is not there yet"), names[-1])
                arguments.append(self._item())
        return arguments, names

    def _check_call(self, function: BuiltIn, arguments: list[Node], names: list[str], token: Token) -> None:
        """Refuse what can only be null: a wrong count, a wrong name, a wrong literal of time."""
        if names:
            if not any(signature.takes_names(names) for signature in function.signatures):
                known = sorted({one.name for signature in function.signatures for one in signature.parameters})
                expected = Text(f"{function.name} 的参数名", f"names of {function.name}: {', '.join(known)}")
                raise unexpected(token.position, expected, ", ".join(names))
        elif not any(signature.takes(len(arguments)) for signature in function.signatures):
            allowed = function.counts()
            expected = Text(f"{function.name} 的 {allowed} 个参数", f"{allowed} argument(s) of {function.name}")
            raise unexpected(token.position, expected, f"{len(arguments)}")
        if function.literal and len(arguments) == 1 and isinstance(arguments[0], Literal):
            text = arguments[0].value
            if isinstance(text, str) and function.literal(text) is None:
                expected = Text(f"{function.name} 的有效文字", f"a valid text for {function.name}")
                raise unexpected(token.position, expected, text)
