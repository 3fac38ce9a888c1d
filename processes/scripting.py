# mypy: disallow-subclassing-any=False
"""The script engine on FEEL. No way leads from a diagram to Python: every entry of the stock engine is closed.

The stock engine compiles and runs Python in `evaluate`, `execute`, `validate` and, past those, in `.environment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import orjson
from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from processes.decisions import mapped
from processes.faults import DefinitionNotRunnable, ExpressionFailed, NotJson
from rules.dmn import DecisionFailed, Model
from rules.feel import Expression, FeelError, compile_expression, to_plain

# Dates, dataclasses and subclasses of str are no JSON: who means their text writes it.
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of process variables; the door where everything but JSON is turned away (DESIGN.md 4).

    Raises:
        NotJson: something in it is neither text, number, truth value, null, list nor context.
    """
    try:
        copied: dict[str, Any] = orjson.loads(orjson.dumps(values, option=_STRICT))
    except TypeError as error:
        raise NotJson(f"Expected JSON values for {sorted(map(str, values))}: {error}") from error
    return copied


class _NoPython(BasePythonScriptEngineEnvironment):
    """Stands where the stock engine keeps its `eval` and `exec`."""

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> NoReturn:
        raise DefinitionNotRunnable("Python expressions are not run")

    def execute(self, script: str, context: Any, external_context: Any = None) -> NoReturn:
        raise DefinitionNotRunnable("Python scripts are not run")

    def call_service(self, context: Any, **kwargs: Any) -> NoReturn:
        raise DefinitionNotRunnable("Services are called by handlers only")


class FeelEngine(PythonScriptEngine):
    """Evaluates the expressions and decisions of one definition, all compiled when it was built."""

    def __init__(self, sources: Iterable[str], decisions: Mapping[str, Model] = MappingProxyType({})) -> None:
        super().__init__(_NoPython())
        self.decisions = decisions
        self._compiled: dict[str, Expression] = {source: compile_expression(source) for source in sources}

    def value(self, source: str, variables: Mapping[str, Any]) -> Any:
        """The value of an expression as plain JSON."""
        return to_plain(self._compiled[source].evaluate(variables))

    def validate(self, expression: str) -> None:
        compile_expression(expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """The value of an expression over the variables around a token."""
        return self.value(expression, task.variables)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Run a script task: its one expression goes into its one result variable."""
        variable = task.task_spec.extensions.attributes["resultVariable"]
        task.variables[variable] = as_json({variable: self.evaluate(task, script)})[variable]
        return True

    def decide(self, task: Any) -> bool:
        """Run a business rule task: what its decision gives for the variables goes into its result variable.

        Raises:
            ExpressionFailed: the decision cannot be made of these variables, or has more results than the task takes.
        """
        attributes = task.task_spec.extensions.attributes
        key, variable = attributes["decisionRef"], attributes["resultVariable"]
        where = f"{task.workflow.prefix}{task.task_spec.name}"
        model = self.decisions[key]
        try:
            value = model.evaluate_decision(key, dict(task.variables))
            found = mapped(model.decision(key).entries(to_plain(value)), attributes.get("mapDecisionResult", ""))
        except (DecisionFailed, FeelError) as error:
            raise ExpressionFailed(f"Decision {key} of {where}: {error}") from error
        task.variables[variable] = as_json({variable: found})[variable]
        return True

    def call_service(self, task: Any, **kwargs: Any) -> NoReturn:
        raise DefinitionNotRunnable("Services are called by handlers only")
