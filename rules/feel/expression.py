"""Compiled expressions: what the other rooms hold in their hands."""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from kernel.texts import Text
from rules.feel.comparisons import Predicate, Test, any_of
from rules.feel.errors import too_big, unexpected
from rules.feel.frame import MAX_CALLS, Frame, Note, Run
from rules.feel.nodes import Closure, Node
from rules.feel.parser import Parser
from rules.feel.values import normal
from rules.feel.vocabulary import PLAIN, Vocabulary

Notes = MutableSequence[Note]


class Expression:
    """One expression, compiled once, immutable and safe to share between threads.

    `names` are the variables it may read (first segments of its paths). `closure` evaluates it in a frame that the
    caller has made, `tree` is what it was parsed to.
    """

    def __init__(self, source: str, tree: Node) -> None:
        self.source = source
        self.names = tree.free_names()
        self.tree = tree
        self.closure: Closure = tree.closure()

    def evaluate(
        self,
        scope: Mapping[str, Any],
        *,
        now: datetime | None = None,
        notes: Notes | None = None,
        frame: Frame | None = None,
    ) -> Any:
        """The value over these variables; numbers are Decimal, null is None. Nothing is written to the scope.

        `now` is what `now()` and `today()` tell; without it they are null. `notes` receives why something became
        null. `frame` is that of the evaluation this one is a part of: they share one budget, one clock, one list of
        notes.

        Raises:
            FeelError: the values are so large that the evaluation was stopped.
        """
        try:
            return self.closure(Frame(scope, frame.run if frame else Run(now, notes)))
        except RecursionError as error:
            raise too_big(Text("调用层数", "the nesting of calls"), MAX_CALLS) from error

    def to_json(self) -> list[Any]:
        """The tree for the evaluator in the browser: `["=", ["var", "a"], ["lit", "x"]]`.

        The first word is an operator (`or and = != < <= > >= in + - * /`), `if`, `list`, `lit`, `var` with all
        segments of the path, or the name of a function (docs/feel.md has the list).

        Raises:
            FeelError: the expression uses dates, durations, contexts or something else that only the server evaluates.
        """
        return self.tree.to_json()

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


class UnaryTests:
    """The tests of one cell of a decision table: `-`, `< 5, > 10`, `not("a", "b")`, `? > 5 and ? < other`.

    `tests` are its trees, none for a cell that lets everything pass; `negated` says that none of them may hold.
    """

    def __init__(self, source: str, tests: list[Node], *, negated: bool) -> None:
        self.source = source
        self.names = frozenset[str]().union(*(test.free_names() for test in tests))
        self.tests = tuple(tests)
        self.negated = negated
        self._predicates: list[Predicate] = [_predicate(test) for test in tests]

    def match(
        self,
        value: Any,
        scope: Mapping[str, Any],
        *,
        now: datetime | None = None,
        notes: Notes | None = None,
        frame: Frame | None = None,
    ) -> bool:
        """Whether the value passes: one of the tests is true (or, negated, all are false); null passes only `null`.

        Raises:
            FeelError: the values are so large that the evaluation was stopped.
        """
        if not self._predicates:
            return True
        run = frame.run if frame else Run(now, notes)
        tested = normal(value)
        try:
            found = any_of(self._predicates, Frame(scope, run, None, tested), tested)
        except RecursionError as error:
            raise too_big(Text("调用层数", "the nesting of calls"), MAX_CALLS) from error
        return found is False if self.negated else found is True


def _predicate(test: Node) -> Predicate:
    if isinstance(test, Test):
        return test.predicate()
    own = test.closure()

    def truth(frame: Frame, value: Any) -> bool | None:
        found = own(frame)
        return found if isinstance(found, bool) else None

    return truth


@lru_cache(maxsize=4096)
def compile_expression(source: str, vocabulary: Vocabulary = PLAIN) -> Expression:
    """Compile an expression, once for each text and vocabulary. A leading `=`, as form editors write it, is dropped.

    Raises:
        FeelError: the text is not FEEL; with position, expectation and what was found.
    """
    text = _without_mark(source)
    if not text.strip():
        raise unexpected(0, Text("表达式", "an expression"), "nothing")
    return Expression(source, Parser(text, vocabulary).expression())


@lru_cache(maxsize=4096)
def compile_unary(source: str, vocabulary: Vocabulary = PLAIN) -> UnaryTests:
    """Compile the input cell of a decision table; an empty cell or `-` lets everything pass.

    Raises:
        FeelError: the text is not FEEL.
    """
    if source.strip() in ("", "-"):
        return UnaryTests(source, [], negated=False)
    tests, negated = Parser(source, vocabulary, tests=True).unary_tests()
    return UnaryTests(source, tests, negated=negated)


def _without_mark(source: str) -> str:
    bare = source.lstrip()
    if not bare.startswith("=") or bare.startswith("=="):
        return source
    # A blank instead of the mark, so that positions in messages still count from the start of the source.
    return source.replace("=", " ", 1)
