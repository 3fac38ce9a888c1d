"""The table of forced deregistration: whom it may meet, and whom it has met (REQUIREMENTS.md 2.16)."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy import Text as LongText

from store.tables.base import Id, Moment, metadata

forced_deregistration = Table(
    "forced_deregistration",  # a row for each candidate: a specialty that expired long ago on this day
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),  # the round that lists it now
    Column("registration_id", Id, ForeignKey("registration.id"), nullable=False),
    Column("specialty", String(30), nullable=False),
    Column("expired_on", Date, nullable=False),  # the expiry date: valid on it for the last time (R-D-20)
    # Person and employer as they were listed: the list tells later whom it was about.
    Column("registration_no", String(40), nullable=False),
    Column("person_id", Id, ForeignKey("person.id"), nullable=False),
    Column("name", String(50), nullable=False),
    Column("employer", String(18), nullable=False),
    Column("employer_name", String(200), nullable=False),
    Column("status", String(20), nullable=False),  # pending | announced | closed
    Column("listed_at", Moment, nullable=False),
    Column("reason", LongText),
    Column("announcement_no", String(30)),
    Column("announced_on", Date),
    Column("closed_on", Date),
    UniqueConstraint("registration_id", "specialty", "expired_on"),
)
Index("ix_forced_deregistration_status", forced_deregistration.c.status, forced_deregistration.c.listed_at)
Index("ix_forced_deregistration_instance", forced_deregistration.c.instance_id)
