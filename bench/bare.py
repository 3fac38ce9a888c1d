"""The same statements without us: those of one real completion, replayed by pgbench on cases that nobody has decided.

Two completions are recorded: what differs between them, and is no name of the case, was made up by the completion and
is made up anew in each transaction.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import psycopg
from psycopg.pq import Format
from sqlalchemy import Engine

from bench.copies import ID, Original, numbers, sql_text
from bench.wire import Parameter, Statement

_LITERAL = re.compile(r"(?<!\w)'((?:[^']|'')*)'")
_PLACEHOLDER = re.compile(r"\$(\d+)")


class Pgbench:
    """Recorded statements as one transaction of pgbench."""

    def __init__(self, program: Path, engine: Engine, folder: Path) -> None:
        self._program = program
        self._url = engine.url
        self._script = folder / "completion.sql"
        # Without a transaction there is no rollback, at which the driver would forget what it has prepared.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            rows = connection.exec_driver_sql("SELECT oid::bigint, format_type(oid, NULL) FROM pg_type")
            self._types: Mapping[int, str] = {row[0]: row[1] for row in rows}

    def write(self, case: Original, first: tuple[int, Sequence[Statement]], other: Sequence[Statement]) -> None:
        """Write the script from the completion of one copy, whose number is given, and that of another copy."""
        copy, statements = first
        names = {
            case.numbered(name, copy): f"{_quoted(begins)} || {numbers(':copy', postgresql=True)}"
            for name, begins in case.own.items()
        }
        made_up = set(_ids_in(statements)) - set(_ids_in(other)) - set(names)
        of_case = min(case.own.values())  # scripts of two cases have copies of the same numbers
        for place, name in enumerate(sorted(made_up)):
            fresh = f"md5('{of_case}-{place}-' || CAST(:copy AS text))"
            names[name] = f"CAST(CAST({fresh} AS uuid) AS text)" if "-" in name else fresh
        lines = [self._inlined(statement, names) for statement in statements]
        # Each client decides its own copies; variables of pgbench live from one transaction to the next.
        head = ["\\set done :done + 1", "\\set copy :first + :client_id * :each + :done - 1", "BEGIN;"]
        self._script.write_text("\n".join([*head, *(f"{line};" for line in lines), "COMMIT;"]) + "\n")

    def per_second(self, *, clients: int, each: int, first: int) -> float:
        """Transactions a second; every client decides `each` copies, all of them from `first` on."""
        command = [
            str(self._program), "-n", "-M", "prepared", "-f", str(self._script),
            "-c", str(clients), "-j", str(min(2, clients)), "-t", str(each),
            "-D", "done=0", "-D", f"first={first}", "-D", f"each={each}",
            "-h", str(self._url.host), "-p", str(self._url.port), "-U", str(self._url.username),
            str(self._url.database),
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([\d.]+) \(without", ran.stdout)
        failed = re.search(r"number of failed transactions: (\d+)", ran.stdout)
        if ran.returncode or found is None or (failed and int(failed[1])):
            raise RuntimeError(f"Expected pgbench to run, but:\n{ran.stdout}{ran.stderr}")
        return float(found[1])

    def _inlined(self, statement: Statement, names: Mapping[str, str]) -> str:
        one_line = _LITERAL.sub(lambda found: _quoted(found[1].replace("''", "'")), " ".join(statement.sql.split()))

        def value(found: re.Match[str]) -> str:
            return self._literal(statement.parameters[int(found[1]) - 1], names)

        return _PLACEHOLDER.sub(value, one_line)

    def _literal(self, parameter: Parameter, names: Mapping[str, str]) -> str:
        if parameter.value is None:
            found = "NULL"
        elif parameter.is_binary:
            found = _binary(parameter)
        else:
            found = sql_text(parameter.value.decode(), names, _quoted)
        kind = self._types.get(parameter.type_id)
        return found if kind is None else f"CAST({found} AS {kind})"


def _ids_in(statements: Sequence[Statement]) -> Iterator[str]:
    for statement in statements:
        for parameter in statement.parameters:
            if parameter.value is not None:
                yield from ID.findall(parameter.value.decode(errors="replace"))


def _binary(parameter: Parameter) -> str:
    """A value that the driver has sent in PostgreSQL's binary form, as SQL."""
    loader = psycopg.adapters.get_loader(parameter.type_id, Format.BINARY)
    if loader is None:
        raise ValueError(f"Expected a binary value of a type that the driver reads, found type {parameter.type_id}")
    value = loader(parameter.type_id).load(parameter.value or b"")
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, date):
        return _quoted(value.isoformat())
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError(f"Expected bytes, a date, a moment or a number, found {type(value)}")


def _quoted(value: str) -> str:
    """A text as SQL. A colon would be a variable to pgbench, so it is written as an escape."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A").replace("\n", "\\n")
    return f"E'{escaped}'"
