"""Item definitions: the types that a decision file gives names to (DMN 1.5, 7.3), made into types of FEEL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml.etree import _Element as Node

from rules.dmn.document import Document, name_of, split_prefix
from rules.dmn.findings import Findings
from rules.feel import FeelError, UnaryTests, Vocabulary, compile_unary
from rules.feel.callables import FeelFunction
from rules.feel.library.signatures import BuiltInFunction
from rules.feel.types import (
    ANY,
    NUMBER,
    Constrained,
    ContextType,
    FunctionType,
    ListType,
    Type,
    built_in_type,
)

MAX_NESTING = 20

# Number types of the Camunda modeler; whole ones are also a hint to the checks of a table.
WHOLE = Constrained(NUMBER, lambda value: value == value.to_integral_value())
_OTHER_NAMES: Mapping[str, Type] = {"integer": WHOLE, "long": WHOLE, "double": NUMBER}


class NamedType(Type):
    """A type that is being defined while its parts already name it: a tree whose nodes hold nodes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inner: Type = ANY

    def holds(self, value: Any) -> bool:
        return self.inner.holds(value)

    def coerced(self, value: Any) -> Any:
        return self.inner.coerced(value)

    def conforms_to(self, other: Type) -> bool:
        return self is other or (not isinstance(other, NamedType) and self.inner.conforms_to(other))


class FunctionItem(FunctionType):
    """A function type that a value is held against when it is passed on: what a function does not declare of its
    parameters and result is not held against it, and a built-in function takes what it takes."""

    def coerced(self, value: Any) -> Any:
        if not isinstance(value, FeelFunction):
            return super().coerced(value)
        if isinstance(value, BuiltInFunction):
            return value
        if len(value.parameters) != len(self.parameters):
            return None
        takes = zip(value.types or (), self.parameters, strict=False)
        fits = all(mine is ANY or theirs is ANY or theirs.conforms_to(mine) for mine, theirs in takes)
        gives = value.result is None or value.result is ANY or value.result.conforms_to(self.result)
        return value if fits and gives else None


def without_allowed_values(kind: Type) -> Type:
    """What `instance of` asks: the type alone, whatever values are allowed."""
    if isinstance(kind, Constrained):
        return without_allowed_values(kind.base)
    if isinstance(kind, ListType):
        return ListType(without_allowed_values(kind.of))
    if isinstance(kind, ContextType):
        return ContextType(tuple((name, without_allowed_values(one)) for name, one in kind.entries))
    return kind


class ItemTypes:
    """The types of one document and, by the alias of their import, of those it imports."""

    def __init__(self, document: Document, imported: Mapping[str, ItemTypes], findings: Findings) -> None:
        self._document = document
        self._imported = imported
        self._findings = findings
        self._known: dict[str, Type] = {}
        self._open: dict[str, NamedType] = {}
        self._values = Vocabulary(self.component_names(), lenient=True)
        for name in document.item_definitions:
            self._defined(name, 0)

    def component_names(self) -> Iterator[str]:
        """The names of all components, which paths reach, here and in what is imported."""
        for node in self._document.root.iter(self._document.dmn + "itemComponent"):
            yield name_of(node)
        for types in self._imported.values():
            yield from types.component_names()

    def named(self) -> dict[str, Type]:
        """All types by the name an expression gives them: `tPerson`, `myimport.tPerson`."""
        found = dict(self._known)
        for alias, types in self._imported.items():
            found |= {f"{alias}.{name}" if alias else name: kind for name, kind in types.named().items()}
        return found

    def of(self, node: Node | None, attribute: str = "typeRef") -> Type:
        """The type that an element refers to; any, when it refers to none or to one that is not there."""
        if node is None:
            return ANY
        inner = self._document.child(node, attribute)
        reference = (inner.text or "" if inner is not None else node.get(attribute) or "").strip()
        return self._referred(reference, node, 0) if reference else ANY

    def _referred(self, reference: str, node: Node, depth: int) -> Type:
        namespace, name = split_prefix(reference, node)
        if namespace:
            for alias, one in self._document.imports.items():
                if one == namespace and alias in self._imported:
                    return self._imported[alias]._local(name, depth) or self._unknown(reference, node)
        if namespace != "":
            found = self._local(name, depth) or self._imported_type(name)
            if found is not None:
                return found
        return built_in_type(name) or _OTHER_NAMES.get(name) or self._unknown(reference, node)

    def _local(self, name: str, depth: int) -> Type | None:
        name = " ".join(name.split())
        return self._defined(name, depth) if name in self._document.item_definitions else None

    def _imported_type(self, name: str) -> Type | None:
        for alias, types in self._imported.items():
            if not alias or name.startswith(f"{alias}."):
                found = types.named().get(name.removeprefix(f"{alias}.") if alias else name)
                if found is not None:
                    return found
        return None

    def _unknown(self, reference: str, node: Node) -> Type:
        self._findings.add("type_unknown", node, found=reference)
        return ANY

    def _defined(self, name: str, depth: int) -> Type:
        if name in self._known:
            return self._known[name]
        if name in self._open:
            return self._open[name]
        recursive = self._open[name] = NamedType(name)
        node = self._document.item_definitions[name]
        kind = self._definition(node, depth + 1)
        del self._open[name]
        if kind is recursive or kind == ListType(recursive):
            self._findings.add("type_cycle", node, found=name)
            kind = ANY
        recursive.inner = kind
        self._known[name] = kind
        return kind

    def _definition(self, node: Node, depth: int) -> Type:
        """The type of an item definition or of one of its components."""
        document = self._document
        if depth > MAX_NESTING:
            self._findings.add("nested_too_deep", node, limit=MAX_NESTING)
            return ANY
        components = document.children(node, "itemComponent")
        function = document.child(node, "functionItem")
        kind: Type
        if components:
            kind = ContextType(tuple((name_of(one), self._definition(one, depth + 1)) for one in components))
        elif function is not None:
            parameters = document.children(function, "parameters")
            kind = FunctionItem(tuple(self.of(one) for one in parameters), self.of(function, "outputTypeRef"))
        else:
            inner = document.child(node, "typeRef")
            reference = (inner.text or "" if inner is not None else node.get("typeRef") or "").strip()
            kind = self._referred(reference, node, depth) if reference else ANY
        kind = self._constrained(kind, document.child(node, "allowedValues"))
        if node.get("isCollection") == "true":
            kind = ListType(kind)
        return self._constrained(kind, document.child(node, "typeConstraint"))

    def _constrained(self, kind: Type, values: Node | None) -> Type:
        """The type with its allowed values; those of a collection are asked of each item."""
        source = self._document.text(values)
        if values is None or not source:
            return kind
        try:
            tests = compile_unary(source, self._values)
        except FeelError as error:
            self._findings.add("expression_invalid", values, place="allowedValues", reason=error.message)
            return kind
        if isinstance(kind, ListType) and self._document.tag(values) == "allowedValues":
            return ListType(Constrained(kind.of, _passing(tests)))
        return Constrained(kind, _passing(tests))


def _passing(tests: UnaryTests) -> Any:
    return lambda value: tests.match(value, {})
