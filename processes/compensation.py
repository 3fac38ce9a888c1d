# mypy: disallow-subclassing-any=False
"""Undoing what has completed: compensation events, and the cancel event of a transaction.

Handlers run one after the other, the latest completed activity first, each once; the element that asked for them waits
until the last is done (BPMN 2.0, 10.7.2 and 13.5.5). A called process keeps what it did to itself.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from processes.calls import Containing
from processes.events import is_outermost
from processes.tokens import CalledWorkflow, Token, Undoable


class CompensateDefinition(EventDefinition):
    """Asks for compensation: of one activity of the scope, or of all that has completed in it."""

    def __init__(self, activity: str | None) -> None:
        super().__init__("compensate")
        self.activity = activity


class Compensating(Containing):
    """An event that waits while handlers run; its `work` is what is still to be undone, the running one first."""

    event_definition: Any

    def open(self, token: Token, variables: MutableMapping[str, Any]) -> CalledWorkflow:
        spec = token.workflow.top_workflow.subprocess_specs[token.work[0].spec]
        return CalledWorkflow(spec, token, variables, token.workflow.prefix)

    def _run_hook(self, token: Token) -> bool | None:
        scope = token.workflow
        wanted = getattr(self.event_definition, "activity", None)
        chosen = [one for one in scope.undoable if wanted in (None, one.activity)]
        scope.undoable = [one for one in scope.undoable if one not in chosen]
        token.work = chosen[::-1]
        return self._undo_next(token)

    def return_from(self, called: CalledWorkflow, token: Token) -> None:
        del token.workflow.top_workflow.subprocesses[token.id]
        token.work = token.work[1:]
        if self._undo_next(token):
            token.complete()

    def _undo_next(self, token: Token) -> bool | None:
        if not token.work:
            return True
        handlers = self.open(token, token.variables)
        handlers.arrive(handlers.spec.task_specs[token.work[0].handler])
        return None

    def stored_work(self, work: list[Undoable]) -> Any:
        return [list(one) for one in work]

    def restored_work(self, stored: Any) -> list[Undoable]:
        return [Undoable(*one) for one in stored]


class CompensationThrow(Compensating, stock.IntermediateThrowEvent):
    """An intermediate event that has something undone and goes on."""


class CompensationEnd(Compensating, stock.EndEvent):
    """An end event that has something undone first."""

    def _on_complete(self, token: Token) -> None:
        if is_outermost(token.workflow):
            token.workflow.top_workflow.end_id = self.name
        super()._on_complete(token)


class CancelEnd(Compensating, stock.EndEvent):
    """Ends a transaction in failure: what runs is cancelled, what completed is undone, and the cancel event on its
    border continues."""

    def _run_hook(self, token: Token) -> bool | None:
        for other in list(token.workflow.tasks.values()):
            if other is not token and other.id in token.workflow.tasks:
                token.workflow.cancel_token(other)
        return super()._run_hook(token)

    def _on_complete(self, token: Token) -> None:
        token.workflow.note("completed", self.name, token.id)
        transaction = token.workflow.parent_token
        assert transaction is not None  # the validator lets it stand in a transaction only
        transaction.task_spec.cancelled(transaction)
