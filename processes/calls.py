# mypy: disallow-subclassing-any=False
"""Call activities and embedded sub-processes: opening them, and what they hand over and back."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition

from processes.events import Catching, StartEvent, rearm
from processes.mappings import mapped
from processes.specs import Activity
from processes.tokens import CalledWorkflow, Token, Undoable, Workflow


class Containing(Activity):
    """An activity in which a workflow runs."""

    spec: str

    def open(self, token: Token, variables: MutableMapping[str, Any]) -> CalledWorkflow:
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
        self.open(token, token.variables).begin()

    def return_from(self, called: CalledWorkflow, token: Token) -> None:
        if self.compensation is None:
            # Undoing it means undoing what completed inside (BPMN 2.0, 10.7.1).
            token.workflow.undoable += [Undoable(one.spec, one.handler, self.name) for one in called.undoable]
        super().return_from(called, token)


class Transaction(SubProcess):
    """A sub-process that a cancel event inside can end in failure, which undoes what has completed in it."""

    def cancelled(self, token: Token) -> None:
        """All is undone: the cancel event on its border continues."""
        boundary = next(one for one in self.boundaries if isinstance(one.event_definition, CancelEventDefinition))
        boundary.catch(token.workflow, token)


class EventSubProcess(Catching, SubProcess):
    """A sub-process that nothing leads to: it begins when its start event happens in the scope it stands in.

    An interrupting one ends all else in the scope first, the other kind may happen again and again
    (BPMN 2.0, 10.3.5 and 13.5.4).
    """

    is_event_sub_process = True
    start: StartEvent

    @property
    def event_definition(self) -> Any:
        return self.start.event_definition

    @property
    def cancel_activity(self) -> bool:
        return self.start.is_interrupting

    @property
    def key_properties(self) -> Mapping[str, str]:
        return self.start.extensions.properties

    def happen(self, token: Token, at: datetime | None) -> None:
        if not self.cancel_activity:
            rearm(token, at)
        self.catch(token.workflow, None)

    def catch(self, workflow: Workflow, on: Token | None) -> None:
        if self.cancel_activity:
            workflow.cancel_all()
        workflow.arrive(self)


class CallActivity(Containing, stock.CallActivity):
    """Calls a process with variables of its own, filled by `camunda:in` and handed back by `camunda:out`.

    Nothing else passes: two calls that run side by side never see each other's variables (ENGINE.md 1.2).
    """

    def _run_hook(self, token: Token) -> None:
        self.open(token, mapped(self.extensions.ins, token.variables, token.workflow.script_engine)).begin()

    def prefix_below(self, token: Token) -> str:
        return f"{token.workflow.prefix}{self.name}/"

    def return_from(self, called: CalledWorkflow, token: Token) -> None:
        token.variables.update(mapped(self.extensions.outs, called.variables, token.workflow.script_engine))
        super().return_from(called, token)
