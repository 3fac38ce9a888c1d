"""The same statements without us: those of one real completion, replayed by pgbench on cases that nobody has decided.

Ids of the decided copy become those of the copy whose turn it is; ids that the completion made up are made up anew.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

from bench.crowd import DIGITS

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_MADE_UP = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COPY = f"lpad(CAST(:copy AS text), {DIGITS}, '0')"


class Recorder:
    """What an engine is asked while the block lasts: reads and writes, with their values."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.statements: list[tuple[str, Mapping[str, Any]]] = []

    def __enter__(self) -> Recorder:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        for values in parameters if executemany else [parameters]:
            self.statements.append((statement, values))


class Pgbench:
    """The recorded statements as one transaction of pgbench."""

    def __init__(self, program: Path, database_url: str, folder: Path) -> None:
        self._program = program
        self._url = make_url(database_url)
        self._script = folder / "completion.sql"

    def write(self, statements: Sequence[tuple[str, Mapping[str, Any]]], copy: int) -> int:
        """Write the script from the completion of one copy; returns how many statements it has."""
        lines = [_inlined(statement, values, copy) for statement, values in statements]
        # Each client decides its own copies; variables of pgbench live from one transaction to the next.
        head = ["\\set done :done + 1", "\\set copy :first + :client_id * :each + :done", "BEGIN;"]
        self._script.write_text("\n".join([*head, *(f"{line};" for line in lines), "COMMIT;"]) + "\n")
        return len(lines)

    def per_second(self, *, clients: int, each: int, first: int) -> float:
        """Transactions a second; every client decides `each` copies, all of them from `first` on."""
        command = [
            str(self._program), "-n", "-M", "prepared", "-f", str(self._script),
            "-c", str(clients), "-j", "2", "-t", str(each),
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


def _inlined(statement: str, values: Mapping[str, Any], copy: int) -> str:
    one_line = " ".join(statement.split())
    makes_ids = one_line.startswith("INSERT")
    return _PLACEHOLDER.sub(lambda found: _literal(values[found[1]], copy, makes_ids), one_line)


def _literal(value: Any, copy: int, makes_ids: bool) -> str:
    """A value as SQL. A colon would be a variable to pgbench, so it is written as an escape."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return f"'\\x{bytes(value).hex()}'::bytea"
    if isinstance(value, datetime | date):
        return f"{_text(value.isoformat())}::{'timestamptz' if isinstance(value, datetime) else 'date'}"
    return "(" + " || ".join(_parts(str(value), copy, makes_ids)) + ")"


def _parts(value: str, copy: int, makes_ids: bool) -> Iterator[str]:
    """Text, cut at the ids in it: those of the copy get the number of another one, the others are made up anew."""
    suffix = f"{copy:0{DIGITS}d}"
    end = 0
    for found in re.finditer(rf"{_MADE_UP.pattern}|BJ\d{{6}}{suffix}", value):
        yield _text(value[end : found.start()])
        if found[0].endswith(suffix):
            yield f"{_text(found[0][:-DIGITS])} || {_COPY}"
        elif found[0] == value and makes_ids:
            yield "md5(random()::text || clock_timestamp()::text)"
        else:
            yield _text(found[0])
        end = found.end()
    yield _text(value[end:])


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A")
    return f"E'{escaped}'"
