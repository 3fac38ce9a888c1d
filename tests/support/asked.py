"""What a database is asked while a block lasts: by SQLAlchemy, and by the constant statements beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import event

from store import pipeline, statements
from store.unit_of_work import Database

_PLACE = re.compile(r"\$(\d+)")


@contextmanager
def asked_of(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Each statement with its values, in words that `exec_driver_sql` takes."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    def noting_form_of(statement: Any, is_postgresql: bool, rows: int = 1) -> Any:
        return _Noting(statements.form_of(statement, is_postgresql, rows), asked, is_postgresql)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(pipeline, "form_of", noting_form_of):
            yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


class _Noting:
    """A form that notes what it binds."""

    def __init__(self, form: Any, asked: list[tuple[str, Any]], is_postgresql: bool) -> None:
        self._form = form
        self._asked = asked
        self._is_postgresql = is_postgresql

    def __getattr__(self, name: str) -> Any:
        return getattr(self._form, name)

    def bound(self, rows: Any) -> list[Any]:
        values: list[Any] = self._form.bound(rows)
        if self._is_postgresql:
            text = _PLACE.sub(r"%(p\1)s", self._form.text.replace("%", "%%"))
            self._asked.append((text, {f"p{place}": value for place, value in enumerate(values, 1)}))
        else:
            self._asked.append((self._form.text, tuple(values)))
        return values
