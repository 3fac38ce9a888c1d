# mypy: disallow-subclassing-any=False
"""Our gateways. An arrival at a join is a token that waits there, and it is consumed exactly once.

The stock joins look for completed tasks in the history of the instance, so a second lap finds the arrivals of the
first: a case was decided with a confirmation still open (ENGINE.md 1.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from processes.faults import NoFlowTaken
from processes.specs import Flow, FlowNode
from processes.tokens import Token


class Gateway(FlowNode):
    """Takes no time; several flows may lead in or out."""

    is_gateway = True

    def oldest_arrivals(self, workflow: Any) -> dict[str, Token]:
        """The oldest waiting token of each incoming flow that has one."""
        found: dict[str, Token] = {}
        for token in workflow.tasks.values():
            if token.task_spec is self and token.state == TaskState.WAITING:
                found.setdefault(token.flow, token)
        return found

    def consume(self, arrivals: Mapping[str, Token], survivor: Token) -> None:
        """Take these arrivals for one firing: one of them goes on, the others are gone."""
        for token in arrivals.values():
            if token is not survivor:
                token._set_state(TaskState.COMPLETED)
        survivor.enter()

    def is_true(self, flow: Flow, token: Token) -> bool:
        """Whether a flow may be taken; an unknown condition (null) is not true."""
        return flow.condition is None or token.workflow.script_engine.evaluate(token, flow.condition) is True

    def default_of(self, token: Token) -> Flow:
        for flow in self.flows:
            if flow.is_default:
                return flow
        raise NoFlowTaken(f"Expected a flow out of {token.workflow.prefix}{self.name} to be true, but none is")


class ExclusiveGateway(Gateway, stock.ExclusiveGateway):
    """One token in, one token out: by the first true flow in the order of the file, else by the default flow."""

    def leaving(self, token: Token) -> Sequence[Flow]:
        for flow in self.flows:
            if not flow.is_default and self.is_true(flow, token):
                return (flow,)
        return (self.default_of(token),)


class ParallelGateway(Gateway, stock.ParallelGateway):
    """Waits for one token on each incoming flow and gives one to each outgoing flow; surplus tokens stay waiting."""

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) < 2:
            return super()._update_hook(token)
        token._set_state(TaskState.WAITING)
        arrivals = self.oldest_arrivals(token.workflow)
        if len(arrivals) < len(self.incoming):
            return False
        self.consume(arrivals, token)
        return True


class InclusiveGateway(Gateway, stock.InclusiveGateway):
    """Waits for every token that can still come, and gives one to each outgoing flow whose condition is true.

    As in BPMN 2.0.2, 13.4.3: it fires when a token has arrived and no other token can reach an incoming flow that is
    still empty, unless that token can also reach one where a token waits already. `reach` names, for each element of
    the process, the incoming flows that a token there can reach without passing this gateway.
    """

    reach: Mapping[str, frozenset[str]]

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) < 2:
            return super()._update_hook(token)
        token._set_state(TaskState.WAITING)
        return False

    def fire(self, workflow: Any) -> bool:
        """Fire once if it is time; asked again whenever all other tokens have come to rest."""
        arrivals = self.oldest_arrivals(workflow)
        if not arrivals or any(self._is_awaited(token, arrivals) for token in workflow.tasks.values()):
            return False
        survivor = next(iter(arrivals.values()))
        self.consume(arrivals, survivor)
        survivor._ready()
        return True

    def _is_awaited(self, token: Token, arrivals: Mapping[str, Token]) -> bool:
        if token.task_spec is self or token.armed:
            return False
        reachable = self.reach.get(token.task_spec.name, frozenset())
        return bool(reachable) and reachable.isdisjoint(arrivals)

    def leaving(self, token: Token) -> Sequence[Flow]:
        true = [flow for flow in self.flows if not flow.is_default and self.is_true(flow, token)]
        return true or (self.default_of(token),)


class EventGateway(Gateway, BpmnTaskSpec):
    """Waits for the first of the events behind it; the others are forgotten (BPMN 2.0, 13.4.4)."""

    @property
    def is_watched(self) -> bool:
        return True

    def _update_hook(self, token: Token) -> bool:
        token.enter()
        token._set_state(TaskState.STARTED)
        for flow in self.flows:
            token.workflow.watch(token.workflow.spec.task_specs[flow.target], token)
        return False

    def choose(self, token: Token, event: FlowNode) -> None:
        """The event has happened: it is passed in the same moment."""
        workflow = token.workflow
        workflow.disarm(token)
        token._set_state(TaskState.COMPLETED)
        workflow.note("completed", self.name, token.id)
        flow = next(flow for flow in self.flows if flow.target == event.name)
        workflow.note("flow_taken", flow.id)
        passed = Token(workflow, event)
        passed.flow = flow.id
        passed.enter()
        passed.let_happen()
