"""What the registration centre does with policy notices: write, change, publish, withdraw, attach files (F-NOTICES)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from applications.files import Files
from applications.trail import Entry, Trail
from forms.uploads import FileRefused, check_upload, clean_file_name
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason, StateConflict
from kernel.identifiers import clean_text
from kernel.permissions import Action, authorize
from kernel.settings import Settings
from kernel.texts import Text
from registry.notices import PUBLISHED, WITHDRAWN, NoticeFile, Notices
from store.unit_of_work import Database, UnitOfWork

LABELS: Mapping[str, Text] = {
    "title": Text("标题", "Title"),
    "title_en": Text("英文标题", "English title"),
    "body": Text("正文", "Text"),
    "body_en": Text("英文正文", "English text"),
}
LONGEST = {"title": 200, "title_en": 200, "body": 20_000, "body_en": 20_000}
_REQUIRED = ("title", "body")
_OFFICE = {
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/document.xml"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/workbook.xml"),
}
ACCEPT = ".docx,.xlsx,.pdf,.jpg,.jpeg,.png"

_WRITTEN = Text("起草政策通知", "Wrote a policy notice")
_CHANGED = Text("修改政策通知", "Changed a policy notice")
_PUBLISHED = Text("发布政策通知", "Published a policy notice")
_WITHDRAWN = Text("撤回政策通知", "Withdrew a policy notice")
_ATTACHED = Text("上传政策通知附件", "Attached a file to a policy notice")
_REMOVED = Text("移除政策通知附件", "Removed a file of a policy notice")


class PolicyNotices:
    """Commands on policy notices; each is one transaction and one row of the trail."""

    def __init__(self, database: Database, files: Files, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._settings = settings

    def write(self, posted: Mapping[str, str], *, by: Actor) -> str:
        """Begin a notice, as a draft that nobody else reads; its id.

        Raises:
            InvalidInput: title or text is missing, or something is too long.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        texts = _checked(posted)
        with self._database.write() as work:
            at = self._clock.now()
            notice_id = Notices(work.connection).add(texts, by=by.id, at=at)
            _note(work, notice_id, "notice_written", _WRITTEN, by, at)
        return notice_id

    def change(self, notice_id: str, revision: int, posted: Mapping[str, str], *, by: Actor) -> None:
        """Give a notice other words; a published one is read by everybody with them at once.

        Raises:
            InvalidInput: as for `write`.
            NotFound: there is no such notice.
            StateConflict: somebody has changed it meanwhile.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        self._change(notice_id, revision, "notice_changed", _CHANGED, by, **_checked(posted))

    def publish(self, notice_id: str, revision: int, *, by: Actor) -> None:
        """Let everybody read it, from now on or again.

        Raises:
            NotFound: there is no such notice.
            StateConflict: somebody has changed it meanwhile.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        with self._database.read() as connection:
            first = Notices(connection).get(notice_id).published_at or self._clock.now()
        values = {"state": PUBLISHED, "published_at": first, "withdrawn_at": None}
        self._change(notice_id, revision, "notice_published", _PUBLISHED, by, **values)

    def withdraw(self, notice_id: str, revision: int, *, by: Actor) -> None:
        """Take a published notice away from everybody; it is kept.

        Raises:
            NotFound: there is no such notice.
            StateConflict: it is not published, or somebody has changed it meanwhile.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        with self._database.read() as connection:
            if Notices(connection).get(notice_id).state != PUBLISHED:
                raise StateConflict(Reason("STATE_CONFLICT"), detail=f"notice {notice_id} is not published")
        values = {"state": WITHDRAWN, "withdrawn_at": self._clock.now()}
        self._change(notice_id, revision, "notice_withdrawn", _WITHDRAWN, by, **values)

    def attach(self, notice_id: str, file_name: str, content: bytes, *, by: Actor) -> None:
        """Add a file to download.

        Raises:
            FileRefused: FILE_TOO_LARGE, FILE_TYPE_INVALID; nothing was stored.
            NotFound: there is no such notice.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        with self._database.read() as connection:
            Notices(connection).get(notice_id)
        described = self._described(file_name, content)
        # Written before the row that names it, outside the transaction; without a row nobody can reach it.
        stored = self._files.write(content, Path(described["file_name"]).suffix.lower())
        with self._database.write() as work:
            at = self._clock.now()
            uploaded = {"uploaded_at": at, "uploaded_by": by.id}
            Notices(work.connection).add_file({"notice_id": notice_id, "stored_name": stored, **described, **uploaded})
            _note(work, notice_id, "notice_file_attached", _ATTACHED, by, at, file=described["file_name"])

    def remove_file(self, notice_id: str, file_id: str, *, by: Actor) -> None:
        """
        Raises:
            NotFound: the notice has no such file.
        """
        authorize(by, Action.MAINTAIN_NOTICES)
        with self._database.write() as work:
            at = self._clock.now()
            Notices(work.connection).remove_file(notice_id, file_id, at)
            _note(work, notice_id, "notice_file_removed", _REMOVED, by, at, file_id=file_id)

    def file(
        self, connection: Connection, notice_id: str, file_id: str, *, only_published: bool = True
    ) -> tuple[NoticeFile, Path]:
        """A file of a notice that everybody may read, and where it stands on disk.

        Raises:
            NotFound: there is no such file, or its notice is not for everybody.
        """
        notice = Notices(connection).get(notice_id, only_published=only_published)
        for each in notice.files:
            if each.id == file_id:
                return each, self._files.path(each.stored_name)
        raise NotFound(detail=f"no file {file_id} of notice {notice_id}")

    # -- inside

    def _change(self, notice_id: str, revision: int, action: str, step: Text, by: Actor, **values: Any) -> None:
        with self._database.write() as work:
            at = self._clock.now()
            notices = Notices(work.connection)
            if not notices.change(notice_id, revision, by=by.id, at=at, **values):
                found = notices.get(notice_id)
                raise StateConflict(
                    Reason("STALE_FORM"), detail=f"Expected revision {revision} of {notice_id}, found {found.revision}"
                )
            _note(work, notice_id, action, step, by, at)

    def _described(self, file_name: str, content: bytes) -> dict[str, Any]:
        name = clean_file_name(file_name)
        office = _OFFICE.get(Path(name).suffix.lower())
        most = self._settings.max_attachment_mb
        if office is None:
            upload = check_upload(file_name, content, max_mb=most, field="file")
            name, media_type, digest = upload.file_name, upload.media_type, upload.sha256
        else:
            media_type, digest = office[0], hashlib.sha256(content).hexdigest()
            _check_office(content, office[1], max_mb=most)
        return {"file_name": name, "media_type": media_type, "size_bytes": len(content), "sha256": digest}


def _checked(posted: Mapping[str, str]) -> dict[str, str]:
    """The four texts, cleaned.

    Raises:
        InvalidInput: all that is missing or too long, together.
    """
    texts = {name: clean_text(posted.get(name, ""), lines=name.startswith("body")) for name in LABELS}
    reasons = [Reason("FIELD_REQUIRED", {"field": LABELS[name]}, field=name) for name in _REQUIRED if not texts[name]]
    reasons += [
        Reason("TOO_LONG", {"field": LABELS[name], "max": LONGEST[name]}, field=name)
        for name, text in texts.items()
        if len(text) > LONGEST[name]
    ]
    if reasons:
        raise InvalidInput(*reasons)
    return texts


def _check_office(content: bytes, part: str, *, max_mb: int) -> None:
    """Whether the bytes are a document of the kind that their name says, without programs in it.

    Raises:
        FileRefused: FILE_TOO_LARGE, FILE_TYPE_INVALID.
    """
    if len(content) > max_mb * 1024 * 1024:
        raise FileRefused(Reason("FILE_TOO_LARGE", {"max": max_mb}, rule="R-V-10", field="file"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
    except zipfile.BadZipFile as error:
        raise FileRefused(Reason("FILE_TYPE_INVALID", rule="R-V-10", field="file")) from error
    if not {"[Content_Types].xml", part} <= names or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused(Reason("FILE_TYPE_INVALID", rule="R-V-10", field="file"), detail=f"no {part}, or programs")


def _note(work: UnitOfWork, notice_id: str, action: str, step: Text, by: Actor, at: datetime, **data: str) -> None:
    Trail.of(work).add(Entry(None, at, action, step, by=by, data={"notice_id": notice_id, **data}))
