"""All commands on applications, as pages and interfaces call them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, select, update

from applications import records
from applications.detail import attachment_view
from applications.releasing_flags import ReleasingFlags
from applications.taking_back import TakingBack
from applications.views import AttachmentView
from applications.working import Working
from kernel.actors import Actor
from kernel.errors import NotFound
from kernel.permissions import authorize_files
from store.tables import attachment, message


class Applications(ReleasingFlags, Working, TakingBack):
    """The commands of applicants, employers and officers; each is one transaction, or says that it is more."""

    def export_document(self, connection: Connection, number: str, actor: Actor) -> tuple[str, bytes]:
        """The Word form of an application: file name and bytes; see `Documents.export`."""
        return self._rooms.documents.export(connection, number, actor)

    def attachment_file(
        self, connection: Connection, number: str, attachment_id: str, actor: Actor
    ) -> tuple[AttachmentView, Path]:
        """A file of an application, for its parties only.

        Raises:
            NotFound: the application is not the actor's to see, or has no such file.
        """
        row = records.by_number(connection, number)
        authorize_files(actor, row)
        held = (attachment.c.id == attachment_id) & (attachment.c.application_id == row.id)
        found = connection.execute(select(attachment).where(held)).one_or_none()
        if found is None:
            raise NotFound(detail=f"no attachment {attachment_id} of {number}")
        return attachment_view(found), self._rooms.files.path(found.stored_name)

    def mark_read(self, message_id: int, *, by: Actor) -> None:
        """Mark a message as read; the first time counts.

        Raises:
            NotFound: there is no such message, or it is somebody else's.
        """
        own = (message.c.id == message_id) & message.c.recipient.in_(by.scopes)
        with self._rooms.database.write() as work:
            if work.connection.execute(select(message.c.id).where(own)).first() is None:
                raise NotFound(detail=f"no message {message_id} to actor {by.id}")
            unread = own & message.c.read_at.is_(None)
            work.connection.execute(update(message).where(unread).values(read_at=self._rooms.clock.now()))
