"""The comparison has teeth: each of these faults, planted into the engine, is found within a few processes.

The same seeds without a fault are clean: `test_reference.py` plays them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from SpiffWorkflow.util.task import TaskState

from processes import calls, codec, compensation, events, gateways, mappings, repetition, specs, tokens
from processes.definition import Definition
from processes.timers import TimerState
from tests.reference.playing import Differs, EngineFailed, play
from tests.reference.test_reference import process_of

PROCESSES = 150
ORDERS = 2

Plant = Callable[[pytest.MonkeyPatch], None]


def join_counts_earlier_laps(patch: pytest.MonkeyPatch) -> None:
    """What the stock library did: a flow that was ever taken counts as arrived."""
    seen: dict[Any, set[str]] = {}

    def update(self: Any, token: Any) -> bool:
        if len(self.incoming) < 2:
            return bool(specs.FlowNode._update_hook(self, token))
        token._set_state(TaskState.WAITING)
        arrived = seen.setdefault((token.workflow.parent_token and token.workflow.parent_token.id, self), set())
        arrived.add(token.flow)
        if len(arrived) < len(self.incoming):
            return False
        self.consume(self.oldest_arrivals(token.workflow), token)
        return True

    def begin(self: Any, at: Any = None) -> None:
        if self.parent_token is None:
            seen.clear()  # a new instance
        original(self, at)

    original = tokens.Workflow.begin
    patch.setattr(tokens.Workflow, "begin", begin)
    patch.setattr(gateways.ParallelGateway, "_update_hook", update)


def parallel_join_fires_at_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gateways.ParallelGateway, "_update_hook", specs.FlowNode._update_hook)


def inclusive_join_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gateways.InclusiveGateway, "_is_awaited", lambda self, token, arrivals: False)


def inclusive_join_waits_for_all(patch: pytest.MonkeyPatch) -> None:
    """It waits for what has left for an end of its own, too."""

    def is_awaited(self: Any, token: Any, arrivals: Any) -> bool:
        return token.task_spec is not self and token.on is None

    patch.setattr(gateways.InclusiveGateway, "_is_awaited", is_awaited)


def inclusive_split_takes_one_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gateways.InclusiveGateway, "leaving", gateways.ExclusiveGateway.leaving)


def exclusive_split_takes_the_last_true_way(patch: pytest.MonkeyPatch) -> None:
    def leaving(self: Any, token: Any) -> Any:
        true = [flow for flow in self.flows if not flow.is_default and self.is_true(flow, token)]
        return (true[-1],) if true else (self.default_of(token),)

    patch.setattr(gateways.ExclusiveGateway, "leaving", leaving)


def interrupting_event_cancels_nothing(patch: pytest.MonkeyPatch) -> None:
    def happen(self: Any, token: Any, at: Any = None) -> None:
        if token.on is None or not token.task_spec.cancel_activity:
            original(self, token, at)
        else:
            self.disarm(token.on)
            self.arrive(token.task_spec)

    original = tokens.Workflow.happen
    patch.setattr(tokens.Workflow, "happen", happen)


def event_without_interruption_cancels(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(events.BoundaryEvent, "cancel_activity", property(lambda self: True, lambda self, value: None), False)


def events_outlive_their_activity(patch: pytest.MonkeyPatch) -> None:
    def disarm(self: Any, token: Any) -> None:
        for armed in self.tasks.values():
            if armed.on is token:
                armed.on = None

    patch.setattr(tokens.Workflow, "disarm", disarm)


def cycle_fires_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TimerState, "rearmed", lambda self, at: None)


def error_leaves_the_siblings_open(patch: pytest.MonkeyPatch) -> None:
    def cancel_all(self: Any) -> None:
        for token in list(self.tasks.values())[1:]:
            self.cancel_token(token)

    patch.setattr(tokens.Workflow, "cancel_all", cancel_all)


def variables_leak_into_a_call(patch: pytest.MonkeyPatch) -> None:
    def mapped(entries: Any, variables: Any, engine: Any) -> Any:
        return dict(variables) | original(entries, variables, engine)

    original = mappings.mapped
    patch.setattr(calls, "mapped", mapped)


def call_shares_the_variables_around_it(patch: pytest.MonkeyPatch) -> None:
    def run(self: Any, token: Any) -> None:
        around = token.workflow
        around.variables.update(mappings.mapped(self.extensions.ins, around.variables, around.script_engine))
        self.open(token, token.workflow.variables).begin()

    patch.setattr(calls.CallActivity, "_run_hook", run)


def sub_process_ends_with_its_first_token(patch: pytest.MonkeyPatch) -> None:
    def complete(self: Any, token: Any) -> None:
        original(self, token)
        if token.workflow.parent_token is not None and not token.workflow.completed:
            token.workflow.cancel_all()
            token.workflow.settle()

    original = events.EndEvent._on_complete
    patch.setattr(events.EndEvent, "_on_complete", complete)


def stored_state_forgets_where_an_arrival_came_from(patch: pytest.MonkeyPatch) -> None:
    def row(token: Any, number: dict[str, int]) -> list[Any]:
        written = original(token, number)
        if len(written) > 3:
            written[3].pop("f", None)
        return written

    original = codec._token_row
    patch.setattr(codec, "_token_row", row)


def event_gateway_lets_every_event_happen(patch: pytest.MonkeyPatch) -> None:
    def choose(self: Any, token: Any, event: Any) -> None:
        passed = tokens.Token(token.workflow, event)
        passed.enter()
        passed.let_happen()

    patch.setattr(gateways.EventGateway, "choose", choose)


def event_sub_process_takes_no_place(patch: pytest.MonkeyPatch) -> None:
    """An interrupting one runs beside what it should end."""
    patch.setattr(calls.EventSubProcess, "catch", lambda self, workflow, on: workflow.arrive(self))


def event_sub_process_keeps_its_scope_open(patch: pytest.MonkeyPatch) -> None:
    def settle(self: Any) -> None:
        if not self.tasks:
            original(self)

    original = tokens.Workflow.settle
    patch.setattr(tokens.Workflow, "settle", settle)


def signal_reaches_one_alone(patch: pytest.MonkeyPatch) -> None:
    def broadcast(self: Any, signal: str) -> None:
        waiting = [token for one in self.workflows() for token in one.tasks.values() if token.task_spec.is_catching]
        for token in waiting:
            if token.task_spec.waits_for_signal(token, signal):
                token.workflow.happen(token)
                return

    patch.setattr(tokens.RootWorkflow, "broadcast", broadcast)


def escalation_is_heard_by_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(events, "throw_escalation", lambda workflow, code: None)


def instances_ignore_their_condition(patch: pytest.MonkeyPatch) -> None:
    def goes_on(self: Any, token: Any) -> bool:
        return self.repetition.kind != "loop" or original(self, token)

    original = repetition.Repeated._goes_on
    patch.setattr(repetition.Repeated, "_goes_on", goes_on)


def instances_share_their_variables(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tokens.Token, "give", lambda self, number, own: None)


def loop_ignores_its_maximum(patch: pytest.MonkeyPatch) -> None:
    def rounds(self: Any, token: Any) -> Any:
        found = original(self, token)
        if self.repetition.kind == "loop":
            found.total = repetition.MAX_INSTANCES
        return found

    original = repetition.Repeated._rounds
    patch.setattr(repetition.Repeated, "_rounds", rounds)


def oldest_is_undone_first(patch: pytest.MonkeyPatch) -> None:
    def undo_next(self: Any, token: Any) -> Any:
        token.work = token.work[::-1]
        return original(self, token)

    original = compensation.Compensating._undo_next
    patch.setattr(compensation.Compensating, "_undo_next", undo_next)


FAULTS: tuple[Plant, ...] = (
    join_counts_earlier_laps,
    parallel_join_fires_at_the_first,
    inclusive_join_waits_for_nobody,
    inclusive_join_waits_for_all,
    inclusive_split_takes_one_way,
    exclusive_split_takes_the_last_true_way,
    interrupting_event_cancels_nothing,
    event_without_interruption_cancels,
    events_outlive_their_activity,
    cycle_fires_once,
    error_leaves_the_siblings_open,
    variables_leak_into_a_call,
    call_shares_the_variables_around_it,
    sub_process_ends_with_its_first_token,
    stored_state_forgets_where_an_arrival_came_from,
    event_gateway_lets_every_event_happen,
    event_sub_process_takes_no_place,
    event_sub_process_keeps_its_scope_open,
    signal_reaches_one_alone,
    escalation_is_heard_by_nobody,
    instances_ignore_their_condition,
    instances_share_their_variables,
    loop_ignores_its_maximum,
    oldest_is_undone_first,
)


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in range(PROCESSES):
        drawn = process_of(seed)
        definition = Definition.build(drawn.xml, drawn.key)
        for order in range(ORDERS):
            try:
                play(drawn, definition, order)
            except EngineFailed:
                continue  # a fault that makes the engine fall over needs no game to be found
            except Differs as found:
                print(f"{plant.__name__}: found at process {seed}, order {order}: {found.__cause__}")
                return
    pytest.fail(f"{plant.__name__} was not found in {PROCESSES} processes")
