"""Builds the model of a decision file: reads it and what it imports, connects what requires what, compiles all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml.etree import _Element as Node

from rules.dmn.boxed import Boxes
from rules.dmn.document import Document, name_of, read
from rules.dmn.findings import DmnRefused, Findings
from rules.dmn.itemtypes import ItemTypes, without_allowed_values
from rules.dmn.model import Decision, Input, Model, Service, Use
from rules.dmn.names import Names
from rules.dmn.tablereader import TableReader
from rules.dmn.tables import Table
from rules.dmn.values import frame_of
from rules.feel.callables import FeelFunction
from rules.feel.types import ANY, FunctionType, Type

Thing = Input | Decision | Service | FeelFunction


@dataclass(eq=False)
class Unit:
    """One file of a model: its document, and what its elements have become, by id."""

    document: Document
    types: ItemTypes
    imports: Mapping[str, Unit]  # by alias
    boxes: Boxes
    reader: TableReader
    things: dict[str, Thing] = field(default_factory=dict)

    @cached_property
    def parts(self) -> frozenset[str]:
        """Names that expressions reach by paths: components of types, and what is imported."""
        imported = {name for one in self.imports.values() for name in _names_in(one)}
        return frozenset(self.types.component_names()) | imported

    @cached_property
    def asked_types(self) -> Mapping[str, Type]:
        """The types that expressions may ask for by name."""
        return {name: without_allowed_values(kind) for name, kind in self.types.named().items()}

    @cached_property
    def declares_inputs(self) -> bool:
        return any(self.document.tag(one) == "inputData" for one in self.document.elements.values())

    def by_namespace(self, namespace: str) -> tuple[str, Unit] | None:
        for alias, unit in self.imports.items():
            if unit.document.namespace == namespace:
                return alias, unit
        return None


def load(xml: bytes, imports: Mapping[str, bytes] | None = None, *, lenient: bool = False) -> Model:
    """The model of a decision file; `imports` are the files it may import, found by their namespaces.

    A strict model refuses at once what is wrong with the file, and refuses to decide rather than decide by accident.
    A lenient one takes foreign files as the standard describes them: what is wrong or undecided is null.

    Raises:
        DmnRefused: with the findings; of a lenient model only for a file that is no decision file.
    """
    findings = Findings()
    loader = _Loader(imports or {}, findings, lenient)
    main = loader.unit(read(xml, findings), ())
    model = loader.model(main)
    if findings.errors and not lenient:
        raise DmnRefused(findings.errors)
    return model


class _Loader:
    def __init__(self, imports: Mapping[str, bytes], findings: Findings, lenient: bool) -> None:
        self._files = imports
        self._findings = findings
        self._lenient = lenient
        self._units: dict[str, Unit] = {}
        self._others: dict[str, Document] | None = None

    # -- files

    def unit(self, document: Document, importing: tuple[str, ...]) -> Unit:
        """A file with all it imports, its types known and its elements made, but not yet their logic."""
        imported: dict[str, Unit] = {}
        for alias, namespace in document.imports.items():
            found = self._imported(namespace, (*importing, document.namespace))
            if found is not None:
                imported[alias] = found
        types = ItemTypes(document, {alias: unit.types for alias, unit in imported.items()}, self._findings)
        boxes = Boxes(document, types, self._findings, lenient=self._lenient)
        unit = Unit(document, types, imported, boxes, TableReader(boxes))
        self._units[document.namespace] = unit
        for id_, node in document.elements.items():
            thing = self._thing(id_, node, unit)
            if thing is not None:
                unit.things[id_] = thing
        for id_, thing in unit.things.items():
            self._fill(thing, document.elements[id_], unit)
        return unit

    def _imported(self, namespace: str, importing: tuple[str, ...]) -> Unit | None:
        if self._others is None:
            self._others = {}
            for data in self._files.values():
                found = read(data, self._findings)
                self._others.setdefault(found.namespace, found)
        document = self._others.get(namespace)
        if document is None or namespace in importing:
            if "omg.org/spec/DMN" not in namespace:
                self._findings.add("import_unknown", found=namespace)
            return None
        return self._units.get(namespace) or self.unit(document, importing)

    # -- elements

    def _thing(self, id_: str, node: Node, unit: Unit) -> Thing | None:
        document, name = unit.document, name_of(node)
        tag = document.tag(node)
        variable = document.child(node, "variable")
        if tag == "inputData":
            return Input(name, unit.types.of(variable), self._lenient)
        if tag == "decision":
            return Decision(id_, name, self._lenient, unit.types.of(variable))
        if tag == "decisionService":
            return Service(id_, name, self._lenient)
        if tag == "businessKnowledgeModel":
            return FeelFunction(name, (), lambda frame: None)
        return None

    def _fill(self, thing: Thing, node: Node, unit: Unit) -> None:
        if isinstance(thing, Decision):
            self._fill_decision(thing, node, unit)
        elif isinstance(thing, Service):
            self._fill_service(thing, node, unit)
        elif isinstance(thing, FeelFunction):
            self._fill_knowledge(thing, node, unit)

    def _fill_decision(self, decision: Decision, node: Node, unit: Unit) -> None:
        uses: list[Use] = []
        for requirement in unit.document.children(node, "informationRequirement"):
            for tag in ("requiredInput", "requiredDecision"):
                found = self._target(unit.document.child(requirement, tag), unit)
                if found is not None and isinstance(found[1], (Input, Decision)):
                    uses.append(Use(found[0], found[1].name, found[1]))
        decision.uses = tuple(uses)
        decision.functions = self._knowledge(node, unit)
        names = self._names(unit, [use.alias or use.name for use in uses], decision.functions)
        before = len(unit.reader.tables)
        unit.boxes.unknown = {}
        decision.logic = unit.boxes.inside(node, names, decision)
        own = next((child for child in node if unit.document.tag(child) == "decisionTable"), None)
        decision.table = next((table for table, at in unit.reader.tables[before:] if at is own), None)
        for name, place in unit.boxes.unknown.items():
            if unit.declares_inputs and not self._lenient:
                unit.boxes.findings.add("name_unknown", place, found=name)
        decision.free = tuple(sorted(unit.boxes.unknown))

    def _fill_service(self, service: Service, node: Node, unit: Unit) -> None:
        def targets(tag: str) -> Iterator[Any]:
            for reference in unit.document.children(node, tag):
                found = self._target(reference, unit)
                if found is not None:
                    yield found[1]

        # Inputs come before input decisions, each in the order of the file (DMN 1.5, 10.4).
        service.parameters = tuple(
            one for tag in ("inputData", "inputDecision") for one in targets(tag) if isinstance(one, (Input, Decision))
        )
        service.outputs = tuple(one for one in targets("outputDecision") if isinstance(one, Decision))
        function = service.function
        function.name = service.name
        function.parameters = tuple(one.name for one in service.parameters)
        function.types = tuple(one.type for one in service.parameters)
        function.result = _result(unit.types.of(unit.document.child(node, "variable")))
        function.body = service.body

    def _fill_knowledge(self, function: FeelFunction, node: Node, unit: Unit) -> None:
        document = unit.document
        logic = document.child(node, "encapsulatedLogic")
        result = _result(unit.types.of(document.child(node, "variable")))
        known = self._knowledge(node, unit) | {function.name: function}
        if logic is None:
            self._findings.add("expression_missing", node, place=function.name)
            return
        if (logic.get("kind") or "FEEL").strip() != "FEEL":
            self._findings.add("language_refused", logic, place=function.name, found=logic.get("kind"))
        parameters = document.children(logic, "formalParameter")
        given = tuple(name_of(one) for one in parameters)
        owner = Decision(node.get("id") or function.name, function.name, self._lenient)
        unit.boxes.unknown = {}
        body = unit.boxes.inside(logic, self._names(unit, given, known), owner)
        for name, place in unit.boxes.unknown.items():
            if not self._lenient:
                unit.boxes.findings.add("name_unknown", place, found=name)
        function.parameters = given
        function.types = tuple(unit.types.of(one) for one in parameters)
        function.result = result if result is not ANY else None
        function.body = lambda frame: body(frame_of({**known, **frame.scope}, frame))

    def _knowledge(self, node: Node, unit: Unit) -> dict[str, Any]:
        """The functions that an element requires, by name; those of an import in a context of its alias."""
        found: dict[str, Any] = {}
        for requirement in unit.document.children(node, "knowledgeRequirement"):
            target = self._target(unit.document.child(requirement, "requiredKnowledge"), unit)
            if target is None:
                continue
            alias, thing = target
            function = thing.function if isinstance(thing, Service) else thing
            if not isinstance(function, FeelFunction):
                continue
            name = thing.name
            if alias:
                found.setdefault(alias, {})[name] = function
            else:
                found[name] = function
        return found

    def _target(self, reference: Node | None, unit: Unit) -> tuple[str, Thing] | None:
        """What an href leads to, and the alias it is known by; None, with a finding, when it leads nowhere."""
        if reference is None:
            return None
        href = (reference.get("href") or "").strip()
        namespace, _, id_ = href.rpartition("#")
        alias, owner = "", unit
        if namespace and namespace != unit.document.namespace:
            found = unit.by_namespace(namespace)
            if found is None:
                self._findings.add("reference_unknown", reference, found=href)
                return None
            alias, owner = found
        thing = owner.things.get(id_)
        if thing is None:
            self._findings.add("reference_unknown", reference, found=href)
            return None
        if alias and isinstance(thing, Input):
            thing.alias = alias
        return alias, thing

    def _names(self, unit: Unit, given: Sequence[str], functions: Mapping[str, Any]) -> Names:
        return Names(frozenset(given) | frozenset(functions), unit.parts, unit.asked_types, self._lenient)

    # -- the whole

    def model(self, main: Unit) -> Model:
        """The model once everything is connected."""
        for unit in self._units.values():
            for thing in unit.things.values():
                if isinstance(thing, Decision):
                    thing.plan = self._plan([thing], frozenset(), unit)
                elif isinstance(thing, Service):
                    given = frozenset(one for one in thing.parameters if isinstance(one, Decision))
                    thing.plan = self._plan(thing.outputs, given, unit)
        own = list(main.things.values())
        if not any(isinstance(thing, (Decision, FeelFunction)) for thing in own):
            self._findings.add("no_decision", main.document.root)
        tables: list[Table] = [table for unit in self._units.values() for table, _ in unit.reader.tables]
        return Model(
            name=name_of(main.document.root),
            decisions=[thing for thing in own if isinstance(thing, Decision)],
            services=[thing for thing in own if isinstance(thing, Service)],
            functions={thing.name: thing for thing in own if isinstance(thing, FeelFunction)},
            tables=tables,
            findings=[one for one in self._findings if one.severity == "warning"],
            lenient=self._lenient,
        )

    def _plan(self, wanted: Sequence[Decision], given: frozenset[Decision], unit: Unit) -> tuple[Decision, ...]:
        """All decisions to make, each after those it requires; no recursion, so no file can exhaust the stack."""
        order: list[Decision] = []
        done: set[Decision] = set(given)
        open_: dict[Decision, None] = {}
        stack: list[tuple[Decision, bool]] = [(one, False) for one in reversed(wanted)]
        while stack:
            decision, after = stack.pop()
            if after:
                open_.pop(decision, None)
                if decision not in done:
                    done.add(decision)
                    order.append(decision)
                continue
            if decision in done:
                continue
            if decision in open_:
                self._cycle(decision, list(open_), unit)
                continue
            open_[decision] = None
            stack.append((decision, True))
            stack += [(use.node, False) for use in reversed(decision.uses) if isinstance(use.node, Decision)]
        return tuple(order)

    def _cycle(self, decision: Decision, around: Sequence[Decision], unit: Unit) -> None:
        names = [one.name for one in around[around.index(decision) :]]
        text = " → ".join([*names, decision.name])
        node = unit.document.elements.get(decision.id)
        if not any(one.code == "requirement_cycle" for one in self._findings):
            self._findings.add("requirement_cycle", node, about=decision.id, found=text)


def _names_in(unit: Unit) -> Iterator[str]:
    for thing in unit.things.values():
        yield thing.name
    for inner in unit.imports.values():
        yield from _names_in(inner)


def _result(kind: Type) -> Type:
    """What a function gives whose variable may be typed by its result or as a function."""
    return kind.result if isinstance(kind, FunctionType) else kind
