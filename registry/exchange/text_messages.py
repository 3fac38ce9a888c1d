"""The simulated SMS gateway: what it was told to send stands in a table, and nothing leaves the service (F-MSG)."""

from __future__ import annotations

from uuid import uuid4

from kernel.clock import Clock
from store.tables import text_message
from store.unit_of_work import Database
from store.writing import insert_once


class StoredTextMessages:
    """Keeps each message once under its key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def send(self, mobile: str, body: str, *, key: str, application_id: str | None) -> None:
        values = {
            "id": str(uuid4()),
            "application_id": application_id,
            "mobile": mobile,
            "body": body,
            "sent_at": self._clock.now(),
            "dedupe_key": key,
        }
        with self._database.write() as work:
            insert_once(work, text_message, values)
