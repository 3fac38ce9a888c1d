# mypy: disallow-subclassing-any=False
"""Call activities and embedded sub-processes: opening them, and what they hand over and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock

from processes.extensions import Mapped
from processes.scripting import FeelEngine, as_json
from processes.specs import Activity
from processes.tokens import CalledWorkflow, Token


class Containing(Activity):
    """An activity in which a workflow runs."""

    spec: str

    def open(self, token: Token, variables: dict[str, Any]) -> CalledWorkflow:
        """The workflow that runs at a token: opened by a run, or again from its stored state."""
        called = token.workflow.top_workflow.subprocess_specs[self.spec]
        return CalledWorkflow(called, token, variables, self.prefix_below(token))

    def prefix_below(self, token: Token) -> str:
        """The path of call activities down to what runs inside."""
        return str(token.workflow.prefix)

    def return_from(self, called: CalledWorkflow, token: Token) -> None:
        """The last token inside is gone."""
        del token.workflow.top_workflow.subprocesses[token.id]
        token.complete()


class SubProcess(Containing, stock.SubWorkflowTask):
    """An embedded sub-process: it shares the variables of the process around it."""

    def _run_hook(self, token: Token) -> None:
        self.open(token, token.workflow.variables).begin()


class CallActivity(Containing, stock.CallActivity):
    """Calls a process with variables of its own, filled by `camunda:in` and handed back by `camunda:out`.

    Nothing else passes: two calls that run side by side never see each other's variables (ENGINE.md 1.2).
    """

    def _run_hook(self, token: Token) -> None:
        workflow = token.workflow
        self.open(token, mapped(self.extensions.ins, workflow.variables, workflow.script_engine)).begin()

    def prefix_below(self, token: Token) -> str:
        return f"{token.workflow.prefix}{self.name}/"

    def return_from(self, called: CalledWorkflow, token: Token) -> None:
        workflow = token.workflow
        workflow.variables |= mapped(self.extensions.outs, called.variables, workflow.script_engine)
        super().return_from(called, token)


def mapped(entries: Sequence[Mapped], variables: Mapping[str, Any], engine: FeelEngine) -> dict[str, Any]:
    """The variables that mappings make of others, as copies; a variable that does not exist gives null."""
    found: dict[str, Any] = {}
    for entry in entries:
        if entry.target is None:
            found |= variables
        elif entry.expression is not None:
            found[entry.target] = engine.value(entry.expression, variables)
        else:
            found[entry.target] = variables.get(entry.source or "")
    return as_json(found)
