"""What happened in an instance: rows while it runs and for some days more, then one packed value (ADR 11).

The state it ended in is packed with it; `state_of` tells it wherever it is kept.

The histories of a definition are much alike. So the first of them to be packed is kept as the pattern that the others
are packed with; a pattern never changes.

A visit is known by the id of its task. Packed, those that people had keep it, as their rows do; the others are
numbered, so that what was entered and what was completed still belong together.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from store.tables import definition, history, instance

_FORMAT = 1  # packed values outlive every version of this code


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: an element entered, completed or cancelled, a flow taken, or the instance terminated."""

    seq: int  # 1, 2, 3 … in an instance
    event: str
    path: str
    task_id: str | None  # of the visit
    actor: str | None
    at: datetime
    data: Any = None

    @property
    def element_id(self) -> str:
        return self.path.rpartition("/")[2]

    @classmethod
    def of(cls, row: Row[Any]) -> Happened:
        """An event from its row."""
        return cls(row.seq, row.event, row.path, row.task_id, row.actor, row.at, row.data)


def history_of(connection: Connection, instance_id: str) -> list[Happened]:
    """Everything that happened in an instance, in order, wherever it is kept; nothing of one that is not there."""
    rows = connection.execute(select(history).where(history.c.instance_id == instance_id).order_by(history.c.seq))
    found = [Happened.of(row) for row in rows]
    if found:
        return found
    query = select(instance.c.archive, definition.c.pattern).join(
        definition, definition.c.id == instance.c.definition_id
    )
    row = connection.execute(query.where(instance.c.id == instance_id)).one_or_none()
    return unpacked(instance_id, row.archive, row.pattern) if row and row.archive else []


def state_of(row: Row[Any]) -> bytes:
    """The state of an instance (processes/codec.py), its last if it has ended; `row` tells the `id`, `state` and
    `archive` of the instance, and the `pattern` of its definition."""
    if row.archive is None:
        return bytes(row.state)
    return orjson.dumps(_text(row.id, row.archive, row.pattern)[1])


def written_out(events: Iterable[Happened], kept_ids: Collection[str], state: bytes) -> bytes:
    """The history and the last state of an ended instance as one text; visits with an id in `kept_ids` keep it."""
    numbers: dict[str, int] = {}

    def visit(task_id: str | None) -> str | int | None:
        return task_id if task_id is None or task_id in kept_ids else numbers.setdefault(task_id, len(numbers) + 1)

    commands = [
        [at.isoformat(), actor, [_shortened([each.event, each.path, visit(each.task_id), each.data]) for each in part]]
        for (at, actor), part in groupby(events, lambda each: (each.at, each.actor))
    ]
    return orjson.dumps([_FORMAT, commands, orjson.Fragment(state)])


def packed(text: bytes, pattern: bytes) -> bytes:
    """What was written out, packed with the pattern of its definition."""
    packer = zlib.compressobj(level=9, zdict=pattern)
    return packer.compress(text) + packer.flush()


def unpacked(instance_id: str, archive: bytes, pattern: bytes) -> list[Happened]:
    """The history as it was before it was packed.

    Raises:
        ValueError: a later version of the service has packed it.
    """
    commands, _ = _text(instance_id, archive, pattern)
    return [
        Happened(seq, event, path, _visit(instance_id, visit), actor, datetime.fromisoformat(at), data)
        for seq, (at, actor, (event, path, visit, data)) in enumerate(_events(commands), 1)
    ]


def ends_of(instance_id: str, archive: bytes, pattern: bytes) -> tuple[Happened, Happened]:
    """The first and the last event of a packed history."""
    found = unpacked(instance_id, archive, pattern)
    return found[0], found[-1]


def _text(instance_id: str, archive: bytes, pattern: bytes) -> tuple[list[Any], Any]:
    """The commands and the state that were written out."""
    format_, commands, state = orjson.loads(zlib.decompressobj(zdict=pattern).decompress(archive))
    if format_ != _FORMAT:
        raise ValueError(f"Expected an archive of format {_FORMAT} in {instance_id}, found {format_}")
    return commands, state


def _events(commands: Iterable[tuple[str, str | None, list[list[Any]]]]) -> Iterable[tuple[str, str | None, list[Any]]]:
    return ((at, actor, [*each, *[None] * (4 - len(each))]) for at, actor, part in commands for each in part)


def _visit(instance_id: str, visit: str | int | None) -> str | None:
    return f"{instance_id}:{visit}" if isinstance(visit, int) else visit


def _shortened(event: list[Any]) -> list[Any]:
    """Without what it has not at its end."""
    while event[-1] is None:
        event.pop()
    return event
