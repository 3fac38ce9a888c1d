"""The stored state of an instance: a compact JSON of what is active, and nothing else.

    {"w": [[parent, variables, [[id, element, state, extra?], …], undoable?], …], "e": end, "c": completed}

Workflows stand callers first, tokens in the order they became active. `parent` and the `o` of an armed event are
numbers of tokens, counted through the whole state; `variables` is null where a sub-process shares those around it;
`undoable` are the compensation handlers of what has completed there.
Extra: `f` sequence flow of an arrival, `o` what an armed event watches (-1 for its scope), `t` the timer as value,
occurrence, left, rearmed at, `k` the correlation key, `h` a condition that holds, `v` number and own variables of an
instance of a repeated activity, `m` the work of an element.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from processes.definition import Definition
from processes.timers import TimerState
from processes.tokens import RootWorkflow, Token, Undoable


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
    for parent, variables, rows, *undoable in stored["w"]:
        workflow: Any = root
        if parent is not None:
            token = tokens[parent]
            workflow = token.task_spec.open(token, token.variables if variables is None else variables)
        tokens += [_token(workflow, *row) for row in rows]
        if undoable:
            workflow.undoable = [Undoable(*one) for one in undoable[0]]
    extras = (row[3:] for _, _, rows, *_ in stored["w"] for row in rows)
    for token, extra in zip(tokens, extras, strict=True):
        if extra and "o" in extra[0]:
            token.armed = True
            token.on = tokens[extra[0]["o"]] if extra[0]["o"] >= 0 else None
    return root


def variables_of(state: bytes) -> dict[str, Any]:
    """The variables of the root process, which outlast its end; nothing of the instance is built."""
    found: dict[str, Any] = orjson.loads(state)["w"][0][1]
    return found


def _root(definition: Definition, variables: dict[str, Any]) -> RootWorkflow:
    return RootWorkflow(definition.specs[definition.key], definition.specs, definition.engine, variables)


def _row(workflow: Any, number: dict[str, int]) -> list[Any]:
    parent = workflow.parent_token
    shares = parent is not None and parent.variables is workflow.variables
    rows = [_token_row(token, number) for token in workflow.tasks.values()]
    found = [None if parent is None else number[parent.id], None if shares else workflow.variables, rows]
    return [*found, [list(one) for one in workflow.undoable]] if workflow.undoable else found


def _token_row(token: Token, number: dict[str, int]) -> list[Any]:
    extra: dict[str, Any] = {}
    if token.task_spec.is_gateway:
        extra["f"] = token.flow
    if token.armed:
        extra["o"] = -1 if token.on is None else number[token.on.id]
    if token.timer is not None:
        timer = token.timer
        extra["t"] = [timer.value, timer.occurrence, timer.left, timer.rearmed_at]
    if token.key is not None:
        extra["k"] = token.key
    if token.held:
        extra["h"] = 1
    if token.own is not None:
        extra["v"] = [token.number, token.own]
    if token.work is not None:
        extra["m"] = token.task_spec.stored_work(token.work)
    row = [token.id, token.task_spec.name, token.state]
    return [*row, extra] if extra else row


def _token(workflow: Any, token_id: str, name: str, state: int, extra: dict[str, Any] | None = None) -> Token:
    token = Token(workflow, workflow.spec.task_specs[name], token_id)
    token._state = state
    if extra:
        token.flow = extra.get("f")
        token.key = extra.get("k")
        token.held = "h" in extra
        if "v" in extra:
            token.give(*extra["v"])
        if "m" in extra:
            token.work = token.task_spec.restored_work(extra["m"])
        if "t" in extra:
            value, occurrence, left, rearmed_at = extra["t"]
            token.timer = TimerState(value, occurrence, left, rearmed_at and datetime.fromisoformat(rearmed_at))
    return token
