"""Policy notices and the files that go with them, as they are kept (F-NOTICES)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import RowMapping

from kernel.errors import NotFound
from kernel.texts import Text
from store.paging import Slice, keyset_page
from store.tables import policy_notice, policy_notice_file

DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"
_notice, _file = policy_notice.c, policy_notice_file.c


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """A file to download."""

    id: str
    notice_id: str
    file_name: str
    media_type: str
    size_bytes: int
    stored_name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A policy notice; without English it is told in Chinese."""

    id: str
    title: str
    title_en: str
    body: str
    body_en: str
    state: str
    revision: int
    changed_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    files: tuple[NoticeFile, ...] = ()

    @property
    def heading(self) -> Text:
        return Text(self.title, self.title_en or self.title)

    @property
    def text(self) -> Text:
        return Text(self.body, self.body_en or self.body)


class Notices:
    """The tables of notices and their files."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def published(self, words: str = "", cursor: str | None = None) -> tuple[list[Notice], Slice]:
        """What everybody may read, the newest first, 20 a page; `words` are a part of a title."""
        query = select(policy_notice).where(_notice.state == PUBLISHED)
        if words:
            query = query.where(
                _notice.title.contains(words, autoescape=True) | _notice.title_en.icontains(words, autoescape=True)
            )
        found = keyset_page(self._connection, query, _notice.published_at, _notice.id, cursor)
        return [_as_notice(row._mapping) for row in found.rows], found

    def everything(self, cursor: str | None = None) -> tuple[list[Notice], Slice]:
        """All notices, the last changed first, for those who maintain them."""
        found = keyset_page(self._connection, select(policy_notice), _notice.changed_at, _notice.id, cursor)
        return [_as_notice(row._mapping) for row in found.rows], found

    def get(self, notice_id: str, *, only_published: bool = False) -> Notice:
        """A notice with its files.

        Raises:
            NotFound: there is none of this id, or it is not for everybody.
        """
        row = self._connection.execute(select(policy_notice).where(_notice.id == notice_id)).mappings().one_or_none()
        if row is None or (only_published and row["state"] != PUBLISHED):
            raise NotFound(detail=f"no notice {notice_id}")
        files = select(policy_notice_file).where((_file.notice_id == notice_id) & _file.removed_at.is_(None))
        rows = self._connection.execute(files.order_by(_file.uploaded_at, _file.id)).mappings()
        return _as_notice(row, (_as_file(each) for each in rows))

    def add(self, texts: Mapping[str, str], *, by: str, at: datetime) -> str:
        """Write a draft and return its id."""
        values = {"id": str(uuid4()), **texts, "state": DRAFT, "revision": 1}
        moments = {"created_at": at, "created_by": by, "changed_at": at, "changed_by": by}
        self._connection.execute(insert(policy_notice).values(values | moments))
        return str(values["id"])

    def change(self, notice_id: str, revision: int, *, by: str, at: datetime, **values: Any) -> bool:
        """Change a notice that still stands at this revision; tells whether it did."""
        stands = (_notice.id == notice_id) & (_notice.revision == revision)
        changed = {"revision": revision + 1, "changed_at": at, "changed_by": by, **values}
        return bool(self._connection.execute(update(policy_notice).where(stands).values(changed)).rowcount)

    def add_file(self, values: Mapping[str, Any]) -> None:
        self._connection.execute(insert(policy_notice_file).values(id=str(uuid4()), **values))

    def remove_file(self, notice_id: str, file_id: str, at: datetime) -> None:
        """
        Raises:
            NotFound: the notice has no such file any more.
        """
        there = (_file.id == file_id) & (_file.notice_id == notice_id) & _file.removed_at.is_(None)
        if not self._connection.execute(update(policy_notice_file).where(there).values(removed_at=at)).rowcount:
            raise NotFound(detail=f"no file {file_id} of notice {notice_id}")


def _as_notice(row: RowMapping, files: Iterable[NoticeFile] = ()) -> Notice:
    names = Notice.__dataclass_fields__.keys() - {"files"}
    return Notice(**{name: row[name] for name in names}, files=tuple(files))


def _as_file(row: RowMapping) -> NoticeFile:
    return NoticeFile(**{name: row[name] for name in NoticeFile.__dataclass_fields__})
