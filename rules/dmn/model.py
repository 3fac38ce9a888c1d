"""A decision file, compiled: what other rooms ask for decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from kernel.texts import Text
from rules.dmn.findings import DecisionFailed, Finding
from rules.dmn.tables import Table
from rules.dmn.values import Evaluator, fitted, frame_of
from rules.feel.callables import FeelFunction
from rules.feel.errors import too_big
from rules.feel.frame import MAX_CALLS, Frame, Note, Run
from rules.feel.types import ANY, Type
from rules.feel.values import normal

Notes = MutableSequence[Note]
Named = TypeVar("Named", "Decision", "Service")


@dataclass(eq=False, slots=True)
class Input:
    """An input of the whole model; `lenient` as of the model."""

    name: str
    type: Type
    lenient: bool
    alias: str = ""  # of the import it comes by


@dataclass(frozen=True, slots=True)
class Use:
    """Something that a decision requires, under the name it has there; `alias` is that of an import."""

    alias: str
    name: str
    node: Input | Decision


@dataclass(eq=False, slots=True)
class Decision:
    """One decision. `plan` are all decisions to make before it, in order; `free` are names that no input declares."""

    id: str
    name: str
    lenient: bool
    type: Type = ANY
    logic: Evaluator = lambda frame: None
    uses: tuple[Use, ...] = ()
    functions: Mapping[str, Any] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    plan: tuple[Decision, ...] = ()
    table: Table | None = None

    @property
    def gives_list(self) -> bool:
        """Whether the result is a list with one item for each row that applied."""
        return self.table is not None and self.table.gives_list

    @property
    def outputs(self) -> int:
        """How many outputs each result has."""
        return len(self.table.outputs) if self.table is not None else 1

    def entries(self, value: Any) -> list[dict[str, Any]]:
        """A result as Camunda counts results: one context of outputs for each row that gave one."""
        name = self.table.outputs[0].name if self.table and len(self.table.outputs) == 1 else ""
        values = value if self.gives_list and isinstance(value, list) else [value]
        if self.table is not None and value is None:
            return []
        return [
            dict(one) if self.outputs > 1 and isinstance(one, Mapping) else {name or self.name: one} for one in values
        ]


@dataclass(eq=False, slots=True)
class Service:
    """A decision service: a function of its inputs that makes some decisions and gives its output decisions."""

    id: str
    name: str
    lenient: bool
    parameters: tuple[Input | Decision, ...] = ()
    outputs: tuple[Decision, ...] = ()
    plan: tuple[Decision, ...] = ()
    function: FeelFunction = field(default_factory=lambda: FeelFunction("", (), lambda frame: None))

    def body(self, frame: Frame) -> Any:
        """The result for a frame that holds the arguments; they stand for what is required under their names."""
        evaluation = Evaluation({}, frame, self.lenient)
        for one in self.parameters:
            evaluation.values[one] = frame.scope.get(one.name)
        evaluation.make(self.plan)
        found = {one.name: evaluation.values[one] for one in self.outputs}
        return next(iter(found.values())) if len(found) == 1 else found


class Evaluation:
    """The decisions made so far for one set of inputs."""

    def __init__(self, given: Mapping[str, Any], frame: Frame, lenient: bool) -> None:
        self.values: dict[Any, Any] = {}
        self._given = given
        self._frame = frame
        self._lenient = lenient

    def make(self, plan: Sequence[Decision]) -> None:
        """Make decisions in order, those whose value was given left out."""
        for decision in plan:
            if decision not in self.values:
                self.values[decision] = self._made(decision)

    def _made(self, decision: Decision) -> Any:
        scope: dict[str, Any] = dict(decision.functions)
        for use in decision.uses:
            value = self._value(use.node)
            if use.alias:
                imported = scope.get(use.alias)
                scope[use.alias] = {**(imported if isinstance(imported, Mapping) else {}), use.name: value}
            else:
                scope[use.name] = value
        for name in decision.free:
            scope[name] = self._given_value(name, decision.name)
        frame = self._frame
        frame.spend(len(scope) // 4 + 1)
        value = decision.logic(frame_of(scope, frame))
        return fitted(value, decision.type, decision.name, decision, frame)

    def _value(self, node: Input | Decision) -> Any:
        if node not in self.values:
            # Decisions were made before: `plan` holds all that are required.
            assert isinstance(node, Input)
            given = self._given
            if node.alias and isinstance(inner := given.get(node.alias), Mapping) and node.name in inner:
                given = inner
            value = self._given_value(node.name, node.name, given)
            self.values[node] = fitted(value, node.type, node.name, node, self._frame)
        return self.values[node]

    def _given_value(self, name: str, asked_by: str, given: Mapping[str, Any] | None = None) -> Any:
        given = self._given if given is None else given
        if name in given:
            return normal(given[name], self._frame.spend)
        if not self._lenient:
            raise DecisionFailed(f"Expected the input {name} for {asked_by}, but it was not given")
        self._frame.note(f"没有给出输入“{name}”", f"the input “{name}” was not given")
        return None


class Model:
    """The decisions of one file. Immutable, safe to share between threads; every evaluation has its own budget.

    `findings` are the warnings of the file; with errors there is no model.
    """

    def __init__(
        self,
        *,
        name: str,
        decisions: Sequence[Decision],
        services: Sequence[Service],
        functions: Mapping[str, FeelFunction],
        tables: Sequence[Table],
        findings: Sequence[Finding] = (),
        lenient: bool = False,
    ) -> None:
        self.name = name
        self.tables = tuple(tables)
        self.findings = tuple(findings)
        self._decisions = _by_name(decisions)
        self._services = _by_name(services)
        self._functions = dict(functions)
        self._lenient = lenient
        self.decisions = tuple(one.name for one in decisions)
        self.decision_ids = tuple(one.id for one in decisions)
        self.services = tuple(one.name for one in services)

    def decision(self, name: str) -> Decision:
        """A decision by its name or id; KeyError when there is none."""
        return self._decisions[name]

    def evaluate_decision(
        self, name: str, inputs: Mapping[str, Any], *, now: datetime | None = None, notes: Notes | None = None
    ) -> Any:
        """What a decision gives for these inputs, as a value of FEEL (`rules.feel.to_plain` makes it JSON).

        `now` is what `now()` and `today()` tell; `notes` receives why something became null.

        Raises:
            KeyError: there is no such decision.
            DecisionFailed: an input is missing or of another type, or a table cannot decide.
            FeelError: the evaluation was stopped because it grew too large.
        """
        decision = self._decisions[name]

        def make(frame: Frame) -> Any:
            evaluation = Evaluation(inputs, frame, self._lenient)
            evaluation.make(decision.plan)
            return evaluation.values[decision]

        return _run(make, now, notes)

    def evaluate_service(
        self, name: str, inputs: Mapping[str, Any], *, now: datetime | None = None, notes: Notes | None = None
    ) -> Any:
        """What a decision service gives: the value of its output decision, or of several a context by their names.

        Raises:
            As `evaluate_decision`.
        """
        service = self._services[name]

        def make(frame: Frame) -> Any:
            known = Evaluation(inputs, frame, self._lenient)
            arguments = {}
            for one in service.parameters:
                value = known._given_value(one.name, service.name)
                arguments[one.name] = fitted(value, one.type, one.name, service, frame)
            return service.body(frame_of(arguments, frame))

        return _run(make, now, notes)

    def evaluate_knowledge(
        self, name: str, arguments: Mapping[str, Any], *, now: datetime | None = None, notes: Notes | None = None
    ) -> Any:
        """What a business knowledge model gives for arguments by parameter name."""
        function = self._functions[name]

        def make(frame: Frame) -> Any:
            return function.call_named({name: normal(one, frame.spend) for name, one in arguments.items()}, frame)

        return _run(make, now, notes)


def _by_name(found: Sequence[Named]) -> dict[str, Named]:
    return {**{one.id: one for one in found}, **{one.name: one for one in found}}


def _run(make: Callable[[Frame], Any], now: datetime | None, notes: Notes | None) -> Any:
    try:
        return make(Frame({}, Run(now, notes)))
    except RecursionError as error:
        raise too_big(Text("调用层数", "the nesting of calls"), MAX_CALLS) from error
