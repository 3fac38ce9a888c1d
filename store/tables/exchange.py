"""Tables of the data exchange: mirrors of what other authorities keep, the runs that fill them, and the anomaly flags.

A mirror is replaced as a whole by each run of its source (F-SYNC); nothing else writes it (R-1.1-2).
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint
from sqlalchemy import Text as LongText

from store.tables.base import Id, Json, Key, Moment, metadata

SourceId = String(64)  # what a row is called where it comes from

anomaly_flag = Table(
    "anomaly_flag",  # of declared applications only: a row comes at the submit and goes at withdrawal and return
    metadata,
    Column("application_id", Id, ForeignKey("application.id"), primary_key=True),
    Column("flag", String(30), primary_key=True),  # social_insurance | in_construction | abnormal_registration
    Column("state", String(20), nullable=False),  # raised (not compared yet) | standing | cleared
    Column("blocking", Boolean, nullable=False),  # whether the district cannot pass while it stands (R-1.10-6)
    Column("raised_on", Date, nullable=False),
    Column("compared_on", Date),  # the day of the last comparison
    Column("cleared_on", Date),
    Column("explanation", Json, nullable=False),  # {"zh", "en"}: what the holder reads on click (R-1.10-2)
)
Index("ix_anomaly_flag_state", anomaly_flag.c.state, anomaly_flag.c.application_id)

in_construction_lock = Table(
    "in_construction_lock",  # mirror of the trading centre's locks
    metadata,
    Column("id", SourceId, primary_key=True),
    Column("id_number", String(20), nullable=False),
    Column("name", String(50), nullable=False),
    Column("project_no", String(50), nullable=False),
    Column("project_name", String(200), nullable=False),
    Column("district", String(20), nullable=False),  # of the project; its commission may release (R-1.10-3)
    Column("locked_on", Date, nullable=False),
    Column("released_on", Date),  # counts from the next day on
    Column("synced_at", Moment, nullable=False),
)
Index("ix_in_construction_lock_id_number", in_construction_lock.c.id_number)

abnormal_entry = Table(
    "abnormal_entry",  # mirror of the list of abnormal registrations
    metadata,
    Column("id", SourceId, primary_key=True),
    Column("id_number", String(20), nullable=False),
    Column("name", String(50), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("listed_on", Date, nullable=False),
    Column("released_on", Date),  # counts from the next day on
    Column("synced_at", Moment, nullable=False),
)
Index("ix_abnormal_entry_id_number", abnormal_entry.c.id_number)

flag_release = Table(
    "flag_release",  # what a releasing body has told the source; the mirror follows with the next run (R-1.10-3, 4)
    metadata,
    Column("flag", String(30), primary_key=True),  # in_construction | abnormal_registration
    Column("source_id", SourceId, primary_key=True),  # of the lock or entry
    Column("released_on", Date, nullable=False),
    Column("released_by", String(100), nullable=False),  # an actor
    Column("note", LongText, nullable=False),
)

ministry_registration = Table(
    "ministry_registration",  # mirror of the ministry's registrations, query-only (R-1.1-2)
    metadata,
    Column("id", SourceId, primary_key=True),
    Column("kind", String(30), nullable=False),  # class1 | class1_temp | cost_engineer | supervising_engineer
    Column("name", String(50), nullable=False),
    Column("id_number", String(20), nullable=False),
    Column("registration_no", String(40), nullable=False),
    Column("specialties", String(200), nullable=False),  # comma list of specialty values; empty where a kind has none
    Column("enterprise_name", String(200), nullable=False),
    Column("uscc", String(18)),
    Column("expiry_date", Date),
    Column("synced_at", Moment, nullable=False),
)
Index("ix_ministry_registration_id_number", ministry_registration.c.id_number)
Index("ix_ministry_registration_kind", ministry_registration.c.kind, ministry_registration.c.id)
Index("ix_ministry_registration_uscc", ministry_registration.c.uscc)

enterprise_qualification = Table(
    # Mirror of the qualification data of enterprises. The table `enterprise` keeps name, address and district as the
    # certificates have them until an enterprise-info change closes: where the two differ, one is due (R-1.8-1).
    "enterprise_qualification",
    metadata,
    Column("uscc", String(18), primary_key=True),
    Column("org_code", String(9), nullable=False),  # without the hyphen
    Column("name", String(200), nullable=False),
    Column("registered_address", String(200)),
    Column("district", String(20)),
    Column("legal_representative", String(50)),
    Column("enterprise_type", String(50)),  # kind: construction | consulting | training
    Column("cancelled", Boolean, nullable=False),
    Column("synced_at", Moment, nullable=False),
)

social_insurance_request = Table(
    "social_insurance_request",  # asked at each declaration; answered after one or two working days (F-SI)
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False),
    Column("id_number", String(20), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("answered_on", Date),  # none: 待返回
    UniqueConstraint("application_id", "requested_on"),
)
Index("ix_social_insurance_request_answered", social_insurance_request.c.answered_on)

social_insurance_record = Table(
    "social_insurance_record",  # the answer: who paid for the person in which month
    metadata,
    Column("request_id", Id, ForeignKey("social_insurance_request.id"), primary_key=True),
    Column("month", String(7), primary_key=True),  # 2026-05
    Column("payer_code", String(18), primary_key=True),  # credit code, or organisation code without the hyphen
    Column("payer_name", String(200), nullable=False),
    Column("paid", Boolean, nullable=False),
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Key, nullable=False),  # ministry | qualification | enterprise | in_construction | abnormal | ...
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),  # succeeded | failed
    Column("rows", Integer, nullable=False),  # of the mirror after it; of a failed run 0
    Column("detail", LongText, nullable=False),  # of a failed run: what was wrong, without personal data
)
Index("ix_sync_run_source", sync_run.c.source, sync_run.c.finished_at)

comparison_run = Table(
    "comparison_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_on", Date, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("applications", Integer, nullable=False),  # compared in this run
    Column("cleared", Integer, nullable=False),  # flags that it cleared
    Column("standing", Integer, nullable=False),  # flags that stand after it
    Column("waiting", Integer, nullable=False),  # flags whose data have not come back (待返回)
)

expiry_mark = Table(
    "expiry_mark",  # told nightly, for lists; rules compare the dates (R-D-20)
    metadata,
    Column("registration_id", Id, ForeignKey("registration.id"), primary_key=True),
    Column("specialty", String(30), primary_key=True),
    Column("expiry_date", Date, primary_key=True),
    Column("marked_on", Date, nullable=False),
)

expiry_reminder = Table(
    "expiry_reminder",  # each is sent once for an expiry date (F-EXPIRY)
    metadata,
    Column("registration_id", Id, ForeignKey("registration.id"), primary_key=True),
    Column("specialty", String(30), primary_key=True),
    Column("expiry_date", Date, primary_key=True),
    Column("days", Integer, primary_key=True),  # before the expiry: 90 | 45
    Column("sent_on", Date, nullable=False),
)

text_message = Table(
    "text_message",  # SMS, as the gateway was told them (F-MSG)
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id")),
    Column("mobile", String(11), nullable=False),
    Column("body", String(500), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("dedupe_key", String(200), nullable=False, unique=True),
)
Index("ix_text_message_application", text_message.c.application_id)
