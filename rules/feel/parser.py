"""Reads tokens into a tree; whatever is not in the grammar is refused with what was expected and found.

The grammar is that of DMN 1.5, 10.3.1.2. What holds values together (lists, contexts, ranges, functions, calls) is in
`boxes`; here are operators, tests and the words `if`, `for`, `some` and `every`.
"""

from __future__ import annotations

from kernel.texts import Text
from rules.feel.arithmetic import negated
from rules.feel.boxes import Boxes
from rules.feel.comparisons import Between, Comparison, InstanceOf, Membership, Test
from rules.feel.errors import too_big, unexpected
from rules.feel.lexer import Token
from rules.feel.loops import PARTIAL, For, Iterated, Quantified
from rules.feel.nodes import (
    Arithmetic,
    Choice,
    Literal,
    Logic,
    Negation,
    Node,
    TestedValue,
)
from rules.feel.paths import Filter, Path
from rules.feel.values import NUMBERS, safely
from rules.feel.vocabulary import PLAIN, Vocabulary

MAX_ITERATORS = 20

# How tightly the operators bind.
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 7)
_POWERS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in", "between"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/", _PRODUCT),
    "**": _POWER,
}
TEST_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_CONSTANTS = {"null": None, "true": True, "false": False}


class Parser(Boxes):
    """One pass over one expression, by precedence climbing."""

    def __init__(self, source: str, vocabulary: Vocabulary = PLAIN, *, tests: bool = False) -> None:
        super().__init__(source, vocabulary)
        self._tests = tests

    def expression(self) -> Node:
        """The whole source as one expression."""
        node = self._expression()
        self._end()
        return node

    def unary_tests(self) -> tuple[list[Node], bool]:
        """The whole source as the tests of a table cell, and whether they are negated by `not(…)`."""
        negated = self._shows("not") and self._shows("(", ahead=1) and self._closes_at_end(1)
        if negated:
            self._index += 2
        found: list[Node] = [self._cell_test()]
        while self._take(","):
            found.append(self._cell_test())
        if negated:
            self._expect(")")
        self._end()
        return found, negated

    def _closes_at_end(self, opening: int) -> bool:
        """Whether the bracket that opens so many tokens ahead closes as the last token of all."""
        depth = 0
        for index in range(self._index + opening, len(self._tokens) - 1):
            token = self._tokens[index]
            if token.kind == "symbol":
                depth += (token.text == "(") - (token.text == ")")
            if depth <= 0:
                return index == len(self._tokens) - 2
        return True  # it never closes: the parser says so where it is missing

    # -- the grammar, from loose to tight

    def _expression(self) -> Node:
        return self._binary(_OR)

    def _operand(self) -> Node:
        return self._binary(_SUM)

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
                left = Arithmetic(token.text, left, self._binary(power + 1), token.position)

    def _compared(self, left: Node, operator: Token) -> Node:
        if operator.text == "in":
            found: Node = Membership(left, self._membership_tests())
        elif operator.text == "between":
            low = self._operand()
            self._expect("and")
            found = Between(left, low, self._operand())
        else:
            found = Comparison(operator.text, left, self._operand(), operator.position)
        token = self._token
        again = token.kind in ("symbol", "keyword") and _POWERS.get(token.text, 0) == _COMPARISON
        if again and not self._vocabulary.lenient:
            # `a < b < c` compares a truth value with c: never what was meant, but foreign models may.
            raise unexpected(token.position, Text("“and”、“or”或结尾", "'and', 'or' or the end"), token.text)
        return found

    def _membership_tests(self) -> list[Test]:
        if not self._shows("("):
            return [self._membership_test()]
        start = self._index
        self._index += 1
        with self._bracketed():
            found = [self._bracketed_test()]
            while self._take(","):
                found.append(self._bracketed_test())
            if not self._shows(".."):
                self._expect(")")
                return found
        self._index = start  # an open range, not a list of tests
        return [self._membership_test()]

    def _membership_test(self) -> Test:
        operator = self._token.text if self._shows_any(TEST_OPERATORS) else None
        if operator:
            self._index += 1
        return Test(operator, self._operand())

    def _bracketed_test(self) -> Test:
        """One of several tests: only there may it be a whole expression."""
        return self._membership_test() if self._shows_any(TEST_OPERATORS) else Test(None, self._expression())

    def _cell_test(self) -> Node:
        if self._shows_any(TEST_OPERATORS):
            return self._membership_test()
        node = self._expression()
        return node if _asks(node) else Test(None, node)

    def _unary(self) -> Node:
        with self._deeper():
            if self._take("-"):
                return _negated(self._unary())
            return self._postfix(self._primary())

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self._token
            if self._take("."):
                node = Path(node, self._path_name(), token.position)
            elif self._shows("[") and not self._closes_range:
                self._index += 1
                node = self._filter(node, token)
            elif self._shows("(") and self._callable(node):
                self._index += 1
                node = self._invocation(node, token)
            elif self._shows("instance") and self._shows("of", ahead=1):
                self._index += 2
                node = InstanceOf(node, self._type())
            else:
                return node

    def _filter(self, base: Node, token: Token) -> Node:
        with self._inside(), self._binding("item"):
            condition = self._expression()
        self._expect("]")
        return Filter(base, condition, token.position)

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "number":
            self._index += 1
            number = safely(lambda: NUMBERS.create_decimal(token.text))
            if number is None:
                raise unexpected(token.position, Text("较小的数", "a smaller number"), token.text)
            return Literal(number)
        if token.kind == "string":
            self._index += 1
            return Literal(token.value)
        if token.kind == "name" or self._starts_known_name():
            return self._call_or_variable()
        if token.kind == "keyword" and token.text in _CONSTANTS:
            self._index += 1
            return Literal(_CONSTANTS[token.text])
        if self._take("if"):
            return self._choice()
        if self._take("for"):
            return self._for(token)
        if self._shows("some") or self._shows("every"):
            self._index += 1
            return self._quantified(token)
        if token.text == "?" and self._tests:
            self._index += 1
            return TestedValue()
        return self._boxed()

    def _choice(self) -> Node:
        ways: list[tuple[Node, Node]] = []
        while True:
            condition = self._expression()
            self._expect("then")
            first = self._expression()
            self._expect("else")
            ways.append((condition, first))
            if not self._take("if"):
                break
        found = self._expression()
        for condition, first in reversed(ways):
            found = Choice(condition, first, found)
        return found

    def _iterators(self) -> list[Iterated]:
        found: list[Iterated] = []
        while True:
            name = self._new_name("in")
            self._expect("in")
            source = self._expression()
            found.append(Iterated(name, source, self._expression() if self._take("..") else None))
            self._bind(name)
            if len(found) > MAX_ITERATORS:
                raise too_big(Text("迭代变量数", "the number of iterators"), MAX_ITERATORS, self._token.position)
            if not self._take(","):
                return found

    def _for(self, token: Token) -> Node:
        with self._inside(), self._scope(), self._binding(PARTIAL):
            iterators = self._iterators()
            self._expect("return")
            return For(iterators, self._expression(), token.position)

    def _quantified(self, token: Token) -> Node:
        with self._inside(), self._scope():
            iterators = self._iterators()
            self._expect("satisfies")
            return Quantified(iterators, self._expression(), token.position, some=token.text == "some")


def _negated(operand: Node) -> Node:
    """`-5` is a value, not a calculation."""
    value = negated(operand.value) if isinstance(operand, Literal) else None
    return Negation(operand) if value is None else Literal(value)


def _asks(node: Node) -> bool:
    """Whether a test of a table cell speaks of `?` itself, so that its own truth decides."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, TestedValue):
            return True
        waiting.extend(current.children)
    return False
