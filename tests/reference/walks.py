"""What can be read off a tree of blocks without playing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.reference import blocks as b


def inside(block: b.Block) -> Sequence[b.Block]:
    """The blocks directly inside a block, without the processes it calls."""
    match block:
        case b.Sequence(parts):
            return parts
        case b.Choice(_, branches) | b.Inclusive(_, _, branches):
            return [branch.body for branch in branches]
        case b.Parallel(_, _, bodies):
            return bodies
        case b.Loop(_, body):
            return [body]
        case b.EventChoice(_, events):
            return [block for event in events for block in (event.catch, event.body)]
        case b.SubProcess(_, scope):
            return bodies_of(scope)
        case b.Repeated(activity) | b.Many(activity):
            return [activity]
        case b.Watched(activity, boundaries):
            return [activity, *(boundary.body for boundary in boundaries)]
    return ()


def bodies_of(scope: b.Scope) -> Sequence[b.Block]:
    """The bodies of a scope and of its event sub-processes, with theirs."""
    return [scope.body, *(body for handler in scope.handlers for body in bodies_of(handler.scope))]


def escaping(scope: b.Scope, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The error codes that can leave a scope."""
    caught = {handler.event.name for handler in scope.handlers if handler.event.kind == "error"}
    handlers = frozenset().union(*(escaping(handler.scope, known) for handler in scope.handlers))
    return (raised(scope.body, known) - caught) | handlers


def raised(block: b.Block, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The error codes that can come out of a block."""
    found = frozenset().union(*(raised(one, known) for one in inside(block)))
    match block:
        case b.Service(_, _, errors):
            return found | frozenset(errors)
        case b.Raise(_, code):
            return found | {code}
        case b.Call(_, process):
            return found | known[process]
        case b.SubProcess(_, scope):
            return escaping(scope, known)
        case b.Watched(activity, boundaries):
            caught = {boundary.event.name for boundary in boundaries if boundary.event.kind == "error"}
            bodies = frozenset().union(*(raised(boundary.body, known) for boundary in boundaries))
            return (raised(activity, known) - caught) | bodies
    return found


def variables_of(block: b.Block) -> list[str]:
    """The variables that a block sets."""
    found = [name for one in inside(block) for name in variables_of(one)]
    match block:
        case b.User(id):
            found.append(id)
        case b.Service(_, asks):
            found += [one.field for one in asks]
        case b.Count(_, variable):
            found.append(variable)
        case b.Catch(_, event) if event.kind == "message":
            found.append(event.name)
    return found
