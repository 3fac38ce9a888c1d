"""Reads tokens into a tree; whatever is not in the grammar is refused with what was expected and found."""

from __future__ import annotations

from kernel.texts import Text
from rules.feel.comparisons import Between, Comparison, Membership, Test
from rules.feel.errors import FeelError, too_big, unexpected
from rules.feel.functions import FUNCTIONS, LONGEST_NAME, Function
from rules.feel.lexer import Token, tokens_of
from rules.feel.nodes import (
    Arithmetic,
    Call,
    Choice,
    ContextOf,
    ListOf,
    Literal,
    Logic,
    Negation,
    Node,
    Path,
    RangeOf,
    TestedValue,
    Variable,
)
from rules.feel.temporal import literal_from
from rules.feel.values import NUMBERS

MAX_NESTING = 40

# How tightly the operators bind.
_OR, _AND, _COMPARISON, _SUM, _PRODUCT = range(1, 6)
_POWERS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in", "between"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/", _PRODUCT),
}
_TEST_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_CONSTANTS = {"null": None, "true": True, "false": False}


class Parser:
    """One pass over one expression, by precedence climbing."""

    def __init__(self, source: str, *, tests: bool = False) -> None:
        self._tokens = tokens_of(source)
        self._index = 0
        self._nesting = 0
        self._tests = tests

    def expression(self) -> Node:
        """The whole source as one expression."""
        node = self._expression()
        self._end()
        return node

    def unary_tests(self) -> tuple[list[Node], bool]:
        """The whole source as the tests of a table cell, and whether they are negated by `not(…)`."""
        negated = self._shows("not") and self._shows("(", ahead=1)
        if negated:
            self._index += 2
        found: list[Node] = [self._cell_test()]
        while self._take(","):
            found.append(self._cell_test())
        if negated:
            self._expect(")")
        self._end()
        return found, negated

    # -- the grammar, from loose to tight

    def _expression(self) -> Node:
        return self._binary(_OR)

    def _binary(self, minimum: int) -> Node:
        left = self._unary()
        while True:
            token = self._token
            power = _POWERS.get(token.text, 0) if token.kind in ("symbol", "keyword") else 0
            if power < minimum or not power:
                return left
            self._index += 1
            if power == _COMPARISON:
                left = self._compared(left, token)
            elif power in (_OR, _AND):
                left = Logic(token.text, left, self._binary(power + 1))
            else:
                left = Arithmetic(token.text, left, self._binary(power + 1))

    def _compared(self, left: Node, operator: Token) -> Node:
        if operator.text == "in":
            found: Node = Membership(left, self._membership_tests())
        elif operator.text == "between":
            low = self._binary(_SUM)
            self._expect("and")
            found = Between(left, low, self._binary(_SUM))
        else:
            found = Comparison(operator.text, left, self._binary(_SUM))
        token = self._token
        if token.kind in ("symbol", "keyword") and _POWERS.get(token.text, 0) >= _COMPARISON:
            # `a < b < c` compares a truth value with c: never what was meant.
            raise unexpected(token.position, Text("“and”、“or”或结尾", "'and', 'or' or the end"), token.text)
        return found

    def _membership_tests(self) -> list[Test]:
        if not self._shows("("):
            return [self._membership_test()]
        start = self._index
        self._index += 1
        first = self._membership_test()
        if self._shows(".."):  # an open range, not a list of tests
            self._index = start
            return [self._membership_test()]
        found = [first]
        while self._take(","):
            found.append(self._membership_test())
        self._expect(")")
        return found

    def _membership_test(self) -> Test:
        token = self._token
        if token.kind == "symbol" and token.text in _TEST_OPERATORS:
            self._index += 1
            return Test(token.text, self._binary(_SUM))
        return Test(None, self._binary(_SUM))

    def _cell_test(self) -> Node:
        token = self._token
        if token.kind == "symbol" and token.text in _TEST_OPERATORS:
            return self._membership_test()
        node = self._expression()
        return node if _asks(node) else Test(None, node)

    def _unary(self) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise too_big(Text("嵌套层数", "the nesting"), MAX_NESTING, self._token.position)
        node: Node
        if self._take("-"):
            node = Negation(self._unary())
        else:
            node = self._primary()
            while self._take("."):
                node = Path(node, self._name())
        self._nesting -= 1
        return node

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "number":
            self._index += 1
            return Literal(NUMBERS.create_decimal(token.text))
        if token.kind == "string":
            self._index += 1
            return Literal(token.value)
        if token.kind == "name":
            return self._call_or_variable()
        if token.kind == "keyword" and token.text in _CONSTANTS:
            self._index += 1
            return Literal(_CONSTANTS[token.text])
        if self._take("if"):
            return self._choice()
        if self._take("("):
            return self._parenthesis()
        if self._take("["):
            return self._list_or_range()
        if self._take("]"):
            return self._range(self._expression(), low_included=False)
        if self._take("{"):
            return self._context()
        if self._take("@"):
            return self._temporal_literal()
        if token.text == "?" and self._tests:
            self._index += 1
            return TestedValue()
        raise self._unexpected(Text("值、名称或“(”", "a value, a name or '('"))

    def _choice(self) -> Node:
        condition = self._expression()
        self._expect("then")
        first = self._expression()
        self._expect("else")
        return Choice(condition, first, self._expression())

    def _parenthesis(self) -> Node:
        node = self._expression()
        if self._shows(".."):
            return self._range(node, low_included=False)
        self._expect(")")
        return node

    def _list_or_range(self) -> Node:
        if self._take("]"):
            return ListOf()
        first = self._expression()
        if self._shows(".."):
            return self._range(first, low_included=True)
        items = [first]
        while self._take(","):
            items.append(self._expression())
        self._expect("]")
        return ListOf(*items)

    def _range(self, low: Node, *, low_included: bool) -> Node:
        self._expect("..")
        high = self._expression()
        if self._take("]"):
            return RangeOf(low, high, low_included=low_included, high_included=True)
        if self._take(")") or self._take("["):
            return RangeOf(low, high, low_included=low_included, high_included=False)
        raise self._unexpected(Text("区间的结尾“]”或“)”", "the end of the range, ']' or ')'"))

    def _context(self) -> Node:
        entries: list[tuple[str, Node]] = []
        while not self._take("}"):
            if entries:
                self._expect(",")
            token = self._token
            if token.kind not in ("name", "string"):
                raise self._unexpected(Text("条目名称", "the name of an entry"))
            self._index += 1
            name = token.value if token.kind == "string" else token.text
            if any(name == known for known, _ in entries):
                raise unexpected(token.position, Text("不重复的条目名称", "a name that is not there yet"), name)
            self._expect(":")
            entries.append((name, self._expression()))
        return ContextOf(entries)

    def _temporal_literal(self) -> Node:
        token = self._token
        found = literal_from(token.value) if token.kind == "string" else None
        if found is None:
            raise self._unexpected(Text('日期或时长，如 @"2026-06-15"、@"P10D"', 'a date or duration such as @"P10D"'))
        self._index += 1
        return Literal(found)

    def _call_or_variable(self) -> Node:
        start = self._token
        for length in range(LONGEST_NAME, 0, -1):
            if not self._shows("(", ahead=length):
                continue
            words = self._tokens[self._index : self._index + length]
            name = " ".join(word.text for word in words)
            if name in FUNCTIONS and all(word.kind in ("name", "keyword") for word in words):
                self._index += length + 1
                return self._call(FUNCTIONS[name], start)
        self._index += 1
        if self._shows("("):
            known = ", ".join(FUNCTIONS)
            raise unexpected(start.position, Text(f"函数 {known} 之一", f"one of the functions {known}"), start.text)
        return Variable(start.text)

    def _call(self, function: Function, start: Token) -> Node:
        arguments: list[Node] = []
        while not self._take(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression())
        if len(arguments) not in function.arguments:
            allowed = " / ".join(str(number) for number in function.arguments)
            raise unexpected(
                start.position,
                Text(f"{function.name} 的 {allowed} 个参数", f"{allowed} argument(s) of {function.name}"),
                f"{len(arguments)}",
            )
        if function.literal and len(arguments) == 1 and isinstance(arguments[0], Literal):
            text = arguments[0].value
            if not isinstance(text, str) or function.literal(text) is None:
                raise unexpected(
                    start.position,
                    Text(f"{function.name} 的有效文字", f"a valid text for {function.name}"),
                    str(text),
                )
        return Call(function, arguments)

    # -- tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _shows(self, text: str, *, ahead: int = 0) -> bool:
        index = self._index + ahead
        if index >= len(self._tokens):
            return False
        token = self._tokens[index]
        return token.text == text and token.kind not in ("string", "end")

    def _take(self, text: str) -> bool:
        if not self._shows(text):
            return False
        self._index += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(Text(f"“{text}”", f"'{text}'"))

    def _name(self) -> str:
        token = self._token
        if token.kind != "name":
            raise self._unexpected(Text("名称", "a name"))
        self._index += 1
        return token.text

    def _end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected(Text("运算符或结尾", "an operator or the end"))

    def _unexpected(self, expected: Text) -> FeelError:
        token = self._token
        return unexpected(token.position, expected, token.text or "end")


def _asks(node: Node) -> bool:
    """Whether a test of a table cell speaks of `?` itself, so that its own truth decides."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, TestedValue):
            return True
        waiting.extend(current.children)
    return False
