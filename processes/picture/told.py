"""The applicant's story of one instance: which step is done, which is now, what comes (UI.md section 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kernel.texts import Language, Text
from processes.picture.progress import Progress, State
from processes.picture.story import Block, Item, Leaf, OtherEnd, Return, Story, leaves


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the progress as a list; `path` is that of the element, `note` the small line below the name."""

    path: str
    name: str
    note: str
    state: State


@dataclass(frozen=True, slots=True)
class Told:
    """A story with the states of its steps; without states where no instance is shown.

    `open_times` counts how often a task itself is open: more than once where it is done for several items.
    """

    story: Story
    items: tuple[Item, ...]
    extras: tuple[tuple[Leaf, str], ...]
    states: Mapping[str, State]
    notes: Mapping[str, str]
    begun: bool
    over: bool
    gone_back: frozenset[str]
    open_times: Mapping[str, int]

    def state(self, path: str) -> State | None:
        return self.states.get(path, "todo") if self.begun else None

    def went_back(self, way: Return) -> bool:
        """Whether the instance stands where this way back has led it."""
        return way.path in self.gone_back

    def reached(self, item: Item) -> bool:
        """Whether work on the item is open or finished."""
        inside = (item,) if isinstance(item, Leaf) else tuple(item.leaves())
        return any(self.states.get(leaf.path, "todo") != "todo" for leaf in inside)

    def finished(self, item: Item) -> bool:
        inside = (item,) if isinstance(item, Leaf) else tuple(item.leaves())
        return all(self.states.get(leaf.path) == "done" for leaf in inside)


def told(story: Story, progress: Progress) -> Told:
    """Lay an instance over the story.

    What lies before an open step is done and what lies after it is to come, whatever earlier laps of a return have
    seen: after a return both employers are asked anew (R-1.5-5), and the drawing says so.
    """
    items, ending = story.items, _ending(story, progress)
    states: dict[str, State] = {}
    reached = [extra for extra in story.extras if _is_reached(extra.leaf, progress)]
    hosts = {extra.host for extra in reached if _is_open(extra.leaf, progress)}
    if ending is not None:
        items = (*_until(items, ending, progress), ending.leaf)
        states = {leaf.path: "done" for leaf in leaves(items)}
    else:
        _mark(items, progress, states, hosts)
    if progress.has_begun:
        states |= {leaf.path: "done" for leaf in leaves(items) if leaf.kind == "start"}
    told_paths = [leaf.path for leaf in leaves(items)]
    last = next((path for path in reversed(told_paths) if states[path] != "todo"), next(iter(told_paths), ""))
    extras = tuple(
        (extra.leaf, extra.host or last)
        for extra in reached
        if (extra.host or last) in told_paths and extra.leaf.path not in states
    )
    for leaf, _ in extras:
        states[leaf.path] = "now" if _is_open(leaf, progress) else "done"
    open_times = {leaf.path: progress.now.get(leaf.path, 0) for leaf in (*leaves(items), *(one for one, _ in extras))}
    gone_back = frozenset(
        way.path for way in story.returns if way.path in progress.done and states.get(way.target) == "now"
    )
    over = progress.has_begun and not progress.now and not progress.stuck
    return Told(story, items, extras, states, progress.notes, progress.has_begun, over, gone_back, open_times)


def listed(tale: Told, language: Language) -> list[Step]:
    """The steps in order, for narrow screens and tables: the same facts as the drawing."""
    found: list[Step] = []
    for leaf in leaves(tale.items):
        if leaf.kind != "start":
            found.append(_step(tale, leaf, language))
        found += [_step(tale, extra, language) for extra, host in tale.extras if host == leaf.path]
    return found


TITLE = Text("{line}的办理进度", "Progress of: {line}")
DONE, NOW, TO_COME = Text("已完成", "Done"), Text("现在", "Now"), Text("之后", "To come")
WAYS_BACK = Text("可能退回", "May go back")


def described(tale: Told, language: Language) -> str:
    """The drawing in words: what is done, what is now, what comes, and which ways lead back."""
    parts = []
    comma, colon, stop = ("，", "：", "。") if language == "zh" else (", ", ": ", ". ")
    steps = listed(tale, language)
    for word, wanted in ((DONE, ("done",)), (NOW, ("now", "stuck")), (TO_COME, ("todo",))):
        if names := [step.name for step in steps if step.state in wanted]:
            parts.append(word.in_(language) + colon + comma.join(names))
    if not tale.over and (backs := [one.node.says("back", language) for one in tale.story.returns]):
        parts.append(WAYS_BACK.in_(language) + colon + ("；" if language == "zh" else "; ").join(backs))
    return (stop.join(parts) + stop).strip()


def _step(tale: Told, leaf: Leaf, language: Language) -> Step:
    return Step(leaf.path, leaf.name(language), tale.notes.get(leaf.path, ""), tale.states.get(leaf.path, "todo"))


def _is_open(item: Item, progress: Progress) -> bool:
    if isinstance(item, Leaf):
        return bool(progress.tokens(item.path, item.covers) or progress.incidents(item.path, item.covers))
    return any(_is_open(leaf, progress) for leaf in item.leaves())


def _is_reached(leaf: Leaf, progress: Progress) -> bool:
    return leaf.path in progress.done or _is_open(leaf, progress)


def _mark(items: tuple[Item, ...], progress: Progress, states: dict[str, State], hosts: Collection[str | None]) -> None:
    """Give every step of a way its state, from the furthest open one.

    `hosts` are steps that something beside the usual way has followed: they are left, and nothing after them is done.
    """
    open_at = [
        index
        for index, item in enumerate(items)
        if _is_open(item, progress) or any(leaf.path in hosts for leaf in leaves((item,)))
    ]
    for index, item in enumerate(items):
        if open_at and index < open_at[-1]:
            states.update({leaf.path: "done" for leaf in leaves((item,))})
        elif open_at and index > open_at[-1]:
            states.update({leaf.path: "todo" for leaf in leaves((item,))})
        elif isinstance(item, Block):
            for branch in item.branches:
                _mark(branch, progress, states, hosts)
        elif open_at:
            states[item.path] = "now" if _is_open(item, progress) else "done"
        else:
            states[item.path] = "done" if item.path in progress.done else "todo"


def _ending(story: Story, progress: Progress) -> OtherEnd | None:
    """The end beside the usual way at which the instance has ended, if it has."""
    if progress.now or progress.stuck:
        return None
    return next((end for end in story.ends if end.leaf.path in progress.done), None)


def _until(items: tuple[Item, ...], ending: OtherEnd, progress: Progress) -> tuple[Item, ...]:
    """The way up to the step after which the instance ended."""
    last = 0
    for index, item in enumerate(items):
        paths = {leaf.path for leaf in leaves((item,))}
        if ending.after is not None:
            if ending.after in paths:
                return items[: index + 1]
        elif paths & set(progress.done):
            last = index
    return items[: last + 1]
