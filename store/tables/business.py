"""Tables of `applications`: the business record of a process instance and what hangs on it."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, SmallInteger, String, Table, UniqueConstraint
from sqlalchemy import Text as LongText

from store.tables.base import Id, Json, Key, Moment, metadata

application = Table(
    "application",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(20), nullable=False, unique=True),  # BJ20260615000001 (R-D-08)
    Column("line", Key, nullable=False),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False, unique=True),
    Column("status", String(30), nullable=False),
    Column("status_at", Moment, nullable=False),
    Column("person_id", Id, ForeignKey("person.id")),  # null: the enterprise `new_employer` applies
    # The person while an application of an exclusive line is open, else null: one at a time (R-1.9-2).
    Column("open_person_id", Id, unique=True),
    Column("applicant_name", String(50), nullable=False),
    Column("applicant_id_number", String(20), nullable=False),
    Column("registration_no", String(40)),
    Column("specialties", String(200), nullable=False),  # comma list of specialty values
    Column("old_employer", String(18)),
    Column("old_employer_name", String(200)),
    Column("new_employer", String(18)),
    Column("new_employer_name", String(200)),
    Column("supervising_district", String(20)),
    Column("document", Json, nullable=False),  # the form document as last saved
    Column("snapshot", Json, nullable=False),  # person, registration, employers at the first save (R-D-02)
    Column("revision", Integer, nullable=False),  # of document and attachments (R-D-04)
    Column("created_at", Moment, nullable=False),
    Column("declared_on", Date),  # day of the (last) submit: 申报日期
    # What lists are ordered by: the day, never null, and how far an application still has to go. They follow from
    # `declared_on` and `status` (`applications/records.py`), but the databases may not compute them: SQLite leaves an
    # index for the row where a column is generated.
    Column("declared_or_never", Date, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("first_submitted_at", Moment),
    Column("return_reason", Json),  # {"by", "unit", "at", "text", "decision"} while returned
    Column("ended_at", Moment),
)
Index("ix_application_person", application.c.person_id, application.c.created_at)
Index("ix_application_old_employer", application.c.old_employer, application.c.created_at)
Index("ix_application_new_employer", application.c.new_employer, application.c.created_at)
Index("ix_application_id_number", application.c.applicant_id_number)
# Part of a name is searched in this index as in a narrow table, and what belongs to a line is found at once.
Index("ix_application_search", application.c.line, application.c.applicant_name, application.c.instance_id)
# The rows themselves are wide, by their documents, so lists are chosen and counted in indexes alone
# (`applications/queries.py`). What a district may see stands together in the first. The second has the newest first and
# is read from end to end by the filters of the city and the centre, so it is as narrow as these allow. The last two are
# orders: with the district and how far it is, which tell who may see it, and the day, which may leave out most of them.
_NEWEST = (application.c.created_at, application.c.number, application.c.progress, application.c.declared_or_never)
_EMPLOYERS = (application.c.new_employer, application.c.old_employer)
_FILTERED = (application.c.line, application.c.specialties, application.c.applicant_name, application.c.registration_no)
_DECLARED = (application.c.declared_or_never, application.c.number, application.c.progress)
_FURTHEST = (application.c.progress, application.c.number, application.c.declared_or_never)
Index("ix_application_list", application.c.supervising_district, *_NEWEST, *_EMPLOYERS, *_FILTERED)
Index("ix_application_newest", *_NEWEST, *_FILTERED)
Index("ix_application_declared", *_DECLARED, application.c.supervising_district)
Index("ix_application_progress", *_FURTHEST, application.c.supervising_district)

document_version = Table(
    "document_version",
    metadata,
    Column("application_id", Id, ForeignKey("application.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("document", Json, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", String(100), nullable=False),
    Column("kind", String(20), nullable=False),  # saved | submitted
)

attachment = Table(
    "attachment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False),
    Column("kind", String(10), nullable=False),  # AT-01 ...
    Column("file_name", String(200), nullable=False),  # as the person named it, cleaned
    Column("media_type", String(50), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_name", String(64), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("uploaded_by", String(100), nullable=False),
    Column("removed_at", Moment),  # replaced or deleted; the file is kept for the trail
)
Index("ix_attachment_application", attachment.c.application_id)

document = Table(
    "document",  # Word files kept with the application as they were submitted
    metadata,
    Column("application_id", Id, ForeignKey("application.id"), primary_key=True),
    Column("kind", String(10), primary_key=True),  # DOC-08: the property `document` of the line
    Column("revision", Integer, primary_key=True),  # of the application
    Column("file_name", String(200), nullable=False),
    Column("stored_name", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
)

audit = Table(
    "audit",  # 审办记录 and operation trace; append-only
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("application_id", Id, ForeignKey("application.id")),
    Column("at", Moment, nullable=False),
    Column("action", Key, nullable=False),  # saved, submitted, agreed, returned, announced, refused ...
    Column("step", String(200), nullable=False),  # name of the element, or of the action
    Column("step_en", String(200), nullable=False),
    Column("element_id", Key),
    Column("actor", String(100), nullable=False),
    Column("actor_name", String(100), nullable=False),
    Column("unit", String(200), nullable=False),
    Column("decision", String(30)),
    Column("opinion", LongText),
    Column("status_after", String(30)),
    Column("ip", String(45)),
    Column("data", Json),
)
Index("ix_audit_application", audit.c.application_id, audit.c.id)

publicity = Table(
    "publicity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False),
    Column("decision", String(20), nullable=False),  # pass | not_pass
    Column("opinion", LongText, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),  # inclusive
    Column("closed_at", Moment),
)
Index("ix_publicity_dates", publicity.c.last_on)
Index("ix_publicity_application", publicity.c.application_id)

announcement = Table(
    "announcement",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False, unique=True),
    Column("number", String(30), nullable=False, unique=True),
    Column("announced_on", Date, nullable=False),
)
Index("ix_announcement_day", announcement.c.announced_on, announcement.c.number)

appeal = Table(
    "appeal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False),
    Column("publicity_id", Id, ForeignKey("publicity.id"), nullable=False, unique=True),  # one a decision (R-2.5-5)
    Column("grounds", LongText, nullable=False),
    Column("filed_at", Moment, nullable=False),
)

message = Table(
    "message",  # in-portal messages (F-MSG)
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recipient", String(100), nullable=False),  # a scope: person:<id> or enterprise:<uscc>
    Column("application_id", Id, ForeignKey("application.id")),
    Column("title", Json, nullable=False),  # {"zh", "en"}
    Column("body", Json, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("read_at", Moment),
    Column("dedupe_key", String(200), nullable=False),
    UniqueConstraint("dedupe_key"),
)
Index("ix_message_recipient", message.c.recipient, message.c.id)
