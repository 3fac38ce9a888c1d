"""Boxed expressions (DMN 1.5, 7.3 and chapter 8), each compiled once to a function of a frame.

Where a box is another way to write something of FEEL (loops, filters), FEEL's own node does the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lxml.etree import _Element as Node

from kernel.texts import Text
from rules.dmn.document import Document, name_of
from rules.dmn.findings import Findings
from rules.dmn.itemtypes import ItemTypes
from rules.dmn.names import Names
from rules.dmn.values import Evaluator, Strictness, fitted, frame_of
from rules.feel import Expression, FeelError, UnaryTests, compile_expression, compile_unary
from rules.feel.callables import FeelFunction
from rules.feel.frame import Frame
from rules.feel.library.signatures import LIBRARY
from rules.feel.loops import PARTIAL, For, Iterated, Quantified
from rules.feel.nodes import Closure
from rules.feel.nodes import Node as FeelNode
from rules.feel.paths import Filter
from rules.feel.types import ANY

MAX_NESTING = 25
# How deeply the closures of a box nest, for FEEL's own limits.
_LEVELS = 10


class Boxes:
    """Compiles the boxed expressions of one document."""

    def __init__(self, document: Document, types: ItemTypes, findings: Findings, *, lenient: bool) -> None:
        self.document = document
        self.types = types
        self.findings = findings
        self.lenient = lenient
        self.unknown: dict[str, Node] = {}  # names that no scope has, with the first place of each
        self._depth = 0
        self._boxes: dict[str, Callable[[Node, Names, Strictness], Evaluator]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "invocation": self._invocation,
            "functionDefinition": self._function,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
        }

    def add(self, tag: str, box: Callable[[Node, Names, Strictness], Evaluator]) -> None:
        """Let another module compile one kind of box (decision tables)."""
        self._boxes[tag] = box

    def inside(self, holder: Node, names: Names, owner: Strictness) -> Evaluator:
        """The one boxed expression that stands in an element; null where there is none."""
        for child in holder:
            if self.document.tag(child) in self._boxes:
                return self.compiled(child, names, owner)
        self.findings.add("expression_missing", holder, place=name_of(holder) or self.document.tag(holder))
        return _nothing

    def compiled(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        box = self._boxes.get(self.document.tag(node))
        if box is None:
            self.findings.add("element_refused", node, element=self.document.tag(node) or str(node.tag))
            return _nothing
        if self._depth >= MAX_NESTING:
            self.findings.add("nested_too_deep", node, limit=MAX_NESTING)
            return _nothing
        self._depth += 1
        try:
            return box(node, names, owner)
        finally:
            self._depth -= 1

    def expression(self, holder: Node | None, names: Names, place: str | Text) -> Expression | None:
        """The compiled text of a literal expression; None, with a finding, when it cannot be compiled."""
        if holder is None or not self._is_feel(holder, place):
            return None
        source = self.document.text(holder)
        if not source:
            self.findings.add("expression_missing", holder, place=place)
            return None
        try:
            found = compile_expression(source, names.vocabulary)
        except FeelError as error:
            self.findings.add("expression_invalid", holder, place=place, reason=error.message)
            return None
        self._note_unknown(found.names, [found.tree], names, holder)
        return found

    def tests(self, holder: Node | None, names: Names, place: str | Text) -> UnaryTests | None:
        """The compiled unary tests of a cell; None, with a finding, when they cannot be compiled."""
        if holder is None or not self._is_feel(holder, place):
            return None
        try:
            found = compile_unary(self.document.text(holder), names.vocabulary)
        except FeelError as error:
            self.findings.add("expression_invalid", holder, place=place, reason=error.message)
            return None
        self._note_unknown(found.names, found.tests, names, holder)
        return found

    def evaluator(self, holder: Node | None, names: Names, place: str | Text) -> Evaluator:
        """What a literal expression evaluates to; null where it cannot be compiled."""
        found = self.expression(holder, names, place)
        return _nothing if found is None else found.closure

    def _note_unknown(self, read: frozenset[str], trees: Sequence[FeelNode], names: Names, holder: Node) -> None:
        """Names that must come from somewhere else; in a filter they may be entries of the items."""
        strange = read - names.scope - LIBRARY.keys()
        if strange and any(_filters(tree) for tree in trees):
            strange -= names.parts if names.parts else strange
        for name in strange:
            self.unknown.setdefault(name, holder)

    def _is_feel(self, holder: Node, place: str | Text) -> bool:
        language = (holder.get("expressionLanguage") or self.document.root.get("expressionLanguage") or "").strip()
        lowered = language.lower().rstrip("/")
        if not language or lowered == "feel" or ("omg.org/spec/" in lowered and "feel" in lowered):
            return True
        self.findings.add("language_refused", holder, place=place, found=language)
        return False

    # -- the boxes

    def _literal(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        return self.evaluator(node, names, owner.name)

    def _context(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        """Entries see those before them; an entry without a name is the result of the whole."""
        document = self.document
        entries: list[tuple[str, Evaluator, Any]] = []
        result: Evaluator | None = None
        for entry in document.children(node, "contextEntry"):
            variable = document.child(entry, "variable")
            name = "" if variable is None else name_of(variable)
            if not name:
                result = self.inside(entry, names, owner)
                continue
            # A function may call itself, so its own name is known inside.
            seen = names.plus([name]) if document.child(entry, "functionDefinition") is not None else names
            entries.append((name, self.inside(entry, seen, owner), self.types.of(variable)))
            names = names.plus([name])

        def evaluate(frame: Frame) -> Any:
            scope = dict(frame.scope)
            inside = frame_of(scope, frame)
            found: dict[str, Any] = {}
            frame.spend(len(scope) // 8 + 1)
            for name, value, kind in entries:
                found[name] = scope[name] = fitted(value(inside), kind, name, owner, frame)
            return found if result is None else result(inside)

        return evaluate

    def _list(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        items = [self.compiled(child, names, owner) for child in self._boxed(node)]
        return lambda frame: [item(frame) for item in items]

    def _relation(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        """A table of values: a list with a context for each row."""
        columns = [name_of(column) for column in self.document.children(node, "column")]
        rows = [
            [self.compiled(child, names, owner) for child in self._boxed(row)]
            for row in self.document.children(node, "row")
        ]
        return lambda frame: [{name: value(frame) for name, value in zip(columns, row, strict=False)} for row in rows]

    def _invocation(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        """A call by parameter names."""
        called = self.inside(node, names, owner)
        arguments: dict[str, Evaluator] = {}
        for binding in self.document.children(node, "binding"):
            parameter = self.document.child(binding, "parameter")
            has_value = any(self.document.tag(child) in self._boxes for child in binding)
            value = self.inside(binding, names, owner) if has_value else _nothing
            arguments["" if parameter is None else name_of(parameter)] = value

        def evaluate(frame: Frame) -> Any:
            function = called(frame)
            if not isinstance(function, FeelFunction):
                frame.note("被调用的不是函数", "what is invoked is no function")
                return None
            return function.call_named({name: value(frame) for name, value in arguments.items()}, frame)

        return evaluate

    def _function(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        kind = (node.get("kind") or "FEEL").strip()
        if kind != "FEEL":
            self.findings.add("language_refused", node, place=owner.name, found=kind)
            return _nothing
        parameters = self.document.children(node, "formalParameter")
        given = [name_of(one) for one in parameters]
        types = [self.types.of(one) for one in parameters]
        body = self.inside(node, names.plus(given), owner)

        def evaluate(frame: Frame) -> FeelFunction:
            # The context around may still get the function's own name, so its scope is read at the call.
            around = frame.scope
            return FeelFunction(owner.name, given, lambda call: body(frame_of({**around, **call.scope}, call)), types)

        return evaluate

    def _conditional(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        condition, first, second = (self._part(node, tag, names, owner) for tag in ("if", "then", "else"))
        return lambda frame: first(frame) if condition(frame) is True else second(frame)

    def _filter(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        base = self._part(node, "in", names, owner)
        condition = self._part(node, "match", names.plus({"item", *names.parts}), owner)
        return Filter(_Boxed(base), _Boxed(condition), 0).closure()

    def _for(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        inside = names.plus([PARTIAL])
        iterated, body = self._loop(node, names, inside, ("return",), owner)
        return For([iterated], body, 0).closure()

    def _quantified(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        iterated, body = self._loop(node, names, names, ("satisfies",), owner)
        return Quantified([iterated], body, 0, some=self.document.tag(node) == "some").closure()

    def _loop(
        self, node: Node, names: Names, inside: Names, tags: Sequence[str], owner: Strictness
    ) -> tuple[Iterated, FeelNode]:
        name = " ".join((node.get("iteratorVariable") or "").split())
        if not name:
            self.findings.add("name_missing", node, element="iteratorVariable")
        source = self._part(node, "in", names, owner)
        body = self._part(node, tags[0], inside.plus([name]), owner)
        partial = PARTIAL in "".join(node.itertext())
        return Iterated(name, _Boxed(source)), _Boxed(body, frozenset({PARTIAL} if partial else ()))

    def _part(self, node: Node, tag: str, names: Names, owner: Strictness) -> Evaluator:
        holder = self.document.child(node, tag)
        if holder is None:
            self.findings.add("expression_missing", node, place=tag)
            return _nothing
        kind = self.types.of(holder)
        value = self.inside(holder, names, owner)
        return value if kind is ANY else lambda frame: fitted(value(frame), kind, tag, owner, frame)

    def _boxed(self, node: Node) -> list[Node]:
        return [child for child in node if self.document.tag(child) in self._boxes]


class _Boxed(FeelNode):
    """A box as a part of an expression of FEEL; inside it all names lie flat again."""

    def __init__(self, evaluate: Evaluator, reads: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.depth = self.size = _LEVELS
        self._evaluate = evaluate
        self._reads = reads

    def closure(self) -> Closure:
        evaluate = self._evaluate
        return lambda frame: evaluate(frame_of(_flat(frame), frame))

    def free_names(self) -> frozenset[str]:
        return self._reads


def _flat(frame: Frame) -> dict[str, Any]:
    """All names that a frame and those around it see."""
    layers = []
    around: Frame | None = frame
    while around is not None:
        layers.append(around.scope)
        around = around.parent
    frame.spend(1 + sum(len(layer) for layer in layers) // 8)
    found: dict[str, Any] = {}
    for layer in reversed(layers):
        found.update(layer)
    return found


def _filters(tree: FeelNode) -> bool:
    """Whether an expression filters a list anywhere; its depth is bounded."""
    return isinstance(tree, Filter) or any(_filters(child) for child in tree.children)


def _nothing(frame: Frame) -> None:
    return None
