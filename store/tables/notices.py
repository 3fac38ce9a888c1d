"""Tables of policy notices (F-NOTICES): what the registration centre tells everybody, with files to download."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table
from sqlalchemy import Text as LongText

from store.tables.base import Id, Moment, metadata

policy_notice = Table(
    "policy_notice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),  # empty: told in Chinese only
    Column("body", LongText, nullable=False),  # plain text: paragraphs, and addresses that pages make links
    Column("body_en", LongText, nullable=False),
    Column("state", String(20), nullable=False),  # draft | published | withdrawn
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(100), nullable=False),
    Column("published_at", Moment),  # the first time
    Column("withdrawn_at", Moment),
)
Index("ix_policy_notice_state", policy_notice.c.state, policy_notice.c.published_at)
Index("ix_policy_notice_changed", policy_notice.c.changed_at)

policy_notice_file = Table(
    "policy_notice_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("notice_id", Id, ForeignKey("policy_notice.id"), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_name", String(64), nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("uploaded_by", String(100), nullable=False),
    Column("removed_at", Moment),
)
Index("ix_policy_notice_file_notice", policy_notice_file.c.notice_id)
