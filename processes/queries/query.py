"""A list that can be narrowed and sorted: its rows, its parameters, and what an actor may see of it.

Each parameter is said once, here, and the interface derives its schemas from it. A `Query` cannot be made without the
condition that holds an actor to the own scope, so that no list, count or single row forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from kernel.actors import Actor
from kernel.errors import NotFound

Kind = Literal["text", "texts", "flag", "choice", "number", "moment"]
"""How a value is read: a text, several texts, a flag that only counts when true, a flag that counts either way,
a whole number, or a moment."""
Condition = Callable[[Any], ColumnElement[bool]]
Column = ColumnElement[Any]

MOST_ROWS = 10_000  # of one answer, whoever asks for more gets them page by page


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter: how its value is read, and what it asks of a row."""

    kind: Kind
    condition: Condition
    about: str = ""
    is_timed: bool = False  # the condition is given the present moment of the system clock


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted, and in which order: names of `Query.orders`, each with whether it descends."""

    sorting: Sequence[tuple[str, bool]] = ()
    first: int = 0
    most: int = MOST_ROWS


class Parameter(Protocol):
    """What the interface needs to know of a parameter to read it."""

    @property
    def kind(self) -> Kind: ...
    @property
    def about(self) -> str: ...


class Listed(Protocol):
    """A list that can be asked: a `Query`, or one whose rows are not those of a table."""

    @property
    def name(self) -> str: ...
    @property
    def criteria(self) -> Mapping[str, Parameter]: ...
    @property
    def orders(self) -> Mapping[str, Any]: ...
    def count(
        self, connection: Connection, actor: Actor, asked: Mapping[str, Any], *, now: datetime | None = None
    ) -> int: ...
    def page(
        self,
        connection: Connection,
        actor: Actor,
        asked: Mapping[str, Any],
        page: Page,
        *,
        now: datetime | None = None,
    ) -> Sequence[Any]: ...


class Query:
    """The rows of a list. `key` identifies one and puts those that sort alike into a lasting order."""

    def __init__(
        self,
        name: str,
        rows: Callable[[], Select[Any]],
        *,
        key: Column,
        visible: Callable[[Actor], ColumnElement[bool]],
        criteria: Mapping[str, Criterion],
        orders: Mapping[str, Column],
    ) -> None:
        self.name = name
        self.criteria = criteria
        self.orders = orders
        self._rows = rows
        self._key = key
        self._visible = visible

    def count(
        self, connection: Connection, actor: Actor, asked: Mapping[str, Any], *, now: datetime | None = None
    ) -> int:
        query = self._narrowed(actor, asked, now).with_only_columns(self._key).order_by(None)
        return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())

    def page(
        self,
        connection: Connection,
        actor: Actor,
        asked: Mapping[str, Any],
        page: Page,
        *,
        now: datetime | None = None,
    ) -> Sequence[Row[Any]]:
        """The rows that fit what is `asked` (names of `criteria` with their values) and that the actor may see."""
        query = self._narrowed(actor, asked, now)
        for name, descends in page.sorting:
            query = query.order_by(self.orders[name].desc() if descends else self.orders[name].asc())
        query = query.order_by(self._key).limit(min(page.most, MOST_ROWS)).offset(page.first)
        return connection.execute(query).all()

    def one(self, connection: Connection, actor: Actor, key: str) -> Row[Any]:
        """
        Raises:
            NotFound: there is none with this key, or it is not the actor's to see.
        """
        query = self._rows().where((self._key == key) & self._visible(actor))
        row = connection.execute(query).first()
        if row is None:
            raise NotFound(detail=f"Cannot find {self.name} with id {key}")
        return row

    def _narrowed(self, actor: Actor, asked: Mapping[str, Any], now: datetime | None) -> Select[Any]:
        query = self._rows().where(self._visible(actor))
        for name, value in asked.items():
            criterion = self.criteria[name]
            if criterion.kind != "flag" or value:
                query = query.where(criterion.condition(now if criterion.is_timed else value))
        return query


def equals(column: Column) -> Criterion:
    return Criterion("text", lambda value: column == value)


def one_of(column: Column) -> Criterion:
    return Criterion("texts", column.in_)


def none_of(column: Column) -> Criterion:
    return Criterion("texts", column.not_in)


def like(column: Column) -> Criterion:
    """`%` stands for any characters, `_` for one, as in SQL."""
    return Criterion("text", column.like, "may hold the wildcards % and _")


def number(condition: Condition) -> Criterion:
    return Criterion("number", condition)


def before(column: Column) -> Criterion:
    return Criterion("moment", lambda value: column < value)


def after(column: Column) -> Criterion:
    return Criterion("moment", lambda value: column > value)


def at(column: Column) -> Criterion:
    return Criterion("moment", lambda value: column == value)


def flag(condition: Callable[[], ColumnElement[bool]]) -> Criterion:
    """Counts when it is true; false asks for nothing."""
    return Criterion("flag", lambda _: condition())


def flag_now(condition: Callable[[datetime], ColumnElement[bool]]) -> Criterion:
    """A flag about the present moment."""
    return Criterion("flag", condition, is_timed=True)


def choice(condition: Callable[[], ColumnElement[bool]]) -> Criterion:
    """Asks for those with the condition, or for those without."""
    return Criterion("choice", lambda value: condition() if value else ~condition())
