# mypy: disallow-subclassing-any=False
"""Activities that are carried out several times: multi-instance, one after the other or all at once, and loops.

A token stands at the activity as a whole, where boundary events watch it, and one at each of its instances. An
instance of a multi-instance activity has variables of its own: its item, its `loopCounter` from 0, and what it sets.
At the end each variable that instances have set becomes a list around the activity, with an entry for each instance in
the order of the items, null where it has set none. So votes do not overwrite each other (ENGINE.md 1.2 and 1.8), and a
completion condition may count them: `count(vote[item.decision = "agree"]) >= 2`. A loop has no variables of its own.

Source: BPMN 2.0, 13.3.6 and 13.3.7; the names of the counters are those of Camunda.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs import defaults as stock

from processes.calls import Containing
from processes.faults import ExpressionFailed
from processes.specs import UserTask
from processes.tokens import CalledWorkflow, Token

MAX_INSTANCES = 1_000
_COUNTER = "loopCounter"


@dataclass(frozen=True, slots=True)
class Repetition:
    """How an activity is repeated: over a `collection` or a number of times (`cardinality`), until the completion
    condition is true; a loop as long as its condition is true and at most `maximum` times. All but `element`, a name,
    are FEEL texts."""

    kind: Literal["parallel", "sequential", "loop"]
    cardinality: str | None = None
    collection: str | None = None
    element: str | None = None
    condition: str | None = None
    maximum: int | None = None
    tested_before: bool = False

    def expressions(self) -> Iterator[str]:
        yield from (one for one in (self.cardinality, self.collection, self.condition) if one is not None)


@dataclass(slots=True)
class Rounds:
    """How far a repetition has come: the items or, without a collection, their number; what each instance has set."""

    items: list[Any] | None
    total: int
    started: int = 0
    completed: int = 0
    results: dict[int, dict[str, Any]] = field(default_factory=dict)

    def lists(self, names: Iterator[str]) -> dict[str, list[Any]]:
        """What the instances have set, a list a variable."""
        known = dict.fromkeys(names)
        for result in self.results.values():
            known.update(dict.fromkeys(result))
        return {name: [self.results.get(at, {}).get(name) for at in range(self.total)] for name in known}


class Instances(CalledWorkflow):
    """The instances of one repeated activity; they share the variables around it but for those of their own."""

    def left(self, token: Token) -> None:
        assert self.parent_token is not None
        self.parent_token.task_spec.one_left(self, token)


class Repeated(Containing, stock.SubWorkflowTask):
    """An activity as a whole that is carried out several times; `each` is what it does each time."""

    repetition: Repetition
    each: Any

    def open(self, token: Token, variables: MutableMapping[str, Any]) -> Instances:
        spec = token.workflow.top_workflow.subprocess_specs[self.spec]
        return Instances(spec, token, variables, token.workflow.prefix)

    def expressions(self) -> Iterator[str]:
        yield from super().expressions()
        yield from self.repetition.expressions()

    def _run_hook(self, token: Token) -> bool | None:
        rounds = token.work = self._rounds(token)
        begins = self._goes_on(token) if self.repetition.tested_before else rounds.total > 0
        if not begins:
            self._tell(token)
            return True
        instances = self.open(token, token.variables)
        for _ in range(rounds.total if self.repetition.kind == "parallel" else 1):
            self._begin_one(instances)
        return None

    def one_left(self, instances: Instances, token: Token) -> None:
        """An instance has completed: the next begins, or the activity as a whole completes."""
        outer = instances.parent_token
        assert outer is not None
        rounds: Rounds = outer.work
        rounds.completed += 1
        if token.own is not None:
            rounds.results[token.number] = {name: token.own[name] for name in token.own if name not in self._given()}
        goes_on = rounds.completed < rounds.total and self._goes_on(outer)
        if not goes_on:
            instances.cancel_all()
            instances.completed = True
            self._tell(outer)
            self.return_from(instances, outer)
        elif self.repetition.kind != "parallel":
            self._begin_one(instances)

    def stored_work(self, work: Rounds) -> Any:
        results = [[at, result] for at, result in work.results.items()]
        return [work.items, work.total, work.started, work.completed, results]

    def restored_work(self, stored: Any) -> Rounds:
        items, total, started, completed, results = stored
        return Rounds(items, total, started, completed, dict(results))

    # -- inside

    def _begin_one(self, instances: Instances) -> None:
        outer = instances.parent_token
        assert outer is not None
        rounds: Rounds = outer.work
        token = Token(instances, self.each)
        if self.repetition.kind != "loop":
            own: dict[str, Any] = {_COUNTER: rounds.started}
            if self.repetition.element is not None:
                own[self.repetition.element] = None if rounds.items is None else rounds.items[rounds.started]
            token.give(rounds.started, own)
        rounds.started += 1
        self.each._update(token)

    def _given(self) -> tuple[str | None, ...]:
        return _COUNTER, self.repetition.element

    def _rounds(self, token: Token) -> Rounds:
        plan = self.repetition
        if plan.kind == "loop":
            return Rounds(None, MAX_INSTANCES if plan.maximum is None else plan.maximum)
        engine = token.workflow.script_engine
        if plan.collection is not None:
            items = engine.evaluate(token, plan.collection)
            if not isinstance(items, list):
                raise ExpressionFailed(f"Expected a list as collection of {self._path(token)}, found {items!r:.80}")
            rounds = Rounds(items, len(items))
        else:
            number = engine.evaluate(token, plan.cardinality)
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise ExpressionFailed(f"Expected a whole number of instances of {self._path(token)}, found {number!r}")
            rounds = Rounds(None, number)
        if rounds.total > MAX_INSTANCES:
            raise ExpressionFailed(
                f"Expected at most {MAX_INSTANCES} instances of {self._path(token)}, found {rounds.total}"
            )
        return rounds

    def _goes_on(self, token: Token) -> bool:
        """Whether another instance is to be: a loop's condition is true, a completion condition is not yet.

        Raises:
            ExpressionFailed: a loop without `maximum` has made as many rounds as any sound loop needs.
        """
        plan = self.repetition
        if plan.kind != "loop":
            return plan.condition is None or not self._holds(token, plan.condition)
        goes_on = plan.condition is None or self._holds(token, plan.condition)
        if goes_on and plan.maximum is None and token.work.completed >= MAX_INSTANCES - 1:
            raise ExpressionFailed(f"Expected fewer than {MAX_INSTANCES} rounds of {self._path(token)}")
        return goes_on

    def _holds(self, token: Token, condition: str) -> bool:
        rounds: Rounds = token.work
        known: dict[str, Any] = {
            _COUNTER: rounds.completed,
            "nrOfInstances": rounds.total,
            "nrOfCompletedInstances": rounds.completed,
            "nrOfActiveInstances": rounds.started - rounds.completed,
        }
        if self.repetition.kind != "loop":
            known |= rounds.lists(self._names())
        return token.workflow.script_engine.value(condition, ChainMap(known, token.variables)) is True

    def _tell(self, token: Token) -> None:
        """Hand the lists of results to the variables around the activity."""
        if self.repetition.kind != "loop":
            token.variables.update(token.work.lists(self._names()))

    def _names(self) -> Iterator[str]:
        """The variables that are lists also when no instance has set them."""
        if isinstance(self.each, UserTask):
            yield self.name
        if variable := self.extensions.attributes.get("resultVariable"):
            yield variable

    def _path(self, token: Token) -> str:
        return f"{token.workflow.prefix}{self.name}"
