"""The stored state of an instance: a compact JSON of what is active, and nothing else.

    {"w": [[parent, variables, [[id, element, state, extra?], …]], …], "e": end, "c": completed}

Workflows stand callers first, tokens in the order they became active. `parent` and the `o` of an armed boundary event
are numbers of tokens, counted through the whole state; `variables` is null where a sub-process shares those around it.
Extra: `f` sequence flow of an arrival, `o` the watched activity, `t` the timer as value, occurrence, left, rearmed at.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from processes.definition import Definition
from processes.timers import TimerState
from processes.tokens import RootWorkflow, Token


def dump(root: RootWorkflow) -> bytes:
    """The state as bytes; the instance is not changed."""
    number: dict[str, int] = {}
    for workflow in root.workflows():
        for token_id in workflow.tasks:
            number[token_id] = len(number)
    rows = [_row(workflow, number) for workflow in root.workflows()]
    return orjson.dumps({"w": rows, "e": root.end_id, "c": root.completed})


def load(definition: Definition, state: bytes) -> RootWorkflow:
    """The instance as it was when its state was dumped."""
    stored = orjson.loads(state)
    root = _root(definition, stored["w"][0][1])
    root.end_id = stored["e"]
    root.completed = stored["c"]
    tokens: list[Token] = []
    for parent, variables, rows in stored["w"]:
        workflow: Any = root
        if parent is not None:
            token = tokens[parent]
            workflow = token.task_spec.open(token, token.workflow.variables if variables is None else variables)
        tokens += [_token(workflow, *row) for row in rows]
    extras = (row[3:] for _, _, rows in stored["w"] for row in rows)
    for token, extra in zip(tokens, extras, strict=True):
        if extra and "o" in extra[0]:
            token.on = tokens[extra[0]["o"]]
    return root


def _root(definition: Definition, variables: dict[str, Any]) -> RootWorkflow:
    return RootWorkflow(definition.specs[definition.key], definition.specs, definition.engine, variables)


def _row(workflow: Any, number: dict[str, int]) -> list[Any]:
    parent = workflow.parent_token
    shares = parent is not None and parent.workflow.variables is workflow.variables
    rows = [_token_row(token, number) for token in workflow.tasks.values()]
    return [None if parent is None else number[parent.id], None if shares else workflow.variables, rows]


def _token_row(token: Token, number: dict[str, int]) -> list[Any]:
    extra: dict[str, Any] = {}
    if token.task_spec.is_gateway:
        extra["f"] = token.flow
    if token.on is not None:
        extra["o"] = number[token.on.id]
    if token.timer is not None:
        timer = token.timer
        extra["t"] = [timer.value, timer.occurrence, timer.left, timer.rearmed_at]
    row = [token.id, token.task_spec.name, token.state]
    return [*row, extra] if extra else row


def _token(workflow: Any, token_id: str, name: str, state: int, extra: dict[str, Any] | None = None) -> Token:
    token = Token(workflow, workflow.spec.task_specs[name], token_id)
    token._state = state
    if extra:
        token.flow = extra.get("f")
        if "t" in extra:
            value, occurrence, left, rearmed_at = extra["t"]
            token.timer = TimerState(value, occurrence, left, rearmed_at and datetime.fromisoformat(rearmed_at))
    return token
