"""The address of the inbox: queue, filters, the open task and its tab live in the URL (F-INBOX)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from applications.views import InboxFilters

Queue = Literal["todo", "done", "mine"]
QUEUES: tuple[Queue, ...] = ("todo", "done", "mine")
PARTS = ("check", "form", "attachments", "trail", "path")
PATH = "/inbox"


def _day(text: str) -> date | None:
    """A day of a filter; what is not a day of this age filters nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year < 2900 else None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the reader is in the inbox.

    Everything has a default that is left out of the URL, so that links stay short and the same place always
    has the same address.
    """

    queue: Queue = "todo"
    filters: InboxFilters = field(default_factory=InboxFilters)
    cursor: str | None = None
    task: str | None = None
    part: str = "check"
    file: str | None = None  # id of the attachment beside the decision
    sheet: int = 1

    @classmethod
    def from_query(cls, query: MultiDict[str, str]) -> Address:
        queue = query.get("queue", "todo")
        part = query.get("part", "check")
        side = query.get("side", "")
        return cls(
            queue=queue if queue in QUEUES else "todo",
            filters=InboxFilters(
                line=query.get("line", ""),
                text=query.get("text", "").strip()[:100],
                arrived_from=_day(query.get("from", "")),
                arrived_to=_day(query.get("to", "")),
                side=side if side in ("in", "out") else "",
            ),
            cursor=query.get("cursor") or None,
            task=query.get("task") or None,
            part=part if part in PARTS else "check",
            file=query.get("file") or None,
            sheet=max(query.get("sheet", 1, type=int), 1),
        )

    @property
    def is_filtered(self) -> bool:
        """Whether the reader narrowed the queue; the side is a tab, not a filter of the bar."""
        return replace(self.filters, side="") != InboxFilters()

    def fields(self) -> dict[str, str]:
        """What the URL holds, without defaults."""
        found: dict[str, Any] = {
            "queue": self.queue if self.queue != "todo" else "",
            "side": self.filters.side,
            "line": self.filters.line,
            "text": self.filters.text,
            "from": self.filters.arrived_from or "",
            "to": self.filters.arrived_to or "",
            "cursor": self.cursor,
            "task": self.task,
            "part": self.part if self.part != "check" else "",
            "file": self.file,
            "sheet": self.sheet if self.sheet > 1 else "",
        }
        return {name: str(value) for name, value in found.items() if value}

    @property
    def url(self) -> str:
        return self.under(PATH)

    def under(self, path: str) -> str:
        """The address of something done from here, which comes back here."""
        fields = self.fields()
        return f"{path}?{urlencode(fields)}" if fields else path

    def with_next_after(self, task_id: str) -> str:
        """The address that opens the next task after one that was decided."""
        return f"{PATH}?{urlencode({**self.fields(), 'after': task_id})}"

    @property
    def next_url(self) -> str:
        return self.under(f"{PATH}/next")

    @property
    def batch_url(self) -> str:
        return self.list().under(f"{PATH}/batch")

    def task_url(self, verb: str) -> str:
        """Where a verb on the open task is posted: claim, release, decision."""
        return replace(self, task=None).under(f"{PATH}/tasks/{self.task}/{verb}")

    def queue_of(self, queue: Queue, side: str = "") -> Address:
        """Another queue, unfiltered."""
        return Address(queue=queue, filters=InboxFilters(side=side))

    def unfiltered(self) -> Address:
        return self.queue_of(self.queue, self.filters.side)

    def list(self) -> Address:
        """The list without an open task: the first of the two pages on a narrow screen."""
        return self.opened(None)

    def opened(self, task_id: str | None) -> Address:
        return replace(self, task=task_id, part="check", file=None, sheet=1)

    def at_task(self, task_id: str | None) -> Address:
        """The same place, with the task named that is open anyway."""
        return replace(self, task=task_id)

    def at_part(self, part: str) -> Address:
        return replace(self, part=part, file=None, sheet=1)

    def at_file(self, attachment_id: str, sheet: int = 1) -> Address:
        """Another file beside the decision; tabs that show none give way to the first tab."""
        part = self.part if self.part in ("check", "attachments") else "check"
        return replace(self, part=part, file=attachment_id, sheet=sheet)

    def turned(self, cursor: str | None) -> Address:
        return replace(self.list(), cursor=cursor)
