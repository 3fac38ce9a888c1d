"""Moving the tokens of a running instance by hand: starting at an element or flow, cancelling what stands somewhere.

The instructions of one modification are carried out in their order before anything moves; a scope in which nothing is
left by then is cancelled with them. What the diagram could not have led to, or could not go on from, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.util.task import TaskState

from kernel.errors import InvalidInput
from processes.calls import EventSubProcess, SubProcess
from processes.compensation import Compensating
from processes.events import StartEvent
from processes.gateways import ExclusiveGateway, Gateway
from processes.repetition import Instances, Repeated
from processes.scripting import as_json
from processes.specs import Activity, Flow, FlowNode, ProcessSpec
from processes.tokens import RootWorkflow, Token, Workflow

InstructionKind = Literal["cancel", "startBeforeActivity", "startAfterActivity", "startTransition"]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of a modification.

    `target` is the id of an element, or of the sequence flow of `startTransition`; `token_id` names one token to
    cancel instead of all at an element. A start may say inside of which token it is meant, where several scopes run,
    and set `variables` of the process around it.
    """

    kind: InstructionKind
    target: str | None = None
    token_id: str | None = None
    inside: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        told = {"type": self.kind, "target": self.target, "token": self.token_id, "inside": self.inside}
        return {name: value for name, value in told.items() if value} | (
            {"variables": dict(self.variables)} if self.variables else {}
        )


def modify(root: RootWorkflow, instructions: Sequence[Instruction]) -> None:
    """Carry out the instructions and advance.

    Raises:
        InvalidInput: one of them cannot be done correctly, or nothing would be left that goes on.
    """
    if not instructions:
        raise _refused("at least one instruction")
    for one in instructions:
        if one.kind == "cancel":
            _cancel(root, one)
        elif one.kind == "startTransition":
            _start_flow(root, one)
        elif one.kind == "startAfterActivity":
            _start_after(root, one)
        else:
            _start_before(root, one)
    _cancel_empty_scopes(root)
    root.advance()
    if not root.completed and not any(_moves(token) for token in _tokens(root)):
        raise _refused("something to be left that goes on, but all that is left waits at joins")


# -- starting


def _start_before(root: RootWorkflow, one: Instruction) -> None:
    spec, node = _element(root, one)
    if _is_join(node):
        raise _refused(f"a flow into the join {node.name}, or to start after it: it waits for a token on each flow")
    if isinstance(node, StartEvent) and not isinstance(node.event_definition, NoneEventDefinition):
        raise _refused(f"another element than {node.name}, which begins when its event happens")
    if isinstance(node, EventSubProcess):
        raise _refused(f"another element than {node.name}, which begins when its event happens")
    if not node.incoming and _undoes(spec, node):
        raise _refused(f"another element than {node.name}, which undoes another one")
    _scope(root, spec, one).arrive(node)


def _start_after(root: RootWorkflow, one: Instruction) -> None:
    spec, node = _element(root, one)
    if len(node.flows) != 1:
        raise _refused(f"one flow out of {node.name}, found {len(node.flows)}: name the flow with startTransition")
    _scope(root, spec, one).take(node.flows[0])


def _start_flow(root: RootWorkflow, one: Instruction) -> None:
    found = [(spec, flow) for spec in _specs(root) for flow in _flows(spec) if flow.id == one.target]
    spec, flow = _one_running(root, found, f"sequence flow {one.target}", one)
    _scope(root, spec, one).take(flow)


def _element(root: RootWorkflow, one: Instruction) -> tuple[ProcessSpec, Any]:
    found = [(spec, spec.task_specs[one.target]) for spec in _specs(root) if one.target in spec.task_specs]
    return _one_running(root, found, f"element {one.target}", one)


def _one_running(
    root: RootWorkflow, found: Sequence[tuple[ProcessSpec, Any]], what: str, one: Instruction
) -> tuple[ProcessSpec, Any]:
    """The one of several processes with this id that is meant: where one runs that holds it, else the root process."""
    if not found:
        raise _refused(f"a diagram with the {what}, but there is none")
    running = [pair for pair in found if _workflows_of(root, pair[0], one)]
    if len(running) == 1:
        return running[0]
    own = [pair for pair in found if pair[0].process == root.process]
    if len(running) > 1 or len(own) != 1:
        raise _refused(f"one process that runs and has the {what}, found {len(running)}")
    return own[0]


def _scope(root: RootWorkflow, spec: ProcessSpec, one: Instruction) -> Workflow:
    """The running scope of a spec; embedded sub-processes around it begin too where they do not run yet."""
    running = _workflows_of(root, spec, one)
    if len(running) > 1:
        raise _refused(f"the activity instance inside of which {one.target} is meant, found {len(running)} that fit")
    scope: Workflow = running[0] if running else _open(root, spec, one)
    if any(isinstance(token.task_spec, Compensating) for token in _around(scope)):
        raise _refused(f"another place than {one.target}, where something is undone")
    scope.variables.update(as_json(one.variables))
    return scope


def _open(root: RootWorkflow, spec: ProcessSpec, one: Instruction) -> Workflow:
    holders = [
        (around, node) for around in _specs(root) for node in _nodes(around) if getattr(node, "spec", None) == spec.name
    ]
    plain = [pair for pair in holders if isinstance(pair[1], SubProcess) and not isinstance(pair[1], EventSubProcess)]
    if len(holders) != 1 or not plain or one.inside is not None:
        raise _refused(f"{one.target} to stand in a scope that runs or in a plain sub-process; start what is around it")
    [(around, node)] = plain
    outer = _scope(root, around, Instruction(one.kind, one.target))
    token = Token(outer, node)
    node._update_hook(token)
    token._set_state(TaskState.STARTED)
    inner: Workflow = node.open(token, token.variables)
    inner.watch_events()
    return inner


# -- cancelling


def _cancel(root: RootWorkflow, one: Instruction) -> None:
    if one.token_id is not None:
        token = root.find(one.token_id)
        chosen = [token] if token is not None and not token.armed else []
    else:
        standing = [token for token in _tokens(root) if token.task_spec.name == one.target]
        # Of a repeated activity the whole goes, and its turns with it.
        chosen = [token for token in standing if not isinstance(token.workflow, Instances)] or standing
    if not chosen:
        raise _refused(f"a token at {one.target or one.token_id}, but there is none")
    for token in chosen:
        if token.id in token.workflow.tasks:  # what is around it may have taken it along
            _cancel_one(token)


def _cancel_one(token: Token) -> None:
    if isinstance(token.workflow, Instances):
        raise _refused(f"{token.task_spec.name} to be cancelled with all its turns")
    if any(isinstance(around.task_spec, Compensating) for around in _around(token.workflow)):
        raise _refused(f"another token than that at {token.task_spec.name}, which undoes something")
    token.workflow.cancel_token(token)


def _cancel_empty_scopes(root: RootWorkflow) -> None:
    while True:
        empty = [scope for scope in root.workflows() if all(token.armed for token in scope.tasks.values())]
        if not empty:
            return
        innermost = empty[-1]
        if innermost.parent_token is None:
            raise _refused("something to be left; to end the instance, delete it")
        _cancel_one(innermost.parent_token)


# -- looking


def _specs(root: RootWorkflow) -> Iterator[ProcessSpec]:
    """The specs with elements of the diagrams; what a repeated activity does each time is addressed as a whole."""
    specs: Mapping[str, ProcessSpec] = root.subprocess_specs
    turns = {node.spec for spec in specs.values() for node in _nodes(spec) if isinstance(node, Repeated)}
    return (spec for name, spec in specs.items() if name not in turns)


def _nodes(spec: ProcessSpec) -> Iterator[Any]:
    return (node for node in spec.task_specs.values() if isinstance(node, FlowNode))


def _flows(spec: ProcessSpec) -> Iterator[Flow]:
    return (flow for node in _nodes(spec) for flow in node.flows)


def _workflows_of(root: RootWorkflow, spec: ProcessSpec, one: Instruction) -> list[Any]:
    return [
        scope
        for scope in root.workflows()
        if scope.spec is spec and (one.inside is None or any(token.id == one.inside for token in _around(scope)))
    ]


def _around(scope: Workflow) -> Iterator[Token]:
    """The tokens at which a scope and those around it run, the innermost first."""
    token = scope.parent_token
    while token is not None:
        yield token
        token = token.workflow.parent_token


def _tokens(root: RootWorkflow) -> list[Token]:
    return [token for scope in root.workflows() for token in scope.tasks.values() if not token.armed]


def _moves(token: Token) -> bool:
    """Whether something or somebody can move it: it is neither a scope nor an arrival at a join."""
    return token.id not in token.workflow.top_workflow.subprocesses and not (
        token.task_spec.is_gateway and token.state == TaskState.WAITING
    )


def _is_join(node: Any) -> bool:
    return isinstance(node, Gateway) and not isinstance(node, ExclusiveGateway) and len(node.incoming) > 1


def _undoes(spec: ProcessSpec, node: Any) -> bool:
    return any(isinstance(one, Activity) and one.compensation == node.name for one in _nodes(spec))


def _refused(expected: str) -> InvalidInput:
    return InvalidInput(detail=f"Expected {expected}")
