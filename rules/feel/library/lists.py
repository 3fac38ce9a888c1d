"""Functions of lists (DMN 1.5, table 74). Positions count from 1, and from the end with -1."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from rules.feel.callables import FeelFunction
from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.values import check_nesting, compared, equal

List = list[Any]


@built_in("list contains", "list: list, element: any", in_browser=True)
def list_contains(frame: Frame, items: List, element: Any) -> bool:
    frame.spend(len(items))
    kind = element.__class__
    if kind is str or kind is Decimal:
        return any(item.__class__ is kind and item == element for item in items)
    return any(equal(item, element, frame.spend) is True for item in items)


@built_in("count", "list: list", in_browser=True)
def count(frame: Frame, items: List) -> Decimal:
    return Decimal(len(items))


@built_in("all", "list: list", "items*: any")
def all_of(frame: Frame, items: List) -> bool | None:
    if not _are_truths(frame, items):
        return None
    return False if False in items else None if None in items else True


@built_in("any", "list: list", "items*: any")
def any_of(frame: Frame, items: List) -> bool | None:
    if not _are_truths(frame, items):
        return None
    return True if True in items else None if None in items else False


def _are_truths(frame: Frame, items: List) -> bool:
    frame.spend(len(items))
    if all(item is None or item.__class__ is bool for item in items):
        return True
    frame.note("列表含有真假以外的内容", "the list holds something that is neither true nor false")
    return False


@built_in("sublist", "list: list, start position: number, length?: number?")
def sublist(frame: Frame, items: List, start: Decimal, length: Decimal | None) -> List | None:
    begin = _index(frame, items, start)
    if begin is None:
        return None
    size = len(items) - begin if length is None else int(length)
    if size < 0 or begin + size > len(items) or (length is not None and size < 1):
        frame.note("子列表超出列表", "the sublist lies outside the list")
        return None
    frame.spend(size)
    return items[begin : begin + size]


@built_in("append", "list: list, item*: any")
def append(frame: Frame, items: List, more: List) -> List:
    return _made(frame, [*items, *more])


@built_in("concatenate", "list*: list")
def concatenate(frame: Frame, lists: list[List]) -> List:
    return _made(frame, [item for items in lists for item in items])


@built_in("insert before", "list: list, position: number, newItem: any")
def insert_before(frame: Frame, items: List, position: Decimal, item: Any) -> List | None:
    index = _index(frame, items, position)
    return None if index is None else _made(frame, [*items[:index], item, *items[index:]])


@built_in("remove", "list: list, position: number")
def remove(frame: Frame, items: List, position: Decimal) -> List | None:
    index = _index(frame, items, position)
    return None if index is None else _made(frame, items[:index] + items[index + 1 :])


@built_in("list replace", "list: list, position: number, newItem: any", "list: list, match: function, newItem: any")
def list_replace(frame: Frame, items: List, where: Decimal | FeelFunction, item: Any) -> List | None:
    if isinstance(where, Decimal):
        index = _index(frame, items, where)
        return None if index is None else _made(frame, [*items[:index], item, *items[index + 1 :]])
    found: List = []
    for one in items:
        holds = where.call([one, item], frame)
        if holds.__class__ is not bool:
            frame.note("匹配函数未返回真或假", "the match function gives neither true nor false")
            return None
        found.append(item if holds else one)
    return found


@built_in("reverse", "list: list")
def reverse(frame: Frame, items: List) -> List:
    return _made(frame, items[::-1])


@built_in("index of", "list: list, match: any")
def index_of(frame: Frame, items: List, match: Any) -> List:
    frame.spend(len(items))
    return [Decimal(at) for at, item in enumerate(items, start=1) if equal(item, match, frame.spend) is True]


@built_in("union", "list*: list")
def union(frame: Frame, lists: list[List]) -> List:
    return distinct_values(frame, concatenate(frame, lists))


@built_in("distinct values", "list: list")
def distinct_values(frame: Frame, items: List) -> List:
    found: List = []
    for item in items:
        frame.spend(1 + len(found))
        if not any(equal(item, one, frame.spend) is True for one in found):
            found.append(item)
    return found


@built_in("flatten", "list: list")
def flatten(frame: Frame, items: List) -> List:
    return list(_flat(frame, items, 0))


def _flat(frame: Frame, items: List, nesting: int) -> List:
    check_nesting(nesting)
    found: List = []
    for item in items:
        frame.spend(1)
        if item.__class__ is list:
            found.extend(_flat(frame, item, nesting + 1))
        else:
            found.append(item)
    return found


@built_in("sort", "list: list, precedes?: function")
def sort(frame: Frame, items: List, precedes: FeelFunction | None) -> List | None:
    """Sorted so that what `precedes` puts first comes first; without it by value."""
    holds: Callable[[Any, Any], Any]
    if precedes is None:
        holds = lambda one, other: compared("<", one, other)  # noqa: E731
    else:
        function = precedes
        holds = lambda one, other: function.call([one, other], frame)  # noqa: E731

    def order(one: Any, other: Any) -> int:
        frame.spend(1)
        before = holds(one, other)
        if before.__class__ is not bool:
            raise _Unordered
        if before:
            return -1
        return 1 if holds(other, one) is True else 0

    try:
        return sorted(items, key=cmp_to_key(order))
    except _Unordered:
        frame.note("列表无法排序", "the list cannot be sorted")
        return None


class _Unordered(Exception):
    """Two items have no order."""


@built_in("partition", "list: list, size: number")
def partition(frame: Frame, items: List, size: Decimal) -> List | None:
    step = int(size)
    if step < 1:
        return None
    frame.spend(len(items))
    return [items[start : start + step] for start in range(0, len(items), step)]


def _index(frame: Frame, items: List, position: Decimal) -> int | None:
    """Where a position lies; None, with a note, outside the list."""
    where = int(position)
    if not 1 <= abs(where) <= len(items):
        frame.note(f"列表没有第 {where} 项", f"the list has no position {where}")
        return None
    return where - 1 if where > 0 else len(items) + where


def _made(frame: Frame, items: List) -> List:
    frame.spend(1 + len(items))
    return items
