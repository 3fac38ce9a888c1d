"""Files that come with an application: checked, kept on disk, then named by a row (R-V-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import insert

from applications.files import Files
from applications.views import AttachmentView
from forms.uploads import Upload, check_upload
from kernel.actors import Actor
from store.tables import attachment
from store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A checked file on disk that no row names yet; without one nobody can reach it."""

    kind: str  # AT-01
    upload: Upload
    size_bytes: int
    stored_name: str


def keep(files: Files, kind: str, file_name: str, content: bytes, *, max_mb: int) -> KeptFile:
    """Check the bytes and write them, before the transaction that names them.

    Raises:
        FileRefused: FILE_TYPE_INVALID, FILE_TOO_LARGE; nothing was written.
    """
    upload = check_upload(file_name, content, max_mb=max_mb, field=kind)
    return KeptFile(kind, upload, len(content), files.write(content, upload.suffix))


def add(work: UnitOfWork, application_id: str, kept: KeptFile, *, by: Actor, at: datetime) -> AttachmentView:
    """Make a kept file an attachment of the application."""
    upload = kept.upload
    values = {
        "id": str(uuid4()),
        "application_id": application_id,
        "kind": kept.kind,
        "file_name": upload.file_name,
        "media_type": upload.media_type,
        "size_bytes": kept.size_bytes,
        "sha256": upload.sha256,
        "stored_name": kept.stored_name,
        "pages": upload.pages,
        "uploaded_at": at,
        "uploaded_by": by.id,
    }
    work.connection.execute(insert(attachment).values(values))
    return AttachmentView(
        str(values["id"]), kept.kind, upload.file_name, upload.media_type, kept.size_bytes, upload.pages, at
    )
