"""Copies of a case that the commands have driven, made by one SQL statement a table, so that a million take a minute.

A copy has rows of its own in every table of the case: instance, tasks, history, business record, trail, messages. Its
ids are those of the original with the number of the copy at the end, so a bare SQL client can make them up too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, bindparam, text
from sqlalchemy.dialects import postgresql as dialect

from store.tables import metadata

DIGITS = 7
_LISTED = ("instance", "application", "task")
_POSTGRESQL = dialect.dialect()  # type: ignore[no-untyped-call]
# Not a part of something longer: a hash, or bytes that are sent in hexadecimal.
ID = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class Original:
    """A driven case: its rows by table, and the names in them that each copy has of its own.

    `own` maps such a name to the beginning of the copies' name, which ends with the number of the copy.
    """

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    own: Mapping[str, str] = field(repr=False)

    def open_task(self, path: str) -> str:
        """The id of the task that is open at this path."""
        return next(str(row["id"]) for row in self.rows["task"] if row["path"] == path and row["status"] == "open")

    def numbered(self, name: str, copy: int) -> str:
        """What a name of the original is called in a copy; the original is number 0."""
        return f"{self.own[name]}{copy:0{DIGITS}d}" if copy else name


def original(connection: Connection, instance_id: str, *, ordinal: int, command_ids: Sequence[str]) -> Original:
    """Read a case. Originals of one database have different ordinals: their numbers may not meet.

    Names are told by their shape: ids, the number of the application, the number of an announcement.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {}
    application = _read(connection, "application", "instance_id", [instance_id])
    owners = {"instance_id": [instance_id], "application_id": [row["id"] for row in application]}
    for table in metadata.sorted_tables:
        if table.name == "command":
            rows[table.name] = _read(connection, table.name, "id", command_ids)
        elif table.name == "instance":
            rows[table.name] = _read(connection, table.name, "id", [instance_id])
        else:
            column = next((name for name in owners if name in table.columns), None)
            rows[table.name] = _read(connection, table.name, column, owners[column]) if column else []
    ids = {value for table in rows for row in rows[table] for value in _ids_of(table, row)}
    own = {name: name[:-DIGITS] for name in ids}
    own |= {row["number"]: f"BJ9{ordinal:04d}" for row in application}
    own |= {row["number"]: f"{ordinal}-" for row in rows["announcement"]}
    return Original({name: found for name, found in rows.items() if found}, own)


def copy_many(engine: Engine, of: Original, first: int, last: int, *, at_once: int, **options: Any) -> None:
    """As `copy_rows`, so many of them a transaction; PostgreSQL works on two at a time."""

    def some(begin: int) -> None:
        with engine.begin() as connection:
            copy_rows(connection, of, begin, min(begin + at_once - 1, last), **options)

    with ThreadPoolExecutor(2 if engine.dialect.name == "postgresql" else 1) as pool:
        list(pool.map(some, range(first, last + 1, at_once)))


def copy_rows(
    connection: Connection,
    of: Original,
    first: int,
    last: int,
    *,
    listed_only: bool = False,
    values: Mapping[str, str] | None = None,
) -> None:
    """Add the copies from `first` to `last`, whole or only what a list of open tasks reads of them.

    `values` are SQL for columns by their name, or by that of their table too (`application.status`); it finds the
    number of the copy in `copy`.
    """
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # their parents are copied too
    for table in metadata.sorted_tables:
        rows = of.rows.get(table.name, ())
        if listed_only:
            rows = [row for row in rows if table.name in _LISTED and (table.name != "task" or row["status"] == "open")]
        if rows:
            selects = _selects(table, rows, of, values or {}, postgresql=postgresql)
            statement = _insert(table, selects, first, last, postgresql=postgresql)
            # psycopg takes a percent sign for the beginning of a parameter.
            connection.exec_driver_sql(statement.replace("%", "%%") if postgresql else statement)


def numbers(copy: str, *, postgresql: bool) -> str:
    """SQL for the end of a copy's names."""
    return f"lpad(CAST({copy} AS text), {DIGITS}, '0')" if postgresql else f"printf('%0{DIGITS}d', {copy})"


def sql_text(value: str, names: Mapping[str, str], quoted: Callable[[str], str]) -> str:
    """A text as SQL, with other SQL in the place of the names in it."""
    parts = []
    end = 0
    for found in re.finditer("|".join(map(re.escape, names)), value) if names else ():
        if found.start() > end:
            parts.append(quoted(value[end : found.start()]))
        parts.append(names[found[0]])
        end = found.end()
    if end < len(value) or not parts:
        parts.append(quoted(value[end:]))
    return f"({' || '.join(parts)})"


def _read(connection: Connection, table: str, column: str, values: Sequence[str]) -> list[Mapping[str, Any]]:
    if not values:
        return []
    query = text(f"SELECT * FROM {table} WHERE {column} IN :values").bindparams(bindparam("values", expanding=True))
    return [dict(row) for row in connection.execute(query, {"values": list(values)}).mappings()]


def _ids_of(table: str, row: Mapping[str, Any]) -> Iterator[str]:
    """The ids that came into being with this row, not those of people and definitions that it names."""
    if ID.fullmatch(str(row.get("id", ""))):
        yield row["id"]
    if table == "history" and ID.fullmatch(str(row["task_id"])):
        yield row["task_id"]


def _selects(
    table: Table, rows: Sequence[Mapping[str, Any]], of: Original, values: Mapping[str, str], *, postgresql: bool
) -> list[str]:
    number = numbers("copy", postgresql=postgresql)
    names = {name: f"{_quoted(begins)} || {number}" for name, begins in of.own.items()}

    def cell(column: Column[Any], value: Any) -> str:
        given = values.get(f"{table.name}.{column.name}") or values.get(column.name)
        return given or _value(column, value, names, postgresql=postgresql)

    return ["SELECT " + ", ".join(cell(column, row[column.name]) for column in _columns(table)) for row in rows]


def _insert(table: Table, selects: Sequence[str], first: int, last: int, *, postgresql: bool) -> str:
    names = ", ".join(f'"{column.name}"' for column in _columns(table))
    if postgresql:
        # The rows of one copy stand together, as those of a real case do.
        lines = " UNION ALL ".join(selects)
        source = f"SELECT line.* FROM generate_series({first}, {last}) AS copies(copy), LATERAL ({lines}) AS line"
    else:
        copies = (
            f"WITH RECURSIVE copies(copy) AS (SELECT {first} UNION ALL "
            f"SELECT copy + 1 FROM copies WHERE copy < {last}) "
        )
        source = copies + " UNION ALL ".join(f"{select} FROM copies" for select in selects)
    return f"INSERT INTO {table.name} ({names}) {source}"


def _columns(table: Table) -> list[Column[Any]]:
    """All but the number that the database counts up by itself."""
    return [column for column in table.columns if column.autoincrement is not True]


def _value(column: Column[Any], value: Any, names: Mapping[str, str], *, postgresql: bool) -> str:
    if column.name == "open_person_id" or value is None:
        found = "NULL"
    elif isinstance(value, bytes | memoryview):
        return _bytes(bytes(value), names, postgresql=postgresql)
    elif isinstance(value, str):
        found = sql_text(value, names, _quoted)
    elif isinstance(value, datetime | date):
        found = _quoted(value.isoformat())
    else:
        found = str(value)
    return f"CAST({found} AS {column.type.compile(_POSTGRESQL)})" if postgresql else found


def _bytes(value: bytes, names: Mapping[str, str], *, postgresql: bool) -> str:
    """Bytes as SQL; only in those that are a text are there names."""
    try:
        found = sql_text(value.decode(), names, _quoted)
    except UnicodeDecodeError:
        return f"'\\x{value.hex()}'::bytea" if postgresql else f"X'{value.hex()}'"
    return f"convert_to({found}, 'UTF8')" if postgresql else f"CAST({found} AS BLOB)"


def _quoted(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
