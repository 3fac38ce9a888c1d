"""How big a diagram may be, so that neither the parser nor one command can be drowned (ENGINE.md 1.11).

The library parses by recursion along a path and predicts every way ahead; both are bounded here, by figures that hold
for any order in which it may walk.
"""

from __future__ import annotations

from collections.abc import Mapping

from processes.findings import Findings
from processes.validation.diagram import Diagram, Scope

MAX_ELEMENTS = 2_000
MAX_PATH = 300
MAX_NESTING = 20
MAX_WAYS = 4_096
MAX_CALLED = 10_000


def check_size(diagram: Diagram, findings: Findings) -> bool:
    """Whether the diagram is small enough for the checks that walk its graph."""
    size = sum(len(scope.nodes) + len(scope.flows) for scope in diagram.scopes)
    if size > MAX_ELEMENTS:
        findings.add("too_many_elements", diagram.process, limit=MAX_ELEMENTS)
        return False
    deepest = max(diagram.scopes, key=lambda scope: scope.depth)
    if deepest.depth > MAX_NESTING:
        findings.add("nesting_too_deep", deepest.container, limit=MAX_NESTING)
        return False
    return True


def check_paths(diagram: Diagram, findings: Findings) -> None:
    """The longest path, sub-processes included, and in how many ways parallel branches combine."""
    longest: dict[int, int] = {}
    for scope in reversed(diagram.scopes):  # inner ones first
        weights = {id_: 1 + (longest[id(scope.inner[id_])] if id_ in scope.inner else 0) for id_ in scope.nodes}
        groups = _loops_together(scope)
        longest[id(scope)] = _longest(scope, groups, weights)
        if _ways(scope, groups) > MAX_WAYS:
            findings.add("too_many_paths", scope.container, limit=MAX_WAYS)
    found = longest[id(diagram.scopes[0])]
    if found > MAX_PATH:
        findings.add("path_too_long", diagram.process, found=found, limit=MAX_PATH)


def _following(scope: Scope) -> dict[str, list[str]]:
    attached = scope.attached()
    return {id_: [flow.target for flow in flows] + attached[id_] for id_, flows in scope.outgoing().items()}


def _loops_together(scope: Scope) -> list[list[str]]:
    """The nodes grouped by loops (strongly connected parts), each group before those it leads to; Kosaraju's way."""
    after = _following(scope)
    before: dict[str, list[str]] = {id_: [] for id_ in scope.nodes}
    for id_, targets in after.items():
        for target in targets:
            before[target].append(id_)
    groups: list[list[str]] = []
    seen: set[str] = set()
    for root in reversed(_finished(after)):
        if root in seen:
            continue
        seen.add(root)
        group, waiting = [], [root]
        while waiting:
            id_ = waiting.pop()
            group.append(id_)
            for source in before[id_]:
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        groups.append(group)
    return groups


def _finished(after: Mapping[str, list[str]]) -> list[str]:
    """The nodes in the order in which a walk in depth leaves them, with a stack of its own."""
    order: list[str] = []
    seen: set[str] = set()
    for root in after:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            id_, targets = stack[-1]
            target = next((one for one in targets if one not in seen), None)
            if target is None:
                order.append(id_)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(after[target])))
    return order


def _longest(scope: Scope, groups: list[list[str]], weights: Mapping[str, int]) -> int:
    """An upper bound of the nodes on any path that passes no node twice."""
    after = _following(scope)
    best: dict[str, int] = {}
    for group in reversed(groups):
        inside = set(group)
        beyond = [best[target] for id_ in group for target in after[id_] if target not in inside]
        total = sum(weights[id_] for id_ in group) + max(beyond, default=0)
        best.update(dict.fromkeys(group, total))
    return max(best.values(), default=0)


def _ways(scope: Scope, groups: list[list[str]]) -> int:
    """How many nodes a walk meets that follows every branch separately, from the worst node on.

    An exclusive gateway ends the walk: what follows is not looked at before it has chosen.
    """
    after = _following(scope)
    count: dict[str, int] = {}
    worst = 0
    for group in reversed(groups):
        inside = set(group)
        total = len(group)
        for id_ in group:
            if scope.kind(id_) == "exclusiveGateway" and len(after[id_]) > 1:
                continue
            total += sum(count[target] for target in after[id_] if target not in inside)
        total = min(total, MAX_WAYS + 1)
        worst = max(worst, total)
        count.update(dict.fromkeys(group, total))
    return worst


def check_calls(
    diagrams: Mapping[str, Diagram], calls: Mapping[str, list[str]], findings: Mapping[str, Findings]
) -> None:
    """No process calls itself over others, and what a process calls in all stays of a size.

    `calls` names, for each process, what its call activities call, repeats included.
    """
    sizes: dict[str, int] = {}
    open_: list[str] = []
    for root in diagrams:
        stack = [(root, iter(calls[root]))] if root not in sizes else []
        open_ = [root] if stack else []
        while stack:
            key, called = stack[-1]
            following = next((one for one in called if one in diagrams and one not in sizes), None)
            if following is None:
                own = sum(len(scope.nodes) for scope in diagrams[key].scopes)
                sizes[key] = own + sum(sizes.get(one, 0) for one in calls[key])
                if sizes[key] > MAX_CALLED:
                    findings[key].add("calls_too_large", diagrams[key].process, limit=MAX_CALLED)
                    sizes[key] = MAX_CALLED
                stack.pop()
                open_.pop()
            elif following in open_:
                circle = " → ".join([*open_[open_.index(following) :], following])
                findings[key].add("call_recursion", diagrams[key].process, found=circle)
                sizes[following] = 0
            else:
                stack.append((following, iter(calls[following])))
                open_.append(following)
