"""The applicant's story of a line: its steps in order, without the technical elements, across called processes.

An element is a step when its properties give it a short name (`short_zh`, `short_en`). The usual way is the straight
one (STYLE.md 11): at a gateway it goes on where the flow leaves to the right. A parallel split becomes a block of
branches, named by the `group_zh` of the sub-process around it. A way back is named by `back_zh` on the event that
starts or ends it. A step inside a step (an appeal in the publicity) or beside the usual way (behind an event on a
border, in an event sub-process, undoing another one) is told only once it has been reached. Where nothing has a short
name, the user tasks are told by their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kernel.texts import Language
from processes.picture.geometry import Diagram, DrawnNode, read

Kind = Literal["start", "step", "end"]
# Ends that leave what is around them by another way than the usual one.
_LEAVING = ("error", "cancel", "terminate")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One step, or the start or an end. `covers` are the paths inside it and of the technical elements told as it."""

    path: str
    node: DrawnNode
    kind: Kind
    covers: frozenset[str] = frozenset()

    def name(self, language: Language) -> str:
        return self.node.says("short", language) or self.node.title(language)


@dataclass(frozen=True, slots=True)
class Block:
    """Branches that run side by side; `group` is the sub-process that says what they are."""

    branches: tuple[tuple[Item, ...], ...]
    group_path: str | None
    group: DrawnNode | None

    def leaves(self) -> Iterator[Leaf]:
        for branch in self.branches:
            yield from leaves(branch)


Item = Leaf | Block


@dataclass(frozen=True, slots=True)
class Return:
    """A way back: from a step (by path) or a block (by the path of its group) to an earlier step."""

    path: str
    node: DrawnNode
    origin: str
    from_block: bool
    target: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A step inside another one, or beside the usual way behind its nearest step; None: behind the last one reached."""

    leaf: Leaf
    host: str | None


@dataclass(frozen=True, slots=True)
class OtherEnd:
    """An end beside the usual way; `after` is the step it interrupts, None where it follows the last step done."""

    leaf: Leaf
    after: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """What an applicant is told of a line, whatever the instance."""

    diagram: Diagram
    items: tuple[Item, ...]
    returns: tuple[Return, ...]
    extras: tuple[Extra, ...]
    ends: tuple[OtherEnd, ...]


def leaves(items: tuple[Item, ...]) -> Iterator[Leaf]:
    """All steps in order, those of a block branch by branch."""
    for item in items:
        if isinstance(item, Leaf):
            yield item
        else:
            yield from item.leaves()


def story_of(files: Mapping[str, bytes], key: str) -> Story:
    """The story of a process and all it calls; kept by content, because it is the same for every instance."""
    return _story(tuple(sorted(files.items())), key)


@lru_cache(maxsize=64)
def _story(files: tuple[tuple[str, bytes], ...], key: str) -> Story:
    return _Teller({name: read(xml) for name, xml in files}, key).story()


@dataclass(frozen=True, slots=True)
class _Frame:
    """A process on the way: the prefix of its paths, and the call activity that runs it."""

    diagram: Diagram
    prefix: str
    caller: tuple[_Frame, DrawnNode] | None

    def path(self, node: DrawnNode) -> str:
        return self.prefix + node.id


_Place = tuple[_Frame, DrawnNode]


class _Teller:
    def __init__(self, diagrams: Mapping[str, Diagram], key: str) -> None:
        self._diagrams = diagrams
        self._root = _Frame(diagrams[key], "", None)
        self._frames = [self._root]
        self._seen: set[str] = set()
        self._covers: dict[str, set[str]] = {}
        self._is_named = any(node.says("short", "zh") for node in _all_called(diagrams, key))

    def story(self) -> Story:
        start = _start(self._root.diagram, None)
        found, _ = self._walk((self._root, start) if start else None)
        items = _with_covers(tuple(found), self._covers)
        order = {leaf.path: index for index, leaf in enumerate(leaves(items))}
        return Story(
            self._root.diagram,
            items,
            tuple(self._returns(items, order)),
            tuple(self._extras(items, order)),
            tuple(self._other_ends(order)),
        )

    def _walk(self, place: _Place | None) -> tuple[list[Item], _Place | None]:
        """The usual way from a place to its end, or to the join that ends a branch (which is handed back)."""
        items: list[Item] = []
        waiting: set[str] = set()
        while place is not None:
            frame, node = place
            if frame.path(node) in self._seen:
                break
            if node.kind == "parallelGateway" and len(node.incoming) > 1:
                return items, place
            self._seen.add(frame.path(node))
            if node.kind == "parallelGateway" and len(node.outgoing) > 1:
                place = self._block(items, frame, node)
                continue
            if self._is_step(frame, node):
                items.append(self._leaf(frame, node))
                self._covers.setdefault(frame.path(node), set()).update(waiting)
                waiting = set()
            elif node.kind == "callActivity" and node.called in self._diagrams:
                place = self._entered(frame, node)
                continue
            elif node.holds:
                inner = _start(frame.diagram, node.id)
                place = (frame, inner) if inner else None
                continue
            else:
                self._told_as_neighbour(frame.path(node), items, waiting)
            place = self._next(frame, node)
        return items, None

    def _is_step(self, frame: _Frame, node: DrawnNode) -> bool:
        """Whether applicants are told of an element; of a line without their words, who does something by a form."""
        if self._is_named:
            return bool(node.says("short", "zh")) and self._applies(node)
        is_outermost = frame.caller is None and node.parent is None
        return node.kind == "userTask" or (node.kind in ("startEvent", "endEvent") and is_outermost)

    def _applies(self, node: DrawnNode) -> bool:
        """Whether a step of a shared process is one of this line: `step_if` names a property of it."""
        wanted = node.properties.get("step_if")
        return wanted is None or self._root.diagram.properties.get(wanted) == "true"

    def _told_as_neighbour(self, path: str, items: list[Item], waiting: set[str]) -> None:
        """A technical element counts as the step before it; at the start or after a block as the step to come."""
        last = items[-1] if items else None
        if isinstance(last, Leaf) and last.kind == "step":
            self._covers.setdefault(last.path, set()).add(path)
        else:
            waiting.add(path)

    def _block(self, items: list[Item], frame: _Frame, split: DrawnNode) -> _Place | None:
        branches, join = [], None
        for flow in split.outgoing:
            branch, end = self._walk((frame, frame.diagram.nodes[frame.diagram.flows[flow].target]))
            branches.append(tuple(branch))
            join = end or join
        group = frame.diagram.nodes.get(split.parent or "")
        items.append(Block(tuple(branches), frame.path(group) if group else None, group))
        if join is None:
            return None
        self._seen.add(join[0].path(join[1]))
        return self._next(*join)

    def _entered(self, frame: _Frame, call: DrawnNode) -> _Place | None:
        inner = _Frame(self._diagrams[call.called or ""], f"{frame.path(call)}/", (frame, call))
        self._frames.append(inner)
        start = _start(inner.diagram, None)
        return (inner, start) if start else None

    def _next(self, frame: _Frame, node: DrawnNode) -> _Place | None:
        """Where the usual way goes on; out of a sub-process or a called process after its end."""
        while node.kind == "endEvent":
            if node.event in _LEAVING:
                return None
            if node.parent is not None:
                node = frame.diagram.nodes[node.parent]
            elif frame.caller is not None:
                frame, node = frame.caller
            else:
                return None
        flows = node.outgoing
        if not flows:
            other = _link_target(frame.diagram, node)
            return (frame, other) if other else None
        straight = [flow for flow in flows if len(flows) == 1 or frame.diagram.leaves_straight(flow)]
        return frame, frame.diagram.nodes[frame.diagram.flows[(straight or flows)[0]].target]

    def _leaf(self, frame: _Frame, node: DrawnNode) -> Leaf:
        if node.holds:
            inside = {frame.prefix + one for one in frame.diagram.inside(node.id)}
            self._covers.setdefault(frame.path(node), set()).update(inside)
        kinds: dict[str, Kind] = {"startEvent": "start", "endEvent": "end"}
        return Leaf(frame.path(node), node, kinds.get(node.kind, "step"))

    def _extras(self, items: tuple[Item, ...], order: Mapping[str, int]) -> Iterator[Extra]:
        told = {leaf.path: leaf for leaf in leaves(items)}
        for frame in self._frames:
            for node in frame.diagram.nodes.values():
                if not self._is_step(frame, node) or frame.path(node) in told:
                    continue
                host = node.parent
                while host is not None and frame.prefix + host not in told:
                    host = frame.diagram.nodes[host].parent
                if host is None and not node.is_activity:
                    continue
                leaf = _covering(self._leaf(frame, node), self._covers)
                yield Extra(leaf, frame.prefix + host if host else self._step_before(frame, node, order))

    def _other_ends(self, order: Mapping[str, int]) -> Iterator[OtherEnd]:
        frame = self._root
        for node in frame.diagram.nodes.values():
            if node.kind == "endEvent" and node.parent is None and self._is_step(frame, node) and node.id not in order:
                source, seen = node, {""}
                while len(source.incoming) == 1 and source.attached_to is None and source.id not in seen:
                    seen.add(source.id)
                    source = frame.diagram.nodes[frame.diagram.flows[source.incoming[0]].source]
                after = source.attached_to if source.attached_to in order else None
                yield OtherEnd(Leaf(frame.path(node), node, "end"), after)

    def _returns(self, items: tuple[Item, ...], order: Mapping[str, int]) -> Iterator[Return]:
        blocks = {item.group_path: item for item in items if isinstance(item, Block) and item.group_path}
        for frame in self._frames:
            for node in frame.diagram.nodes.values():
                if not node.says("back", "zh"):
                    continue
                host = frame.prefix + node.attached_to if node.attached_to else None
                origin = host if host in blocks or host in order else self._step_before(frame, node, order)
                if origin is None:
                    continue
                first = next(blocks[origin].leaves(), None) if origin in blocks else None
                if origin in blocks and first is None:
                    continue
                limit = order[first.path if first else origin]
                target = self._earlier_step(frame, node, order, limit)
                if target is not None:
                    yield Return(frame.path(node), node, origin, origin in blocks, target)

    def _step_before(self, frame: _Frame, node: DrawnNode, order: Mapping[str, int]) -> str | None:
        """The nearest step that leads to an element, within its own process."""
        nodes, flows = frame.diagram.nodes, frame.diagram.flows
        queue, seen = deque([node]), {node.id}
        while queue:
            one = queue.popleft()
            if frame.path(one) in order:
                return frame.path(one)
            before = [nodes[flows[flow].source] for flow in one.incoming]
            if one.undoes:
                before = [nodes[line.source] for line in frame.diagram.associations.values() if line.target == one.id]
            elif one.kind == "intermediateCatchEvent" and one.event == "link":
                before = [other for other in nodes.values() if _link_target(frame.diagram, other) is one]
            elif one.holds:
                before = [end for end in nodes.values() if end.parent == one.id and end.kind == "endEvent"]
            elif one.attached_to:
                before = [nodes[one.attached_to]]
            elif one.kind == "startEvent" and one.parent and not nodes[one.parent].on_event:
                before = [nodes[flows[flow].source] for flow in nodes[one.parent].incoming]
            queue.extend(found for found in before if found.id not in seen)
            seen.update(found.id for found in before)
        return None

    def _earlier_step(self, frame: _Frame, node: DrawnNode, order: Mapping[str, int], limit: int) -> str | None:
        """The nearest step after an element that comes before the `limit` in the story."""
        queue: deque[_Place] = deque([(frame, node)])
        seen = {frame.path(node)}
        while queue:
            where, one = queue.popleft()
            path = where.path(one)
            if order.get(path, limit) < limit:
                return path
            after = [(where, where.diagram.nodes[where.diagram.flows[flow].target]) for flow in one.outgoing]
            if one.kind == "endEvent" and not after:
                out = self._next(where, one)
                around = where.caller if one.parent is None else None
                after = (
                    [
                        (around[0], around[0].diagram.nodes[around[0].diagram.flows[f].target])
                        for f in around[1].outgoing
                    ]
                    if around
                    else [out]
                    if out
                    else []
                )
            for place in after:
                if place[0].path(place[1]) not in seen:
                    seen.add(place[0].path(place[1]))
                    queue.append(place)
        return None


def _covering(leaf: Leaf, covers: Mapping[str, set[str]]) -> Leaf:
    return Leaf(leaf.path, leaf.node, leaf.kind, frozenset(covers.get(leaf.path, ())))


def _with_covers(items: tuple[Item, ...], covers: Mapping[str, set[str]]) -> tuple[Item, ...]:
    return tuple(
        _covering(item, covers)
        if isinstance(item, Leaf)
        else Block(tuple(_with_covers(branch, covers) for branch in item.branches), item.group_path, item.group)
        for item in items
    )


def _all_called(diagrams: Mapping[str, Diagram], key: str) -> Iterator[DrawnNode]:
    """The nodes of a process and of all it calls."""
    waiting, seen = [key], {key}
    while waiting:
        diagram = diagrams[waiting.pop()]
        yield from diagram.nodes.values()
        called = {node.called for node in diagram.nodes.values() if node.called in diagrams} - seen
        waiting += [one for one in called if one]
        seen |= {one for one in called if one}


def _link_target(diagram: Diagram, node: DrawnNode) -> DrawnNode | None:
    """Where the link goes on that an event throws."""
    if node.kind != "intermediateThrowEvent" or node.event != "link":
        return None
    same = (one for one in diagram.nodes.values() if one.event == "link" and one.link == node.link)
    return next((one for one in same if one.kind == "intermediateCatchEvent" and one.parent == node.parent), None)


def _start(diagram: Diagram, parent: str | None) -> DrawnNode | None:
    return next((node for node in diagram.nodes.values() if node.kind == "startEvent" and node.parent == parent), None)
