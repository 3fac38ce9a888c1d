"""Tables of `processes` and `jobs`: definitions, instances, tasks, subscriptions, jobs, schedules, history."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    literal_column,
)
from sqlalchemy import Text as LongText

from kernel.actors import WITHOUT_INBOX
from store.tables.base import Blob, Id, Json, Key, Moment, metadata

definition = Table(
    "definition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Key, nullable=False),  # the process id = the line
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the XML and of everything pinned
    Column("name", String(200), nullable=False),
    Column("version_tag", String(50)),
    Column("xml", Blob, nullable=False),
    Column("pins", Json, nullable=False),  # {"process": {key: definition id}, "form": {key: sha256}, "decision": ...}
    Column("source", String(20), nullable=False),  # repository | analyst
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource", String(255), nullable=False),  # the name of its file
    Column("is_active", Boolean, nullable=False),  # new instances start on it
    Column("is_suspended", Boolean, nullable=False),  # none starts on it, though
    Column("deleted_at", Moment),  # kept for the instances that it has had, and for those who call it
    Column("deployed_at", Moment, nullable=False),
    Column("deployed_by", String(100), nullable=False),
    Column("pattern", Blob),  # what the archives of its instances are packed with (processes/history.py)
    UniqueConstraint("key", "version"),
)

form_version = Table(
    "form_version",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("key", Key, nullable=False),
    Column("schema", Json, nullable=False),
)

decision_version = Table(
    "decision_version",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("key", Key, primary_key=True),  # a decision of the file; a file may hold several
    Column("xml", Blob, nullable=False),
)

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),
    Column("line", Key, nullable=False),
    Column("business_key", String(255), nullable=False),  # empty where another system gave none
    Column("status", String(20), nullable=False),  # active | suspended | completed | terminated
    Column("revision", Integer, nullable=False),
    Column("state", Blob, nullable=False),  # processes/codec.py
    Column("state_format", Integer, nullable=False),
    Column("history_seq", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String(100), nullable=False),
    Column("ended_at", Moment),
    Column("archive", Blob),  # the history of an ended one, once its rows are gone (processes/history.py)
)
NOT_ARCHIVED = instance.c.ended_at.is_not(None) & instance.c.archive.is_(None)
Index(
    "ix_instance_not_archived",
    instance.c.ended_at,
    sqlite_where=NOT_ARCHIVED,
    postgresql_where=NOT_ARCHIVED,
)
RUNNING = ("active", "suspended")  # the statuses of an instance that has not ended
Index("ix_instance_business_key", instance.c.business_key)
Index("ix_instance_line_status", instance.c.line, instance.c.status, instance.c.started_at)
Index("ix_instance_started", instance.c.started_at)
Index("ix_instance_definition", instance.c.definition_id)
HAS_ENDED = instance.c.ended_at.is_not(None)
Index("ix_instance_ended", instance.c.ended_at, sqlite_where=HAS_ENDED, postgresql_where=HAS_ENDED)

task = Table(
    "task",
    metadata,
    Column("id", Id, primary_key=True),  # the engine's task id: a new one on every lap
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("path", String(300), nullable=False),  # old_employer_confirm/employer_confirm
    Column("element_id", Key, nullable=False),
    Column("name", String(200), nullable=False),
    Column("form", Key),
    Column("form_sha256", String(64)),
    Column("candidate_groups", String(300), nullable=False),  # ",enterprise_admin,enterprise_user,"
    Column("scope", String(100), nullable=False),  # enterprise:<uscc> | person:<id> | district:<name> | city
    Column("status", String(20), nullable=False),  # open | completed | cancelled
    Column("assignee", String(100)),
    Column("assigned_at", Moment),
    Column("priority", Integer, nullable=False),
    Column("due_at", Moment),
    Column("opened_at", Moment, nullable=False),  # business time
    Column("ended_at", Moment),
    Column("ended_by", String(100)),
    Column("answers", Json),
)
# Written out, not bound: only then does a database see that an index of these rows alone is enough. What an applicant
# fills in is found in the portal and stands in no inbox.
_IN_AN_INBOX = and_(
    task.c.element_id != literal_column("'fill_application'"),
    *(task.c.scope != literal_column(f"'{scope}'") for scope in WITHOUT_INBOX),
)
OPEN_TASK = (task.c.status == literal_column("'open'")) & _IN_AN_INBOX
COMPLETED_TASK = (task.c.status == literal_column("'completed'")) & _IN_AN_INBOX
HELD_TASK = OPEN_TASK & task.c.assignee.is_not(None)
Index(  # an inbox is counted and turned over in it: the row is looked up for what is shown
    "ix_task_inbox",
    task.c.scope,
    task.c.opened_at,
    task.c.id,
    sqlite_where=OPEN_TASK,
    postgresql_where=OPEN_TASK,
    postgresql_include=["candidate_groups"],
)
Index("ix_task_held", task.c.assignee, task.c.opened_at, sqlite_where=HELD_TASK, postgresql_where=HELD_TASK)
Index("ix_task_done", task.c.ended_by, task.c.ended_at, sqlite_where=COMPLETED_TASK, postgresql_where=COMPLETED_TASK)
Index("ix_task_instance", task.c.instance_id, task.c.status)

task_comment = Table(
    "task_comment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task_id", Id, ForeignKey("task.id"), nullable=False),
    Column("author", String(100), nullable=False),
    Column("message", LongText, nullable=False),
    Column("created_at", Moment, nullable=False),  # business time
)
Index("ix_task_comment", task_comment.c.task_id, task_comment.c.created_at)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),  # the engine's task id of the waiting catch event
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("path", String(300), nullable=False),
    Column("element_id", Key, nullable=False),
    Column("kind", String(10), nullable=False),  # message | signal
    Column("name", Key, nullable=False),  # of the message or signal
    Column("correlation_key", String(200), nullable=False),  # the business key where the diagram gives none
    Column("status", String(20), nullable=False),  # open | consumed | cancelled
    Column("opened_at", Moment, nullable=False),
)
Index("ix_subscription_open", subscription.c.instance_id, subscription.c.status)
Index("ix_subscription_name", subscription.c.name, subscription.c.correlation_key, subscription.c.status)

sent_message = Table(
    "sent_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(100), nullable=False),  # who sent it: an account, an instance, another system
    Column("source_id", String(100), nullable=False),  # its number there: sent again, it is the same message
    Column("name", Key, nullable=False),
    Column("correlation_key", String(200), nullable=False),
    Column("payload", Json, nullable=False),
    Column("status", String(20), nullable=False),  # buffered | consumed
    Column("instance_id", Id, ForeignKey("instance.id")),  # which has consumed it
    Column("created_at", Moment, nullable=False),  # system time, as below
    Column("expires_at", Moment, nullable=False),
    UniqueConstraint("source", "source_id"),
)
Index("ix_sent_message_buffered", sent_message.c.name, sent_message.c.correlation_key, sent_message.c.status)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("kind", String(20), nullable=False),  # timer | service | message | signal | start | notice | …
    Column("lane", String(10), nullable=False),  # inside | outside | external: who runs it (store/jobs.py)
    Column("topic", Key),  # of a service task
    Column("element_id", Key),  # of the service task or timer event
    Column("priority", Integer, nullable=False, server_default="0"),  # of work for others: the highest is fetched first
    Column("dedupe_key", String(200), nullable=False, unique=True),  # also the effect key, the same over all attempts
    Column("state", String(20), nullable=False),  # ready | running | done | cancelled | incident | held
    Column("clock", String(10), nullable=False),  # business | system: which clock due_at is told by
    Column("due_at", Moment, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("retry_seconds", Integer, nullable=False),
    Column("growth", Integer, nullable=False),  # each pause is so many times the one before
    Column("fence", Integer, nullable=False),
    Column("lease_until", Moment),  # system time, as all below
    Column("lease_owner", String(100)),
    Column("started_at", Moment),  # of the latest attempt
    Column("intended_at", Moment),  # a call that may not be made twice was begun
    Column("ended_at", Moment),
    Column("payload", Json, nullable=False),
    Column("result", Json),  # what the outside answered, while the process has not taken it in
    Column("error", LongText),
    Column("created_at", Moment, nullable=False),
)
Index("ix_job_due", job.c.state, job.c.lane, job.c.clock, job.c.due_at)
Index("ix_job_instance", job.c.instance_id, job.c.state)
Index("ix_job_topic", job.c.topic, job.c.state, job.c.priority.desc(), job.c.due_at)

attempt = Table(  # those that did not end well; one that did leaves its result and nothing here
    "attempt",
    metadata,
    Column("job_id", Id, ForeignKey("job.id"), primary_key=True),
    Column("fence", Integer, primary_key=True),  # of its claim: an attempt is known by it
    Column("started_at", Moment),
    Column("ended_at", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),  # failed | lost | unknown | too_late
    Column("worker", String(100)),
    Column("error", LongText, nullable=False),
    Column("trace", LongText),
    Column("log", Json),  # what the handler noted, [{"at": ..., "text": ...}]
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("job_id", Id, ForeignKey("job.id")),  # none when a person's command failed
    Column("kind", String(20), nullable=False),  # failed | outcome_unknown | command
    Column("element_id", Key),
    Column("message", LongText, nullable=False),
    Column("status", String(20), nullable=False),  # open | resolved
    Column("opened_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_by", String(100)),
    Column("resolution", String(20)),  # retried | done | again | given_up | overtaken
    Column("note", LongText),
)
Index("ix_incident_status", incident.c.status, incident.c.opened_at)
Index("ix_incident_job", incident.c.job_id, incident.c.status)
Index("ix_incident_instance", incident.c.instance_id, incident.c.status)

schedule = Table(
    "schedule",
    metadata,
    Column("name", String(20), primary_key=True),  # the kind of job that each slot becomes
    Column("expression", String(100), nullable=False),  # five cron fields, read in Asia/Shanghai
    Column("clock", String(10), nullable=False),  # business | system
    Column("next_at", Moment, nullable=False),
    Column("last_at", Moment),  # the slot that became a job last
)

history = Table(
    "history",
    metadata,
    Column("instance_id", Id, ForeignKey("instance.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("event", String(30), nullable=False),  # processes/history.py names them
    Column("path", String(300), nullable=False),  # of the element, or of the flow
    Column("element_id", Key, nullable=False),
    Column("task_id", Id),
    Column("actor", String(100)),
    Column("at", Moment, nullable=False),
    Column("data", Json),
)

command = Table(
    "command",
    metadata,
    Column("id", String(64), primary_key=True),  # the idempotency key of the client
    Column("actor", String(100), nullable=False),
    Column("request_sha256", String(64), nullable=False),
    Column("response", Json),
    Column("created_at", Moment, nullable=False),
)

effect = Table(
    "effect",
    metadata,
    Column("key", String(200), primary_key=True),  # what must exist once: announcement:<instance>:...
    Column("result", Json),
    Column("created_at", Moment, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Key, primary_key=True),  # business_clock_offset_s
    Column("value", Json, nullable=False),
)

number = Table(
    "number",
    metadata,
    Column("series", Key, primary_key=True),  # BJ20260615
    Column("last", Integer, nullable=False),
)
